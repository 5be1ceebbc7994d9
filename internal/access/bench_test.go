package access_test

import (
	"net/http"
	"testing"

	"github.com/hearthbox/hearth"
)

// BenchmarkLettingIn is what every request pays before anything else: who asks, and being
// looked out for.
func BenchmarkLettingIn(b *testing.B) {
	a := open(b)
	secret, _, err := a.Create(b.Context(), "n", hearth.StandingUser, 0)
	if err != nil {
		b.Fatal(err)
	}
	h := http.Header{"Authorization": {"Bearer " + secret}}
	for b.Loop() {
		by, err := a.Authenticate(b.Context(), h.Values)
		if err != nil {
			b.Fatal(err)
		}
		_, release := a.Hold(b.Context(), by, h.Values)
		release()
	}
}

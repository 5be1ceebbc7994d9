package access_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

// TestPasskeysNeedAName: browsers make none for bare addresses, so none is asked for.
func TestPasskeysNeedAName(t *testing.T) {
	a := open(t)
	for origin, want := range map[string]hearth.Code{"https://hearth.example:8443": "", "http://localhost:4327": "", "https://10.0.0.5": hearth.Unsupported,
		"https://[::1]:1": hearth.Unsupported, "": hearth.Unsupported, "://": hearth.Unsupported} {
		_, _, err := a.AskPasskey(origin)
		is(t, origin, err, want)
	}
}

// FuzzSignInPasskey sends anything as an answer, to a question that was asked and to one
// that was not.
func FuzzSignInPasskey(f *testing.F) {
	const origin = "https://hearth.example"
	a := open(f)
	asked, _, err := a.AskPasskey(origin)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(asked, []byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"authenticatorData":"AA","clientDataJSON":"e30","signature":"AA","userHandle":"AA"}}`))
	f.Add(asked, []byte(`{}`))
	f.Add("AAAA", []byte(`{`))
	f.Add(strings.Repeat("A", 4096), []byte(nil))
	f.Fuzz(func(t *testing.T, state string, answer []byte) {
		for _, s := range []string{state, asked} {
			if _, _, by, err := a.SignInPasskey(t.Context(), origin, s, answer); !errors.Is(err, hearth.NewError(hearth.PasskeyRefused)) {
				t.Fatalf("%+v (%v)", by, err)
			}
		}
	})
}

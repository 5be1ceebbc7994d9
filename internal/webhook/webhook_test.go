package webhook_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/webhook"
)

// TestSign holds a signature against the example of Standard Webhooks' own libraries.
func TestSign(t *testing.T) {
	secret, err := webhook.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	if got := webhook.Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)); got != "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("got %s", got)
	}
	for _, text := range []string{"", "whsec_", "whsec_AAAA", "whsec_!" + strings.Repeat("A", 40), strings.Repeat("A", 200)} {
		if _, err := webhook.ParseSecret(text); err == nil {
			t.Errorf("%q is a secret", text)
		}
	}
}

func TestMessages(t *testing.T) {
	secret := []byte(strings.Repeat("s", 32))
	var got []*http.Request
	var body []byte
	status := http.StatusNoContent
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r)
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	defer srv.Close()
	s, err := webhook.New([]webhook.Hook{{URL: srv.URL + "/all", Secret: secret}, {URL: srv.URL + "/some", Secret: secret, Events: []string{"batch.failed"}},
		{URL: srv.URL + "/own", Secret: secret, Key: "k2"}}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		event, owner string
		want         int
	}{{"batch.completed", "k1", 1}, {"batch.failed", "k1", 2}, {"batch.failed", "k2", 3}} {
		if list := s.Messages(c.event, c.owner, "batch_1"); len(list) != c.want {
			t.Errorf("%s of %s: %+v", c.event, c.owner, list)
		}
	}
	j := s.Messages("batch.completed", "k1", "batch_1")[0]
	if again := s.Messages("batch.completed", "k1", "batch_1")[0]; again.ID != j.ID {
		t.Errorf("the same message is %s and %s", j.ID, again.ID)
	}
	j.Tries = 1
	if o := s.Work(t.Context(), j); !o.Forget || o.Again != 0 || len(got) != 1 {
		t.Fatalf("%+v, %d requests", o, len(got))
	}
	var m struct {
		ID, Type, Object string
		Data             struct{ ID string }
	}
	h := got[0].Header
	if err := json.Unmarshal(body, &m); err != nil || m.ID != j.ID || m.Type != "batch.completed" || m.Object != "event" || m.Data.ID != "batch_1" || got[0].URL.Path != "/all" {
		t.Errorf("%s (%v)", body, err)
	}
	if want := "v1," + webhook.Sign(secret, h.Get("Webhook-Id"), h.Get("Webhook-Timestamp"), body); h.Get("Webhook-Signature") != want || h.Get("Webhook-Id") != j.ID {
		t.Errorf("headers %v", h)
	}
	// Not taken: later and later, not elsewhere, and not for ever.
	status = http.StatusFound
	last := time.Duration(0)
	for j.Tries = 1; j.Tries < 20; j.Tries++ {
		o := s.Work(t.Context(), j)
		if o.Forget {
			break
		}
		if o.Again <= last {
			t.Errorf("try %d: again after %s", j.Tries, o.Again)
		}
		last = o.Again
	}
	if j.Tries != 10 {
		t.Errorf("given up after %d tries", j.Tries)
	}
	for _, r := range got {
		if r.URL.Path == "/elsewhere" {
			t.Error("a redirect was followed")
		}
	}
	none, err := webhook.New(nil, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	if o := none.Work(t.Context(), hearth.Job{Path: srv.URL}); !o.Forget {
		t.Errorf("to a place that is not configured: %+v", o)
	}
}

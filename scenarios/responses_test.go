package scenarios

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestResponsesSurvive a restart, for the key that asked and no other; what was made in
// the background when the server was killed is made again.
func TestResponsesSurvive(t *testing.T) {
	s := withScript(t)
	id := func(body string) string {
		t.Helper()
		status, text := s.ask("/v1/responses", body)
		var r struct{ ID string }
		if err := json.Unmarshal([]byte(text), &r); err != nil || status != 200 || r.ID == "" {
			t.Fatalf("%d %s (%v)", status, text, err)
		}
		return r.ID
	}
	kept := id(`{"model":"script","input":"think"}`)
	halfway := id(`{"model":"script","input":"slow","background":true}`)
	key := s.key
	s.kill()

	s = start(t, s.home)
	stranger := s.key
	s.key = key
	if got := s.get("/v1/responses/" + kept); !strings.Contains(got, "Two and two are four.") {
		t.Errorf("after a restart: %s", got)
	}
	s.until("what was made when the server was killed", func() bool {
		got := s.get("/v1/responses/" + halfway)
		return strings.Contains(got, `"status":"completed"`) && strings.Contains(got, "At last.")
	})
	if status, got := s.ask("/v1/responses", `{"model":"script","input":"echo","previous_response_id":"`+kept+`"}`); status != 200 || !strings.Contains(got, "Let me think.") {
		t.Errorf("continued after a restart: %d %s", status, got)
	}
	s.key = stranger
	if got := s.get("/v1/responses/" + kept); !strings.Contains(got, `"response_not_found"`) {
		t.Errorf("somebody else's: %s", got)
	}
	if err := s.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}

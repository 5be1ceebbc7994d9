package scenarios

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestLabels asks in every dialect, whole and streamed, and holds what comes against what
// the check of labels says of it.
func TestLabels(t *testing.T) {
	u := &parrot{}
	upstream := httptest.NewServer(u)
	defer upstream.Close()
	u.say("好")
	home := newHome(t)
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf(`
labels: {mode: visible, producer: "001191110102MAD55U9H0F10002"}
upstreams:
  - {name: far, url: %s/v1}
`, upstream.URL)))
	s := start(t, home)
	for _, c := range []struct{ path, body string }{
		{"/v1/chat/completions", `{"model":"far","stream":STREAM,"messages":[{"role":"user","content":"你好"}]}`},
		{"/v1/messages", `{"model":"far","max_tokens":50,"stream":STREAM,"messages":[{"role":"user","content":"你好"}]}`},
		{"/v1/responses", `{"model":"far","stream":STREAM,"store":false,"input":"你好"}`},
		{"/api/chat", `{"model":"far","stream":STREAM,"messages":[{"role":"user","content":"你好"}]}`},
	} {
		for _, streamed := range []string{"false", "true"} {
			status, body := s.ask(c.path, strings.Replace(c.body, "STREAM", streamed, 1))
			if status != 200 || !strings.Contains(body, "001191110102MAD55U9H0F10002") {
				t.Fatalf("%s %s: %d %s", c.path, streamed, status, body)
			}
			file := filepath.Join(home, "answer")
			put(t, file, []byte(body))
			out, err := hearth(home, "label", "verify", file, "--json").Output()
			var r struct {
				Blocks   int
				Visible  string
				Problems []string
			}
			if json.Unmarshal(out, &r) != nil || r.Visible != "yes" {
				t.Errorf("%s %s: %v %s of %s", c.path, streamed, err, out, body)
			}
			if err != nil || r.Blocks != 1 {
				t.Errorf("%s %s: %v %s", c.path, streamed, err, out)
			}
		}
	}
}

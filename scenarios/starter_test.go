package scenarios

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestStarterAnswers: on a machine without any model, a request streams an answer from
// the model in the binary, and the answer says so.
func TestStarterAnswers(t *testing.T) {
	s := start(t, t.TempDir(), "starter=true")
	var listed struct{ Data []struct{ ID string } }
	if text := s.get("/v1/models"); json.Unmarshal([]byte(text), &listed) != nil || len(listed.Data) != 1 || listed.Data[0].ID != "hearth-starter" {
		t.Fatalf("models: %s", text)
	}
	status, text := s.ask("/v1/chat/completions", `{"model": "hearth-starter", "stream": true, "messages": [{"role": "user", "content": "What is the default of engine.threads?"}]}`)
	var answer strings.Builder
	for line := range strings.Lines(text) {
		data, ok := strings.CutPrefix(line, "data: {")
		if !ok {
			continue
		}
		var c struct {
			Model   string
			Choices []struct{ Delta struct{ Content string } }
		}
		if err := json.Unmarshal([]byte("{"+data), &c); err != nil || c.Model != "hearth-starter" {
			t.Fatalf("%q: %v", line, err)
		}
		for _, x := range c.Choices {
			answer.WriteString(x.Delta.Content)
		}
	}
	if got := answer.String(); status != 200 || !strings.Contains(got, "default 0") || !strings.HasSuffix(got, "\n\n(Manual: engine.threads)") || strings.HasPrefix(got, "[") {
		t.Errorf("%d %q", status, got)
	}
}

// TestStarterWithoutRoom: where the model can't be laid down, all else works.
func TestStarterWithoutRoom(t *testing.T) {
	home := newHome(t)
	if err := os.MkdirAll(home+"/data", 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, home+"/data/starter", []byte("a file where the folder should be"))
	s := start(t, home, "starter=true")
	if text := s.get("/v1/models"); !strings.Contains(text, `"chat"`) || strings.Contains(text, "hearth-starter") {
		t.Errorf("models: %s", text)
	}
	_ = s.stop()
	if !strings.Contains(s.log.String(), "the starter model can't be unpacked") {
		t.Errorf("the log does not say so: %s", s.log)
	}
}

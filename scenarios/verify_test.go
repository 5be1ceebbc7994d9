package scenarios

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

// TestVerify: a service that silently swaps its model is found out, in the log, by the
// door for managing and on the command line; what it does now can become the reference.
func TestVerify(t *testing.T) {
	var swapped atomic.Bool
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"data":[{"id":"large"}]}`)
			return
		}
		var asked struct {
			Messages []struct{ Content string }
			Tools    []any
		}
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &asked)
		text := asked.Messages[len(asked.Messages)-1].Content
		answer, tokens := "I am large and say: "+text[:min(40, len(text))], len(text)/4
		if swapped.Load() {
			answer, tokens = "small: "+text[:min(20, len(text))], len(text)/3
		}
		words, _ := json.Marshal(strings.ToValidUTF8(answer, ""))
		w.Header().Set("Content-Type", "text/event-stream")
		if len(asked.Tools) > 0 {
			_, _ = io.WriteString(w, chunkOf(`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"book_table","arguments":"{\"name\":\"Wei\",\"people\":4,\"day\":\"friday\"}"}}]}}]}`))
		} else {
			_, _ = io.WriteString(w, chunkOf(`{"choices":[{"index":0,"delta":{"content":`+string(words)+`}}]}`))
		}
		_, _ = io.WriteString(w, stop+chunkOf(fmt.Sprintf(`{"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":3}}`, tokens))+done)
	}))
	defer service.Close()
	s, _ := withEngine(t, fmt.Sprintf("upstreams: [{name: vendor, url: %q}]\n", service.URL+"/v1"))
	verify := func(args ...string) (string, int) {
		out, err := hearth(s.home, append([]string{"upstream"}, args...)...).CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return string(out), exit.ExitCode()
		}
		return string(out), 0
	}
	if out, code := verify("verify", "vendor"); code != 0 || !strings.Contains(out, "reference") {
		t.Fatalf("first: %d %s", code, out)
	}
	if out, code := verify("verify", "vendor"); code != 0 || !strings.Contains(out, "as it was") || !strings.Contains(out, "4/4") {
		t.Errorf("again: %d %s", code, out)
	}
	swapped.Store(true)
	out, code := verify("verify", "vendor")
	if code != 5 || !strings.Contains(out, "ALTERED") || !strings.Contains(out, "tokenizer: ") || !strings.Contains(out, "answers: ") || !strings.Contains(out, "large of upstream vendor is not what it was") {
		t.Errorf("swapped: %d %s", code, out)
	}
	if !strings.Contains(s.logged(), "a model of an upstream is not what it was") {
		t.Error("the log does not say so")
	}
	shown, _ := hearth(s.home, "upstream", "--json").Output()
	if !strings.Contains(string(shown), `"kind": "tokenizer"`) {
		t.Errorf("the upstream shows no alarm: %s", shown)
	}
	if out, _ := verify("history", "vendor"); strings.Count(out, "large") != 3 {
		t.Errorf("history: %s", out)
	}
	if out, code := verify("verify", "vendor", "--reference"); code != 0 || !strings.Contains(out, "reference") {
		t.Errorf("as the reference: %d %s", code, out)
	}
	if out, code := verify("verify", "vendor", "--model", "large"); code != 0 || !strings.Contains(out, "as it was") {
		t.Errorf("since then: %d %s", code, out)
	}
	if out, code := verify("verify", "vendor", "--model", "none"); code != 3 {
		t.Errorf("a model that is not there: %d %s", code, out)
	}
	if shown, _ := hearth(s.home, "upstream", "--json").Output(); strings.Contains(string(shown), `"alarms"`) {
		t.Errorf("the alarm stays: %s", shown)
	}
}

package scenarios

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// litellm is where `make e2e-clients` installs it.
const litellm = "../build/litellm/bin/litellm"

// TestFrontsLiteLLM puts hearth in front of LiteLLM's proxy, and that in front of the
// scripted engine: a gateway that translates, with habits of its own.
func TestFrontsLiteLLM(t *testing.T) {
	if _, err := os.Stat(litellm); err != nil {
		t.Skip("LiteLLM is not installed: make e2e-clients")
	}
	engine := scripted(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	work := t.TempDir()
	put(t, filepath.Join(work, "config.yaml"), []byte(fmt.Sprintf(
		"model_list:\n  - {model_name: script, litellm_params: {model: openai/script, api_base: %q, api_key: none}}\ngeneral_settings: {master_key: sk-lite}\n", engine)))
	cmd := exec.Command(absolute(t, litellm), "--config", "config.yaml", "--host", "127.0.0.1", "--port", port)
	cmd.Dir = work
	cmd.Env = append(os.Environ(), "LITELLM_LOCAL_MODEL_COST_MAP=True", "LITELLM_TELEMETRY=False", "NO_PROXY=127.0.0.1", "HOME="+work)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	url := "http://127.0.0.1:" + port + "/v1"
	ready := false
	for deadline := time.Now().Add(2 * time.Minute); !ready && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if r, err := http.Get(url + "/models"); err == nil {
			_ = r.Body.Close()
			ready = true
		}
	}
	if !ready {
		t.Fatalf("LiteLLM does not answer\n%s", tail(log.String()))
	}
	s := withUpstream(t, url, "sk-lite", "script")
	say := func(words string) string {
		status, got := s.ask("/v1/chat/completions", `{"model":"theirs","messages":[{"role":"user","content":"`+words+`"}],`+
			`"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}},{"type":"function","function":{"name":"time","parameters":{"type":"object"}}}]}`)
		return fmt.Sprintf("%d %s", status, got)
	}
	// Of an answer that breaks off LiteLLM makes one that stopped, which nobody after it can
	// tell.
	for words, want := range map[string][]string{
		"think": {`200`, `Two and two are four.`, `"reasoning_content":"Let me think."`},
		"call":  {`200`, `"name":"weather"`, `Xi'an`, `"name":"time"`, `"finish_reason":"tool_calls"`, `call_w`},
		"long":  {`200`, `"finish_reason":"length"`},
	} {
		got := say(words)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in %s", words, w, got)
			}
		}
	}
	wrong := withUpstream(t, url, "sk-wrong", "script")
	// Without a database LiteLLM calls a wrong key a bad request.
	if status, got := wrong.ask("/v1/chat/completions", `{"model":"theirs","messages":[{"role":"user","content":"hi"}]}`); status == 200 || !strings.Contains(got, `"code":"upstream_re`) {
		t.Errorf("with a wrong key: %d %s", status, got)
	}
}

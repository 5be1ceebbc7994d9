package scenarios

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	python  = "../build/venv/bin/python"
	stories = "../../shared/data/engine/stories260K.gguf"
	greedy  = "../../shared/data/engine/stories260K-greedy.json"
)

// llamaServer starts llama.cpp's server from PyPI with a trained model, and returns
// its base URL.
func llamaServer(t *testing.T) (url string, kill func()) {
	t.Helper()
	if _, err := os.Stat(python); err != nil {
		t.Skip("llama-cpp-python is not installed: make deps")
	}
	if _, err := os.Stat(stories); err != nil {
		t.Skip("../shared/data/engine is not here")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = l.Close()
	cmd := exec.Command(python, "-m", "llama_cpp.server", "--model", stories, "--host", "127.0.0.1", "--port", port,
		"--n_ctx", "512", "--n_threads", "1", "--chat_format", "chatml", "--api_key", "sk-theirs")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	url = "http://" + address + "/v1"
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if r, err := http.Get(url + "/models"); err == nil {
			_ = r.Body.Close()
			return url, kill
		}
	}
	t.Fatalf("llama_cpp.server does not answer\n%s", &log)
	return "", nil
}

// withUpstream starts hearth in front of a server, offering its model as "theirs".
func withUpstream(t *testing.T, url, key, model string) *server {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf(
		"upstreams:\n  - {name: engine, url: %q, key: %q, models: {theirs: %q}}\n", url, key, model)))
	return start(t, home)
}

// TestFrontsLlamaServer puts hearth in front of a real engine.
func TestFrontsLlamaServer(t *testing.T) {
	url, kill := llamaServer(t)
	s := withUpstream(t, url, "sk-theirs", "stories")
	for i, p := range greedyPrompts(t) {
		body, _ := json.Marshal(map[string]any{"model": "theirs", "prompt": p.Prompt, "max_tokens": 60, "temperature": 0, "repetition_penalty": 1, "stream": i%2 == 0})
		status, got := s.ask("/v1/completions", string(body))
		if i%2 == 0 {
			got = joinText(t, got)
		} else {
			var a struct{ Choices []struct{ Text string } }
			if err := json.Unmarshal([]byte(got), &a); err != nil || len(a.Choices) != 1 {
				t.Fatalf("%d %s", status, got)
			}
			got = a.Choices[0].Text
		}
		if len(got) < 60 || !strings.HasPrefix(p.Text, got) {
			t.Errorf("%q continues %q, want the beginning of %q", p.Prompt, got, p.Text)
		}
	}
	status, body := s.ask("/v1/chat/completions", `{"model":"theirs","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`)
	if status != 200 || !strings.Contains(body, `"finish_reason":"length"`) || !strings.Contains(body, `"completion_tokens":5`) {
		t.Errorf("a chat: %d %s", status, body)
	}
	status, body = s.ask("/v1/completions", `{"model":"theirs","prompt":"`+strings.Repeat("once upon a time ", 300)+`"}`)
	if status != 503 || !strings.Contains(body, "upstream_protocol") { // its server says 200 and then nothing
		t.Errorf("a prompt beyond its context: %d %s", status, body)
	}

	r, err := s.post(t.Context(), "/v1/completions", `{"model":"theirs","prompt":"Once","max_tokens":400,"stream":true,"logit_bias":{"1":-100,"2":-100}}`)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	lines := bufio.NewReader(r.Body)
	if first, err := lines.ReadString('\n'); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%d %s (%v)", r.StatusCode, first, err)
	}
	kill()
	rest, _ := io.ReadAll(lines)
	if !strings.Contains(string(rest), `"code":"upstream_protocol"`) && !strings.Contains(string(rest), `"finish_reason":"length"`) {
		t.Errorf("a killed engine ends the stream with %q", tail(string(rest)))
	}
	status, body = s.ask("/v1/completions", `{"model":"theirs","prompt":"Once","max_tokens":4}`)
	if status != 503 || !strings.Contains(body, "upstream_unreachable") || strings.Contains(body, "127.0.0.1") {
		t.Errorf("after it was killed: %d %s", status, body)
	}
}

// TestFrontsHearthOtherwise puts one appliance in front of another that it takes for an
// Ollama, and for a service that speaks Anthropic's API: formats of ours on both sides, and
// a real engine behind them.
func TestFrontsHearthOtherwise(t *testing.T) {
	back := start(t, newHome(t))
	request := `{"model":"%s","max_tokens":12,"temperature":0,"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}]}`
	text := func(body string) string {
		var a struct {
			Choices []struct {
				Message struct{ Content string } `json:"message"`
				Finish  string                   `json:"finish_reason"`
			} `json:"choices"`
			Usage struct {
				Prompt int `json:"prompt_tokens"`
				Answer int `json:"completion_tokens"`
			} `json:"usage"`
		}
		if err := json.Unmarshal([]byte(body), &a); err != nil || len(a.Choices) != 1 {
			t.Fatalf("%s", body)
		}
		return fmt.Sprintf("%q %s %d %d", a.Choices[0].Message.Content, a.Choices[0].Finish, a.Usage.Prompt, a.Usage.Answer)
	}
	_, direct := back.ask("/v1/chat/completions", fmt.Sprintf(request, "chat"))
	for kind, url := range map[string]string{"ollama": back.url, "anthropic": back.url + "/v1", "compatible": back.url + "/v1"} {
		t.Run(kind, func(t *testing.T) {
			home := t.TempDir()
			if err := os.Mkdir(filepath.Join(home, "data"), 0o700); err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf(
				"upstreams:\n  - {name: back, kind: %s, url: %q, key: %q, models: {theirs: chat}}\n", kind, url, back.key)))
			front := start(t, home)
			if status, got := front.ask("/v1/chat/completions", fmt.Sprintf(request, "theirs")); status != 200 || text(got) != text(direct) {
				t.Errorf("%d %s\ndirectly %s", status, text(got), text(direct))
			}
			status, got := front.ask("/v1/chat/completions", `{"model":"theirs","max_tokens":12,"stream":true,"messages":[{"role":"user","content":"hi"}]}`)
			if status != 200 || !strings.Contains(got, `"finish_reason":"`) || !strings.Contains(got, "[DONE]") {
				t.Errorf("a stream: %d %s", status, tail(got))
			}
			status, got = front.ask("/v1/chat/completions", `{"model":"theirs","max_tokens":12,"temperature":0,"messages":[{"role":"user","content":"hi"}],`+
				`"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"a":{"enum":[1]}},"required":["a"],"additionalProperties":false}}}}`)
			if form := strings.NewReplacer(`\n`, "", " ", "").Replace(got); status != 200 || !strings.Contains(form, `{\"a\":1}`) {
				t.Errorf("a form: %d %s", status, got)
			}
			status, got = front.ask("/v1/chat/completions", `{"model":"theirs","max_tokens":12,"messages":[{"role":"user","content":"`+strings.Repeat("once upon a time ", 400)+`"}]}`)
			if status != 400 {
				t.Errorf("a prompt beyond the context: %d %s", status, got)
			}
		})
	}
}

// TestWrongUpstreamKey is the operator's mistake, and said to be.
func TestWrongUpstreamKey(t *testing.T) {
	url, _ := llamaServer(t)
	s := withUpstream(t, url, "sk-wrong", "stories")
	status, body := s.ask("/v1/completions", `{"model":"theirs","prompt":"Once"}`)
	if status != 503 || !strings.Contains(body, "upstream_refused") {
		t.Errorf("%d %s", status, body)
	}
}

// TestFrontsHearth puts one appliance in front of another: answers and errors come
// through as they were made.
func TestFrontsHearth(t *testing.T) {
	back := start(t, newHome(t))
	front := withUpstream(t, back.url+"/v1", back.key, "chat")
	request := `{"model":"%s","max_tokens":6,"seed":3,"n":2,"logprobs":true,"top_logprobs":2,"messages":[{"role":"user","content":"hi"}]}`
	_, _ = back.ask("/v1/chat/completions", fmt.Sprintf(request, "chat")) // from here on the prompt is held, and usage says so
	_, direct := back.ask("/v1/chat/completions", fmt.Sprintf(request, "chat"))
	_, through := front.ask("/v1/chat/completions", fmt.Sprintf(request, "theirs"))
	var a, b struct{ Choices, Usage json.RawMessage }
	if json.Unmarshal([]byte(direct), &a) != nil || json.Unmarshal([]byte(through), &b) != nil || string(a.Choices) != string(b.Choices) || string(a.Usage) != string(b.Usage) {
		t.Errorf("through another\n%s\nand directly\n%s", through, direct)
	}
	status, body := front.ask("/v1/chat/completions", `{"model":"theirs","max_tokens":100000,"messages":[{"role":"user","content":"hi"}]}`)
	if status != 400 || !strings.Contains(body, `"code":"context_length_exceeded"`) || !strings.Contains(body, `"remedy":"shorten`) {
		t.Errorf("an error: %d %s", status, body)
	}
}

type greedyPrompt struct {
	Prompt, Text string
	Tokens       []int
}

func greedyPrompts(t *testing.T) []greedyPrompt {
	t.Helper()
	text, err := os.ReadFile(greedy)
	if err != nil {
		t.Skip("../shared/data/engine is not here")
	}
	var prompts []greedyPrompt
	if err := json.Unmarshal(text, &prompts); err != nil {
		t.Fatal(err)
	}
	return prompts
}

// joinText puts the pieces of a streamed completion together.
func joinText(t *testing.T, stream string) string {
	t.Helper()
	var text strings.Builder
	for line := range strings.Lines(stream) {
		data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		var c struct{ Choices []struct{ Text string } }
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		for _, x := range c.Choices {
			text.WriteString(x.Text)
		}
	}
	return text.String()
}

// TestStoriesGreedy is the trained model in the native engine, from outside: six
// prompts, 120 tokens each, as llama.cpp continues them.
func TestStoriesGreedy(t *testing.T) {
	prompts := greedyPrompts(t)
	home := t.TempDir()
	link(t, stories, filepath.Join(home, "stories260K.gguf"))
	s := start(t, home)
	for _, p := range prompts {
		body, _ := json.Marshal(map[string]any{"model": "stories260k", "prompt": p.Prompt, "max_tokens": len(p.Tokens), "temperature": 0, "stream": true})
		status, got := s.ask("/v1/completions", string(body))
		if text := joinText(t, got); status != 200 || text != p.Text {
			t.Errorf("%q continues\n%q, want\n%q", p.Prompt, text, p.Text)
		}
	}
}

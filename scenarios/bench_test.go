package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// spread is one of a report.
type spread struct {
	Count                              int
	Mean, Min, P50, P90, P95, P99, Max float64
}

// benched is what the tests read of a report.
type benched struct {
	Model, Architecture, Weights string
	URL                          string
	Threads                      int
	Prefill                      float64 `json:"prefill_tokens_per_second"`
	Decode                       float64 `json:"decode_tokens_per_second"`
	Resident                     int64   `json:"resident_bytes"`
	Load                         float64 `json:"load_seconds"`
	Runs                         struct {
		Samples []float64
	} `json:"decode"`

	Requests, Completed, Failed, Unfinished, Pieces int
	Errors                                          map[string]int
	Stopped                                         string
	Wall                                            float64  `json:"wall_seconds"`
	PromptTokens                                    int      `json:"prompt_tokens"`
	AnswerTokens                                    int      `json:"answer_tokens"`
	AnswerRate                                      float64  `json:"answer_tokens_per_second"`
	TTFT                                            spread   `json:"ttft_seconds"`
	Gap                                             spread   `json:"gap_seconds"`
	Latency                                         spread   `json:"latency_seconds"`
	Goodput                                         *float64 `json:"goodput_requests_per_second"`
	Each                                            []struct {
		Prompt int `json:"prompt_tokens"`
	}
}

// bench runs the command and reads its report.
func bench(t *testing.T, home string, args ...string) (r benched) {
	t.Helper()
	cmd := hearth(home, append([]string{"bench", "--json"}, args...)...)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil || json.Unmarshal(out, &r) != nil {
		t.Fatalf("bench %v: %v\n%s\n%s", args, err, &log, out)
	}
	return r
}

// ordered reports whether a spread is one.
func (s spread) ordered() bool {
	return s.Count > 0 && s.Min > 0 && s.Mean >= s.Min && s.Mean <= s.Max &&
		slices.IsSorted([]float64{s.Min, s.P50, s.P90, s.P95, s.P99, s.Max})
}

func TestBenchEngine(t *testing.T) {
	home := newHome(t)
	r := bench(t, home, "--model", "chat", "--prompt", "200", "--generate", "16", "--repeat", "3")
	if r.PromptTokens != 200 || r.AnswerTokens != 16 || r.Prefill <= 0 || r.Decode <= 0 || len(r.Runs.Samples) != 3 || !slices.Contains(r.Runs.Samples, r.Decode) {
		t.Errorf("%+v", r)
	}
	if r.Model != "chat" || r.Architecture != "qwen2" || r.Weights != "F32" || r.Threads < 1 || r.Resident < 1<<20 || r.Load <= 0 {
		t.Errorf("%+v", r)
	}
}

// TestBenchServer puts load on a running hearth, in both ways.
func TestBenchServer(t *testing.T) {
	s := start(t, newHome(t))
	for name, load := range map[string][]string{
		"clients": {"--clients", "4"}, "rate": {"--rate", "40"}, "address": {"--url", s.url, "--key", s.key, "--clients", "2"},
	} {
		r := bench(t, s.home, append(load, "--model", "chat", "--requests", "12", "--prompt", "120", "--shared-prefix", "60",
			"--generate", "10", "--slo-ttft", "1h", "--slo-gap", "1h")...)
		if r.Requests != 12 || r.Completed != 12 || len(r.Each) != 12 || r.AnswerTokens != 120 || r.Errors == nil || len(r.Errors) != 0 || !strings.HasPrefix(r.URL, s.url) {
			t.Errorf("%s: %+v", name, r)
		}
		if !r.TTFT.ordered() || !r.Gap.ordered() || !r.Latency.ordered() || r.TTFT.Count != 12 || r.Latency.Count != 12 || r.Gap.Count != r.Pieces-12 {
			t.Errorf("%s: %+v", name, r)
		}
		if r.Wall <= 0 || r.AnswerRate <= 0 || r.Goodput == nil || *r.Goodput <= 0 {
			t.Errorf("%s: %+v", name, r)
		}
		for _, e := range r.Each { // 180 as asked, give or take what words have of letters
			if e.Prompt < 120 || e.Prompt > 240 {
				t.Errorf("%s: a prompt of %d tokens", name, e.Prompt)
			}
		}
	}
	if out, err := hearth(s.home, "bench", "--url", s.url, "--key", "hk_nobody", "--model", "chat", "--json").CombinedOutput(); err == nil || !strings.Contains(string(out), "upstream_refused") {
		t.Errorf("with a key of nobody: %s (%v)", out, err)
	}
}

// TestBenchInterrupted sends what Ctrl-C sends: what was measured is shown.
func TestBenchInterrupted(t *testing.T) {
	s := start(t, newHome(t))
	cmd := hearth(s.home, "bench", "--json", "--model", "chat", "--clients", "2", "--duration", "1h", "--prompt", "50", "--generate", "3")
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); s.answered(t) < 20; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is answered")
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	exit, ok := errors.AsType[*exec.ExitError](cmd.Wait())
	var r benched
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || !ok || exit.ExitCode() != 130 {
		t.Fatalf("%v, ended with %v: %s", err, exit, &out)
	}
	if r.Stopped != "interrupted" || r.Completed == 0 || r.Failed != 0 || !r.Latency.ordered() {
		t.Errorf("%+v", r)
	}
}

// answered is how many tokens of answers the chat model has made.
func (s *server) answered(t *testing.T) int {
	t.Helper()
	var status struct {
		Loaded []struct {
			AnswerTokens int `json:"answer_tokens"`
		}
	}
	if err := json.Unmarshal([]byte(s.get("/admin/v1/status")), &status); err != nil {
		t.Fatal(err)
	}
	if len(status.Loaded) == 0 {
		return 0
	}
	return status.Loaded[0].AnswerTokens
}

// TestBenchAnotherEngine measures llama.cpp's server as anyone may who compares.
func TestBenchAnotherEngine(t *testing.T) {
	url, kill := llamaServer(t)
	home := t.TempDir()
	r := bench(t, home, "--url", url, "--key", "sk-theirs", "--model", "stories", "--clients", "1", "--requests", "3", "--prompt", "60", "--generate", "8")
	if r.Completed != 3 || r.Pieces == 0 || !r.TTFT.ordered() || !r.Gap.ordered() {
		t.Errorf("%+v", r)
	}
	kill()
	out, err := hearth(home, "bench", "--url", url, "--model", "stories").CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 6 {
		t.Errorf("after it was killed: %s (%v)", out, err)
	}
}

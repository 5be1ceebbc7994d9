package scenarios

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// TestConvertQuantizeAsk goes from a folder as models are published to an answer of the
// smaller model, by the commands that messages name.
func TestConvertQuantizeAsk(t *testing.T) {
	home := t.TempDir()
	folder, err := filepath.Abs("../internal/convert/testdata/qwen3")
	if err != nil {
		t.Fatal(err)
	}
	said, ok := run(home, "model", "import", folder)
	command := "hearth model convert " + folder
	if ok || !strings.Contains(said, "→ convert it: "+command) {
		t.Fatalf("import said %q", said)
	}
	if said, ok = run(home, strings.Fields(command)[1:]...); !ok || !strings.Contains(said, "qwen3 is ready") {
		t.Fatalf("convert said %q", said)
	}
	if said, ok = run(home, strings.Fields(command)[1:]...); ok || !strings.Contains(said, "already") {
		t.Errorf("converted twice: %q", said)
	}

	text := filepath.Join(home, "text.txt")
	put(t, text, []byte(strings.Repeat("the rate of the loan is 5% a year. ", 40)))
	out, err := hearth(home, "model", "quantize", "qwen3", "q8_0", "--text", text, "--tokens", "200", "--json").Output()
	var made struct {
		Model     string
		Path      string
		FileBytes int64          `json:"file_bytes"`
		Source    int64          `json:"source_bytes"`
		Formats   map[string]int `json:"formats"`
		Loss      struct {
			Tokens int
			Mean   float64 `json:"kl_mean"`
			Same   float64 `json:"same_top"`
		}
	}
	if err != nil || json.Unmarshal(out, &made) != nil {
		t.Fatalf("quantize printed %q, %v", out, err)
	}
	if made.Model != "qwen3-q8_0" || made.FileBytes >= made.Source || made.Formats["Q8_0"] == 0 || made.Loss.Tokens != 200 ||
		made.Loss.Mean <= 0 || made.Loss.Mean > 0.01 || made.Loss.Same < 0.8 {
		t.Errorf("%+v", made)
	}
	if info, err := os.Stat(made.Path); err != nil || info.Size() != made.FileBytes {
		t.Errorf("%v, %v", info, err)
	}
	if said, ok = run(home, "model", "verify", "qwen3-q8_0"); !ok || !strings.Contains(said, "is what was sealed") {
		t.Errorf("verify said %q", said)
	}
	for _, wrong := range [][]string{
		{"model", "quantize", "qwen3-q8_0", "Q4_0"},                         // of what is quantised already
		{"model", "quantize", "qwen3", "Q3_K"},                              // a type of nobody
		{"model", "quantize", "qwen3", "Q4_0", "--out", text},               // over another file
		{"model", "quantize", "qwen3", "Q4_0", "--out", "x", "--name", "y"}, // both
		{"model", "convert", folder, "--name", "z", "--type", "Q4_0"},
		{"model", "convert", home},
	} {
		if said, ok := run(home, wrong...); ok || !strings.Contains(said, "→") {
			t.Errorf("%v: %q", wrong, said)
		}
	}

	s := start(t, home)
	status, body := s.ask("/v1/completions", `{"model":"qwen3-q8_0","prompt":"the","max_tokens":8,"temperature":0}`)
	if status != 200 || !strings.Contains(body, `"completion_tokens":`) {
		t.Errorf("%d %.300s", status, body)
	}
}

// TestQuantizeKilled: of a file that was not complete nothing is left, under no name.
func TestQuantizeKilled(t *testing.T) {
	home := t.TempDir()
	put(t, filepath.Join(home, "big.gguf"), nntest.Make(nntest.Shape{Weights: gguf.F16, Embedding: 1024, FeedForward: 4096, Heads: 8, KVHeads: 8, HeadDim: 128, Seed: 1}))
	elsewhere := filepath.Join(home, "out")
	if err := os.Mkdir(elsewhere, 0o700); err != nil {
		t.Fatal(err)
	}
	models := filepath.Join(home, "data", "models")
	cmd := hearth(home, "model", "quantize", "big", "Q4_K_M", "--tokens", "0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	begun := func() bool {
		found, _ := filepath.Glob(filepath.Join(models, ".incoming-*"))
		return len(found) == 1
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	limit := time.After(time.Minute)
	for !begun() {
		select {
		case err := <-ended:
			t.Fatalf("it ended before it was seen to begin: %v", err)
		case <-limit:
			t.Fatal("it does not begin")
		case <-time.After(5 * time.Millisecond):
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Fatal("it was done before it was killed")
	}
	if found, _ := filepath.Glob(filepath.Join(models, "*", "*.gguf")); len(found) != 0 {
		t.Errorf("%v is left", found)
	}
	if said, ok := run(home, "model", "prune"); !ok {
		t.Errorf("prune said %q", said)
	}
	if entries, err := os.ReadDir(models); err != nil || len(entries) != 0 {
		t.Errorf("%v is left, %v", entries, err)
	}

	// Asked to stop, it says so and leaves nothing either.
	cmd = hearth(home, "model", "quantize", "big", "Q4_K_M", "--out", filepath.Join(elsewhere, "small.gguf"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	if entries, err := os.ReadDir(elsewhere); err != nil || len(entries) != 0 && !(len(entries) == 1 && cmd.ProcessState.Success()) {
		t.Errorf("%v is left, %v", entries, err)
	}
}

// TestModelsMadeByTheServer: the same over the door for managing, where it is a job that is
// watched, of which there is one at a time, and which can be cancelled.
func TestModelsMadeByTheServer(t *testing.T) {
	home := t.TempDir()
	folders, err := filepath.Abs("../internal/convert/testdata")
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(home, "big.gguf"), nntest.Make(nntest.Shape{Weights: gguf.F16, Embedding: 1024, FeedForward: 8192, Heads: 8, KVHeads: 8, HeadDim: 128, Seed: 1}))
	s := start(t, home, "models="+folders+":"+home)
	if _, said := s.manage(http.MethodGet, "/models/sources", ""); !strings.Contains(said, filepath.Join(folders, "qwen3")) || !strings.Contains(said, `"Q4_K_M"`) {
		t.Errorf("sources: %s", said)
	}
	converted := s.make("convert", `{"folder":"`+filepath.Join(folders, "qwen3")+`"}`)
	if converted.State != "done" || converted.Result.Model != "qwen3" || converted.Result.Formats["BF16"]+converted.Result.Formats["F32"] == 0 {
		t.Errorf("%+v", converted)
	}
	quantized := s.make("quantize", `{"model":"qwen3","recipe":"q8_0","tokens":100}`)
	if quantized.State != "done" || quantized.Name != "qwen3-q8_0" || quantized.Result.FileBytes >= quantized.Result.SourceBytes || quantized.Result.Loss.Tokens != 100 {
		t.Errorf("%+v", quantized)
	}
	if status, said := s.ask("/v1/completions", `{"model":"qwen3-q8_0","prompt":"the","max_tokens":4}`); status != http.StatusOK {
		t.Errorf("%d %.300s", status, said)
	}
	if again := s.make("quantize", `{"model":"qwen3-q8_0","recipe":"Q4_0"}`); again.State != "failed" || again.Problem.Code != "unsupported_value" || again.Problem.Remedy == "" {
		t.Errorf("of what is quantized: %+v", again)
	}
	for _, c := range []struct {
		how, body string
		status    int
		says      string
	}{
		{"quantize", `{"model":"qwen3","recipe":"Q8_0"}`, 409, "model_exists"},
		{"quantize", `{"model":"nobody","recipe":"Q8_0"}`, 404, "model_not_found"},
		{"quantize", `{"model":"qwen3","recipe":"Q1"}`, 400, "not_one_of"},
		{"quantize", `{"model":"qwen3","recipe":"Q4_0","name":"../../up"}`, 400, "invalid_value"},
		{"convert", `{"folder":"/etc"}`, 400, "invalid_value"},
		{"convert", `{"folder":"` + filepath.Join(folders, "qwen3", "..", "..") + `"}`, 400, "invalid_value"},
	} {
		if status, said := s.manage(http.MethodPost, "/models/"+c.how, c.body); status != c.status || !strings.Contains(said, c.says) {
			t.Errorf("%s %s: %d %s", c.how, c.body, status, said)
		}
	}

	// One at a time; cancelled, nothing is left of it.
	status, said := s.manage(http.MethodPost, "/models/quantize", `{"model":"big","recipe":"Q4_K_M","tokens":0,"name":"never"}`)
	var long modelJob
	if status != http.StatusAccepted || json.Unmarshal([]byte(said), &long) != nil {
		t.Fatalf("%d %s", status, said)
	}
	status, said = s.manage(http.MethodPost, "/models/quantize", `{"model":"qwen3","recipe":"Q4_0"}`)
	still := s.job(long.ID).State == "running" // it may have ended on a fast machine before the second was asked for
	if still && (status != http.StatusConflict || !strings.Contains(said, "model_job_running")) {
		t.Errorf("a second: %d %s", status, said)
	}
	if status, said := s.manage(http.MethodDelete, "/models/jobs/"+long.ID, ""); status != http.StatusNoContent {
		t.Errorf("%d %s", status, said)
	}
	left, err := filepath.Glob(filepath.Join(home, "data", "models", "never"))
	switch j := s.ended(long.ID); {
	case err != nil:
		t.Error(err)
	case j.State == "cancelled" && len(left) == 0:
	case j.State == "done" && !still:
	default:
		t.Errorf("%+v, %v is left", j, left)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	found := false
	for _, r := range auditRecords(t, home) {
		found = found || r.Act == "make-model" && r.Result == "unsupported_value"
	}
	if !found {
		t.Error("how a job ended is not on record")
	}
}

// modelJob is the making of a model, as the door for managing tells it.
type modelJob struct {
	ID, State, Name string
	Problem         struct{ Code, Remedy string }
	Result          struct {
		Model       string
		FileBytes   int64 `json:"file_bytes"`
		SourceBytes int64 `json:"source_bytes"`
		Formats     map[string]int
		Loss        struct{ Tokens int }
	}
}

// make has a model made, and says what became of it.
func (s *server) make(how, body string) modelJob {
	s.t.Helper()
	status, said := s.manage(http.MethodPost, "/models/"+how, body)
	var j modelJob
	if status != http.StatusAccepted || json.Unmarshal([]byte(said), &j) != nil {
		s.t.Fatalf("%s: %d %s", how, status, said)
	}
	return s.ended(j.ID)
}

func (s *server) job(id string) (j modelJob) {
	s.t.Helper()
	status, said := s.manage(http.MethodGet, "/models/jobs/"+id, "")
	if status != http.StatusOK || json.Unmarshal([]byte(said), &j) != nil {
		s.t.Fatalf("%d %s", status, said)
	}
	return j
}

// ended waits until a job has ended.
func (s *server) ended(id string) (j modelJob) {
	s.t.Helper()
	s.until("the end of a job", func() bool {
		j = s.job(id)
		return j.State != "running"
	})
	return j
}

// manage asks the door for managing.
func (s *server) manage(method, path, body string) (int, string) {
	s.t.Helper()
	return caller{s, "Authorization", s.key}.call(method, "/admin/v1"+path, body)
}

package scenarios

import (
	"encoding/json"
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

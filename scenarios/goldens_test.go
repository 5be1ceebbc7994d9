package scenarios

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPromptGoldens renders the published conversations with the binary, each
// family by the name of its file.
func TestPromptGoldens(t *testing.T) {
	home := t.TempDir()
	for _, family := range []string{"deepseek-r1-distill-llama", "deepseek-r1-distill-qwen", "deepseek-v3.1", "qwen2.5", "qwq", "qwen3", "llama-3.1"} {
		text, err := os.ReadFile(filepath.Join("../../shared/data/prompt", family+".json"))
		if err != nil {
			t.Skip("../shared/data/prompt is not here")
		}
		var golden struct {
			Cases []struct {
				Name     string
				Input    json.RawMessage
				Rendered string
			}
		}
		if err := json.Unmarshal(text, &golden); err != nil {
			t.Fatal(err)
		}
		for _, c := range golden.Cases {
			cmd := hearth(home, "model", "render", family)
			cmd.Stdin = bytes.NewReader(c.Input)
			got, err := cmd.Output()
			if err != nil || string(got) != c.Rendered {
				t.Errorf("%s/%s: %v\n%q, want\n%q", family, c.Name, err, got, c.Rendered)
			}
		}
	}
}

// TestTokenizerVectors feeds the reference texts to the binary.
func TestTokenizerVectors(t *testing.T) {
	home := t.TempDir()
	files, _ := filepath.Glob("../../shared/data/tokenizer/*.gguf")
	if len(files) == 0 {
		t.Skip("../shared/data/tokenizer is not here")
	}
	for _, file := range files {
		path, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		in, err := os.ReadFile(path + ".inp")
		if err != nil {
			t.Fatal(err)
		}
		out, err := os.ReadFile(path + ".out")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(out), "\n")
		texts := strings.Split(string(in), "\n__ggml_vocab_test__\n")
		for i, text := range texts[:5] { // the rest is in the tokenizer's own tests
			cmd := hearth(home, "model", "tokenize", path)
			cmd.Stdin = strings.NewReader(text)
			got, err := cmd.Output()
			if want := strings.TrimSpace(lines[i]); err != nil || strings.TrimSpace(string(got)) != want {
				t.Errorf("%s: %q: %v %s, want %s", filepath.Base(file), text, err, got, want)
			}
		}
	}
}

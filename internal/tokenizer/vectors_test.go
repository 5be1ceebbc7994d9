package tokenizer_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestVectors compares with the ids that the publishers' tokenizers gave.
func TestVectors(t *testing.T) {
	const dir = shared + "tokenizer/ggml-vocab-"
	for _, v := range []struct{ vectors, vocabulary string }{
		{"gpt-2", dir + "gpt-2.gguf"},
		{"deepseek-coder", dir + "deepseek-coder.gguf"},
		{"deepseek-llm", dir + "deepseek-llm.gguf"},
		{"falcon", dir + "falcon.gguf"},
		{"llama-spm", dir + "llama-spm.gguf"},
		{"phi-3", dir + "phi-3.gguf"},
		{"bert-bge", dir + "bert-bge.gguf"},
		{"qwen2", built + "qwen2.gguf"},
		{"deepseek-r1-qwen", built + "qwen2.gguf"},
	} {
		t.Run(v.vectors, func(t *testing.T) {
			in, out := vectors(t, dir+v.vectors+".gguf")
			tok := open(t, v.vocabulary)
			for i, text := range in {
				if got := tok.Append(nil, text, false); !slices.Equal(got, out[i]) {
					t.Errorf("%q:\n got %v\nwant %v", text, got, out[i])
				}
			}
		})
	}
}

// vectors reads texts and the ids that belong to them, a line each.
func vectors(t *testing.T, path string) (in []string, out [][]int32) {
	t.Helper()
	texts, err := os.ReadFile(path + ".inp")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s.inp is not there: it comes with the shared test data", path)
	}
	ids, err2 := os.ReadFile(path + ".out")
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	in = strings.Split(string(texts), "\n__ggml_vocab_test__\n")
	for line := range strings.Lines(string(ids)) {
		out = append(out, numbers(t, line))
	}
	// An empty last text has no line, or one.
	if in = in[:min(len(in), len(out))]; len(in) < 40 {
		t.Fatalf("%s: %d texts and %d lines of ids", path, len(in), len(out))
	}
	return in, out
}

func numbers(t *testing.T, line string) []int32 {
	t.Helper()
	var ids []int32
	for field := range strings.FieldsSeq(line) {
		id, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, int32(id))
	}
	return ids
}

// TestGoldens compares with the ids that tools/oracle/tokenizer/goldens.py wrote, for
// the vocabularies that are not in the tree.
func TestGoldens(t *testing.T) {
	data, err := os.ReadFile("testdata/ids.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"qwen2", "deepseek-v3", "llama-bpe"} {
		t.Run(name, func(t *testing.T) {
			tok := open(t, built+name+".gguf")
			for line := range strings.Lines(string(data)) {
				var golden struct {
					Text string
					IDs  map[string][]int32
				}
				if err := json.Unmarshal([]byte(line), &golden); err != nil {
					t.Fatal(err)
				}
				if got := tok.Append(nil, golden.Text, false); !slices.Equal(got, golden.IDs[name]) {
					t.Errorf("%q:\n got %v\nwant %v", golden.Text, got, golden.IDs[name])
				}
			}
		})
	}
}

package tokenizer_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
)

func BenchmarkEncode(b *testing.B) {
	for _, vocab := range []string{"gpt-2", "deepseek-llm", "llama-spm", "bert-bge", "qwen2", "deepseek-v3", "llama-bpe"} {
		for _, kind := range []string{"english", "chinese", "code"} {
			b.Run(vocab+"/"+kind, func(b *testing.B) {
				path := shared + "tokenizer/ggml-vocab-" + vocab + ".gguf"
				if _, err := os.Stat(path); err != nil {
					path = built + vocab + ".gguf"
				}
				tok := open(b, path)
				texts := corpus(b, kind)
				var ids []int32
				for b.Loop() {
					ids = ids[:0]
					for _, text := range texts {
						ids = tok.Append(ids, text, false)
					}
				}
				size := 0
				for _, text := range texts {
					size += len(text)
				}
				b.SetBytes(int64(size))
				b.ReportMetric(float64(size)/float64(len(ids)), "bytes/token")
			})
		}
	}
}

// corpus reads the texts of one kind, made by tools/oracle/tokenizer/corpus.py.
func corpus(t testing.TB, kind string) []string {
	t.Helper()
	file, err := os.Open(built + "corpus-" + kind + ".jsonl")
	if err != nil {
		t.Skipf("no corpus: run tools/oracle/tokenizer/corpus.py (%v)", err)
	}
	defer file.Close()
	var texts []string
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return texts
}

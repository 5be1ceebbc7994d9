package tokenizer_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDifferential compares with what other tokenizers made of megabytes of text,
// written by tools/oracle/tokenizer/differential.py.
func TestDifferential(t *testing.T) {
	files, err := filepath.Glob(built + "ids-*.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("%s has no ids: run tools/oracle/tokenizer/differential.py", built)
	}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "ids-"), ".jsonl.gz")
		t.Run(name, func(t *testing.T) {
			rest, kind := cutLast(name)
			vocabulary, _ := cutLast(rest)
			tok := open(t, vocabularyPath(vocabulary))
			texts, want := corpus(t, kind), idLists(t, file)
			if len(texts) != len(want) {
				t.Fatalf("%d texts, %d lists of ids", len(texts), len(want))
			}
			differ, tokens := 0, 0
			for i, text := range texts {
				got := tok.Append(nil, text, kind == "prompts")
				tokens += len(want[i])
				if want[i] == nil || slices.Equal(got, want[i]) {
					continue
				}
				if differ++; differ <= 3 {
					at := 0
					for at < min(len(got), len(want[i])) && got[at] == want[i][at] {
						at++
					}
					t.Errorf("%.60q: from token %d\n got %v\nwant %v", text, at, pieces(tok, got, at), pieces(tok, want[i], at))
				}
			}
			t.Logf("%d of %d texts differ, of %d tokens", differ, len(texts), tokens)
		})
	}
}

func cutLast(s string) (before, after string) {
	i := strings.LastIndexByte(s, '-')
	return s[:i], s[i+1:]
}

// vocabularyPath prefers the vocabularies that were made for the tests.
func vocabularyPath(name string) string {
	if _, err := os.Stat(built + name + ".gguf"); err == nil {
		return built + name + ".gguf"
	}
	return shared + "tokenizer/ggml-vocab-" + name + ".gguf"
}

func pieces(tok interface{ Piece(int32) string }, ids []int32, at int) []string {
	var list []string
	for _, id := range ids[at:min(at+8, len(ids))] {
		list = append(list, tok.Piece(id))
	}
	return list
}

func idLists(t *testing.T, path string) [][]int32 {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var lists [][]int32
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var ids []int32
		if err := json.Unmarshal(lines.Bytes(), &ids); err != nil {
			t.Fatal(err)
		}
		lists = append(lists, ids)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return lists
}

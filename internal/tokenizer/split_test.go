package tokenizer_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/tokenizer"
)

// TestSplitters compares with the published regular expressions, run by
// tools/oracle/tokenizer/splits.py.
func TestSplitters(t *testing.T) {
	file, err := os.Open("testdata/splits.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	for lines := bufio.NewScanner(unzipped); lines.Scan(); texts++ {
		var golden struct {
			Text  string
			Words map[string][]int
		}
		if err := json.Unmarshal(lines.Bytes(), &golden); err != nil {
			t.Fatal(err)
		}
		for pre, lengths := range golden.Words {
			got, err := tokenizer.Split(pre, golden.Text)
			if err != nil {
				t.Fatal(err)
			}
			if want := divide(golden.Text, lengths); !slices.Equal(got, want) {
				t.Errorf("%s: %q:\n got %q\nwant %q", pre, golden.Text, got, want)
			}
		}
	}
	if texts < 2000 {
		t.Errorf("only %d texts", texts)
	}
}

func divide(text string, lengths []int) []string {
	var words []string
	for _, n := range lengths {
		words = append(words, text[:n])
		text = text[n:]
	}
	return words
}

func TestUnknownSplitterIsRefused(t *testing.T) {
	_, err := tokenizer.Split("qwen9", "text")
	if err == nil || !strings.Contains(err.Error(), `"qwen9"`) || !strings.Contains(err.Error(), "qwen2, ") {
		t.Errorf("error %v names neither the splitter nor those there are", err)
	}
}

package tokenizer_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hearthbox/hearth/internal/tokenizer"
)

// Where vocabularies lie that are not in the tree: those that come with the test
// data, and those that tools/oracle/tokenizer/vocabularies.py makes.
const (
	shared = "../../../shared/data/"
	built  = "../../build/tokenizer/"
)

// vocabulary reads a vocabulary as the engine would, or skips the test.
func vocabulary(t testing.TB, path string) tokenizer.Vocabulary {
	t.Helper()
	values, err := readGGUF(path)
	if errors.Is(err, fs.ErrNotExist) {
		if filepath.Dir(path)+"/" == built {
			t.Skipf("%s is not there: run tools/oracle/tokenizer/vocabularies.py", path)
		}
		t.Skipf("%s is not there: it comes with the shared test data", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fromGGUF(values)
}

func fromGGUF(values map[string]any) tokenizer.Vocabulary {
	const ns = "tokenizer.ggml."
	tokens := list[string](values[ns+"tokens"])
	model, _ := values[ns+"model"].(string)
	pre, _ := values[ns+"pre"].(string)
	v := tokenizer.Defaults(model, pre, len(tokens))
	v.Tokens = tokens
	v.Scores = list[float32](values[ns+"scores"])
	v.Merges = list[string](values[ns+"merges"])
	for _, t := range list[int](values[ns+"token_type"]) {
		v.Types = append(v.Types, tokenizer.Type(t))
	}
	for name, to := range map[string]*int{
		"bos": &v.BOS, "eos": &v.EOS, "eot": &v.EOT, "eom": &v.EOM, "unknown": &v.UNK,
		"seperator": &v.SEP, "padding": &v.PAD, "cls": &v.CLS, "mask": &v.MASK,
	} {
		if id, ok := values[ns+name+"_token_id"].(int); ok {
			*to = id
		}
	}
	for name, to := range map[string]*bool{
		"add_bos_token": &v.AddBOS, "add_eos_token": &v.AddEOS, "add_space_prefix": &v.AddSpacePrefix,
	} {
		if on, ok := values[ns+name].(int); ok {
			*to = on != 0
		}
	}
	return v
}

func list[T any](value any) []T {
	items, _ := value.([]any)
	var out []T
	for _, item := range items {
		out = append(out, item.(T))
	}
	return out
}

// tokenizers are made once: most tests want the same few.
var tokenizers sync.Map

func open(t testing.TB, path string) *tokenizer.Tokenizer {
	t.Helper()
	if tok, ok := tokenizers.Load(path); ok {
		return tok.(*tokenizer.Tokenizer)
	}
	tok, err := tokenizer.New(vocabulary(t, path))
	if err != nil {
		t.Fatal(err)
	}
	tokenizers.Store(path, tok)
	return tok
}

package engine

import (
	"errors"
	"fmt"
	"math"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/tokenizer"
)

// errTokenizer marks vocabularies the tokenizer refuses.
var errTokenizer = errors.New("its tokenizer can't be used")

// OpenTemplate reads the chat template of a file, empty if there is none, and its
// tokenizer, without loading the model.
func OpenTemplate(path string) (template string, t *tokenizer.Tokenizer, err error) {
	f, err := gguf.Open(path)
	if err != nil {
		return "", nil, loadError(path, err)
	}
	defer f.Close()
	err = gguf.Reading(func() error {
		if template, err = readTemplate(f); err != nil {
			return err
		}
		t, err = readTokenizer(f)
		return err
	})
	if err != nil {
		return "", nil, loadError(path, err)
	}
	return template, t, nil
}

func readTemplate(f *gguf.File) (string, error) {
	const key = "tokenizer.chat_template"
	if !f.Has(key) {
		return "", nil
	}
	return f.Text(key)
}

func readTokenizer(f *gguf.File) (*tokenizer.Tokenizer, error) {
	v, err := readVocabulary(f)
	if err != nil {
		return nil, err
	}
	t, err := tokenizer.New(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errTokenizer, err)
	}
	return t, nil
}

func readVocabulary(f *gguf.File) (v tokenizer.Vocabulary, err error) {
	r := &reader{f: f}
	model := r.text("model")
	pre := ""
	if f.Has("tokenizer.ggml.pre") {
		pre = r.text("pre")
	}
	tokens, err := f.Texts("tokenizer.ggml.tokens")
	r.fail(err)
	v = tokenizer.Defaults(model, pre, len(tokens))
	v.Tokens = tokens
	if r.has("token_type") {
		types, err := f.Ints("tokenizer.ggml.token_type", 0, math.MaxInt32)
		r.fail(err)
		for _, t := range types {
			v.Types = append(v.Types, tokenizer.Type(t))
		}
	}
	if r.has("scores") {
		v.Scores, err = f.Floats("tokenizer.ggml.scores")
		r.fail(err)
	}
	if r.has("merges") {
		v.Merges, err = f.Texts("tokenizer.ggml.merges")
		r.fail(err)
	}
	for key, id := range map[string]*int{
		"bos": &v.BOS, "eos": &v.EOS, "eot": &v.EOT, "eom": &v.EOM, "unknown": &v.UNK,
		"seperator": &v.SEP, "padding": &v.PAD, "cls": &v.CLS, "mask": &v.MASK, // the format's own spelling
	} {
		r.id(key+"_token_id", id)
	}
	r.flag("add_bos_token", &v.AddBOS)
	r.flag("add_eos_token", &v.AddEOS)
	r.flag("add_space_prefix", &v.AddSpacePrefix)
	r.flag("remove_extra_whitespaces", &v.RemoveExtraSpaces)
	if r.has("precompiled_charsmap") {
		bytes, err := f.Ints("tokenizer.ggml.precompiled_charsmap", math.MinInt8, math.MaxUint8)
		r.fail(err)
		for _, b := range bytes {
			v.Charsmap = append(v.Charsmap, byte(b))
		}
	}
	return v, r.err
}

// reader reads keys below tokenizer.ggml and remembers the first error.
type reader struct {
	f   *gguf.File
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) has(key string) bool { return r.f.Has("tokenizer.ggml." + key) }

func (r *reader) text(key string) string {
	s, err := r.f.Text("tokenizer.ggml." + key)
	r.fail(err)
	return s
}

// id reads a token id if it is stated; what it must not be, the tokenizer says.
func (r *reader) id(key string, to *int) {
	if !r.has(key) {
		return
	}
	n, err := r.f.Int("tokenizer.ggml."+key, -1, math.MaxUint32)
	r.fail(err)
	*to = int(n)
}

func (r *reader) flag(key string, to *bool) {
	if !r.has(key) {
		return
	}
	b, err := r.f.Bool("tokenizer.ggml." + key)
	r.fail(err)
	*to = b
}

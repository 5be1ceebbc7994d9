package provenance

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"

	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/gguf"
)

// Fingerprint is the SHA-256 and the SM3 of the same bytes.
type Fingerprint struct {
	SHA256 cryptosuite.Digest `json:"sha256"`
	SM3    cryptosuite.Digest `json:"sm3"`
}

// FingerprintOf is the fingerprint of a text: of a chat template, to the byte.
func FingerprintOf(text string) Fingerprint {
	return Fingerprint{cryptosuite.SHA256([]byte(text)), cryptosuite.SM3([]byte(text))}
}

// Fingerprints tell a model's template and tokenizer from others.
type Fingerprints struct {
	Template  Fingerprint `json:"template"` // of the empty text if there is none
	Tokenizer Fingerprint `json:"tokenizer"`
}

const templateKey = "tokenizer.chat_template"

// TemplateOf is the chat template of a model, empty if it has none.
func TemplateOf(f *gguf.File) (string, error) {
	text, err := f.Text(templateKey)
	if errors.Is(err, gguf.ErrMissing) {
		return "", nil
	}
	return text, err
}

// FingerprintFile describes a model file. Its errors are gguf's.
func FingerprintFile(f *gguf.File) (Fingerprints, error) {
	text, err := TemplateOf(f)
	if err != nil {
		return Fingerprints{}, err
	}
	tokenizer, err := tokenizerOf(f)
	return Fingerprints{FingerprintOf(text), tokenizer}, err
}

// Keys of a GGUF file that make its tokenizer, below "tokenizer.ggml.". The order is
// that of the fingerprint.
var (
	tokenizerTexts = []string{"model", "pre"}
	specialIDs     = []string{"bos_token_id", "eos_token_id", "eot_token_id", "eom_token_id",
		"unknown_token_id", "seperator_token_id", "padding_token_id", "mask_token_id", "cls_token_id",
		"fim_pre_token_id", "fim_suf_token_id", "fim_mid_token_id", "fim_pad_token_id", "fim_rep_token_id", "fim_sep_token_id"}
)

// tokenizerOf is the fingerprint of these bytes, in this order, where a number is 8
// bytes, little-endian, and a text is its length in bytes, as a number, and its bytes:
//
//	the text "hearth.tokenizer/1"
//	the texts model, pre
//	the number of tokens, then each as a text
//	the number of token types, then each as a number, in two's complement
//	the number of scores, then the IEEE 754 single-precision bits of each, as a number
//	the number of merges, then each as a text
//	the special ids in the order of specialIDs, each as a number, 2^64-1 for none
//
// What a file does not have is empty. Only what decides which ids a text becomes is
// in it: a model that was quantised anew, or renamed, keeps its tokenizer.
func tokenizerOf(f *gguf.File) (Fingerprint, error) {
	w := &fields{file: f}
	w.text("hearth.tokenizer/1")
	for _, key := range tokenizerTexts {
		w.text(optional(w, key, f.Text))
	}
	w.texts("tokens")
	types := optional(w, "token_type", func(key string) ([]int, error) { return f.Ints(key, math.MinInt32, math.MaxInt32) })
	w.number(uint64(len(types)))
	for _, t := range types {
		w.number(uint64(int64(t)))
	}
	scores := optional(w, "scores", f.Floats)
	w.number(uint64(len(scores)))
	for _, s := range scores {
		w.number(uint64(math.Float32bits(s)))
	}
	w.texts("merges")
	for _, key := range specialIDs {
		w.id(key)
	}
	if w.err != nil {
		return Fingerprint{}, w.err
	}
	return FingerprintOf(w.out.String()), nil
}

// fields writes what a fingerprint is made of. The first error stays.
type fields struct {
	file *gguf.File
	out  strings.Builder
	err  error
}

// optional reads a key, and the zero value where it is missing.
func optional[T any](w *fields, key string, read func(string) (T, error)) T {
	v, err := read("tokenizer.ggml." + key)
	if err != nil && !errors.Is(err, gguf.ErrMissing) && w.err == nil {
		w.err = err
	}
	return v
}

func (w *fields) number(n uint64) {
	w.out.Write(binary.LittleEndian.AppendUint64(nil, n))
}

func (w *fields) text(s string) {
	w.number(uint64(len(s)))
	_, _ = io.WriteString(&w.out, s)
}

func (w *fields) texts(key string) {
	list := optional(w, key, w.file.Texts)
	w.number(uint64(len(list)))
	for _, s := range list {
		w.text(s)
	}
}

func (w *fields) id(key string) {
	const none = math.MaxUint64
	if !w.file.Has("tokenizer.ggml." + key) {
		w.number(none)
		return
	}
	// Some converters write -1 for none, which as unsigned is the largest of 32 bits.
	n := optional(w, key, func(key string) (int64, error) { return w.file.Int(key, -1, math.MaxUint32) })
	if n < 0 || n == math.MaxUint32 {
		w.number(none)
		return
	}
	w.number(uint64(n))
}

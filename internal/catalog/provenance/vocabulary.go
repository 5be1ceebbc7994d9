package provenance

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gguf"
)

// vocabulary is a byte-pair vocabulary as it was published. Its own tokens come first in
// every model that uses it, and its merges are all there are; control tokens after them
// differ from one model to the next, and converters pad. So both are told apart from
// whatever else is in a file.
type vocabulary struct {
	name   string
	tokens int    // how many are its own
	sum    string // SHA-256 of these, each with its length before it, 8 bytes little-endian
	merges string // likewise of the merges
}

// What publishers' tokenizer.json files hold. A test holds the table to them.
var vocabularies = []vocabulary{
	{"Qwen 2, 2.5 and 3", 151643, "f4d648ba643507f722b9ce44011d6b05601928ef0f7006a1599f51c0d2ddb757", "907981a313a6e78ef2223229042674a39cd4995ee4c4ed40a31b58754e82c26c"},
	{"DeepSeek V3 and R1", 128000, "efe32cc3f3a4ee0ad41efc0dc7c127a89771694ee6adc203fe69defcbf510dee", "da09c418aa30eddffbdeace570b17a7e48b789738507ce271a008fc7ec624103"},
	{"Llama 3", 128000, "6f6eeae2668f11ca736b5c1e8a207ec72545f735a3cf8f815ac917e5df14a2b0", "44546c8009a5993ff850e2288dbd2b0213643cd224445cd9c8c6bf452112d669"},
}

// Published says whose vocabulary a model has; "" if it is nobody's known here. A model
// with the merges of one and other tokens, or its tokens and other merges, was altered:
// that changes what is read and said without touching a weight, and is an error of
// [hearth.TokenizerAltered].
func Published(model string, f *gguf.File) (name string, err error) {
	tokens, err := texts(f, "tokenizer.ggml.tokens")
	if err != nil {
		return "", err
	}
	merges, err := texts(f, "tokenizer.ggml.merges")
	if err != nil {
		return "", err
	}
	joined := sumTexts(merges)
	for _, v := range vocabularies {
		if len(tokens) < v.tokens {
			continue
		}
		same, sameMerges := sumTexts(tokens[:v.tokens]) == v.sum, joined == v.merges
		switch {
		case same && sameMerges:
			return v.name, nil
		case same:
			return "", hearth.NewError(hearth.TokenizerAltered, "model", model, "publisher", v.name, "detail", hearth.Words{"other merges", "合并规则不同"})
		case sameMerges:
			return "", hearth.NewError(hearth.TokenizerAltered, "model", model, "publisher", v.name, "detail", hearth.Words{"other tokens", "词元不同"})
		}
	}
	return "", nil
}

func texts(f *gguf.File, key string) ([]string, error) {
	list, err := f.Texts(key)
	if errors.Is(err, gguf.ErrMissing) {
		return nil, nil
	}
	return list, err
}

func sumTexts(list []string) string {
	h := sha256.New()
	var size [8]byte
	for _, s := range list {
		binary.LittleEndian.PutUint64(size[:], uint64(len(s)))
		h.Write(size[:])
		h.Write([]byte(s))
	}
	return hex.EncodeToString(h.Sum(nil))
}

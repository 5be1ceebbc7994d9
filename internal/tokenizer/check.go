package tokenizer

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits are several times what the largest vocabularies in use come to, and
// keep a hostile one below a gigabyte of memory and ten seconds.
const (
	tokensMax       = 1 << 22
	tokenBytesMax   = 1 << 24
	specialBytesMax = 1 << 20
	specialTextMax  = 1 << 10 // of one; what looks for them in prompts takes so many steps per byte
	mergesMax       = 1 << 22
	mergeBytesMax   = 1 << 26
)

// check refuses a vocabulary that contradicts itself, naming the field, and returns
// the tokens by their text. An empty token is never found.
func check(v *Vocabulary) (map[string]int32, error) {
	switch n := len(v.Tokens); {
	case n == 0:
		return nil, fmt.Errorf("tokenizer.ggml.tokens: empty")
	case n > tokensMax || size(v.Tokens) > tokenBytesMax:
		return nil, fmt.Errorf("tokenizer.ggml.tokens: more than %d, or than %d bytes", tokensMax, tokenBytesMax)
	case len(v.Merges) > mergesMax || size(v.Merges) > mergeBytesMax:
		return nil, fmt.Errorf("tokenizer.ggml.merges: more than %d, or than %d bytes", mergesMax, mergeBytesMax)
	case v.Types != nil && len(v.Types) != n:
		return nil, fmt.Errorf("tokenizer.ggml.token_type: %d types for %d tokens", len(v.Types), n)
	case v.Scores != nil && len(v.Scores) != n:
		return nil, fmt.Errorf("tokenizer.ggml.scores: %d scores for %d tokens", len(v.Scores), n)
	}
	for i, t := range v.Types {
		if t < Normal || t > Byte {
			return nil, fmt.Errorf("tokenizer.ggml.token_type[%d]: no type %d", i, t)
		}
	}
	for i, s := range v.Scores {
		if math.IsNaN(float64(s)) {
			return nil, fmt.Errorf("tokenizer.ggml.scores[%d]: not a number", i)
		}
	}
	if err := checkRoles(v); err != nil {
		return nil, err
	}
	return checkTexts(v.Tokens)
}

func size(texts []string) int {
	n := 0
	for _, t := range texts {
		n += len(t)
	}
	return n
}

// checkRoles also reads the unsigned -1 as None.
func checkRoles(v *Vocabulary) error {
	for _, role := range []struct {
		key string
		id  *int
	}{
		{"bos", &v.BOS}, {"eos", &v.EOS}, {"eot", &v.EOT}, {"eom", &v.EOM}, {"unknown", &v.UNK},
		{"seperator", &v.SEP}, {"padding", &v.PAD}, {"cls", &v.CLS}, {"mask", &v.MASK},
	} {
		if *role.id == math.MaxUint32 {
			*role.id = None
		}
		if *role.id < None || *role.id >= len(v.Tokens) {
			return fmt.Errorf("tokenizer.ggml.%s_token_id: %d, but there are %d tokens", role.key, *role.id, len(v.Tokens))
		}
	}
	return nil
}

// checkTexts refuses a text that occurs twice, as llama.cpp does: which of the two
// a model was trained with, nobody could say.
func checkTexts(tokens []string) (map[string]int32, error) {
	ids := make(map[string]int32, len(tokens))
	for i, t := range tokens {
		if !utf8.ValidString(t) {
			return nil, fmt.Errorf("tokenizer.ggml.tokens[%d]: %.40q is not UTF-8", i, t)
		}
		if t == "" {
			continue
		}
		if first, ok := ids[t]; ok {
			return nil, fmt.Errorf("tokenizer.ggml.tokens[%d]: %.40q is token %d already", i, t, first)
		}
		ids[t] = int32(i)
	}
	return ids, nil
}

// byteText reads <0x0A>.
func byteText(token string) (byte, bool) {
	hex, ok := strings.CutPrefix(token, "<0x")
	if !ok || len(hex) != 3 || hex[2] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(hex[:2], 16, 8)
	return byte(b), err == nil
}

package tokenizer_test

import (
	"math"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/tokenizer"
)

func TestAContradictoryVocabularyIsRefused(t *testing.T) {
	bpe, spm, bert := smallBPE, smallSPM, smallBERT
	for _, c := range []struct {
		vocabulary func() tokenizer.Vocabulary
		spoil      func(v *tokenizer.Vocabulary)
		want       string
	}{
		{bpe, func(v *tokenizer.Vocabulary) { v.Model = "rwkv" }, `tokenizer.ggml.model: "rwkv"`},
		{bpe, func(v *tokenizer.Vocabulary) { v.Pre = "qwen9" }, "tokenizer.ggml.pre: "},
		{bpe, func(v *tokenizer.Vocabulary) { v.Tokens = nil }, "tokenizer.ggml.tokens: empty"},
		{bpe, func(v *tokenizer.Vocabulary) { v.Types = v.Types[1:] }, "tokenizer.ggml.token_type: "},
		{bpe, func(v *tokenizer.Vocabulary) { v.Types[5] = 0 }, "tokenizer.ggml.token_type[5]: "},
		{bpe, func(v *tokenizer.Vocabulary) { v.Types[5] = 7 }, "tokenizer.ggml.token_type[5]: "},
		{bpe, func(v *tokenizer.Vocabulary) { v.Tokens[7] = "\xff" }, "tokenizer.ggml.tokens[7]: "},
		{bpe, func(v *tokenizer.Vocabulary) { v.Tokens[9] = v.Tokens[8] }, "tokenizer.ggml.tokens[9]: "},
		{bpe, func(v *tokenizer.Vocabulary) { v.BOS = len(v.Tokens) }, "tokenizer.ggml.bos_token_id: "},
		{bpe, func(v *tokenizer.Vocabulary) { v.MASK = -2 }, "tokenizer.ggml.mask_token_id: "},
		{bpe, func(v *tokenizer.Vocabulary) { v.Merges[2] = "hello" }, "tokenizer.ggml.merges[2]: "},
		{bpe, func(v *tokenizer.Vocabulary) { v.Merges[2] = "hel " }, "tokenizer.ggml.merges[2]: "},
		{bpe, func(v *tokenizer.Vocabulary) { v.Merges[2] = " lo" }, "tokenizer.ggml.merges[2]: "},
		{bpe, func(v *tokenizer.Vocabulary) { v.Merges[2] = "h e l" }, "tokenizer.ggml.merges[2]: "},
		{spm, func(v *tokenizer.Vocabulary) { v.Scores = nil }, "tokenizer.ggml.scores: "},
		{spm, func(v *tokenizer.Vocabulary) { v.Scores = v.Scores[1:] }, "tokenizer.ggml.scores: "},
		{spm, func(v *tokenizer.Vocabulary) { v.Scores[6] = float32(math.NaN()) }, "tokenizer.ggml.scores[6]: "},
		{spm, func(v *tokenizer.Vocabulary) { v.Tokens[3] = "<0x-1>" }, "tokenizer.ggml.tokens[3]: "},
		{spm, func(v *tokenizer.Vocabulary) { v.Tokens[3] = "<0xGG>" }, "tokenizer.ggml.tokens[3]: "},
		{spm, func(v *tokenizer.Vocabulary) { v.Tokens[3] = "<0x0>" }, "tokenizer.ggml.tokens[3]: "},
		{spm, func(v *tokenizer.Vocabulary) { v.Tokens[13], v.Tokens[14] = "<0x0a>", "<0x0A>" }, "tokenizer.ggml.tokens[14]: "},
		{spm, func(v *tokenizer.Vocabulary) { v.UNK, v.Types[4] = tokenizer.None, tokenizer.Unused }, "tokenizer.ggml.tokens: "},
		{bert, func(v *tokenizer.Vocabulary) { v.UNK = 1 << 40 }, "tokenizer.ggml.unknown_token_id: "},
	} {
		v := c.vocabulary()
		c.spoil(&v)
		_, err := tokenizer.New(v)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestAnOddVocabularyIsNot(t *testing.T) {
	bpe, spm := smallBPE, smallSPM
	for name, c := range map[string]struct {
		vocabulary func() tokenizer.Vocabulary
		bend       func(v *tokenizer.Vocabulary)
	}{
		"unsigned -1":          {bpe, func(v *tokenizer.Vocabulary) { v.SEP, v.PAD = math.MaxUint32, math.MaxUint32 }},
		"no types":             {bpe, func(v *tokenizer.Vocabulary) { v.Types = nil }},
		"no splitter":          {bpe, func(v *tokenizer.Vocabulary) { v.Pre = "" }},
		"a byte without token": {bpe, func(v *tokenizer.Vocabulary) { v.Tokens[3] = "[gone]" }},
		"unreachable merge":    {bpe, func(v *tokenizer.Vocabulary) { v.Merges[0] = "中 文" }},
		"merge twice":          {bpe, func(v *tokenizer.Vocabulary) { v.Merges = append(v.Merges, v.Merges...) }},
		"empty tokens":         {bpe, func(v *tokenizer.Vocabulary) { v.Tokens[1], v.Tokens[2] = "", "" }},
		"infinite score":       {spm, func(v *tokenizer.Vocabulary) { v.Scores[262] = float32(math.Inf(-1)) }},
		"bytes by text":        {spm, func(v *tokenizer.Vocabulary) { v.Types = nil }},
		"no unknown token":     {spm, func(v *tokenizer.Vocabulary) { v.UNK = tokenizer.None }},
	} {
		v := c.vocabulary()
		c.bend(&v)
		tok, err := tokenizer.New(v)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if back := tok.Decode(tok.Append(nil, "hello 中文字 world", false), tokenizer.Decoding{}); back != "hello 中文字 world" {
			t.Errorf("%s: %q", name, back)
		}
	}
}

func TestDefaults(t *testing.T) {
	if v := tokenizer.Defaults("llama", "", 2); v.BOS != 1 || v.EOS != tokenizer.None || !v.AddBOS || !v.AddSpacePrefix {
		t.Errorf("llama: %+v", v)
	}
	if v := tokenizer.Defaults("gpt2", "llama-bpe", 1000); v.BOS != tokenizer.None || !v.AddBOS {
		t.Errorf("gpt2: %+v", v)
	}
	if v := tokenizer.Defaults("bert", "", 1000); v.UNK != 100 || v.CLS != 101 || !v.Lowercase {
		t.Errorf("bert: %+v", v)
	}
}

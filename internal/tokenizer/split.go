package tokenizer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A pattern is one regular expression of a splitter, written out by hand: it
// returns the first match that begins at s[at:] or later, or the end of s twice if
// there is none. Go's regexp lacks the look-ahead that most of them use, and would be
// slower.
type pattern func(c *classes, s []byte, at int) (start, end int)

// A pretokenizer splits a text into the words that are merged each for itself.
// Every pattern splits the pieces left by those before it into matches and what
// lies between them, so a look-ahead sees no further than its piece.
type pretokenizer struct {
	patterns     []pattern
	ignoreMerges bool // a word that is a token need not be reachable by merges
	addBOS       bool // the default of AddBOS
}

// pretokenizers maps tokenizer.ggml.pre to a splitter, names and aliases as in
// llama.cpp.
func pretokenizers() map[string]pretokenizer {
	split := func(ps ...pattern) pretokenizer { return pretokenizer{patterns: ps} }
	whole := func(ps ...pattern) pretokenizer { return pretokenizer{patterns: ps, ignoreMerges: true} }
	bos := func(p pretokenizer) pretokenizer { p.addBOS = true; return p }

	table := map[string]pretokenizer{}
	for names, p := range map[string]pretokenizer{
		"gpt-2 phi-2 jina-es jina-de gigachat jina-v2-es jina-v2-de a.x-4.0 mellum modern-bert " +
			"jina-v1-en jina-v2-code roberta-bpe exaone4 mpt olmo jais trillion granite-docling": split(gpt2),
		"starcoder refact command-r smollm codeshell exaone minerva-7b mellum2": split(eachNumber, gpt2),
		"default": split(runs(defaultPunct), gpt2, runs(number), threeDigits),
		"falcon":  split(runs(falconPunct), gpt2, threeDigits),

		"llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano": bos(whole(llama3)),
		"dbrx smaug-bpe chatglm-bpe": split(llama3),
		"glm4 glm5":                  whole(llama3),
		"qwen2 deepseek-r1-qwen kormo f2llmv2 stablelm2 megrez hunyuan solar-open grok-2": split(qwen2),
		"qwen35": split(qwen35),
		"gpt-4o llama4 kanana2 talkie minimax-m2": split(gpt4o),
		"tekken":  bos(whole(tekken)),
		"kimi-k2": split(kimi),

		"deepseek-llm": split(eachNewline, spaced(deepseekLetter), spaced(deepseekPunct), trailing,
			runs(deepseekEastern), runs(number)),
		"deepseek-coder": split(eachNewline, spaced(letter), spaced(punct), runs(deepseekEastern), eachNumber),
		"deepseek-v3 hunyuan-dense hy_v4 joyai-llm": split(threeNumbers, runs(deepseekCJK), deepseek3),
	} {
		for name := range strings.FieldsSeq(names) {
			table[name] = p
		}
	}
	table[""] = table["default"]
	return table
}

func pretokenizerFor(name string) (pretokenizer, error) {
	table := pretokenizers()
	p, ok := table[name]
	if !ok {
		delete(table, "")
		known := slices.Sorted(maps.Keys(table))
		return p, fmt.Errorf("tokenizer.ggml.pre: no splitter called %q; known are %s", name, strings.Join(known, ", "))
	}
	return p, nil
}

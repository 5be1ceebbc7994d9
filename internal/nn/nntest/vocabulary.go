package nntest

import "fmt"

// vocabulary writes a byte-level tokenizer without merges: every byte is a token,
// so any text can be written and read.
func (m *maker) vocabulary() {
	const normal, control, unused = 1, 3, 5
	var tokens []string
	var types []int32
	for b := range 256 {
		tokens = append(tokens, string(byteRune(b)))
		types = append(types, normal)
	}
	for _, c := range Control {
		tokens = append(tokens, c)
		types = append(types, control)
	}
	for i := len(tokens); i < m.Vocab; i++ {
		tokens = append(tokens, fmt.Sprintf("<|unused_%d|>", i))
		types = append(types, unused)
	}
	m.set("tokenizer.ggml.model", "gpt2")
	m.set("tokenizer.ggml.pre", "qwen2")
	m.set("tokenizer.ggml.tokens", tokens)
	m.set("tokenizer.ggml.token_type", types)
	m.set("tokenizer.ggml.merges", []string{})
	m.set("tokenizer.ggml.eos_token_id", uint32(258))
	if m.Template != "" {
		m.set("tokenizer.chat_template", m.Template)
	}
}

// byteRune is how byte-level vocabularies write a byte: printable ones as
// themselves, the others from U+0100 on (Radford et al. 2019).
func byteRune(b int) rune {
	printable := func(b int) bool { return b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae }
	if printable(b) {
		return rune(b)
	}
	n := 0
	for i := range b {
		if !printable(i) {
			n++
		}
	}
	return rune(0x100 + n)
}

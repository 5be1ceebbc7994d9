package prompt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

// BenchmarkRender is the prompt of a conversation of 40 turns and 40 kB, by a
// renderer in Go and by a template that does about the same.
func BenchmarkRender(b *testing.B) {
	r := &hearth.Request{}
	for i := range 20 {
		r.Messages = append(r.Messages,
			hearth.Message{Role: hearth.RoleUser, Text: strings.Repeat(fmt.Sprint("question <b>", i, "</b> "), 50)},
			hearth.Message{Role: hearth.RoleAssistant, Text: strings.Repeat("answer ", 150)})
	}
	const template = `{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content | trim + '<|im_end|>\n' }}{% endfor %}<|im_start|>assistant
`
	for name, chat := range map[string]*Chat{
		"native": chatOf("qwen3-revised", nil), "template": New(nil, Model{Template: template, Control: controlTexts}),
	} {
		chat.controls = newControls(controlTexts)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := chat.Render(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParser is an answer of a thousand tokens, each fed by itself.
func BenchmarkParser(b *testing.B) {
	pieces := []string{"<think>"}
	for range 500 {
		pieces = append(pieces, " hm")
	}
	pieces = append(pieces, "</think>", "\n\n")
	for range 500 {
		pieces = append(pieces, " word")
	}
	s := syntaxes()["qwen3-revised"]
	b.ReportAllocs()
	for b.Loop() {
		p := newParser(s, beginning{state: start}, nil, counter())
		for _, piece := range pieces {
			p.feed(piece, false)
		}
	}
}

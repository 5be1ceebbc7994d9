package provenance

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/hearthbox/hearth"
)

// Publisher is a model as its publisher made it.
type Publisher struct {
	Name string // of publisher and model, for people: "Qwen/Qwen3-8B"
	Fingerprints
	Template string // the text, to show differences; may be empty
}

// Verdict is what a table of publishers says about a model.
type Verdict int

// The verdicts.
const (
	Unknown Verdict = iota // no publisher has this tokenizer
	Genuine                // tokenizer and template are one publisher's
	Foreign                // the tokenizer is a publisher's, the template is not
)

// Judge looks for a model's publisher. It is known by the tokenizer, which must fit the
// weights or the model talks nonsense; the template is text that anyone can edit.
// Several models share a tokenizer, so any of their templates will do; for a foreign
// one the first of them is returned.
func Judge(f Fingerprints, table []Publisher) (Verdict, Publisher) {
	verdict, whose := Unknown, Publisher{}
	for _, p := range table {
		switch {
		case p.Tokenizer != f.Tokenizer:
		case p.Fingerprints.Template == f.Template:
			return Genuine, p
		case verdict == Unknown:
			verdict, whose = Foreign, p
		}
	}
	return verdict, whose
}

// Limits of a shown difference. Templates have a few hundred lines, and some of them
// are long.
const (
	diffLinesMax = 200
	lineMax      = 400 // runes
	templateMax  = 256 << 10
)

// DiffTemplates shows in the unified format how a template differs from its
// publisher's, empty if it does not. What can't be seen is written as \u{…}: a
// template is foreign text, and the difference may be shown in a terminal.
func DiffTemplates(publisher, theirs, model, ours string) string {
	if theirs == ours {
		return ""
	}
	if len(theirs) > templateMax || len(ours) > templateMax {
		return fmt.Sprintf("the templates have %d and %d bytes; no more than %d are compared\n", len(theirs), len(ours), templateMax)
	}
	text := diff.Diff(visible(publisher), []byte(visible(theirs)), visible(model), []byte(visible(ours)))
	// The first line repeats the names that the next two give.
	_, body, _ := strings.Cut(string(text), "\n")
	lines := strings.SplitAfter(body, "\n")
	if rest := len(lines) - 1 - diffLinesMax; rest > 0 {
		lines = append(lines[:diffLinesMax], fmt.Sprintf("… %d more lines\n", rest))
	}
	for i, l := range lines {
		lines[i] = short(l)
	}
	return strings.Join(lines, "")
}

// visible writes out what can't be seen or would change how text is shown. A line
// break stays one; whether a file ends with one is seen too.
func visible(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c == '\n' || c == '\t' || unicode.IsPrint(c) {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, `\u{%x}`, c)
		}
	}
	return b.String()
}

func short(line string) string {
	runes := []rune(line)
	if len(runes) <= lineMax {
		return line
	}
	return string(runes[:lineMax]) + "…\n"
}

// TemplateError is the [hearth.TemplateUnknown] error of a model whose template is
// foreign, with the difference.
func TemplateError(model, template string, p Publisher) error {
	detail := "its fingerprint is another"
	if p.Template != "" {
		detail = "\n" + DiffTemplates(p.Name, p.Template, model, template)
	}
	return hearth.NewError(hearth.TemplateUnknown, "model", model, "publisher", p.Name, "detail", detail)
}

package provenance

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/rogpeppe/go-internal/diff"
)

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

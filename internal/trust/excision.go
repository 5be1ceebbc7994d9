package trust

import (
	"strings"
	"unicode"
)

// cutOut takes stretches out of a text, in order and apart from each other, and mends
// the seams: one break between paragraphs stays one, no blank is doubled and none is
// left at the end.
func cutOut(text string, cut []stretch) ([]Piece, string) {
	var pieces []Piece
	var clean strings.Builder
	at := 0
	keep := func(s string) {
		if s != "" {
			pieces = append(pieces, Piece{Text: s})
			clean.WriteString(s)
		}
	}
	for _, c := range cut {
		c = withSeam(text, c)
		c.start, c.end = max(at, c.start), max(at, c.end)
		keep(text[at:c.start])
		pieces = append(pieces, Piece{Text: text[c.start:c.end], Cut: true})
		at = c.end
	}
	keep(text[at:])
	if len(cut) == 0 {
		return pieces, text
	}
	return pieces, strings.TrimRightFunc(clean.String(), unicode.IsSpace)
}

// withSeam moves the end of a cut so that what stands around it joins well. A sentence
// carries the blanks after it; where it ends a paragraph, the break stays, unless the
// paragraph was the sentence alone.
func withSeam(text string, c stretch) stretch {
	body := strings.TrimRightFunc(text[c.start:c.end], unicode.IsSpace)
	tail := text[c.start+len(body) : c.end]
	alone := c.start == 0 || text[c.start-1] == '\n'
	if !strings.Contains(tail, "\n") || alone {
		return c
	}
	before := strings.TrimRight(text[:c.start], " \t")
	return stretch{len(before), c.end - len(tail)}
}

func trimmed(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }

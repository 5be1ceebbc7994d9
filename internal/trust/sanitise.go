package trust

import (
	"strings"

	"github.com/hearthbox/hearth"
)

// Sellers rewrite their pages for models that read them: they address the model, claim
// what nobody has measured, pose as independent, or leave out what speaks against them. A
// third classifier judges the lines of a page that is about to be shown to a model.

// Line is a line of a page that should not reach a model.
type Line struct {
	Number      int      `json:"line"` // from 1
	Text        string   `json:"text"`
	Probability float64  `json:"probability"`
	Reasons     []Reason `json:"reasons"`
	Why         string   `json:"why"`
}

// PageFinding is what is left of a page, and what was taken out.
type PageFinding struct {
	Clean string `json:"clean"`
	Cut   []Line `json:"cut"`

	// Quarantine says that the page should not be used at all: it addresses the model, or
	// much of it is manipulated. Why says which of the two.
	Quarantine bool   `json:"quarantine"`
	Why        string `json:"why,omitempty"`
}

// Of a page's lines, how many may be manipulated before it is not used at all: two, if
// that is at least one of twenty. One may be a mistake, and is cut alone.
const (
	quarantineLines = 2
	quarantineShare = 0.05
)

// lineBytesMax is how much of a line is judged; what is longer is judged by its beginning.
const lineBytesMax = 4096

// Sanitise judges every line of a page.
func (m *Model) Sanitise(page string, l hearth.Language) PageFinding {
	out := PageFinding{Cut: []Line{}}
	var clean strings.Builder
	n, number := 0, 0
	for text := range strings.Lines(page) {
		number++
		body := strings.TrimSpace(text)
		if body == "" {
			clean.WriteString(text)
			continue
		}
		n++
		line, cut := m.line(body, l)
		if !cut {
			clean.WriteString(text)
			continue
		}
		line.Number = number
		out.Cut = append(out.Cut, line)
		out.Quarantine = out.Quarantine || line.Reasons[0] == Instruction
	}
	out.Clean = clean.String()
	if out.Quarantine {
		out.Why = why([]Reason{Instruction}, l)
	} else if len(out.Cut) >= quarantineLines && float64(len(out.Cut)) >= quarantineShare*float64(n) {
		out.Why = hearth.Words{"several of its lines are written to steer", "有多行内容意在操纵"}[l]
	}
	out.Quarantine = out.Quarantine || len(out.Cut) >= quarantineLines && float64(len(out.Cut)) >= quarantineShare*float64(n)
	return out
}

// line judges one line. What addresses the model is cut whatever the classifier says.
func (m *Model) line(text string, l hearth.Language) (Line, bool) {
	d, fs := lineFeatures(text)
	x := Line{Text: text, Probability: m.Card.Lines.probability(m.sum(fs) + float64(m.Card.Lines.Bias))}
	addressed := false
	for i := range d.sentences {
		reasons, _ := d.reasons(i)
		for _, r := range reasons {
			addressed = addressed || r == Instruction
		}
		x.Reasons = append(x.Reasons, reasons...)
	}
	if !addressed && x.Probability < m.Card.Lines.Flag || len(x.Reasons) == 0 {
		return x, false
	}
	if addressed {
		x.Probability = max(x.Probability, m.Card.Lines.Flag)
		x.Reasons = append([]Reason{Instruction}, x.Reasons...)
	}
	x.Reasons = unique(x.Reasons)
	x.Why = why(x.Reasons, l)
	return x, true
}

// lineFeatures are runs of words, names masked, and the signs that show.
func lineFeatures(text string) (*document, []feature) {
	d := read("", text[:min(len(text), lineBytesMax)])
	b := &builder{room: linesRoom, seed: 2166136261}
	for i := range d.sentences {
		b.grams(d.mask(&d.sentences[i]), d.chinese)
	}
	value := evenly(len(b.out))
	for k := range b.out {
		b.out[k].value = value
	}
	for i := range d.sentences {
		for _, r := range signsOf(&d.sentences[i], d.sentences[i].of(d.answer)) {
			b.gram("sign", string(r))
		}
	}
	return d, b.out
}

// PageLine is a line to learn from.
type PageLine struct {
	Text, Topic string
	Manipulated bool
	Pages       []string // kinds of page that it stands on
}

// learnLines fits the third classifier.
func (m *Model) learnLines(lines []PageLine, all []float32, seed uint64) {
	c := &course{seed: seed}
	for _, l := range lines {
		_, fs := lineFeatures(l.Text)
		e := Example{Group: l.Text} // verticals are too few to be left out
		if l.Manipulated {
			e.Brand = "manipulated"
		}
		c.examples = append(c.examples, e)
		c.features = append(c.features, [][]feature{fs})
		c.labels = append(c.labels, []bool{l.Manipulated})
	}
	w, bias := linear(c.lessons(func(int) bool { return true }), seed)
	for k := range w {
		all[k] += w[k]
	}
	m.Card.Lines = c.head()
	m.Card.Lines.Bias = bias
}

// Sentences are the sentences of a text, which together are the text.
func Sentences(text string) []string {
	var out []string
	for _, s := range sentences(text) {
		out = append(out, s.of(text))
	}
	return out
}

// LineProbability is that of a line being manipulated.
func (m *Model) LineProbability(text string) float64 {
	x, _ := m.line(text, hearth.English)
	return x.Probability
}

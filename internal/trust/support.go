package trust

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// An answer that is made of sources should say nothing else. Every sentence that claims
// something is held against every passage of every source, by the words they share,
// weighed by how rare they are, and by its numbers, names and negations, which must be in
// the passage as they are. It is a matcher of words: it finds what is written, not what
// follows from it.

// Grounding is how a sentence stands to the sources.
type Grounding string

// The groundings.
const (
	Supported   Grounding = "supported"
	Unsupported Grounding = "unsupported"
	NoClaim     Grounding = "no_claim" // a heading, a question, a courtesy
)

// Support says of a sentence of an answer which passage supports it. Places are in
// characters, those of the passage in the text of its source.
type Support struct {
	Start     int       `json:"start"`
	End       int       `json:"end"`
	Text      string    `json:"text"`
	Grounding Grounding `json:"grounding"`
	Source    int       `json:"source,omitempty"` // place in the list, from 1; of what is not supported, the nearest
	From      int       `json:"from,omitempty"`
	Until     int       `json:"until,omitempty"`
	Passage   string    `json:"passage,omitempty"`
	Share     float64   `json:"share"`             // of what is said, that the passage says too
	Missing   []string  `json:"missing,omitempty"` // numbers and names that the passage lacks
}

// Limits of grounding. Passages beyond are not looked at.
const (
	passagesMax = 4000
	passageSpan = 2 // sentences of a passage at most
	groundedMin = 0.6
)

// passage is one or two sentences of a source.
type passage struct {
	source  int
	at      stretch
	content map[string]bool
	numbers map[string]bool
	names   map[string]bool
	negated bool
}

// Ground holds every sentence of an answer against the sources. Those that may not be
// used support nothing.
func Ground(answer string, sources []Source, usable func(i int) bool) []Support {
	var passages []passage
	for i, s := range sources {
		if usable(i) {
			passages = append(passages, passagesOf(i, s.Text, passagesMax-len(passages))...)
		}
	}
	weight := rarity(passages)
	var out []Support
	at := 0
	for _, s := range sentences(answer) {
		text := trimmed(s.of(answer))
		start := at
		at += utf8.RuneCountInString(s.of(answer))
		x := Support{Start: start, End: start + utf8.RuneCountInString(text), Text: text, Grounding: NoClaim}
		if claims(text) {
			x.ground(passages, sources, weight)
		}
		out = append(out, x)
	}
	return out
}

// claims reports whether a sentence claims something that a source could support.
func claims(text string) bool { return len(claimsOf(0, text)) > 0 }

func passagesOf(source int, text string, most int) []passage {
	var out []passage
	cut := sentences(text)
	for i := range cut {
		for n := 1; n <= passageSpan && i+n <= len(cut) && len(out) < most; n++ {
			at := stretch{cut[i].start, cut[i+n-1].end}
			out = append(out, passageOf(source, at, at.of(text)))
		}
	}
	return out
}

func passageOf(source int, at stretch, text string) passage {
	ws := words(text, 0)
	return passage{source, at, content(ws), numbersOf(ws), names(ws), negation.MatchString(strings.ToLower(text))}
}

// numbersOf are all numbers of a text, whatever they count.
func numbersOf(ws []word) map[string]bool {
	out := map[string]bool{}
	for _, list := range figures(ws) {
		for _, n := range list {
			out[n] = true
		}
	}
	return out
}

// rarity weighs a word by how few passages have it.
func rarity(passages []passage) func(string) float64 {
	claims := make([]claim, len(passages))
	for i, p := range passages {
		claims[i].content = p.content
	}
	return idf(claims)
}

func (x *Support) ground(passages []passage, sources []Source, weight func(string) float64) {
	c := passageOf(0, stretch{}, x.Text)
	x.Grounding = Unsupported
	best := -1.0
	for i := range passages {
		p := &passages[i]
		share := covered(c.content, p.content, weight)
		missing := lacking(&c, p)
		score := share - 0.3*float64(len(missing))
		if score <= best+1e-9 { // of equals, the first and shortest
			continue
		}
		best = score
		x.Share, x.Missing, x.Source = share, missing, p.source+1
		text := sources[p.source].Text
		x.Passage = trimmed(p.at.of(text))
		x.From = utf8.RuneCountInString(text[:p.at.start])
		x.Until = x.From + utf8.RuneCountInString(x.Passage)
		x.Grounding = Unsupported
		if share >= groundedMin && len(missing) == 0 && c.negated == p.negated {
			x.Grounding = Supported
		}
	}
	if x.Grounding == Unsupported && x.Share < 0.2 { // nothing is near
		x.Source, x.Passage, x.From, x.Until, x.Missing = 0, "", 0, 0, nil
	}
}

// covered is the weighted share of a that is in b.
func covered(a, b map[string]bool, weight func(string) float64) float64 {
	var both, all float64
	for w := range a {
		all += weight(w)
		if b[w] {
			both += weight(w)
		}
	}
	if all == 0 {
		return 0
	}
	return both / all
}

// lacking are the numbers and names of a claim that a passage has not.
func lacking(c, p *passage) []string {
	var out []string
	for n := range c.numbers {
		if !p.numbers[n] {
			out = append(out, n)
		}
	}
	for n := range c.names {
		if !p.names[n] && !p.content[stem(n)] {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

package trust

import (
	"slices"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
)

// Case is what is inspected.
type Case struct {
	Question string   `json:"question,omitempty"`
	Answer   string   `json:"answer"`
	Sources  []Source `json:"sources,omitempty"` // that the answer was made from or cites
}

// Source is a page that an answer cites.
type Source struct {
	URL   string `json:"url,omitempty"`
	Title string `json:"title,omitempty"`
	Text  string `json:"text,omitempty"`
}

// Limits of a case. The inspector's work and memory are proportional to them.
const (
	AnswerBytesMax = 1 << 20
	SourcesMax     = 50
)

// Verdict is what an inspection comes to.
type Verdict string

// The verdicts.
const (
	Advertising Verdict = "advertising"
	Unclear     Verdict = "not_enough_evidence"
	Clear       Verdict = "no_advertising_found"
)

// Inspection is what was found in an answer: the one shape of it for the command, the
// API and the console. Places are in characters (Unicode code points), from 0.
type Inspection struct {
	Language    string  `json:"language"` // of the answer: en or zh
	Verdict     Verdict `json:"verdict"`
	Advertising bool    `json:"advertising"`
	Probability float64 `json:"probability"` // calibrated, that the answer advertises

	// Spans are what advertises, or, where there is not enough evidence, what comes
	// closest to it. Every one has a reason.
	Spans []Span `json:"spans"`

	Beneficiaries []Beneficiary   `json:"beneficiaries"`
	OnlyOneNamed  bool            `json:"only_one_named"` // one owner's brands are named and no other's
	Sources       []SourceFinding `json:"sources,omitempty"`

	// Clean is the answer without the spans, if the answer advertises, else the answer.
	Clean string  `json:"clean"`
	Diff  []Piece `json:"diff"`

	Model string `json:"model"` // what judged
}

// Span is a stretch of an answer.
type Span struct {
	Start       int      `json:"start"`
	End         int      `json:"end"`
	Text        string   `json:"text"`
	Probability float64  `json:"probability"` // of this stretch alone
	Type        Reason   `json:"type"`        // the first of the reasons
	Reasons     []Reason `json:"reasons"`
	Why         string   `json:"why"` // the reasons in words
	Evidence    []string `json:"evidence"`
	Brands      []string `json:"brands"`
}

// Beneficiary is a brand that an answer names.
type Beneficiary struct {
	Brand    string  `json:"brand"`
	Owner    string  `json:"owner,omitempty"`
	Platform string  `json:"platform,omitempty"`
	Mentions int     `json:"mentions"`
	Share    float64 `json:"share"` // of all mentions of brands
	Promoted bool    `json:"promoted"`
	Asked    bool    `json:"asked"` // the question names it
}

// Piece is a part of the answer that stays or goes.
type Piece struct {
	Text string `json:"text"`
	Cut  bool   `json:"cut,omitempty"`
}

// Inspect judges an answer. What people read in it is in the language asked for.
func (m *Model) Inspect(c Case, l hearth.Language) Inspection {
	d := read(c.Question, c.Answer)
	head := m.Card.Heads[d.language()]
	logits := m.logits(d)
	in := Inspection{Language: d.language(), Verdict: Clear, Clean: c.Answer, Spans: []Span{}, Beneficiaries: []Beneficiary{}, Model: m.Card.Name}
	found := path(logits)
	in.Probability = head.of(logits)
	switch {
	case in.Probability >= head.Flag:
		in.Verdict, in.Advertising = Advertising, true
	case in.Probability >= head.Clear:
		in.Verdict = Unclear
	}
	var cut []stretch
	if in.Verdict != Clear {
		for _, i := range found {
			at := m.narrow(d, i)
			in.Spans = append(in.Spans, d.span(i, at, head.probability(logits[i]), l))
			cut = append(cut, at)
		}
	}
	in.Beneficiaries, in.OnlyOneNamed = d.beneficiaries(in.Spans)
	in.Sources = m.findings(c, in.Beneficiaries, l)
	if !in.Advertising {
		cut = nil
	}
	in.Diff, in.Clean = cutOut(c.Answer, cut)
	return in
}

// of is the probability of an answer whose sentences have the logits.
func (h Head) of(logits []float64) float64 {
	if len(logits) == 0 {
		return 0
	}
	highest := logits[0]
	for _, z := range logits {
		highest = max(highest, z)
	}
	return h.probability(highest)
}

// enter is what it costs that an advertisement begins, in logits: most sentences that
// advertise stand alone. That it goes on costs nothing.
const enter = 2.0

// path is the sequence step: the likeliest run of states, advertising or not, over the
// sentences (Viterbi), and in any case the highest sentence.
func path(logits []float64) []int {
	if len(logits) == 0 {
		return nil
	}
	var out, in float64 = 0, -1e9 // best scores that end outside and inside
	from := make([][2]bool, len(logits))
	highest := 0
	for i, z := range logits {
		if z > logits[highest] {
			highest = i
		}
		nextOut, nextIn := out, out+z-enter
		if in > out {
			nextOut, from[i][0] = in, true
		}
		if in+z > nextIn {
			nextIn, from[i][1] = in+z, true
		}
		out, in = nextOut, nextIn
	}
	var found []int
	inside := in > out
	for i := len(logits) - 1; i >= 0; i-- {
		if inside || i == highest {
			found = append(found, i)
		}
		k := 0
		if inside {
			k = 1
		}
		inside = from[i][k]
	}
	slices.Reverse(found)
	return found
}

// span describes sentence i, or a part of it, as a finding.
func (d *document) span(i int, at stretch, p float64, l hearth.Language) Span {
	s := &d.sentences[i]
	text := trimmed(at.of(d.answer))
	start := utf8.RuneCountInString(d.answer[:at.start])
	reasons, evidence := d.reasons(i)
	return Span{Start: start, End: start + utf8.RuneCountInString(text), Text: text, Probability: p, Type: reasons[0], Reasons: reasons,
		Why: why(reasons, l), Evidence: evidence, Brands: d.brandsIn(s)}
}

// Check refuses a case that is beyond the limits, or empty.
func (c Case) Check() error {
	switch {
	case len(c.Answer) == 0:
		return hearth.NewError(hearth.MissingValue, "field", "answer").At("answer")
	case len(c.Answer) > AnswerBytesMax:
		return hearth.NewError(hearth.OutOfRange, "field", "the bytes of answer", "min", 1, "max", AnswerBytesMax).At("answer")
	case len(c.Question) > AnswerBytesMax:
		return hearth.NewError(hearth.OutOfRange, "field", "the bytes of question", "min", 0, "max", AnswerBytesMax).At("question")
	case len(c.Sources) > SourcesMax:
		return hearth.NewError(hearth.OutOfRange, "field", "the number of sources", "min", 0, "max", SourcesMax).At("sources")
	}
	return nil
}

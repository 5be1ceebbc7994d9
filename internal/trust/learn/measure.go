package learn

import (
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/trust"
)

// Tally gathers what a model says of answers.
type Tally struct {
	Answers, Advertising, Right, Missed, False int

	located   int     // of Right: the most probable span lies in the advertisement
	gran      float64 // sum of f1_gran over the answers that advertise
	exact     int     // clean copies equal to the twin, blanks aside
	excisable int     // twins that cutting the labelled sentence restores
	restored  int     // of excisable and detected, those restored
	caught    int     // of excisable, those detected
	rouge     float64 // sum over detected answers with a twin
	twins     int
	bins      [10]struct{ p, y, n float64 }
	took      time.Duration
}

// Add inspects an example.
func (t *Tally) Add(m *trust.Model, e trust.Example) {
	begin := time.Now()
	in := m.Inspect(trust.Case{Question: e.Question, Answer: e.Answer}, hearth.English)
	t.took += time.Since(begin)
	t.Answers++
	truth := e.Brand != ""
	b := &t.bins[min(9, int(in.Probability*10))]
	b.p, b.n = b.p+in.Probability, b.n+1
	if truth {
		b.y++
		t.Advertising++
	}
	switch {
	case truth && in.Advertising:
		t.Right++
		t.place(e, in)
	case truth:
		t.Missed++
	case in.Advertising:
		t.False++
	}
	if truth && e.Twin != "" && bare(excise(e)) == bare(e.Twin) {
		t.excisable++
		if in.Advertising {
			t.caught++
			if bare(in.Clean) == bare(e.Twin) {
				t.restored++
			}
		}
	}
}

// place measures where a detected advertisement was found, and what is left without it.
func (t *Tally) place(e trust.Example, in trust.Inspection) {
	gold := make([][2]int, len(e.Ads))
	for i, a := range e.Ads {
		gold[i] = [2]int{len([]rune(e.Answer[:a.Start])), len([]rune(e.Answer[:a.End]))}
	}
	best := in.Spans[0]
	for _, s := range in.Spans {
		if s.Probability > best.Probability {
			best = s
		}
	}
	for _, g := range gold {
		if common(g, [2]int{best.Start, best.End})*2 >= min(g[1]-g[0], best.End-best.Start) {
			t.located++
			break
		}
	}
	t.gran += granular(in.Spans, gold)
	if e.Twin == "" {
		return
	}
	t.twins++
	t.rouge += RougeL(in.Clean, e.Twin)
	if bare(in.Clean) == bare(e.Twin) {
		t.exact++
	}
}

// granular is f1_gran of one answer as the advertisement task of Touché 2026 has it:
// precision and recall by best overlap, over log2(1+granularity), where granularity is
// how many spans meet an advertisement that is met.
func granular(spans []trust.Span, gold [][2]int) float64 {
	if len(spans) == 0 || len(gold) == 0 {
		return 0
	}
	var precision, recall, pieces, met float64
	for _, s := range spans {
		best := 0
		for _, g := range gold {
			best = max(best, common(g, [2]int{s.Start, s.End}))
		}
		precision += float64(best) / float64(max(1, s.End-s.Start))
	}
	for _, g := range gold {
		best, n := 0, 0.0
		for _, s := range spans {
			if c := common(g, [2]int{s.Start, s.End}); c > 0 {
				best = max(best, c)
				n++
			}
		}
		recall += float64(best) / float64(max(1, g[1]-g[0]))
		if n > 0 {
			pieces, met = pieces+n, met+1
		}
	}
	precision, recall = precision/float64(len(spans)), recall/float64(len(gold))
	if precision+recall == 0 {
		return 0
	}
	return 2 * precision * recall / (precision + recall) / math.Log2(1+pieces/met)
}

func common(a, b [2]int) int { return max(0, min(a[1], b[1])-max(a[0], b[0])) }

// excise is the answer without the labelled sentences.
func excise(e trust.Example) string {
	var b strings.Builder
	at := 0
	for _, a := range e.Ads {
		b.WriteString(e.Answer[at:a.Start])
		at = a.End
	}
	b.WriteString(e.Answer[at:])
	return b.String()
}

// bare is a text without blanks.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// RougeL is the F measure of the longest common run of words, not necessarily next to
// each other; every Han character is a word (Lin 2004).
func RougeL(a, b string) float64 {
	x, y := split(a), split(b)
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	row := make([]int, len(y)+1)
	for _, w := range x {
		before := 0
		for j, v := range y {
			above := row[j+1]
			if w == v {
				row[j+1] = before + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			before = above
		}
	}
	p, r := float64(row[len(y)])/float64(len(x)), float64(row[len(y)])/float64(len(y))
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

func split(s string) []string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case unicode.Is(unicode.Han, r):
			b.WriteString(" " + string(r) + " ")
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// Figures are the measures of a tally, as shares.
type Figures struct {
	Answers, Advertising        int
	Precision, Recall, F1       float64
	FalseAlarms                 float64 // of answers that do not advertise
	Located                     float64 // of detected: the likeliest span is in the advertisement
	Granular                    float64 // f1_gran, over detected answers
	Exact, Restored, RougeL     float64 // of detected: the clean copy is the twin; of those that cutting restores
	CalibrationError            float64 // ECE over ten bins
	MillisecondsPerAnswer       float64
	restorable, flaggedNegative int
}

// Figures sums up.
func (t *Tally) Figures() Figures {
	f := Figures{Answers: t.Answers, Advertising: t.Advertising, restorable: t.caught, flaggedNegative: t.False}
	f.Precision = share(t.Right, t.Right+t.False)
	f.Recall = share(t.Right, t.Advertising)
	if f.Precision+f.Recall > 0 {
		f.F1 = 2 * f.Precision * f.Recall / (f.Precision + f.Recall)
	}
	f.FalseAlarms = share(t.False, t.Answers-t.Advertising)
	f.Located = share(t.located, t.Right)
	f.Granular = t.gran / math.Max(1, float64(t.Right))
	f.Exact = share(t.exact, t.twins)
	f.Restored = share(t.restored, t.caught)
	f.RougeL = t.rouge / math.Max(1, float64(t.twins))
	for _, b := range t.bins {
		f.CalibrationError += math.Abs(b.p-b.y) / float64(max(1, t.Answers))
	}
	f.MillisecondsPerAnswer = t.took.Seconds() * 1000 / float64(max(1, t.Answers))
	return f
}

func share(n, of int) float64 { return float64(n) / float64(max(1, of)) }

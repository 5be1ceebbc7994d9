package learn

import (
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/trust"
)

// SafeGEO reads annotated lines of sellers' pages. A line is manipulated where an attack
// has put it there.
func SafeGEO(r io.Reader) ([]trust.PageLine, error) {
	var out []trust.PageLine
	err := lines(r, func(line []byte) error {
		var x struct {
			Vertical, Text string
			Attacks        []string `json:"attack_subtypes"`
			Packages       []string
		}
		if err := json.Unmarshal(line, &x); err != nil {
			return err
		}
		out = append(out, trust.PageLine{Text: x.Text, Topic: x.Vertical, Manipulated: len(x.Attacks) > 0, Pages: x.Packages})
		return nil
	})
	return out, err
}

// PlainLines are sentences of answers without advertising, every third, as lines that
// are not manipulated: the annotated ones alone are few and alike.
func PlainLines(examples []trust.Example) []trust.PageLine {
	var out []trust.PageLine
	for _, e := range examples {
		if e.Brand != "" {
			continue
		}
		for i, s := range trust.Sentences(e.Answer) {
			if i%3 == 0 {
				out = append(out, trust.PageLine{Text: s, Topic: e.Topic})
			}
		}
	}
	return out
}

// LineFigures are the measures of the classifier of lines.
type LineFigures struct {
	Topic              string
	Lines, Manipulated int
	AUROC              float64
	Recall             float64 // of manipulated lines, at the model's own threshold
	FalseAlarms        float64 // of the truthful lines of the same vertical
	PlainAlarms        float64 // of sentences of answers of topics not learned

	Pages       int     // manipulated ones, made of lines of one kind of attack
	Quarantined float64 // of these
	Truthful    int     // pages without manipulated lines
	Withheld    float64 // of these, those quarantined all the same
}

// MeasureLines leaves one vertical out at a time, and with it a third of the topics of the
// plain sentences.
func MeasureLines(annotated, plain []trust.PageLine, seed uint64) []LineFigures {
	verticals, topics := topicsOf(annotated), topicsOf(plain)
	var out []LineFigures
	for i, v := range verticals {
		var learn, test, unseen []trust.PageLine
		for _, l := range annotated {
			if l.Topic == v {
				test = append(test, l)
			} else {
				learn = append(learn, l)
			}
		}
		for _, l := range plain {
			if slices.Index(topics, l.Topic)%len(verticals) == i {
				unseen = append(unseen, l)
			} else {
				learn = append(learn, l)
			}
		}
		m := trust.Train(nil, learn, seed)
		f := measureLines(m, v, test, unseen)
		f.measurePages(m, test, unseen, seed)
		out = append(out, f)
	}
	return out
}

func measureLines(m *trust.Model, topic string, test, unseen []trust.PageLine) LineFigures {
	f := LineFigures{Topic: topic, Lines: len(test)}
	var yes, no []float64
	for _, l := range test {
		if p := m.LineProbability(l.Text); l.Manipulated {
			yes = append(yes, p)
		} else {
			no = append(no, p)
		}
	}
	alarms := 0
	for _, l := range unseen {
		if m.LineProbability(l.Text) >= m.Card.Lines.Flag {
			alarms++
		}
	}
	over := func(ps []float64) (n int) {
		for _, p := range ps {
			if p >= m.Card.Lines.Flag {
				n++
			}
		}
		return n
	}
	f.Manipulated, f.AUROC = len(yes), auroc(yes, no)
	f.Recall, f.FalseAlarms, f.PlainAlarms = share(over(yes), len(yes)), share(over(no), len(no)), share(alarms, len(unseen))
	return f
}

// Pages are drawn: so many of each kind, of so many lines.
const (
	pagesOfKind = 25
	pageLines   = 20
)

// measurePages draws pages of the vertical that was not learned: of every kind of attack
// lines that stand on such a page, at least one of which is manipulated; and truthful
// ones, of the vertical and of plain sentences.
func (f *LineFigures) measurePages(m *trust.Model, test, plain []trust.PageLine, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 11))
	kinds := map[string][]trust.PageLine{}
	for _, l := range test {
		for _, k := range l.Pages {
			kinds[k] = append(kinds[k], l)
		}
	}
	kinds["plain"] = plain
	caught, withheld := 0, 0
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		for range pagesOfKind {
			var page strings.Builder
			manipulated := false
			for _, i := range r.Perm(len(kinds[k]))[:min(pageLines, len(kinds[k]))] {
				l := kinds[k][i]
				manipulated = manipulated || l.Manipulated
				page.WriteString(strings.TrimSpace(l.Text) + "\n")
			}
			found := m.Sanitise(page.String(), hearth.English).Quarantine
			switch {
			case manipulated:
				f.Pages++
				if found {
					caught++
				}
			default:
				f.Truthful++
				if found {
					withheld++
				}
			}
		}
	}
	f.Quarantined, f.Withheld = share(caught, f.Pages), share(withheld, f.Truthful)
}

// auroc is the share of pairs in which the first kind has the higher value; ties count
// half.
func auroc(yes, no []float64) float64 {
	sort.Float64s(no)
	sum := 0.0
	for _, p := range yes {
		below := sort.SearchFloat64s(no, p)
		above := sort.Search(len(no), func(i int) bool { return no[i] > p })
		sum += float64(below) + float64(above-below)/2
	}
	return sum / float64(max(1, len(yes)*len(no)))
}

func topicsOf(ls []trust.PageLine) []string {
	var out []string
	for _, l := range ls {
		if !slices.Contains(out, l.Topic) {
			out = append(out, l.Topic)
		}
	}
	return out
}

package learn

import (
	"encoding/json"
	"io"
	"slices"
	"sort"

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
		}
		if err := json.Unmarshal(line, &x); err != nil {
			return err
		}
		out = append(out, trust.PageLine{Text: x.Text, Topic: x.Vertical, Manipulated: len(x.Attacks) > 0})
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
		out = append(out, measureLines(trust.Train(nil, learn, seed), v, test, unseen))
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

package learn

import (
	"hash/fnv"
	"slices"

	"github.com/hearthbox/hearth/internal/trust"
)

// Fold is what is learned and what is measured.
type Fold struct {
	Name        string
	Learn, Test []trust.Example
}

// ByBrand makes n folds in which neither a brand nor a question is both learned and
// measured. Answers without a brand are dealt out by their question.
func ByBrand(examples []trust.Example, n int) []Fold {
	of := func(e trust.Example) int {
		if e.Brand != "" {
			return dealt(e.Brand, n)
		}
		return dealt(e.Question, n)
	}
	folds := make([]Fold, n)
	for i := range folds {
		asked := map[string]bool{}
		for _, e := range examples {
			if of(e) == i {
				folds[i].Test = append(folds[i].Test, e)
				asked[e.Question] = true
			}
		}
		for _, e := range examples {
			if of(e) != i && !asked[e.Question] {
				folds[i].Learn = append(folds[i].Learn, e)
			}
		}
		folds[i].Name = string(rune('1' + i))
	}
	return folds
}

// ByTopic leaves one topic out at a time.
func ByTopic(examples []trust.Example) []Fold {
	var topics []string
	for _, e := range examples {
		if !slices.Contains(topics, e.Topic) {
			topics = append(topics, e.Topic)
		}
	}
	var folds []Fold
	for _, t := range topics {
		f := Fold{Name: t}
		for _, e := range examples {
			if e.Topic == t {
				f.Test = append(f.Test, e)
			} else {
				f.Learn = append(f.Learn, e)
			}
		}
		folds = append(folds, f)
	}
	return folds
}

// ByVertical makes n folds of the Chinese set in which verticals, with their questions
// and brands, are either learned or measured. With wordings, so are the wordings: what is
// measured is of one fold of them, and the twins, what is learned of the others.
func ByVertical(set []Chinese, n int, wordings bool) []Fold {
	var verticals []string
	for _, e := range set {
		if !slices.Contains(verticals, e.Topic) {
			verticals = append(verticals, e.Topic)
		}
	}
	folds := make([]Fold, n)
	for i := range folds {
		folds[i].Name = string(rune('1' + i))
		for _, e := range set {
			test := slices.Index(verticals, e.Topic)%n == i
			switch {
			case test && e.Fold == made: // it is learned only
			case test && (!wordings || e.Fold == i || e.Fold < 0):
				folds[i].Test = append(folds[i].Test, e.Example)
			case !test && !(wordings && e.Fold == i):
				folds[i].Learn = append(folds[i].Learn, e.Example)
			}
		}
	}
	return folds
}

// made is the fold of what a grammar made.
const made = -2

func dealt(s string, n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return int(h.Sum32()>>3) % n
}

// CrossValidate trains and measures every fold.
func CrossValidate(folds []Fold, seed uint64, each func(Fold, Figures)) Figures {
	var all Tally
	for _, f := range folds {
		m := trust.Train(f.Learn, nil, seed)
		var t Tally
		for _, e := range f.Test {
			t.Add(m, e)
			all.Add(m, e)
		}
		if each != nil {
			each(f, t.Figures())
		}
	}
	return all.Figures()
}

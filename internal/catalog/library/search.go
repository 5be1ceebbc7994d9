package library

import (
	"cmp"
	"slices"
	"strings"
)

// Filter narrows a search; its zero value narrows nothing.
type Filter struct {
	Kind       Kind // "" for all
	Commercial bool // what a business may use, with or without conditions
	Native     bool // what the engine runs

	// MemoryBytes is what a model may take, 0 if it does not matter. What fits comes
	// before what does not, and with Fits alone.
	MemoryBytes   int64
	Fits          bool
	ContextTokens int // to fit with; 0 for 4,096
}

// Limits of a query; what is longer is cut.
const (
	queryRunes = 200
	queryWords = 16
)

// How well a word of a query matches, from badly to well.
const (
	matchNot   = iota
	matchFuzzy // a typing error away from a word
	matchAbout // within publisher, family, tags
	matchTag   // one of those words
	matchIn    // within the name
	matchStart // begins a word of the name
	matchWord  // a word of the name
)

// found is a model of a search with what it is ordered by.
type found struct {
	model *Model
	score int
	rest  int // words of the id that the query did not ask for, if it asked for any
	fits  bool
}

// Search lists the models that every word of a query matches: somewhere in the id,
// the name, the publisher, the family or a tag, or up to a typing error. Case and
// width of letters do not matter. The best match comes first; of equal ones, in this
// order, the plainest name, what fits in memory, what the engine runs, and what the
// table has first. An empty query matches everything.
func (l *Library) Search(query string, f Filter) []Model {
	words := wordsOf(query)
	var matches []found
	for i := range l.models {
		m := &l.models[i]
		score, ok := l.index[i].match(words)
		fits := f.MemoryBytes > 0 && f.fits(m)
		if ok && f.admits(m) && (fits || !f.Fits || f.MemoryBytes == 0) {
			matches = append(matches, found{m, score, l.index[i].rest(words), fits})
		}
	}
	slices.SortStableFunc(matches, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.rest, b.rest),
			first(a.fits, b.fits), first(a.model.Native, b.model.Native))
	})
	models := make([]Model, len(matches))
	for i, m := range matches {
		models[i] = *m.model
	}
	return models
}

func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (f Filter) admits(m *Model) bool {
	return (f.Kind == "" || f.Kind == m.Kind) && (!f.Native || m.Native) &&
		(!f.Commercial || m.Licence.Commercial != CommercialNo)
}

// fits reports whether any file does.
func (f Filter) fits(m *Model) bool {
	return slices.ContainsFunc(m.Files, func(file File) bool {
		need, ok := Need(*m, file, cmp.Or(f.ContextTokens, 4096), cacheBits)
		return ok && need.Total() <= f.MemoryBytes && (!f.Native || file.Native)
	})
}

// entry is a model as searches see it.
type entry struct {
	id    []string // its words
	whole []string // id and name, without what separates their words
	names []string // the words of id and name
	about []string // publisher, family, kind and what they are called, tags
}

func entryOf(m *Model, called map[string][]string) entry {
	about := slices.Concat([]string{m.Publisher, m.Family, string(m.Kind)}, called[m.Publisher], called[string(m.Kind)], m.Tags)
	id := wordsOf(m.ID)
	e := entry{id: id, whole: []string{squeeze(m.ID), squeeze(m.Name)}, names: slices.Concat(id, wordsOf(m.Name))}
	for _, a := range about {
		e.about = append(e.about, squeeze(a))
	}
	return e
}

// rest counts the words of the id beyond as many as the query has, so that of two
// equal matches the plainer name comes first.
func (e entry) rest(words []string) int {
	if len(words) == 0 {
		return 0
	}
	return max(len(e.id)-len(words), 0)
}

// match adds up how well the words match; ok is false if one does not.
func (e entry) match(words []string) (score int, ok bool) {
	for _, w := range words {
		s := e.matchWord(w)
		if s == matchNot {
			return 0, false
		}
		score += s
	}
	if slices.Contains(e.whole, strings.Join(words, "")) {
		score += matchWord
	}
	return score, true
}

func (e entry) matchWord(w string) int {
	has := func(list []string, test func(s, w string) bool) bool {
		return slices.ContainsFunc(list, func(s string) bool { return test(s, w) })
	}
	equal := func(s, w string) bool { return s == w }
	switch {
	case has(e.names, equal):
		return matchWord
	case has(e.names, strings.HasPrefix):
		return matchStart
	case has(e.whole, strings.Contains):
		return matchIn
	case has(e.about, equal):
		return matchTag
	case has(e.about, strings.Contains):
		return matchAbout
	case has(e.names, near), has(e.about, near):
		return matchFuzzy
	}
	return matchNot
}

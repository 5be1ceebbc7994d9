package starter

import (
	"io/fs"
	"math"
	"slices"
	"strings"
	"unicode"
)

// Guide is the manual, ready to be asked.
type Guide struct {
	all   []Passage
	terms []map[string]float64 // how often each term stands in each passage
	size  []float64            // terms in each passage
	rare  map[string]float64   // the weight of a term: rare ones tell more
	mean  float64              // mean size
	known map[string]int       // the passage of each question that is listed, by its letters
}

// The constants of BM25 (Robertson and Zaragoza 2009), and how much a word in the
// heading counts against one in the text: chosen by how well listed questions are found that
// were left out of the list, and by the held-out ones.
const (
	saturation = 1.0
	lengthBias = 0.5
	inHeading  = 2.5
	inQuestion = 1.0 // once, in however many questions it stands
	asListed   = 100 // for the very question that is listed: more than words can tell

	questionMax = 4 << 10 // bytes of a question that are looked at
)

// New indexes a manual. Errors are those of reading it.
func New(manual fs.FS) (*Guide, error) {
	all, err := passages(manual)
	if err != nil {
		return nil, err
	}
	questions, err := wordings(all)
	if err != nil {
		return nil, err
	}
	g := &Guide{all: all, rare: map[string]float64{}, known: map[string]int{}}
	for i, p := range all {
		counts, size := map[string]float64{}, 0.0
		for _, t := range Terms(p.Text) {
			counts[t]++
			size++
		}
		for _, t := range Terms(p.Title) {
			counts[t] += inHeading
		}
		for _, t := range distinct(Terms(strings.Join(questions[i], "\n"))) {
			counts[t] += inQuestion
		}
		for t := range counts {
			g.rare[t]++
		}
		for _, q := range questions[i] {
			g.known[letters(q)] = i
		}
		g.terms, g.size = append(g.terms, counts), append(g.size, size)
		g.mean += size / float64(len(all))
	}
	for t, n := range g.rare {
		g.rare[t] = weigh(t) * math.Log(1+(float64(len(all))-n+0.5)/(n+0.5))
	}
	return g, nil
}

// All returns every passage, in the order of the manual.
func (g *Guide) All() []Passage { return slices.Clone(g.all) }

// Passages returns the k passages that a question is most about, best first, in
// the question's language; fewer if fewer share a word with it.
func (g *Guide) Passages(question string, k int) []Passage {
	found, _ := g.search(question, k)
	return found
}

// search is Passages, with the score of the best.
func (g *Guide) search(question string, k int) (found []Passage, best float64) {
	if len(question) > questionMax {
		question = strings.ToValidUTF8(question[:questionMax], "")
	}
	lang, terms := language(question), distinct(Terms(question))
	type hit struct {
		score float64
		at    int
	}
	var hits []hit
	for i, p := range g.all {
		if p.Lang != lang {
			continue
		}
		s := g.score(i, terms)
		if at, ok := g.known[letters(question)]; ok && at == i {
			s += asListed
		}
		if s > 0 {
			hits = append(hits, hit{s, i})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return a.at - b.at
	})
	for _, h := range hits[:min(k, len(hits))] {
		found = append(found, g.all[h.at])
	}
	if len(hits) > 0 {
		best = hits[0].score
	}
	return found, best
}

func (g *Guide) score(i int, terms []string) float64 {
	sum := 0.0
	for _, t := range terms {
		n := g.terms[i][t]
		if n > 0 {
			sum += g.rare[t] * n * (saturation + 1) / (n + saturation*(1-lengthBias+lengthBias*g.size[i]/g.mean))
		}
	}
	return sum
}

// covered is the part of a question that stands in a passage, 0 to 1: its terms, by their
// weights; terms that stand nowhere in the manual weigh most. A question may share a rare
// word with the manual and be about something else altogether.
func (g *Guide) covered(p Passage, question string) float64 {
	i, all, here := slices.Index(g.all, p), 0.0, 0.0
	for _, t := range distinct(Terms(question)) {
		weight, known := g.rare[t]
		if !known {
			weight = weigh(t) * math.Log(1+float64(len(g.all))/0.5)
		}
		all += weight
		if g.terms[i][t] > 0 {
			here += weight
		}
	}
	return here / max(all, 1e-9)
}

// letters are a question as it is compared with listed ones.
func letters(question string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, question)
}

func distinct(terms []string) []string {
	slices.Sort(terms)
	return slices.Compact(terms)
}

// language is that of a question: Chinese if any of it is.
func language(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "zh"
	}
	return "en"
}

package trust

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// feature is one input of the classifier: which weight, and its value.
type feature struct {
	at    uint32
	value float32
}

// document is an answer, read: its sentences with what is known of each.
type document struct {
	question, answer string
	chinese          bool
	asked            map[string]bool // content of the question
	sentences        []sentence
	seen             map[string]int  // in how many sentences a content word stands
	askedFor         map[string]bool // words of the question, whole: names are compared so
	standsIn         map[string]int  // in how many sentences a word stands, whole
}

type sentence struct {
	stretch
	words   []word
	content map[string]bool
	names   map[string]bool // capitalised or quoted words that are no function words, as name has them
	fresh   int             // of names, those that neither the question nor another sentence has
}

// read prepares an answer for the classifier.
func read(question, answer string) *document {
	d := &document{question: question, answer: answer, chinese: isChinese(answer), seen: map[string]int{}, standsIn: map[string]int{}}
	ws := d.words(question, 0)
	d.asked, d.askedFor = content(ws), whole(ws)
	for _, s := range sentences(answer) {
		ws = d.words(s.of(answer), s.start)
		if len(ws) == 0 && len(d.sentences) > 0 {
			d.sentences[len(d.sentences)-1].end = s.end
			continue
		}
		x := sentence{stretch: s, words: ws, content: content(ws), names: names(ws)}
		for w := range x.content {
			d.seen[w]++
		}
		for w := range whole(ws) {
			d.standsIn[w]++
		}
		d.sentences = append(d.sentences, x)
	}
	for i := range d.sentences {
		s := &d.sentences[i]
		for w := range s.names {
			if d.standsIn[w] < 2 && !d.askedFor[w] {
				s.fresh++
			}
		}
	}
	return d
}

// words cuts a text; in Chinese, what no dictionary knows is a name.
func (d *document) words(text string, offset int) []word {
	ws := words(text, offset)
	if d.chinese {
		ws = nameUnknown(ws)
	}
	return ws
}

// names are the words of a sentence that look like a part of a name.
func names(ws []word) map[string]bool {
	out := map[string]bool{}
	for i, w := range ws {
		if w.shape == capital && !functionWords[w.text] && !(opens(ws, i) && !isHanName(w) && !(i+1 < len(ws) && ws[i+1].shape == capital)) {
			out[name(w.text)] = true
		}
	}
	return out
}

// opens reports whether word i begins the sentence, list marks aside.
func opens(ws []word, i int) bool {
	for _, w := range ws[:i] {
		if w.shape != mark && w.shape != number {
			return false
		}
	}
	return true
}

// builder gathers the features of one sentence.
type builder struct {
	room room
	seed uint32
	out  []feature
}

// mix is FNV-1a over a text and a mark that ends it.
func mix(h uint32, text string) uint32 {
	for i := range len(text) {
		h = (h ^ uint32(text[i])) * 16777619
	}
	return (h ^ 0xff) * 16777619
}

// add appends a feature by its hash, scrambled: FNV's low bits alone are weak.
func (b *builder) add(value float32, h uint32) {
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 13
	b.out = append(b.out, feature{b.room.begin + h%b.room.size, value})
}

// gram appends a run of words.
func (b *builder) gram(kind string, ws ...string) {
	h := mix(b.seed, kind)
	for _, w := range ws {
		h = mix(h, w)
	}
	b.add(1, h)
}

// features of sentence i. N-grams carry masked names: what is advertised is not
// learned, only how.
func (d *document) features(i int) []feature {
	b := &builder{room: rooms[d.language()].sentences, seed: 2166136261, out: make([]feature, 0, 1024)}
	s := &d.sentences[i]
	masked := d.mask(s)
	b.grams(masked, d.chinese)
	value := evenly(len(b.out))
	if d.chinese {
		value /= 2 // cues say more than runs, which tell wordings by heart
	}
	for k := range b.out {
		b.out[k].value = value
	}
	d.context(b, i, masked)
	return b.out
}

func (d *document) language() string {
	if d.chinese {
		return "zh"
	}
	return "en"
}

// evenly is the value of each of n runs: together they weigh as much in a long sentence
// as in a short one, fragments aside.
func evenly(n int) float32 { return float32(4 / math.Sqrt(float64(max(100, n)))) }

// mask is a sentence as its n-grams see it: numbers are 0, and a run of names is one
// token that says whether the question or the rest of the answer has it as well.
func (d *document) mask(s *sentence) []string {
	var out []string
	for i, w := range s.words {
		switch {
		case w.shape == number:
			out = append(out, "0")
		case w.shape == capital && s.names[name(w.text)]:
			mask := "N"
			if d.askedFor[name(w.text)] {
				mask = "Q"
			} else if d.standsIn[name(w.text)] > 1 {
				mask = "O"
			}
			if k := len(out) - 1; k >= 0 && (out[k] == "N" || out[k] == "Q" || out[k] == "O") && i > 0 {
				if out[k] != mask && out[k] == "N" {
					out[k] = mask
				}
				continue
			}
			out = append(out, mask)
		default:
			out = append(out, w.text)
		}
	}
	return out
}

// grams are runs of words, of two words with a gap, and in English of letters.
func (b *builder) grams(ws []string, chinese bool) {
	bounded := append(append([]string{"^"}, ws...), "$")
	longest := 3
	if chinese {
		longest = 2
	}
	for n := 1; n <= longest; n++ {
		for i := 0; i+n <= len(bounded); i++ {
			b.gram(kinds[n], bounded[i:i+n]...)
		}
	}
	for i := 0; i+3 <= len(bounded); i++ {
		b.gram("gap", bounded[i], bounded[i+2])
	}
	if chinese {
		return
	}
	for _, w := range ws {
		if len(w) < 5 {
			continue
		}
		b.gram("begins", w[:4])
		b.gram("ends", w[len(w)-4:])
		b.gram("ends", w[len(w)-3:])
		for k := 0; k+5 <= len(w); k++ {
			b.gram("letters", w[k:k+5])
		}
	}
}

// kinds of runs, by their length.
var kinds = [...]string{1: "1", 2: "2", 3: "3"}

// context says how the sentence stands to the question and to the rest of the answer.
func (d *document) context(b *builder, i int, masked []string) {
	s, n := &d.sentences[i], len(d.sentences)
	var facts []string
	fact := func(name string, level int) { facts = append(facts, name+strconv.Itoa(level)) }

	fact("from start ", min(i, 3))
	fact("from end ", min(n-1-i, 3))
	fact("sentences ", min(n/3, 4))
	fact("words ", min(len(s.words)/6, 8))
	fact("fresh names ", min(s.fresh, 3))
	fact("names ", min(len(s.names), 4))
	fact("asked ", level(overlap(d.asked, s.content)))
	fact("of question ", level(overlap(s.content, d.asked)))
	fact("elsewhere ", level(d.elsewhere(s)))
	fact("names elsewhere ", min(d.namesElsewhere(s), 3))
	fact("names asked ", min(d.namesAsked(s), 2))
	if i > 0 {
		fact("before ", level(overlap(s.content, d.sentences[i-1].content)))
		fact("names before ", min(len(d.sentences[i-1].names), 2))
	}
	if i+1 < n {
		fact("after ", level(overlap(s.content, d.sentences[i+1].content)))
		fact("names after ", min(len(d.sentences[i+1].names), 2))
	}
	shown := signsOf(s, s.of(d.answer))
	for _, r := range shown {
		facts = append(facts, "sign "+string(r))
	}
	fact("signs ", min(len(shown), 4))
	if d.chinese {
		counts, balance := cueCounts(s.of(d.answer))
		for k, n := range counts {
			fact(cues[k].name+" ", min(n, 3))
		}
		fact("balance ", max(-3, min(balance, 6)))
	}
	fact("list ", listMark(s.of(d.answer)))
	hashes := make([]uint32, len(facts))
	for k, f := range facts {
		hashes[k] = mix(b.seed, f)
		b.add(1, hashes[k])
	}
	for x := range hashes { // conjunctions
		for y := range x {
			b.add(0.5, hashes[x]*31+hashes[y])
		}
	}
	if len(masked) > 1 {
		b.gram("opens", masked[0], masked[1])
	}
}

func level(share float64) int { return int(share * 5.99) }

// elsewhere is the share of a sentence's content that another sentence has too.
func (d *document) elsewhere(s *sentence) float64 {
	if len(s.content) == 0 {
		return 0
	}
	n := 0
	for w := range s.content {
		if d.seen[w] > 1 {
			n++
		}
	}
	return float64(n) / float64(len(s.content))
}

func (d *document) namesElsewhere(s *sentence) (n int) {
	for w := range s.names {
		if d.standsIn[w] > 1 {
			n++
		}
	}
	return n
}

func (d *document) namesAsked(s *sentence) (n int) {
	for w := range s.names {
		if d.askedFor[w] {
			n++
		}
	}
	return n
}

// listMark tells items of lists apart: 0 none, 1 a bullet, 2 a number, 3 a heading with
// a colon.
func listMark(text string) int {
	t := strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(t, "- "), strings.HasPrefix(t, "* "), strings.HasPrefix(t, "•"):
		return 1
	case len(t) > 2 && unicode.IsDigit(rune(t[0])) && strings.ContainsAny(t[:min(len(t), 4)], ".)、"):
		return 2
	}
	if i := strings.IndexAny(t, ":："); i > 0 && i < 40 {
		return 3
	}
	return 0
}

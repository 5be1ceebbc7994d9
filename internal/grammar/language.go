package grammar

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Language is a set of texts. The zero value holds the empty text alone.
type Language struct{ node node }

// node is an expression over bytes and rules.
type node interface{}

type (
	empty     struct{}              // the empty text
	byteRange struct{ lo, hi byte } // one byte of a range
	seq       []node                // one after the other
	alt       []node                // one of these
	repeat    struct {              // so many copies; max below 0 is any number
		node
		min, max int
	}
	unmarked struct{ *automaton } // without the bytes that stand for start and end of a text
	escaped  struct{ *automaton } // as JSON writes it within a string
	call     struct {             // of a rule, counted: min and max times one after the other
		rule     *rule
		min, max int
	}
)

// unlimited is a maximum that there is none.
const unlimited = -1

// rule is a language with a name, which may refer to itself.
type rule struct {
	name string
	body node
}

// textBytes is below which the bytes of texts are: none in UTF-8 is above.
const textBytes = 0xf8

// Markers begin with a byte that no text has, so that no text is mistaken for one.
const (
	markerByte = 0xff
	startByte  = 0xfe // stands for the start of a text while an expression is compiled
	endByte    = 0xfd // and for its end
)

// Literal is one text.
func Literal(text string) Language { return Language{literal(text)} }

func literal(text string) node {
	s := make(seq, len(text))
	for i := range len(text) {
		s[i] = byteRange{text[i], text[i]}
	}
	return s
}

// Marker is the text of a special token, as that token or spelled out.
func Marker(text string) Language {
	return Language{alt{literal(text), literal(marked(text))}}
}

// Sequence is one after the other.
func Sequence(parts ...Language) Language {
	var s seq
	for _, p := range parts {
		s = append(s, p.node)
	}
	return Language{s}
}

// Choice is any one of these.
func Choice(parts ...Language) Language {
	var a alt
	for _, p := range parts {
		a = append(a, p.node)
	}
	return Language{a}
}

// Repeat is min to max texts of a language, one after the other; max below 0 is any
// number.
func Repeat(of Language, min, max int) Language {
	if min == 0 && max == 1 {
		return Language{optional(of.node)}
	}
	return Language{call{&rule{"part", of.node}, min, max}}
}

// Without is any text in which none of the given ones occurs, as text.
func Without(stops ...string) Language { return Language{without(stops)} }

// without is an automaton by Aho and Corasick (1975) over the stops, of which those
// places are left out at which one is complete.
func without(stops []string) node {
	index := map[string]int{"": 0}
	prefixes := []string{""}
	for _, s := range stops {
		for n := 1; n < len(s); n++ {
			if _, ok := index[s[:n]]; !ok {
				index[s[:n]] = len(prefixes)
				prefixes = append(prefixes, s[:n])
			}
		}
	}
	d := &automaton{states: make([]state, len(prefixes))}
	for i, p := range prefixes {
		d.states[i].accepts = true
		if endsWithAny(p, stops) {
			d.states[i].accepts = false // one stop within another: never reached
			continue
		}
		for b := range textBytes {
			text := p + string([]byte{byte(b)})
			if endsWithAny(text, stops) {
				continue
			}
			d.states[i].add(byte(b), longestSuffix(text, index))
		}
	}
	return d
}

func endsWithAny(text string, stops []string) bool {
	for _, s := range stops {
		if s != "" && strings.HasSuffix(text, s) {
			return true
		}
	}
	return false
}

func longestSuffix(text string, index map[string]int) int {
	for from := 0; ; from++ {
		if i, ok := index[text[from:]]; ok {
			return i
		}
	}
}

// runes is one character of a range, in UTF-8. Surrogates are none.
func runes(lo, hi rune) node {
	var a alt
	const surrogateMin, surrogateMax = 0xd800, 0xdfff
	for _, r := range [][2]rune{{lo, min(hi, surrogateMin-1)}, {max(lo, surrogateMax+1), min(hi, utf8.MaxRune)}} {
		if r[0] <= r[1] {
			a = appendUTF8(a, r[0], r[1])
		}
	}
	return a
}

// appendUTF8 adds what encodes a range, cut where encodings change their length or a
// byte that is not the last runs over.
func appendUTF8(a alt, lo, hi rune) alt {
	for _, top := range []rune{0x7f, 0x7ff, 0xffff} {
		if lo <= top && hi > top {
			return appendUTF8(appendUTF8(a, lo, top), top+1, hi)
		}
	}
	if hi <= 0x7f {
		return append(a, byteRange{byte(lo), byte(hi)})
	}
	for i := 1; i < utf8.RuneLen(lo); i++ {
		low := rune(1)<<(6*i) - 1 // the bits of the last i bytes
		if lo&^low == hi&^low {
			continue
		}
		if lo&low != 0 {
			return appendUTF8(appendUTF8(a, lo, lo|low), lo|low+1, hi)
		}
		if hi&low != low {
			return appendUTF8(appendUTF8(a, lo, hi&^low-1), hi&^low, hi)
		}
	}
	from, to := string(lo), string(hi)
	var s seq
	for i := range len(from) {
		s = append(s, byteRange{from[i], to[i]})
	}
	return append(a, s)
}

// anyRune is any character.
func anyRune() node { return runes(0, utf8.MaxRune) }

// others are the characters in none of the ranges.
func others(ranges [][2]rune) (out [][2]rune) {
	ranges = slices.SortedFunc(slices.Values(ranges), func(a, b [2]rune) int { return cmp.Compare(a[0], b[0]) })
	next := rune(0)
	for _, r := range ranges {
		if r[0] > next {
			out = append(out, [2]rune{next, r[0] - 1})
		}
		next = max(next, r[1]+1)
	}
	if next <= utf8.MaxRune {
		out = append(out, [2]rune{next, utf8.MaxRune})
	}
	return out
}

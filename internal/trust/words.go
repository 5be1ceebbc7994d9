package trust

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is a piece of a sentence: a run of Latin letters and digits, one Han character,
// or one mark.
type word struct {
	at    stretch // in the text
	text  string  // lower case
	shape shape
}

type shape byte

const (
	plain   shape = iota
	capital       // begins with a capital letter, or holds one
	number
	mark
	han
)

// words cuts a sentence; offset is where it begins in the text.
func words(sentence string, offset int) []word {
	var out []word
	for i := 0; i < len(sentence); {
		r, n := utf8.DecodeRuneInString(sentence[i:])
		start := i
		i += n
		switch {
		case unicode.IsSpace(r):
		case unicode.Is(unicode.Han, r):
			out = append(out, word{stretch{offset + start, offset + i}, sentence[start:i], han})
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			for i < len(sentence) {
				q, m := utf8.DecodeRuneInString(sentence[i:])
				if !joins(q) || unicode.Is(unicode.Han, q) || (q == '.' || q == '-' || q == '\'' || q == '’' || q == '&') && !letterAt(sentence, i+m) {
					break
				}
				i += m
			}
			out = append(out, word{stretch{offset + start, offset + i}, strings.ToLower(sentence[start:i]), shapeOf(sentence[start:i])})
		default:
			out = append(out, word{stretch{offset + start, offset + i}, sentence[start:i], mark})
		}
	}
	return out
}

// joins reports whether a rune may stand within a word.
func joins(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("'’.-&_", r)
}

func letterAt(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

func shapeOf(s string) shape {
	letters, upper := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsUpper(r):
			upper++
			letters++
		case unicode.IsLetter(r):
			letters++
		}
	}
	switch {
	case letters == 0:
		return number
	case upper > 0:
		return capital
	}
	return plain
}

// functionWords carry no content: they neither make a name nor count when texts are
// compared.
var functionWords = set(`a an the and or but nor so yet for of to in on at by with from as is are was were be been being am
	it its this that these those there here he she they we you i his her their our your my me him them us who whom whose which what when
	where why how if then than while whether because since although though unless until before after during about into over under between
	among through across against without within along also both either neither each every all any some no not only just more most many much
	such same other another can could may might must shall should will would do does did done has have had having get got
	meanwhile additionally furthermore moreover however therefore overall finally first second next please note remember consider looking
	explore experience discover visit try check find enjoy imagine speaking similarly likewise alternatively with's for's that's it's
	one two three four five six seven eight nine ten new let's let another whether yes
	的 了 和 是 在 有 也 都 就 与 及 或 而 但 不 我 你 您 他 她 它 们 这 那 为 以 于 等 把 被 会 能 可 要 对 到 从 上 下 中 个 一`)

func set(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}

// content is the set of words by which a text is compared with another: Latin words as
// their first six letters, which joins most inflections, Han as pairs.
func content(ws []word) map[string]bool {
	out := map[string]bool{}
	for i, w := range ws {
		switch w.shape {
		case han:
			if i+1 < len(ws) && ws[i+1].shape == han {
				out[w.text+ws[i+1].text] = true
			}
		case plain, capital:
			if !functionWords[w.text] {
				out[stem(w.text)] = true
			}
		}
	}
	return out
}

// name is a word of a name as it is compared: whole, without the 's of a genitive.
func name(w string) string {
	return strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s")
}

// whole is the set of words of a text, and of the parts of those with hyphens.
func whole(ws []word) map[string]bool {
	out := map[string]bool{}
	for _, w := range ws {
		if w.shape == plain || w.shape == capital {
			out[name(w.text)] = true
			for part := range strings.SplitSeq(w.text, "-") {
				out[part] = true
			}
		}
	}
	return out
}

func stem(w string) string {
	w = name(w)
	for n := range w {
		if n >= 6 {
			return w[:n]
		}
	}
	return strings.TrimSuffix(w, "s")
}

// overlap is the share of a that is in b.
func overlap(a, b map[string]bool) float64 {
	if len(a) == 0 {
		return 0
	}
	n := 0
	for w := range a {
		if b[w] {
			n++
		}
	}
	return float64(n) / float64(len(a))
}

package library

import (
	"strings"
	"unicode"
)

// wordsOf splits a text into folded words: at whatever is no letter or digit, and
// where Chinese meets Latin, since nobody types a space there. A point between
// digits stays out but does not split: "2.5" is one word.
func wordsOf(text string) []string {
	var words []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	var last rune
	for i, r := range []rune(fold(text)) {
		if i >= queryRunes || len(words) >= queryWords {
			break
		}
		switch {
		case r == '.' && unicode.IsDigit(last):
			continue // last stays the digit, so that "2.5" is "25"
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			end()
		default:
			if unicode.Is(unicode.Han, r) != unicode.Is(unicode.Han, last) {
				end()
			}
			word.WriteRune(r)
		}
		last = r
	}
	end()
	return words[:min(len(words), queryWords)]
}

// squeeze is a text without what separates words.
func squeeze(text string) string { return strings.Join(wordsOf(text), "") }

// fold makes letters lower case and gives full-width ones their usual width.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case r == '\u3000':
			r = ' '
		}
		return unicode.ToLower(r)
	}, text)
}

// near reports whether two words are one typing error apart, or two for long ones: a
// letter wrong, missing, too many, or two exchanged.
func near(s, w string) bool {
	a, b := []rune(s), []rune(w)
	allowed := 0
	switch {
	case len(b) >= 8:
		allowed = 2
	case len(b) >= 4:
		allowed = 1
	}
	return allowed > 0 && max(len(a)-len(b), len(b)-len(a)) <= allowed && distance(a, b) <= allowed
}

// distance counts typing errors: the optimal string alignment distance of
// Damerau and Levenshtein.
func distance(a, b []rune) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, before := rows[i%3], rows[(i+2)%3], rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := above[j-1]
			if a[i-1] != b[j-1] {
				wrong++
			}
			row[j] = min(wrong, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}

package trust

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// stretch is a range of bytes of a text.
type stretch struct{ start, end int }

func (s stretch) of(text string) string { return text[s.start:s.end] }

// abbreviations end in a stop that ends no sentence.
var abbreviations = map[string]bool{
	"mr": true, "mrs": true, "ms": true, "dr": true, "st": true, "vs": true, "no": true, "prof": true, "sr": true, "jr": true,
	"e.g": true, "i.e": true, "etc": true, "approx": true, "u.s": true, "u.k": true, "fig": true, "ave": true, "dept": true,
}

// sentences cuts a text into sentences that together are the whole text: the blanks
// after a sentence belong to it.
func sentences(text string) []stretch {
	var out []stretch
	start := 0
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		if !ends(text[start:i-n], r, text[i:]) {
			continue
		}
		for i < len(text) { // closing quotes and further stops, then blanks
			q, m := utf8.DecodeRuneInString(text[i:])
			if !strings.ContainsRune(`."')]”’」』）!?！？。…`, q) || q == '\'' && r == '\n' || r == '\n' {
				break
			}
			i += m
		}
		for i < len(text) {
			q, m := utf8.DecodeRuneInString(text[i:])
			if !unicode.IsSpace(q) {
				break
			}
			i += m
		}
		out = append(out, stretch{start, i})
		start = i
	}
	if start < len(text) {
		out = append(out, stretch{start, len(text)})
	}
	return out
}

// ends reports whether r ends a sentence, between what the sentence has so far and the
// rest of the text.
func ends(sofar string, r rune, rest string) bool {
	switch r {
	case '\n':
		return strings.TrimSpace(sofar) != ""
	case '。', '！', '？', '；':
		return true
	case '!', '?':
		return rest == "" || closes(rest)
	case '.':
		if rest != "" && !closes(rest) {
			return false
		}
		word := strings.ToLower(sofar[strings.LastIndexFunc(sofar, unicode.IsSpace)+1:])
		return !abbreviations[word] && !isInitial(word) && !isNumeral(sofar)
	}
	return false
}

// closes reports whether what follows a stop lets it end a sentence: a blank, or marks
// that close what was opened and then a blank.
func closes(rest string) bool {
	rest = strings.TrimLeft(rest, `."')]”’!?`)
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || unicode.IsSpace(r)
}

func isInitial(word string) bool { return len(word) == 1 && word[0] >= 'a' && word[0] <= 'z' }

// isNumeral reports whether a sentence so far is the number of a list's item.
func isNumeral(sentence string) bool {
	s := strings.TrimSpace(sentence)
	return s != "" && len(s) <= 3 && strings.Trim(s, "0123456789") == ""
}

// isChinese reports whether a text is read by the Chinese half of the model: where a
// fifth of its letters are Han.
func isChinese(text string) bool {
	han, letters := 0, 0
	for _, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		if unicode.Is(unicode.Han, r) {
			han++
		}
	}
	return han*5 > letters
}

package starter

import (
	"strings"
	"unicode"
)

// Terms are what a text is looked up by: words in lower case without their usual
// English endings, names such as engine.threads whole and in parts, and for Chinese
// every two neighbouring characters.
func Terms(text string) []string {
	var all []string
	for _, run := range runs(text) {
		if unicode.Is(unicode.Han, run[0]) {
			all = append(all, pairs(run)...)
			continue
		}
		word := strings.Trim(strings.ToLower(string(run)), "._-")
		parts := strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune("._-", r) })
		if len(parts) > 1 {
			all = append(all, word)
		}
		for _, p := range parts {
			if !common[p] {
				all = append(all, stem(p))
			}
		}
	}
	return all
}

// runs cuts a text into words and stretches of Chinese.
func runs(text string) [][]rune {
	var all [][]rune
	last := 0 // the kind of the run that is open
	for _, r := range text {
		kind := kindOf(r)
		switch kind {
		case 0:
		case last:
			all[len(all)-1] = append(all[len(all)-1], r)
		default:
			all = append(all, []rune{r})
		}
		last = kind
	}
	return all
}

func kindOf(r rune) int {
	switch {
	case unicode.Is(unicode.Han, r):
		return 1
	case unicode.IsLetter(r) || unicode.IsNumber(r) || strings.ContainsRune("._-", r):
		return 2
	}
	return 0
}

// pairs are the neighbouring characters of a stretch; a single one is itself.
func pairs(run []rune) []string {
	if len(run) == 1 {
		return []string{string(run)}
	}
	var all []string
	for i := range len(run) - 1 {
		all = append(all, string(run[i:i+2]))
	}
	return all
}

// stem drops the endings by which English words differ from one another in the
// same matter. It need not make words, only the same of both.
func stem(w string) string {
	for _, end := range []string{"ations", "ation", "ings", "ing", "ies", "ers", "er", "ed", "es", "s", "y", "e"} {
		if base, ok := strings.CutSuffix(w, end); ok && len(base) >= 3 {
			if n := len(base); n > 3 && base[n-1] == base[n-2] && end != "s" {
				base = base[:n-1]
			}
			return base
		}
	}
	return w
}

// common are words that say nothing of what a question is about.
var common = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq("a an and are as at be been but by can could do does did for from get had has have " +
		"how i if in into is it its me my of on or our out so than that the their them then there these they this to up " +
		"was we were what when where which who why will with would you your should shall may might any some am s t") {
		m[w] = true
	}
	return m
}()

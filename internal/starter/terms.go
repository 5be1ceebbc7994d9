package starter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Terms are what a text is looked up by: words in lower case without their usual
// English endings, names such as engine.threads whole and in parts, and for Chinese
// every two neighbouring characters and every one, which counts less (weigh). Words that
// only ask are left out.
func Terms(text string) []string {
	var all []string
	for _, run := range runs(text) {
		if unicode.Is(unicode.Han, run[0]) {
			for part := range strings.FieldsSeq(asking.Replace(string(run))) {
				all = append(all, pairs([]rune(part))...)
			}
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

// pairs are the neighbouring characters of a stretch, and the characters.
func pairs(run []rune) []string {
	var all []string
	for i := range run {
		all = append(all, string(run[i]))
		if i > 0 {
			all = append(all, string(run[i-1:i+1]))
		}
	}
	return all
}

// ofOne is what a single Chinese character counts against a pair of them.
const ofOne = 0.4

// weigh is what a term counts for its kind, however rare it is.
func weigh(term string) float64 {
	if r, n := utf8.DecodeRuneInString(term); n == len(term) && unicode.Is(unicode.Han, r) {
		return ofOne
	}
	return 1
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

// asking are the words by which Chinese asks, longer ones first.
var asking = func() *strings.Replacer {
	var list []string
	for w := range strings.FieldsSeq("可不可以 为什么 是什么 什么样 怎么办 怎么样 能不能 是不是 有没有 什么 怎么 怎样 如何 多少 哪几 哪些 哪里 哪儿 哪个 哪 " +
		"可以 是否 请问 一下 这个 那个 意思 吗 呢 吧 啊 呀 了 的") {
		list = append(list, w, " ")
	}
	return strings.NewReplacer(list...)
}()

// common are words that say nothing of what a question is about.
var common = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq("a an and are as at be been but by can could do does did for from get had has have " +
		"about how i if in into is it its me my of on or our out so than that the their them then there these they this to up " +
		"was we were what when where which who why will with would you your should shall may might any some am s t tell please one") {
		m[w] = true
	}
	return m
}()

package trust

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

// claim is a sentence of one model's answer, prepared for comparing.
type claim struct {
	model   int
	text    string
	content map[string]bool
	figures map[string][]string // numbers by what they count: the word after them
	negated bool
}

// claimsOf cuts an answer into claims. Headings, questions and courtesies claim nothing.
func claimsOf(model int, answer string) []claim {
	var out []claim
	for _, s := range sentences(answer) {
		text := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(s.of(answer)), "-*•#> "))
		ws := words(text, 0)
		c := claim{model: model, text: text, content: content(ws), figures: figures(ws), negated: negation.MatchString(strings.ToLower(text))}
		if len(c.content)+len(c.figures) < 3 || strings.HasSuffix(text, "?") || strings.HasSuffix(text, "？") || strings.HasSuffix(text, ":") || strings.HasSuffix(text, "：") {
			continue
		}
		out = append(out, c)
	}
	return out
}

var negation = regexp.MustCompile(`\b(not|never|no longer|cannot|can't|don't|doesn't|isn't|aren't|won't|without|nor)\b|不(?:能|会|是|应|要|可|得|宜|需|必|再|适)|没有|无法|并非|禁止|切勿|未`)

// figures are the numbers of a sentence, exactly, without separators, by the word that
// follows: what is counted, or a unit. A year is a number of no unit.
func figures(ws []word) map[string][]string {
	out := map[string][]string{}
	for i, w := range ws {
		if w.shape != number || strings.Trim(w.text, "0123456789.-") != "" {
			continue
		}
		text := w.text
		for k := i + 1; k+1 < len(ws) && ws[k].text == "," && ws[k+1].shape == number && len(ws[k+1].text) >= 3 && ws[k].at.end == ws[k+1].at.start && ws[k-1].at.end == ws[k].at.start; k += 2 {
			text += ws[k+1].text // 1,000
		}
		if i > 1 && ws[i-1].text == "," && ws[i-2].shape == number && ws[i-1].at.end == w.at.start && ws[i-2].at.end == ws[i-1].at.start {
			continue // inside one
		}
		unit := ""
		for k := i + 1; k < len(ws) && unit == ""; k++ {
			if ws[k].shape != number && ws[k].text != "," {
				unit = stem(ws[k].text)
			}
		}
		if isYear(text) && unit != "元" && unit != "%" {
			unit = "year"
		}
		out[unit] = append(out[unit], strings.TrimRight(text, "."))
	}
	return out
}

func isYear(s string) bool {
	return len(s) == 4 && (strings.HasPrefix(s, "1") || strings.HasPrefix(s, "20"))
}

// Thresholds of alignment, in shares of weighted content.
const (
	aligned   = 0.45 // two claims are about the same thing
	withinOne = 0.60 // what a short claim says is in a long one
)

// idf weighs a word by how few claims have it.
func idf(claims []claim) func(string) float64 {
	n := map[string]int{}
	for _, c := range claims {
		for w := range c.content {
			n[w]++
		}
	}
	return func(w string) float64 { return math.Log(1 + float64(len(claims))/float64(1+n[w])) }
}

// alike is how much two claims are about the same: the weighted share of what both say
// in what either does, or, where one is within the other, a little less than that share.
func alike(a, b *claim, weight func(string) float64) float64 {
	var both, left, right float64
	for w := range a.content {
		left += weight(w)
		if b.content[w] {
			both += weight(w)
		}
	}
	for w := range b.content {
		right += weight(w)
	}
	if both == 0 {
		return 0
	}
	within := both / math.Min(left, right)
	return math.Max(both/(left+right-both), within*aligned/withinOne)
}

// contradicts says what two claims about the same thing differ in: a number of the same
// unit with no value in common, or a negation. It is empty where they agree.
func contradicts(a, b *claim) string {
	for _, unit := range slices.Sorted(maps.Keys(a.figures)) {
		x, y := a.figures[unit], b.figures[unit]
		if len(y) > 0 && !slices.ContainsFunc(x, func(v string) bool { return slices.Contains(y, v) }) {
			return strings.Join(x, ", ") + " ≠ " + strings.Join(y, ", ") + unitShown(unit)
		}
	}
	if a.negated != b.negated {
		return "negation"
	}
	return ""
}

func unitShown(unit string) string {
	if unit == "" || unit == "year" {
		return ""
	}
	return " " + unit
}

package starter

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
)

// Reading a text that the reader brought, to answer a question from it. As with the
// manual, retrieval chooses the sentence and the model the words in it, and nothing is
// quoted that does not stand there.

const (
	textMin = 40 // characters of a text that is worth looking into
	textMax = 64 << 10
	shown   = 400  // characters around the sentence that the model is shown: with more it loses its place
	longer  = 1700 // characters that halve what a sentence shares with the question
	nearby  = 0.15 // of what a neighbour shares with the question counts for a sentence
)

// reading is a question about a text, and the sentence that answers it best.
type reading struct {
	lang      string
	question  string
	sentences []string
	best      int
	said      string
}

var (
	askedLast  = regexp.MustCompile(`(?s)^(.+)\n\s*(?:问题：|问：|Question:|Q:)?\s*([^\n]+)\s*$`)
	askedFirst = regexp.MustCompile(`(?s)^([^\n]+[?？：:])\s*\n(.+)$`)
)

// read takes a message apart into text and question; nil if it is not both, or if no word
// of the question stands in the text.
func read(message string) *reading {
	if len(message) > textMax {
		return nil
	}
	text, question := "", ""
	if m := askedLast.FindStringSubmatch(message); m != nil && (strings.ContainsAny(m[2], "?？") || strings.Contains(message, "\n问题：") || strings.Contains(message, "\nQuestion:")) {
		text, question = m[1], m[2]
	} else if m := askedFirst.FindStringSubmatch(message); m != nil {
		text, question = m[2], m[1]
	}
	if utf8.RuneCountInString(text) < textMin {
		return nil
	}
	r := &reading{lang: language(question), question: question, sentences: pieces(text)}
	if r.best = closest(r.sentences, question); r.best < 0 {
		return nil
	}
	return r
}

// pieces are the sentences of a text, as they stand there.
func pieces(text string) []string {
	var all []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) != "" {
			all = append(all, sentences(line)...)
		}
	}
	return all
}

// closest is the place of the sentence that shares the rarest words with the question; a
// sentence also counts a part of what its neighbours share, which may name what it only
// refers to. -1 if none shares any.
func closest(all []string, question string) int {
	asked := distinct(Terms(question))
	has, rare := make([]map[string]bool, len(all)), map[string]float64{}
	for i, s := range all {
		has[i] = map[string]bool{}
		for _, t := range Terms(s) {
			has[i][t] = true
		}
		for t := range has[i] {
			rare[t]++
		}
	}
	scores := make([]float64, len(all))
	for i, s := range all {
		for _, t := range asked {
			if has[i][t] {
				scores[i] += weigh(t) * math.Log(1+float64(len(all))/rare[t])
			}
		}
		scores[i] /= 1 + float64(utf8.RuneCountInString(s))/longer
	}
	best, most := -1, 0.0
	for i := range all {
		score := scores[i]
		if i > 0 {
			score += nearby * scores[i-1]
		}
		if i+1 < len(all) {
			score += nearby * scores[i+1]
		}
		if scores[i] > 0 && score > most {
			best, most = i, score
		}
	}
	return best
}

// prompt is what the model is shown: the sentence with as much around it as it can follow.
func (r *reading) prompt() []hearth.Message {
	from, to := r.best, r.best+1
	size := utf8.RuneCountInString(r.sentences[r.best])
	for grown := true; grown; {
		grown = false
		if to < len(r.sentences) && size+utf8.RuneCountInString(r.sentences[to]) <= shown {
			size, to, grown = size+utf8.RuneCountInString(r.sentences[to]), to+1, true
		}
		if from > 0 && size+utf8.RuneCountInString(r.sentences[from-1]) <= shown {
			size, from, grown = size+utf8.RuneCountInString(r.sentences[from-1]), from-1, true
		}
	}
	gap := " "
	if r.lang == "zh" {
		gap = ""
	}
	window := strings.Join(r.sentences[from:to], gap)
	asks := "Question: "
	if r.lang == "zh" {
		asks = "问题："
	}
	return []hearth.Message{{Role: hearth.RoleSystem, Text: extractSystem(r.lang)}, {Role: hearth.RoleUser, Text: window + "\n\n" + asks + r.question}}
}

// next holds everything back: which sentence it is may not be known before the end.
func (r *reading) next(text string, finish hearth.FinishReason) string {
	r.said += text
	if finish == "" {
		return ""
	}
	return r.answer()
}

// answer is the sentence, and the part of it that the model chose, if it stands there.
func (r *reading) answer() string {
	sentence := r.sentences[r.best]
	if quoted := between(r.said, "原文：“", "”", `Quote: "`, `"`); quoted != "" {
		// Among neighbours the model may know better than shared words do.
		for i := max(0, r.best-1); i < min(len(r.sentences), r.best+2); i++ {
			if likeness(quoted, r.sentences[i]) > 0.9 {
				sentence = r.sentences[i]
			}
		}
	}
	part := between(r.said, "答案：“", "”", `Answer: "`, `"`)
	if part != "" && !strings.Contains(sentence, part) {
		part = ""
	}
	if r.lang == "zh" {
		return strings.TrimSuffix("原文：“"+sentence+"”\n答案：“"+part+"”", "\n答案：“”")
	}
	return strings.TrimSuffix("Quote: \""+sentence+"\"\nAnswer: \""+part+"\"", "\nAnswer: \"\"")
}

// between is what stands between two marks, of either language.
func between(s string, marks ...string) string {
	for pair := range slices.Chunk(marks, 2) {
		if _, after, ok := strings.Cut(s, pair[0]); ok {
			inside, _, _ := strings.Cut(after, pair[1])
			return inside
		}
	}
	return ""
}

package starter

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
)

// answer is what the model says of the passage it was shown, on its way to the reader.
// Sentence by sentence it is held against the passage, and said as it stands there: a
// model this small miscopies, and a command with a letter missing is worse than none. A
// short passage is said whole. The passage's title ends the answer: the reader has not
// seen the passage.
type answer struct {
	passage *Passage
	begun   bool
	free    bool // the model says that the passage does not answer
	held    string
	lines   []string // sentences of the passage that have not been said
	said    bool
	told    string // all that was said, without spaces
	gap     string // what stands between what was said and what will be
}

const (
	alike = 0.5 // of a sentence's pairs of letters: what is less alike is another sentence
	short = 450 // bytes of a passage that is said whole
	mark  = "[1]"
)

// next takes what the model wrote and returns what is shown.
func (a *answer) next(text string, finish hearth.FinishReason) string {
	a.held += text
	if !a.begun && !a.begin(finish != "") {
		return ""
	}
	var out strings.Builder
	if a.free {
		out.WriteString(a.held)
		a.held = ""
		return out.String()
	}
	if len(a.passage.Text) <= short && !a.said {
		a.said, a.lines = true, nil
		out.WriteString(a.passage.Text)
	}
	for end := sentenceEnd(a.held); end > 0; end = sentenceEnd(a.held) {
		out.WriteString(a.say(a.held[:end]))
		a.held = a.held[end:]
	}
	if finish != "" {
		out.WriteString(a.say(a.held))
		out.WriteString(a.close())
	}
	return out.String()
}

// begin reads the passage's number and reports whether enough has come to know. What
// begins with neither that nor a refusal is not an answer, and nothing of it is said.
func (a *answer) begin(last bool) bool {
	refusal := notInManual(a.passage.Lang)
	rest, numbered := strings.CutPrefix(a.held, mark)
	switch {
	case numbered:
		a.held = strings.TrimLeft(rest, " ")
	case strings.HasPrefix(a.held, refusal):
		a.free = true
	case !last && (strings.HasPrefix(mark, a.held) || strings.HasPrefix(refusal, a.held)):
		return false
	}
	a.begun, a.lines = true, sentences(a.passage.Text)
	return true
}

// say returns a sentence as it stands in the passage, nothing if none there is like it.
func (a *answer) say(text string) string {
	if a.lines == nil {
		return ""
	}
	body := strings.TrimSpace(text)
	if body == "" {
		a.gap += text
		return ""
	}
	lead, tail, _ := strings.Cut(text, body)
	a.gap += lead
	if stands := strings.Contains(squeeze(a.passage.Text), squeeze(body)); !stands {
		best, score := -1, alike
		for i, line := range a.lines {
			if s := likeness(body, line); s >= score {
				best, score = i, s
			}
		}
		if best < 0 {
			return ""
		}
		body = a.lines[best]
		a.lines = slices.Delete(a.lines, best, best+1)
	}
	bare := squeeze(body)
	if n := strings.Count(a.told, bare); n > 0 && n >= strings.Count(squeeze(a.passage.Text), bare) {
		a.gap = "" // the model goes round in circles
		return ""
	}
	a.told += bare
	if a.said {
		body = a.gap + body
	}
	a.said, a.gap = true, tail
	return body
}

// close ends the answer with its source. If the model said nothing of the passage, it
// speaks for itself.
func (a *answer) close() string {
	text := ""
	if !a.said {
		text = a.passage.Text
	}
	if a.passage.Lang == "zh" {
		return text + "\n\n——《手册》“" + a.passage.Title + "”"
	}
	return text + "\n\n(Manual: " + a.passage.Title + ")"
}

// A sentence ends with its mark; in English one follows it.
var sentenceMark = regexp.MustCompile("[。！？]|\n|[.!?;] (?:[A-Za-z`])")

// sentenceEnd is how many bytes the first whole sentence has; 0 if none is whole.
func sentenceEnd(s string) int {
	at := sentenceMark.FindStringIndex(s)
	switch {
	case at == nil:
		return 0
	case at[1]-at[0] == 3 && s[at[0]+1] == ' ':
		return at[0] + 1
	}
	return at[1]
}

func sentences(text string) []string {
	var list []string
	for end := sentenceEnd(text); end > 0; end = sentenceEnd(text) {
		list = append(list, strings.TrimSpace(text[:end]))
		text = text[end:]
	}
	return slices.DeleteFunc(append(list, strings.TrimSpace(text)), func(s string) bool { return s == "" })
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// likeness is Dice's coefficient of the pairs of neighbouring letters, 0 to 1.
func likeness(a, b string) float64 {
	pairs := map[[2]rune]int{}
	x, y := []rune(squeeze(a)), []rune(squeeze(b))
	if len(x) < 2 || len(y) < 2 {
		return 0
	}
	for i := range len(x) - 1 {
		pairs[[2]rune(x[i:i+2])]++
	}
	same := 0
	for i := range len(y) - 1 {
		if p := [2]rune(y[i : i+2]); pairs[p] > 0 {
			pairs[p]--
			same++
		}
	}
	return 2 * float64(same) / float64(len(x)+len(y)-2)
}

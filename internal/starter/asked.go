package starter

import (
	"embed"
	"fmt"
	"strings"
)

// asked holds how people ask about each passage, in words that the manual does not
// use. A line is
//
//	section | words that the answer stands beside | question;question
//
// where words & words name two sentences, * all of the passage, and none the only
// passage of a row. The generator of training text reads the same files; what the starter model is
// measured on may stand in neither.
//
//go:embed asked.zh.txt asked.en.txt
var asked embed.FS

// wordings returns the questions about each passage, by its place in the list.
func wordings(all []Passage) ([][]string, error) {
	questions := make([][]string, len(all))
	for _, lang := range []string{"zh", "en"} {
		text, err := asked.ReadFile("asked." + lang + ".txt")
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			part := strings.Split(strings.TrimSpace(line), "|")
			if len(part) != 3 {
				return nil, fmt.Errorf("asked.%s.txt: %q does not have three parts", lang, line)
			}
			words, _, _ := strings.Cut(part[1], "&")
			i := place(all, lang, strings.TrimSpace(part[0]), strings.TrimSpace(words))
			if i < 0 {
				return nil, fmt.Errorf("asked.%s.txt: no passage of the manual for %q", lang, line)
			}
			questions[i] = append(questions[i], strings.Split(part[2], ";")...)
		}
	}
	return questions, nil
}

func place(all []Passage, lang, section, words string) int {
	for i, p := range all {
		if p.Lang == lang && p.Section == section && strings.Contains(p.Text, words) {
			return i
		}
	}
	return -1
}

package starter

import (
	"strconv"
	"strings"
)

// system is what the starter model is told before a question about the manual. It
// was taught these words and no others.
func system(lang string) string {
	if lang == "zh" {
		return "你是 hearth 的入门模型。根据手册段落回答：先写段落编号，再照抄原文；没有写就说没有。"
	}
	return "You are the starter model of hearth. Answer from the manual: the passage's number, then its words; if it is not there, say so."
}

// notInManual is how the model was taught to say so.
func notInManual(lang string) string {
	if lang == "zh" {
		return "手册里没有写这一点。"
	}
	return "The manual does not say."
}

// Prompt is a question about the manual as the starter model was taught to read it:
// a system message, and the user's, which shows the passages.
func (g *Guide) Prompt(question string, k int) (systemText, userText string) {
	return write(question, g.Passages(question, k))
}

func write(question string, found []Passage) (systemText, userText string) {
	var b strings.Builder
	for i, p := range found {
		b.WriteString("[" + strconv.Itoa(i+1) + "] " + p.Title + ": " + p.Text + "\n")
	}
	lang := language(question)
	if lang == "zh" {
		b.WriteString("\n问题：" + question)
	} else {
		b.WriteString("\nQuestion: " + question)
	}
	return system(lang), b.String()
}

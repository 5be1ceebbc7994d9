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

// extractSystem is what it is told before a text and a question about it.
func extractSystem(lang string) string {
	if lang == "zh" {
		return "根据文章回答问题：先引用原句，再写出答案；没有写就说没有。"
	}
	return "Answer from the text: first quote the sentence, then give the answer; if it is not there, say so."
}

// formSystem is what it is told before a form and a text to fill it from.
func formSystem(lang string) string {
	if lang == "zh" {
		return "从文字中提取字段，只输出 JSON，没有提到的写 null。"
	}
	return "Extract the fields from the text. Print only JSON; null for what is not said."
}

// knowsLittle is what is said where there is nothing to answer from: the model was
// never taught anything else.
func knowsLittle(lang string) string {
	if lang == "zh" {
		return "我是 hearth 自带的入门模型，只懂 hearth 的手册，别的不知道。可以问我怎样安装、导入模型、建密钥、接入程序；" +
			"给我一段文字和一个问题，我能找出原句。要聊别的，请装一个真正的模型：hearth model search，再 hearth model pull 名称。"
	}
	return "I am the starter model of hearth: I know its manual and nothing else. Ask me how to install it, bring models in, " +
		"make keys or connect a program; give me a text and a question, and I find the sentence. For anything else get a real model: " +
		"hearth model search, then hearth model pull NAME."
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

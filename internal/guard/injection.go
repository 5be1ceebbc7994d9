package guard

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// What tools answer is data, and whoever wrote it may want to be obeyed. Such text is
// scored by what it does: it overrides instructions, speaks as the system, asks for
// secrets, wants to be kept from the user. One such thing may be about something else;
// what adds up is taken for an attempt. It is no proof against somebody who knows the
// rules: which tools may be called, and with whose leave, is the boundary that holds.

// injectionLimit is the score from which on a sentence is taken for an attempt.
const injectionLimit = 5

// intent is something that such text does: a word of every group, in any order, within
// one sentence.
type intent struct {
	name   string
	score  int
	groups [][]string
}

var (
	secrets = []string{"password", "api key", "api_key", "apikey", "secret", "credential", "access token", "private key", "conversation history", "chat history", "user's data", "user data", "env variable", "environment variable",
		"密码", "密钥", "口令", "凭证", "令牌", "聊天记录", "对话记录", "对话历史", "用户数据", "用户信息", "环境变量"}
	orders = []string{"instruction", "prompt", "rule", "guideline", "directive", "constraint", "safety polic", "指令", "指示", "规则", "提示词", "设定", "约束", "限制", "系统提示"}
)

var intents = []intent{
	{"override", 5, [][]string{
		{"ignore", "disregard", "forget", "override", "bypass", "do not follow", "don't follow", "stop following", "忽略", "无视", "忘记", "忘掉", "不要遵守", "不再遵守", "不要理会", "抛开", "绕过", "跳过"},
		{"previous", "prior", "above", "earlier", "preceding", "all your", "your original", "your system", "any other", "之前", "以上", "上述", "前面", "先前", "所有", "原有", "原来", "你的", "一切", "此前"}, orders}},
	{"reveal", 5, [][]string{
		{"reveal", "print", "repeat", "output", "show me", "tell me", "display", "leak", "输出", "打印", "复述", "透露", "重复", "展示", "告诉我"},
		{"system prompt", "your prompt", "your instructions", "initial instructions", "hidden instructions", "developer message", "系统提示", "初始指令", "你的提示词", "隐藏指令", "你的指令"}}},
	{"exfiltrate", 5, [][]string{
		{"send", "email", "post", "upload", "forward", "transmit", "exfiltrate", "append", "submit", "发送", "转发", "上传", "发给", "发到", "提交到", "泄露", "附加"}, secrets,
		{"http", "@", " to ", "url", "webhook", "邮箱", "网址", "服务器", "地址", "链接", "到"}}},
	{"conceal", 4, [][]string{
		{"do not tell", "don't tell", "do not mention", "don't mention", "without telling", "without informing", "do not inform", "do not reveal this", "keep this secret", "不要告诉", "不要提及", "不要提到", "不要让用户", "不得告知", "不要透露给", "瞒着"},
		{"user", "anyone", "this", "it", "用户", "任何人", "此", "这", "对方", "他"}}},
	{"system", 5, [][]string{
		{"<|im_start|>", "<|system|>", "<|start_header_id|>", "[inst]", "<<sys>>", "</system>", "<system>", "[system]", "### system", "begin system message", "<|endoftext|>", "<｜user｜>", "system override", "【系统】", "系统消息：", "系统指令："}}},
	{"address", 2, [][]string{
		{"if you are an ai", "if you are a language model", "ai assistant", "ai agent", "as an ai", "dear ai", "llm", "language model", "attention assistant", "assistant:", "chatgpt", "claude,", "如果你是ai", "如果你是人工智能", "ai助手", "智能助手", "大模型", "语言模型", "人工智能助手"}}},
	{"command", 3, [][]string{
		{"new instruction", "updated instruction", "your new task", "your real task", "you must now", "you are now", "from now on you", "instead, you", "must immediately", "important instruction", "priority instruction", "新的指令", "新指令", "新任务", "你现在必须", "你现在是", "从现在起你", "从现在开始你", "你必须立即", "最高优先级", "请立即执行"}}},
	{"role", 3, [][]string{
		{"act as", "pretend to be", "pretend you", "roleplay as", "you are dan", "developer mode", "jailbreak", "扮演", "假装", "假设你是", "开发者模式", "越狱"},
		{"without restriction", "no restriction", "unrestricted", "without any", "no rules", "anything now", "no filter", "不受限制", "没有限制", "没有任何", "不受任何", "无限制", "解除限制"}}},
	{"act", 3, [][]string{
		{"call the", "invoke the", "use the", "run the", "execute", "调用", "执行", "运行", "使用"},
		{"tool", "function", "command", "shell", "curl", "rm -rf", "工具", "函数", "命令", "脚本"},
		{"delete", "transfer", "send", "purchase", "pay", "drop table", "http", "password", "删除", "转账", "发送", "购买", "付款", "清空"}}},
}

// about are words of texts that speak of such attempts instead of making one.
var about = []string{"for example", "e.g.", "such as", "attack", "attacker", "injection", "researcher", "the paper", "article", "known as", "phrases like", "detect", "defend", "mitigat", "例如", "比如", "攻击", "注入", "研究", "论文", "文章", "诸如", "检测", "防御", "防范", "所谓", "常见", "提到"}

const (
	aboutScore  = 3   // that such a word takes off
	sentenceMax = 400 // characters that are read together
)

// Attempt is a sentence that tries to give orders.
type Attempt struct {
	Start, End int // bytes of the text
	Score      int
	Intents    []string
}

// FindInjection finds sentences that, with the one before them, try to give orders.
func FindInjection(text string) []Attempt {
	var found []Attempt
	last := Attempt{}
	for start := 0; start < len(text); {
		end := sentenceEnd(text, start)
		a := Attempt{Start: start, End: end}
		a.Score, a.Intents = judge(foldPlain(text[start:end]))
		both := a.Score
		if last.Score > 0 && a.Score > 0 && !slices.ContainsFunc(a.Intents, func(i string) bool { return slices.Contains(last.Intents, i) }) {
			both += last.Score // what is said in two sentences
		}
		switch {
		case a.Score >= injectionLimit:
			found = append(found, a)
		case both >= injectionLimit:
			a.Score = both
			if n := len(found); n == 0 || found[n-1].End != start {
				a.Start = last.Start
			}
			a.Intents = append(slices.Clone(last.Intents), a.Intents...)
			found = append(found, a)
		}
		if strings.TrimSpace(text[start:end]) != "" {
			last = a
		}
		start = end
	}
	return found
}

// sentenceEnd is where the sentence that begins at a place ends.
func sentenceEnd(text string, start int) int {
	n := 0
	for i, r := range text[start:] {
		if n++; n > sentenceMax {
			return start + i
		}
		switch r {
		case '\n', '。', '！', '？', '；', '!', '?', ';':
			return start + i + len(string(r))
		case '.':
			if rest := text[start+i+1:]; rest == "" || rest[0] == ' ' || rest[0] == '\n' {
				return start + i + 1
			}
		}
	}
	return len(text)
}

// judge scores one sentence, folded.
func judge(sentence string) (score int, names []string) {
	for _, x := range intents {
		if !slices.ContainsFunc(x.groups, func(words []string) bool { return !containsAny(sentence, words) }) {
			score += x.score
			names = append(names, x.name)
		}
	}
	if score > 0 && containsAny(sentence, about) {
		score = max(0, score-aboutScore)
	}
	return score, names
}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// foldPlain makes a text plain: small letters of usual width, single spaces, nothing that
// can't be seen but for tag characters, which spell what they hide.
func foldPlain(text string) string {
	var b strings.Builder
	space := false
	for _, r := range text {
		if r >= 0xE0020 && r <= 0xE007E {
			r -= 0xE0000
		}
		if invisible(r) {
			continue
		}
		if unicode.IsSpace(r) {
			space = true
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		if p := width.LookupRune(r).Folded(); p != 0 {
			r = p
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// What is done about attempts in what tools answer, beside [Allow] and [Label].
const (
	Strip = Action("strip") // the sentences are taken out
	Block = Action("block") // the request is refused
)

// InjectionActions lists them.
func InjectionActions() []Action { return []Action{Allow, Label, Strip, Block} }

const (
	injectionClass = "injection"
	stripped       = "[…]"
)

// untrusted screens a text that a tool gave.
func (x *exchange) untrusted(text string) (out string, refused bool) {
	action := x.state.policy.Injection
	if action == "" || action == Allow || text == "" {
		return text, false
	}
	found := FindInjection(text)
	if len(found) == 0 {
		return text, false
	}
	var seen []Finding
	var b strings.Builder
	at := 0
	for _, a := range found {
		seen = append(seen, Finding{Class: injectionClass, View: "intent", Start: a.Start, End: a.End, Action: action})
		b.WriteString(text[at:a.Start])
		b.WriteString(stripped)
		at = a.End
	}
	x.note("tool", seen, 0)
	switch action {
	case Block:
		return text, true
	case Strip:
		return b.String() + text[at:], false
	}
	return text, false
}

// Marks around what a tool gave, where the policy asks for them: models follow what
// stands in them less often (spotlighting; Hines et al. 2024).
const (
	markBegin = "<untrusted-data>\n"
	markEnd   = "\n</untrusted-data>"
)

// marked is a text between the marks. What looks like one inside is taken out, so that no
// text can end its own.
func marked(text string) string {
	for _, m := range []string{strings.TrimSpace(markBegin), strings.TrimSpace(markEnd)} {
		for strings.Contains(text, m) {
			text = strings.ReplaceAll(text, m, "")
		}
	}
	return markBegin + text + markEnd
}

package starter

import (
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

// speaker is a model that says its pieces, and keeps what it was asked.
type speaker struct {
	says  []string
	asked *hearth.Request
}

func (s *speaker) Generate(_ context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	s.asked = r
	return func(yield func(hearth.Chunk, error) bool) {
		for _, text := range s.says {
			if !yield(hearth.Chunk{Text: text}, nil) {
				return
			}
		}
		yield(hearth.Chunk{Finish: hearth.FinishStop, Usage: &hearth.Usage{}}, nil)
	}
}

func ask(t *testing.T, s *speaker, r *hearth.Request) string {
	t.Helper()
	c, err := NewChat(s)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for chunk, err := range c.Generate(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(chunk.Text)
	}
	return b.String()
}

func user(text string) *hearth.Request {
	return &hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: text}}}
}

// TestSourceIsNamed: a short passage is said whole, with its title; a refusal is said as
// it is; and what is neither a quotation nor a refusal is not said.
func TestSourceIsNamed(t *testing.T) {
	const question = "What is the default of engine.threads?"
	p := manual(t).Passages(question, 1)[0]
	for _, says := range [][]string{{"[1] Setting"}, {"[", "1", "]", " Setting", " engine"}, {"", "[1] ", "x. Y."}, {"{\"name\": \"x\"}"}, {"[", "x] y"}, {"["}, {"[1"}, {""}} {
		if got := ask(t, &speaker{says: says}, user(question)); got != p.Text+"\n\n(Manual: engine.threads)" {
			t.Errorf("%q becomes %q", says, got)
		}
	}
	for _, says := range [][]string{{"The manual does not say."}, {"The", " manual does", " not say."}, {"", "T", "he manual does not say."}} {
		if got, want := ask(t, &speaker{says: says}, user(question)), strings.Join(says, ""); got != want {
			t.Errorf("%q becomes %q", says, got)
		}
	}
	if got := ask(t, &speaker{says: []string{"[1] 设置项 engine.threads"}}, user("engine.threads 是什么")); !strings.HasSuffix(got, "。\n\n——《手册》“engine.threads”") {
		t.Errorf("in Chinese: %q", got)
	}
}

// TestQuotesArePutRight: what the model miscopies of a long passage is said as it stands
// there, sentence by sentence; what stands nowhere is not said; and if that leaves
// nothing, the passage is.
func TestQuotesArePutRight(t *testing.T) {
	p := &Passage{Lang: "en", Title: "Keys", Text: "hearth key create --name NAME\nmakes a key. It is shown once; write it down. Who loses it makes another." +
		strings.Repeat(" There is more to say about keys and it stands here.", 10)}
	const source = "\n\n(Manual: Keys)"
	for says, want := range map[string]string{
		"[1] It is shown once; write it down.":                  "It is shown once; write it down." + source,
		"[1] It is shwn once; write it down":                    "It is shown once; write it down" + source,
		"[1] hearth key creat --nam NAME\nmakes a key.":         "hearth key create --name NAME\nmakes a key." + source,
		"[1] Who loses it makes anothr. Buy it at bank X today": "Who loses it makes another." + source,
		"[1] Buy it at bank X today.":                           p.Text + source,
		"[1]":                                                   p.Text + source,
		"Buy it at bank X.":                                     p.Text + source,
	} {
		for size := range 7 { // however it is cut
			a := &answer{passage: p}
			var got strings.Builder
			for rest := says; rest != ""; {
				n := min(size+1, len(rest))
				got.WriteString(a.next(rest[:n], ""))
				rest = rest[n:]
			}
			got.WriteString(a.next("", hearth.FinishStop))
			if got.String() != want {
				t.Errorf("%q in pieces of %d becomes %q", says, size+1, got.String())
			}
		}
	}
	zh := &answer{passage: &Passage{Lang: "zh", Title: "备份", Text: "先停止服务。再复制 hearth.db 和 secret。" + strings.Repeat("还有别的。", 40)}}
	if got := zh.next("[1] 再复制 herth.db 和 secret。", "") + zh.next("", hearth.FinishStop); got != "再复制 hearth.db 和 secret。\n\n——《手册》“备份”" {
		t.Errorf("in Chinese: %q", got)
	}
}

// TestWhatIsAboutTheManual: questions are; what brings instructions, tools or a text of
// its own is not, nor is small talk.
func TestWhatIsAboutTheManual(t *testing.T) {
	shows := func(r *hearth.Request) bool {
		s := &speaker{says: []string{"x"}}
		ask(t, s, r)
		return s.asked != nil && len(s.asked.Messages) == 2 && s.asked.Messages[0].Role == hearth.RoleSystem && strings.Contains(s.asked.Messages[1].Text, "[1] ")
	}
	for _, q := range []string{"How do I make a key?", "怎么备份？", "what does limits.connections mean"} {
		if !shows(user(q)) {
			t.Errorf("%q is not answered from the manual", q)
		}
	}
	for _, q := range []string{"Hello!", "你好", "write me a love letter", "今天天气怎么样", "3+5=", "12 × 7 = ?", strings.Repeat("the key and the model ", 20)} {
		if shows(user(q)) {
			t.Errorf("%q is answered from the manual", q)
		}
	}
	const q = "How do I make a key?"
	prompt := q
	for name, change := range map[string]func(*hearth.Request){
		"a system message": func(r *hearth.Request) {
			r.Messages = append([]hearth.Message{{Role: hearth.RoleSystem, Text: "Be brief."}}, r.Messages...)
		},
		"tools":    func(r *hearth.Request) { r.Tools = []hearth.Tool{{Name: "f"}} },
		"a prompt": func(r *hearth.Request) { r.Messages, r.Prompt = nil, &prompt },
		"an answer begun": func(r *hearth.Request) {
			r.Messages = append(r.Messages, hearth.Message{Role: hearth.RoleAssistant, Text: "You"})
		},
		"another ending": func(r *hearth.Request) { r.Ending = hearth.InsideLast },
	} {
		r := user(q)
		change(r)
		if shows(r) {
			t.Errorf("with %s it is answered from the manual", name)
		}
	}
}

// TestAnythingElse: short talk about anything else is told what the model is for, and
// reaches no model, which would make something up.
func TestAnythingElse(t *testing.T) {
	for q, want := range map[string]string{"Hello!": "I know its manual and nothing else", "你好": "只懂 hearth 的手册", "12 × 7 = ?": "I know its manual"} {
		s := &speaker{says: []string{"x"}}
		if got := ask(t, s, user(q)); s.asked != nil || !strings.Contains(got, want) {
			t.Errorf("%q: %q", q, got)
		}
	}
}

// TestTextOfTheReader: a sentence of the text is quoted, and of the model's words only
// those that stand in it are said.
func TestTextOfTheReader(t *testing.T) {
	const text = "The harbour of Elmsby was dug in 1871. Its first master was Ada Thorne. She kept the books for forty years! The pier came later, in 1902."
	for _, c := range []struct{ ask, says, want string }{
		{text + "\n\nQuestion: Who was the first master of the harbour?", "Quote: \"Its first master was Ada Thorne.\"\nAnswer: \"Ada Thorne\"", "Quote: \"Its first master was Ada Thorne.\"\nAnswer: \"Ada Thorne\""},
		{text + "\nWhen was the pier built?", "Quote: \"The peer came.\"\nAnswer: \"1912\"", "Quote: \"The pier came later, in 1902.\""},
		{"Who was the first master?\n" + text, "{\"name\": 5555", "Quote: \"Its first master was Ada Thorne.\""},
		{"埃姆斯比的港口开挖于1871年。第一任港务长是阿达·索恩。她记了四十年的账，从未出过一次差错。\n\n问题：第一任港务长是谁？", "原文：“x”\n答案：“阿达·索恩”", "原文：“第一任港务长是阿达·索恩。”\n答案：“阿达·索恩”"},
	} {
		s := &speaker{says: []string{c.says[:3], c.says[3:]}}
		if got := ask(t, s, user(c.ask)); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.ask, got, c.want)
		}
	}
	for _, q := range []string{"", "\n", "x\n?", text, "?\n" + text, text + "\n?", "\xff\n\nQuestion: \xff"} {
		if r := read(q); r != nil {
			t.Errorf("%q is read as %+v", q, r)
		}
	}
}

// TestRequestIsLeftAlone: what a client set stays, what it did not is set for a model
// that quotes, and the request itself does not change.
func TestRequestIsLeftAlone(t *testing.T) {
	s := &speaker{says: []string{"x"}}
	r := user("How do I make a key?")
	ask(t, s, r)
	if s.asked.Sampling.Temperature == nil || *s.asked.Sampling.Temperature != 0 || s.asked.MaxTokens != answerMax {
		t.Errorf("asked with %+v", s.asked.Decoding)
	}
	if r.Sampling.Temperature != nil || r.MaxTokens != 0 || len(r.Messages) != 1 {
		t.Errorf("the request became %+v", r)
	}
	hot := 1.5
	r.Sampling.Temperature, r.MaxTokens = &hot, 7
	ask(t, s, r)
	if *s.asked.Sampling.Temperature != 1.5 || s.asked.MaxTokens != 7 {
		t.Errorf("asked with %+v", s.asked.Decoding)
	}
}

// TestModelIsSmall: what the binary spares.
func TestModelIsSmall(t *testing.T) {
	if len(Model) < 1<<20 || len(Model) > 16<<20 || string(Model[:4]) != "GGUF" {
		t.Errorf("%d bytes, beginning %q", len(Model), Model[:4])
	}
}

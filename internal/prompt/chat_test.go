package prompt

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

// script is a Completer that says what it is told to.
type script struct {
	chunks   []hearth.Chunk
	err      error
	asked    *hearth.Completion
	released bool
}

func (s *script) Complete(_ context.Context, c *hearth.Completion) iter.Seq2[hearth.Chunk, error] {
	s.asked = c
	return func(yield func(hearth.Chunk, error) bool) {
		defer func() { s.released = true }()
		for _, chunk := range s.chunks {
			if !yield(chunk, nil) {
				return
			}
		}
		if s.err != nil {
			yield(hearth.Chunk{}, s.err)
		}
	}
}

// speaks is one choice's chunks, a token each, ended and counted.
func speaks(tokens ...string) []hearth.Chunk {
	var chunks []hearth.Chunk
	for _, t := range tokens {
		chunks = append(chunks, hearth.Chunk{Text: t, Tokens: 1})
	}
	last := hearth.Chunk{Finish: hearth.FinishStop, Usage: &hearth.Usage{PromptTokens: 9, CompletionTokens: len(tokens)}}
	return append(chunks, last)
}

func collect(t *testing.T, c *Chat, r *hearth.Request) ([]hearth.Chunk, error) {
	t.Helper()
	var chunks []hearth.Chunk
	for chunk, err := range c.Generate(t.Context(), r) {
		if err != nil {
			return chunks, err
		}
		chunks = append(chunks, chunk)
	}
	return chunks, nil
}

// chatOf is a chat with a family, by name.
func chatOf(family string, c hearth.Completer) *Chat {
	m := Model{ID: "m", CallID: counter()}
	chat := New(c, m)
	for _, f := range families() {
		if f.names[0] == family {
			chat.format = f.format
		}
	}
	return chat
}

func ask(text string) *hearth.Request {
	return &hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: text}}}
}

func TestGenerate(t *testing.T) {
	s := &script{chunks: speaks("<think>", "\n", "hm", "\n", "</think>", "\n\n", "Yes", ".")}
	s.chunks[0].ServedBy = "native"
	got, err := collect(t, chatOf("qwen3-revised", s), ask("?"))
	if err != nil {
		t.Fatal(err)
	}
	want := []hearth.Chunk{
		{ServedBy: "native", Tokens: 1}, {Reasoning: "hm", Tokens: 2}, {Text: "Yes", Tokens: 4}, {Text: ".", Tokens: 1},
		{Finish: hearth.FinishStop, Usage: &hearth.Usage{PromptTokens: 9, CompletionTokens: 8, ReasoningTokens: 5}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if !s.asked.ShowControl || joined(s.asked.Prompt) != "<|im_start|>user\n?<|im_end|>\n<|im_start|>assistant\n" {
		t.Errorf("asked %+v", s.asked)
	}
}

func TestThinkingBegunByThePrompt(t *testing.T) {
	got, _ := collect(t, chatOf("deepseek-r1-distill-qwen", &script{chunks: speaks("hm", "</think>", "\n\n", "Yes")}), ask("?"))
	if len(got) != 3 || got[0].Reasoning != "hm" || got[1].Text != "Yes" || got[2].Usage.ReasoningTokens != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestToolCallsEndTheTurn(t *testing.T) {
	s := &script{chunks: speaks("<tool_call>", "\n{\"name\": \"", "f\", \"arguments\": ", "{\"a\":", " 1}}", "\n</tool_call>")}
	got, err := collect(t, chatOf("qwen2.5", s), ask("?"))
	if err != nil {
		t.Fatal(err)
	}
	var a parsed
	for _, c := range got {
		a.add(c)
	}
	if want := []hearth.ToolCallDelta{{ID: "call_1", Name: "f", Arguments: `{"a": 1}`}}; !reflect.DeepEqual(a.Calls, want) || a.Text != "" {
		t.Errorf("got %+v", a)
	}
	if last := got[len(got)-1]; last.Finish != hearth.FinishToolCalls {
		t.Errorf("finished by %q", last.Finish)
	}
}

func TestChoicesAreReadApart(t *testing.T) {
	s := &script{chunks: []hearth.Chunk{
		{Choice: 0, Text: "<think>a"}, {Choice: 1, Text: "<th"}, {Choice: 0, Text: "</think>b"}, {Choice: 1, Text: "ree"},
		{Choice: 1, Finish: hearth.FinishLength}, {Choice: 0, Text: "<", Finish: hearth.FinishStop, Usage: &hearth.Usage{CompletionTokens: 5}},
	}}
	r := ask("?")
	r.Choices = 2
	got, _ := collect(t, chatOf("qwen3-revised", s), r)
	answers := [2]parsed{}
	finish := [2]hearth.FinishReason{}
	for _, c := range got {
		answers[c.Choice].add(c)
		if c.Finish != "" {
			finish[c.Choice] = c.Finish
		}
	}
	if answers[0].Reasoning != "a" || answers[0].Text != "b<" || answers[1].Text != "<three" {
		t.Errorf("got %+v", answers)
	}
	if finish != [2]hearth.FinishReason{hearth.FinishStop, hearth.FinishLength} {
		t.Errorf("finished by %v", finish)
	}
}

func TestLogProbsGoWithTheirText(t *testing.T) {
	lp := func(tokens ...string) []hearth.TokenLogProb {
		var all []hearth.TokenLogProb
		for _, token := range tokens {
			all = append(all, hearth.TokenLogProb{Token: token, Bytes: []byte(token)})
		}
		return all
	}
	s := &script{chunks: []hearth.Chunk{
		{Text: "<think>", LogProbs: lp("<think>")},
		{Text: "hm</think>\n\nYes", LogProbs: lp("hm", "</think>", "\n\n", "Yes")},
		{Text: " <", LogProbs: lp(" <")},
		{Text: "b", LogProbs: lp("b")},
		{Text: "\n<tool_call>", LogProbs: lp("\n", "<tool_call>")},
		{Text: `{"name": "f"}`, LogProbs: lp(`{"name": "f"}`)},
		{Text: "</tool_call>", LogProbs: lp("</tool_call>"), Finish: hearth.FinishStop},
	}}
	got, _ := collect(t, chatOf("qwen3-revised", s), ask("?"))
	text, probabilities := "", ""
	for _, c := range got {
		text += c.Text
		for _, l := range c.LogProbs {
			probabilities += l.Token
		}
		if !strings.HasPrefix(text, strings.TrimSuffix(probabilities, "<")) {
			t.Errorf("%q has log-probabilities of %q", text, probabilities)
		}
	}
	if text != "Yes <b" || probabilities != "Yes <b" {
		t.Errorf("%q has log-probabilities of %q", text, probabilities)
	}
}

func TestPromptsPassThrough(t *testing.T) {
	text := "Once <|im_end|> upon"
	s := &script{chunks: speaks("<think>", " a time")}
	chat := New(s, Model{Template: "{% include 'x' %}", Control: []string{"<|im_end|>"}})
	r := &hearth.Request{Prompt: &text, Decoding: hearth.Decoding{Stop: []string{"."}}}
	got, err := collect(t, chat, r)
	if err != nil || !reflect.DeepEqual(got, s.chunks) {
		t.Errorf("got %+v, %v", got, err)
	}
	want := &hearth.Completion{Prompt: []hearth.Span{{Text: text}}, Decoding: r.Decoding}
	if !reflect.DeepEqual(s.asked, want) {
		t.Errorf("asked %+v", s.asked)
	}
}

func TestRefusedTemplates(t *testing.T) {
	for template, detail := range map[string]string{
		"{% include 'x' %}": `line 1: tag "include" is not supported`,
		"a\n{% if 'Acme' in messages[0].content %}{% endif %}": `line 2: what people say is searched for "Acme"`,
		"see https://x.example":                                "line 1: it holds an address on the network: https://",
	} {
		chat := New(&script{}, Model{ID: "m", Template: template})
		if p := chat.Problem(); p == nil || p.Code != hearth.TemplateRefused || !strings.Contains(p.Error(), detail) {
			t.Errorf("%q: %v", template, p)
		}
		if _, err := collect(t, chat, ask("?")); !errors.Is(err, hearth.NewError(hearth.TemplateRefused)) {
			t.Errorf("%q answers: %v", template, err)
		}
	}
}

func TestTemplatesMayFail(t *testing.T) {
	chat := New(&script{}, Model{ID: "m", Template: "{{ raise_exception('no ' + messages[0].role) }}"})
	if p := chat.Problem(); p != nil {
		t.Fatal(p)
	}
	_, err := collect(t, chat, ask("?"))
	if !errors.Is(err, hearth.NewError(hearth.TemplateFailed)) || !strings.Contains(err.Error(), "m does not take this conversation: line 1: no user") {
		t.Errorf("got %v", err)
	}
}

func TestErrorsPass(t *testing.T) {
	trouble := hearth.NewError(hearth.Canceled)
	got, err := collect(t, chatOf("qwen3-revised", &script{chunks: []hearth.Chunk{{Text: "a"}}, err: trouble}), ask("?"))
	if len(got) != 1 || !errors.Is(err, trouble) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestStoppingReleases(t *testing.T) {
	s := &script{chunks: speaks("a", "b")}
	for range chatOf("qwen2.5", s).Generate(t.Context(), ask("?")) {
		break
	}
	if !s.released {
		t.Error("the completion goes on")
	}
}

func TestWithoutTemplate(t *testing.T) {
	s := &script{chunks: speaks(" Hi", ".")}
	chat := New(s, Model{BOS: "<s>", Control: []string{"<s>"}})
	r := &hearth.Request{Messages: []hearth.Message{
		{Role: hearth.RoleSystem, Text: "Be brief."}, {Role: hearth.RoleUser, Text: "Hello"},
		{Role: hearth.RoleAssistant, Text: "Hi."}, {Role: hearth.RoleUser, Text: "And <s>?"},
	}}
	got, err := collect(t, chat, r)
	if err != nil || got[0].Text != "Hi" {
		t.Errorf("got %+v, %v", got, err)
	}
	want := []hearth.Span{
		{Text: "<s>Be brief.\n\nUser: Hello\nAssistant: Hi.\nUser: And "}, {Text: "<s>", Literal: true}, {Text: "?\nAssistant:"},
	}
	if !reflect.DeepEqual(s.asked.Prompt, want) || !slices.Contains(s.asked.Stop, "\nUser:") {
		t.Errorf("asked %+v", s.asked)
	}
}

func TestContinueLast(t *testing.T) {
	assistant := func(text string) *hearth.Request {
		r := ask("a c e")
		r.Messages = append(r.Messages, hearth.Message{Role: hearth.RoleAssistant, Text: text})
		r.Ending = hearth.InsideLast
		return r
	}
	const qwen = "<|im_start|>user\na c e<|im_end|>\n<|im_start|>assistant\n"
	for _, c := range []struct{ family, text, prompt, reply, reasoning, answer string }{
		{"qwen3", "e", qwen + "<think>\n\n</think>\n\ne", "\nf", "", "\nf"},
		{"qwen3-revised", " e \n", qwen + "<think>\n\n</think>\n\n e \n", "\nf", "", "\nf"},
		{"qwen3-revised", "<think>\nwell", qwen + "<think>\n\n</think>\n\n<think>\nwell", ", so\n</think>\n\nYes", ", so", "Yes"},
		{"qwen3-revised", "<think>\nwell\n</think>\n\nYes", qwen + "<think>\nwell\n</think>\n\nYes", " no", "", " no"},
		{"qwen3-revised", "", qwen, "<think>\nx</think>y", "x", "y"},
		{"deepseek-r1-distill-qwen", "<think>\nx</think>\n\nYes ", "<｜User｜>a c e<｜Assistant｜>\n\nYes ", "no", "", "no"},
		{"llama-3.1", "  e  ", "<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n<|eot_id|>" +
			"<|start_header_id|>user<|end_header_id|>\n\na c e<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\ne", "f", "", "f"},
		{"plain", "e", "User: a c e\nAssistant: e", " f", "", " f"},
	} {
		s := &script{chunks: speaks(c.reply)}
		got, err := collect(t, chatOf(c.family, s), assistant(c.text))
		if err != nil {
			t.Errorf("%s, %q: %v", c.family, c.text, err)
			continue
		}
		var a parsed
		for _, chunk := range got {
			a.add(chunk)
		}
		if prompt := joined(s.asked.Prompt); prompt != c.prompt || a.Reasoning != c.reasoning || a.Text != c.answer {
			t.Errorf("%s, %q:\nprompt %q\n  want %q\nanswer %+v", c.family, c.text, prompt, c.prompt, a)
		}
	}
	r := ask("?")
	r.Ending = hearth.InsideLast
	if _, err := collect(t, chatOf("qwen3-revised", &script{}), r); !errors.Is(err, hearth.NewError(hearth.TemplateFailed)) {
		t.Errorf("continuing the user's message: %v", err)
	}
}

func TestRenderNamesFamilies(t *testing.T) {
	for _, name := range Families() {
		if _, err := Render(name, Model{}, ask("hi")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Render("chatml", Model{}, ask("hi")); !errors.Is(err, hearth.NewError(hearth.NotOneOf)) {
		t.Errorf("an unknown family: %v", err)
	}
}

func TestRandomIDs(t *testing.T) {
	a, b := randomID(), randomID()
	if len(a) != len("call_")+24 || !strings.HasPrefix(a, "call_") || a == b {
		t.Errorf("ids %q and %q", a, b)
	}
}

// TestStopStringsOfTheClient are told; those of the template are an end of the turn.
func TestStopStringsOfTheClient(t *testing.T) {
	for stop, want := range map[string]string{"END": "END", "<|im_end|>": ""} {
		s := &script{chunks: []hearth.Chunk{{Text: "yes"}, {Finish: hearth.FinishStop, StopString: stop, Usage: &hearth.Usage{}}}}
		r := ask("hi")
		r.Stop = []string{"END"}
		chunks, err := collect(t, chatOf("qwen3", s), r)
		if err != nil || chunks[len(chunks)-1].StopString != want {
			t.Errorf("%s: %+v (%v)", stop, chunks, err)
		}
	}
}

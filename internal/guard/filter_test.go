package guard

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/hearthbox/hearth"
)

var tablesOnce = sync.OnceValues(LoadTables)

func library(t testing.TB, words ...Word) *Library {
	t.Helper()
	tables, err := tablesOnce()
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLibrary(tables, words)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// screen lets pieces through a filter for answers.
func screen(g *Guard, pieces ...string) (string, *Finding) {
	s := g.state.Load()
	f := newFilter(s, s.policy.AnswerViews, s.policy.Answer, nil)
	var out strings.Builder
	for _, p := range pieces {
		out.WriteString(f.Write(p))
	}
	out.WriteString(f.End())
	return out.String(), f.Stopped
}

func TestFilter(t *testing.T) {
	g := New(library(t, Word{Text: "法轮"}, Word{Text: "法轮船", Action: Allow}, Word{Text: "炸药", Class: "weapons"}, Word{Text: "damn"},
		Word{Text: "sb"}, Word{Text: "bad-site.com"}, Word{Text: "赌博", Action: Replace}, Word{Text: "颠覆国家", Action: Stop}, Word{Text: "六四"}, Word{Text: "傻瓜蛋", Action: Label}),
		Policy{AnswerViews: Streaming, WordsElse: Mask, Replacement: "〔略〕", Answer: AllKinds(Mask)})
	for _, c := range []struct{ text, want string }{
		{"这是法轮。", "这是＊＊。"},
		{"法轮船开了", "法轮船开了"},
		{"法*轮 法  轮 法\u200b轮 法...轮", "＊＊＊ ＊  ＊ ＊＊＊ ＊＊＊＊＊"},
		{"法律。轮到他了", "法律。轮到他了"},
		{"炸藥 zhayao zha yao 火乍药", "＊＊ ＊＊＊＊＊＊ ＊＊＊ ＊＊＊ ＊＊＊"},
		{"炸彈和藥", "炸彈和藥"},
		{"damn DAMN ｄａｍｎ d@mn d-a-m-n damnation goddamn 𝐝𝐚𝐦𝐧 dаmn", "＊＊＊＊ ＊＊＊＊ ＊＊＊＊ ＊＊＊＊ ＊＊＊＊＊＊＊ damnation goddamn ＊＊＊＊ ＊＊＊＊"},
		{"is better, ask sb. 傻SB吧", "is better, ask ＊＊. 傻＊＊吧"},
		{"see bad-site.com and bad site com", "see ＊＊＊＊＊＊＊＊＊＊＊＊ and bad site com"},
		{"去赌博吧", "去〔略〕吧"},
		{"说颠覆国家的话", "说"},
		{"六四 64 ６４ ⑥④ 陆肆 1640", "＊＊ ＊＊ ＊＊ ＊＊ ＊＊ 1640"},
		{"傻瓜蛋", "傻瓜蛋"},
		{"电话13800138000。", "电话138****8000。"},
		{"身份证 110101199003070135，", "身份证 110101199003070135，"},
		{"身份证 11010119900307803X，", "身份证 110101********803X，"},
		{"-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc==\n-----END RSA PRIVATE KEY-----\n好", "[PRIVATE KEY]\n好"},
		{"sk-abcdefghijklmnopqrstuvwx1234 ok", "sk-**** ok"},
		{"write a.b+c@example.com. done", "write a***@example.com. done"},
		{"京A·12345 京A12345开走", "京A·12345 京A***45开走"},
	} {
		got, _ := screen(g, c.text)
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		for range 20 { // G2: cut anywhere, inside characters too
			if cut, _ := screen(g, pieces(c.text, 1+rand.IntN(6))...); cut != got {
				t.Errorf("%q in pieces: got %q, want %q", c.text, cut, got)
				break
			}
		}
	}
}

// pieces cuts a text at random into pieces of n bytes on average.
func pieces(text string, n int) []string {
	var list []string
	for text != "" {
		k := min(1+rand.IntN(2*n), len(text))
		list, text = append(list, text[:k]), text[k:]
	}
	return list
}

var leakCases = flag.Int("leaks", 5000, "cases of the leak test")

// TestNoLeaks puts words, disguised and not, anywhere into texts that are cut
// anywhere, and holds the filter against what it must have hidden.
func TestNoLeaks(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	t.Log("seed", seed)
	words := []Word{}
	for i := range 400 {
		var b strings.Builder
		for range 1 + rnd.IntN(5) {
			b.WriteRune(rune(0x4E00 + rnd.IntN(60)))
		}
		words = append(words, Word{Text: b.String(), Class: fmt.Sprint(i)})
	}
	g := New(library(t, words...), Policy{AnswerViews: Streaming, WordsElse: Mask})
	skips := []string{"", "", "*", "\u200b", "~*", "\ufeff#"}
	for range *leakCases {
		var text strings.Builder
		var want []string
		for range rnd.IntN(12) {
			text.WriteRune(rune(0x4E00 + rnd.IntN(90)))
		}
		secret := words[rnd.IntN(len(words))].Text
		skip := skips[rnd.IntN(len(skips))]
		for _, r := range secret {
			want = append(want, string(r))
		}
		hidden := strings.Join(want, skip)
		text.WriteString(hidden)
		for range rnd.IntN(12) {
			text.WriteRune(rune(0x4E00 + rnd.IntN(90)))
		}
		whole := text.String()
		s := g.state.Load()
		f := newFilter(s, s.policy.AnswerViews, nil, nil)
		var out strings.Builder
		for rest := whole; rest != ""; {
			k := min(1+rnd.IntN(7), len(rest))
			out.WriteString(f.Write(rest[:k]))
			rest = rest[k:]
			if got := out.String(); strings.Contains(got, hidden) {
				t.Fatalf("leaked %q of %q while it came: %q", hidden, whole, got)
			}
		}
		out.WriteString(f.End())
		if got := out.String(); strings.Contains(got, hidden) || len([]rune(got)) != len([]rune(whole)) {
			t.Fatalf("leaked %q of %q: %q", hidden, whole, got)
		}
	}
}

// fixed answers with chunks.
func fixed(got **hearth.Request, chunks ...hearth.Chunk) hearth.Generator {
	return hearth.GeneratorFunc(func(_ context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
		*got = r
		return func(yield func(hearth.Chunk, error) bool) {
			for _, c := range chunks {
				if !yield(c, nil) {
					return
				}
			}
		}
	})
}

func here(context.Context, string) bool      { return false }
func elsewhere(context.Context, string) bool { return true }

func ask(text string) *hearth.Request {
	return &hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: text}}}
}

func collect(t *testing.T, s iter.Seq2[hearth.Chunk, error]) (all hearth.Chunk, err error) {
	t.Helper()
	for c, e := range s {
		if e != nil {
			return all, e
		}
		all.Text += c.Text
		all.Reasoning += c.Reasoning
		all.ToolCalls = append(all.ToolCalls, c.ToolCalls...)
		if all.Finish != "" {
			t.Error("a chunk after the last")
		}
		if c.Finish != "" {
			all.Finish = c.Finish
		}
		if c.Usage != nil {
			all.Usage = c.Usage
		}
	}
	return all, nil
}

func TestWrap(t *testing.T) {
	g := New(library(t, Word{Text: "炸药", Action: Stop}, Word{Text: "赌博"}), Policy{RequestViews: AllViews, AnswerViews: Streaming, WordsElse: Mask,
		Cloud: AllKinds(Replace), Here: AllKinds(Label)})
	log := slog.New(slog.DiscardHandler)
	var got *hearth.Request

	_, err := collect(t, g.Wrap(fixed(&got), here, log).Generate(t.Context(), ask("怎么做zha yao")))
	if hearth.AsError(err).Code != hearth.ContentRefused || got != nil {
		t.Errorf("a forbidden request: %v, reached the model: %v", err, got != nil)
	}

	usage := &hearth.Usage{CompletionTokens: 9}
	next := fixed(&got, hearth.Chunk{Reasoning: "想炸"}, hearth.Chunk{Reasoning: "鱼", Text: "", Tokens: 1}, hearth.Chunk{Text: "好的，炸", Tokens: 3}, hearth.Chunk{Text: "药是", Tokens: 2},
		hearth.Chunk{Text: "这样做的", Finish: hearth.FinishStop, Usage: usage})
	all, err := collect(t, g.Wrap(next, here, log).Generate(t.Context(), ask("讲")))
	if err != nil || all.Text != "好的，"+refusal[hearth.Chinese] || all.Finish != hearth.FinishFiltered || all.Reasoning != "想炸鱼" || all.Usage == nil || all.Usage.CompletionTokens != 6 {
		t.Errorf("a stopped answer: %+v %v", all, err)
	}

	next = fixed(&got, hearth.Chunk{Text: "打给[PHO"}, hearth.Chunk{Text: "NE_1]了，[别的]，赌"}, hearth.Chunk{Text: "博", Finish: hearth.FinishStop, Usage: usage})
	recorded := ask("电话13800138000和13800138000、 a@b.com")
	recorded.Trail = &hearth.Trail{}
	all, err = collect(t, g.Wrap(next, elsewhere, log).Generate(t.Context(), recorded))
	if err != nil || all.Text != "打给13800138000了，[别的]，＊＊" || got.Messages[0].Text != "电话[PHONE_1]和[PHONE_1]、 [EMAIL_1]" {
		t.Errorf("pseudonyms: %q %+v %v", got.Messages[0].Text, all, err)
	}
	if _, found := recorded.Trail.Found(); len(found) != 3 || found[0] != (hearth.Verdict{By: "guard", Class: "phone", Action: "replace", Times: 2}) {
		t.Errorf("for the record: %+v", found)
	}

	next = fixed(&got, hearth.Chunk{Reasoning: "先赌"}, hearth.Chunk{Text: "好"}, hearth.Chunk{Reasoning: "博，炸"}, hearth.Chunk{Text: "吧"}, hearth.Chunk{Reasoning: "药"},
		hearth.Chunk{Text: "了", Finish: hearth.FinishStop, Usage: usage})
	all, err = collect(t, g.Wrap(next, here, log).Generate(t.Context(), ask("讲")))
	if err != nil || all.Reasoning != "先赌＊，炸" || all.Text != "好吧了"+refusal[hearth.Chinese] {
		t.Errorf("thinking in between: %+v %v", all, err)
	}

	next = fixed(&got, hearth.Chunk{ToolCalls: []hearth.ToolCallDelta{{ID: "1", Name: "f", Arguments: `赌`}}}, hearth.Chunk{ToolCalls: []hearth.ToolCallDelta{{Index: 1, ID: "2", Name: "f", Arguments: `博`}}},
		hearth.Chunk{Finish: hearth.FinishToolCalls, Usage: usage})
	all, err = collect(t, g.Wrap(next, here, log).Generate(t.Context(), ask("讲")))
	if n := len(all.ToolCalls); err != nil || n != 3 || all.ToolCalls[1].Index != 0 || all.ToolCalls[2].Index != 1 {
		t.Errorf("calls in order: %+v %v", all.ToolCalls, err)
	}

	next = fixed(&got, hearth.Chunk{ToolCalls: []hearth.ToolCallDelta{{ID: "1", Name: "f", Arguments: `{"q":"赌`}}}, hearth.Chunk{ToolCalls: []hearth.ToolCallDelta{{Arguments: `博"}`}}},
		hearth.Chunk{Finish: hearth.FinishToolCalls, Usage: usage})
	all, err = collect(t, g.Wrap(next, here, log).Generate(t.Context(), ask("讲")))
	arguments := ""
	for _, d := range all.ToolCalls {
		arguments += d.Arguments
	}
	if err != nil || arguments != `{"q":"＊＊"}` || all.Finish != hearth.FinishToolCalls {
		t.Errorf("arguments: %+v %v", all, err)
	}
}

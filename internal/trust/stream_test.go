package trust

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

// says is a generator that answers in pieces of n bytes, and then with err.
func says(text string, n int, err error) hearth.Generator {
	return hearth.GeneratorFunc(func(context.Context, *hearth.Request) iter.Seq2[hearth.Chunk, error] {
		return func(yield func(hearth.Chunk, error) bool) {
			for len(text) > n {
				if !yield(hearth.Chunk{Text: text[:n]}, nil) {
					return
				}
				text = text[n:]
			}
			if err != nil {
				if yield(hearth.Chunk{Text: text}, nil) {
					yield(hearth.Chunk{}, err)
				}
				return
			}
			yield(hearth.Chunk{Text: text, Finish: hearth.FinishStop, Usage: &hearth.Usage{}}, nil)
		}
	})
}

func asked(question string) *hearth.Request {
	return &hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: question}}}
}

func listen(g hearth.Generator, r *hearth.Request) (text string, finish hearth.FinishReason, err error) {
	for c, e := range g.Generate(context.Background(), r) {
		if e != nil {
			return text, finish, e
		}
		text += c.Text
		if c.Finish != "" {
			finish = c.Finish
		}
	}
	return text, finish, nil
}

func TestWatch(t *testing.T) {
	ad := cases[0]
	for _, c := range []struct {
		action Action
		finish hearth.FinishReason
		want   string
	}{
		{Off, "stop", ad.answer},
		{Label, "stop", strings.Replace(ad.answer, ad.ad, ad.ad+" [advertising: ", 1)},
		{Strip, "stop", strings.Replace(ad.answer, ad.ad, "[a sentence of advertising was left out: ", 1)},
		{Block, "content_filter", strings.Split(ad.answer, ad.ad)[0] + "[the answer was ended before advertising: "},
	} {
		// However the answer comes in pieces, what goes on is the same.
		first := ""
		for _, n := range []int{1, 7, 64, 10_000} {
			text, finish, err := listen(Watch(says(ad.answer, n, nil), Shipped, Always(c.action)), asked(ad.question))
			if err != nil || finish != c.finish {
				t.Fatalf("%s: finish %q, %v", c.action, finish, err)
			}
			if first == "" {
				first = text
			}
			if text != first {
				t.Errorf("%s, pieces of %d: %q, else %q", c.action, n, text, first)
			}
		}
		bare := first
		if at := strings.Index(first, "["); at >= 0 { // the reason is in the note
			end := strings.Index(first, "]")
			note := first[at:end]
			head, _, _ := strings.Cut(note, ": ")
			bare = first[:at] + head + ": " + first[end+1:]
			if !strings.Contains(note, Meaning(CallToAction, hearth.English)) && !strings.Contains(note, Meaning(Superlative, hearth.English)) {
				t.Errorf("%s: no reason in %q", c.action, note)
			}
		}
		if bare != c.want {
			t.Errorf("%s: got %q, want %q", c.action, bare, c.want)
		}
	}
}

func TestWatchLetsPlainAnswersThrough(t *testing.T) {
	for _, c := range cases {
		if c.ad != "" {
			continue
		}
		for _, n := range []int{1, 5} {
			text, finish, err := listen(Watch(says(c.answer, n, nil), Shipped, Always(Strip)), asked(c.question))
			if text != c.answer || finish != "stop" || err != nil {
				t.Errorf("%s: %q, %s, %v", c.name, text, finish, err)
			}
		}
	}
}

func TestWatchTellsTheRecord(t *testing.T) {
	ad, r := cases[0], asked(cases[0].question)
	r.Trail = &hearth.Trail{}
	if _, _, err := listen(Watch(says(ad.answer, 7, nil), Shipped, Always(Strip)), r); err != nil {
		t.Fatal(err)
	}
	if _, found := r.Trail.Found(); len(found) != 2 || found[0] != (hearth.Verdict{By: "trust", Class: Inspected, Action: "strip"}) || !strings.HasPrefix(found[1].Class, Found) || found[1].Action != "strip" {
		t.Errorf("%+v", found)
	}
}

func TestWatchLosesNothingWhenAStreamBreaks(t *testing.T) {
	broke := errors.New("broke")
	text, _, err := listen(Watch(says("All is well. And then", 3, broke), Shipped, Always(Strip)), asked("?"))
	if text != "All is well. And then" || !errors.Is(err, broke) {
		t.Errorf("%q, %v", text, err)
	}
}

func TestWatchHoldsOneSentenceAtMost(t *testing.T) {
	long := strings.Repeat("word ", 2000)
	sent, held := 0, 0
	g := Watch(says(long, 16, nil), Shipped, Always(Label))
	for c, err := range g.Generate(context.Background(), asked("?")) {
		if err != nil {
			t.Fatal(err)
		}
		sent += 16
		held = max(held, sent-len(c.Text))
		sent -= len(c.Text)
	}
	if held > sentenceBytesMax+64 {
		t.Errorf("%d bytes were held", held)
	}
}

package trust

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/hearthbox/hearth"
)

// Action is what is done about a sentence that advertises.
type Action string

// The actions.
const (
	Off   Action = "off"
	Label Action = "label" // a note follows it
	Strip Action = "strip" // a note stands in its place
	Block Action = "block" // the answer ends before it, with a note
)

// Actions are all of them.
func Actions() []string { return []string{string(Off), string(Label), string(Strip), string(Block)} }

// sentenceBytesMax bounds what is held back of an answer (T5): a longer sentence is
// judged in pieces of this size.
const sentenceBytesMax = 2048

// Choice says what is done in the answers to somebody.
type Choice func(ctx context.Context, by hearth.Principal) Action

// Always is the same for everybody.
func Always(a Action) Choice {
	return func(context.Context, hearth.Principal) Action { return a }
}

// Classes of the verdicts that go on record: that an answer was inspected, and that a
// sentence advertised, with the first of its reasons. What was said is not in them.
const (
	Inspected = "inspected"
	Found     = "advertising."
)

// Watch wraps a generator so that every sentence of an answer is judged before it goes
// on. A sentence is judged by what came before it; the rest is not there yet, so a stream
// is judged a little less surely than a whole answer. Thinking, tool calls and requests
// that want log-probabilities go through as they are.
func Watch(g hearth.Generator, m func() *Model, choice Choice) hearth.Generator {
	return hearth.GeneratorFunc(func(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
		if len(r.Messages) == 0 || r.LogProbs || r.Ending != hearth.ForAnswer {
			return g.Generate(ctx, r)
		}
		a := choice(ctx, r.By)
		if a == Off || a == "" {
			return g.Generate(ctx, r)
		}
		r.Trail.AddVerdict(hearth.Verdict{By: "trust", Class: Inspected, Action: string(a)})
		w := &watch{model: m(), action: a, trail: r.Trail, question: (&Poll{Request: *r}).question(), choices: map[int]*held{}}
		return w.stream(g.Generate(ctx, r))
	})
}

type watch struct {
	model    *Model
	action   Action
	trail    *hearth.Trail
	question string
	choices  map[int]*held
}

// held is one choice's answer.
type held struct {
	said string // judged, as the model wrote it
	open string // not yet judged: at most a sentence
	over bool   // blocked
}

func (w *watch) stream(answer iter.Seq2[hearth.Chunk, error]) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		for c, err := range answer {
			if err != nil {
				w.release(yield, err)
				return
			}
			if !yield(w.next(c), nil) {
				return
			}
		}
	}
}

// release lets go of what was held when a stream breaks, judged as it is, and tells of
// the trouble.
func (w *watch) release(yield func(hearth.Chunk, error) bool, err error) {
	for choice, h := range w.choices {
		if text := w.judge(h, h.open); text != "" && !h.over {
			if !yield(hearth.Chunk{Choice: choice, Text: text}, nil) {
				return
			}
		}
	}
	yield(hearth.Chunk{}, err)
}

// next is a chunk with the text that may go on.
func (w *watch) next(c hearth.Chunk) hearth.Chunk {
	h := w.choices[c.Choice]
	if h == nil {
		h = &held{}
		w.choices[c.Choice] = h
	}
	text := c.Text
	c.Text = ""
	if h.over {
		if c.Finish != "" {
			c.Finish = hearth.FinishFiltered
		}
		return c
	}
	h.open += text
	var out strings.Builder
	for !h.over {
		end := w.whole(h.open, c.Finish != "" || len(c.ToolCalls) > 0)
		if end == 0 {
			break
		}
		sentence := h.open[:end]
		h.open = h.open[end:]
		out.WriteString(w.judge(h, sentence))
	}
	if h.over {
		h.open = ""
		if c.Finish != "" {
			c.Finish = hearth.FinishFiltered
		}
	}
	c.Text = out.String()
	return c
}

// whole is the length of the first sentence that is surely at its end; 0 is none. What
// follows a stop decides whether it ends a sentence, so one more character is awaited.
func (w *watch) whole(open string, last bool) int {
	ss := sentences(open)
	switch {
	case len(ss) > 1:
		return ss[0].end
	case last, len(open) > sentenceBytesMax:
		return len(open)
	}
	return 0
}

// judge is a sentence as it goes on.
func (w *watch) judge(h *held, sentence string) string {
	before := h.said
	h.said += sentence
	if strings.TrimSpace(sentence) == "" {
		return sentence
	}
	span, found := w.model.sentence(w.question, before, sentence)
	if !found {
		return sentence
	}
	w.trail.AddVerdict(hearth.Verdict{By: "trust", Class: Found + string(span.Type), Action: string(w.action)})
	body := trimmed(sentence)
	tail := sentence[len(body):]
	note := w.note(sentence, span)
	switch w.action {
	case Strip:
		return note + tail
	case Block:
		h.over = true
		return note
	}
	return body + note + tail
}

// note says to the reader what was done and why, in the language of the sentence.
func (w *watch) note(sentence string, s Span) string {
	l := hearth.English
	if isChinese(sentence) {
		l = hearth.Chinese
	}
	did := map[Action]hearth.Words{
		Label: {" [advertising: %s]", "【广告：%s】"},
		Strip: {"[a sentence of advertising was left out: %s]", "【已略去一句广告：%s】"},
		Block: {"[the answer was ended before advertising: %s]", "【回答在广告处终止：%s】"},
	}[w.action][l]
	return fmt.Sprintf(did, Meaning(s.Type, l))
}

// window is how much of the answer so far a sentence is judged with, in bytes, so that
// work stays proportional to the answer's length (T4).
const window = 4096

// sentence judges the last sentence of an answer so far.
func (m *Model) sentence(question, before, text string) (Span, bool) {
	before = before[max(0, len(before)-window):]
	d := read(question, before+text)
	if len(d.sentences) == 0 {
		return Span{}, false
	}
	last := len(d.sentences) - 1
	head := m.Card.Heads[d.language()]
	p := head.probability(m.logit(d, last))
	if p < head.Flag {
		return Span{}, false
	}
	return d.span(last, d.sentences[last].stretch, p, hearth.English), true
}

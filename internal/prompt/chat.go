package prompt

import (
	"context"
	"crypto/rand"
	"iter"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
)

// Chat is a model that can be talked to, made of one that continues texts.
type Chat struct {
	completer hearth.Completer
	model     Model
	format    format
	controls  *controls
	problem   *hearth.Error
}

var _ hearth.Generator = (*Chat)(nil)

// New makes a Generator of a Completer that runs the model. A model whose
// template is refused can still continue prompts; see [Chat.Problem].
func New(c hearth.Completer, m Model) *Chat {
	if m.CallID == nil {
		m.CallID = randomID
	}
	f, problem := choose(&m)
	return &Chat{completer: c, model: m, format: f, controls: newControls(m.Control), problem: problem}
}

func randomID() string { return "call_" + strings.ToLower(rand.Text()[:24]) }

// Problem says why the model can't take conversations; nil if it can.
func (c *Chat) Problem() *hearth.Error { return c.problem }

// Render is the prompt that Generate would send for the request.
func (c *Chat) Render(r *hearth.Request) ([]hearth.Span, error) {
	cut, _, err := c.prompt(r)
	return cut, err
}

func (c *Chat) prompt(r *hearth.Request) ([]hearth.Span, beginning, error) {
	if r.Prompt != nil {
		return []hearth.Span{{Text: *r.Prompt}}, beginning{}, nil
	}
	if c.problem != nil {
		return nil, beginning{}, c.problem
	}
	text, first, err := c.format.prompt(&c.model, r)
	return spans(text, c.controls), first, err
}

// Generate answers a conversation, or continues the request's prompt as it is.
func (c *Chat) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	cut, first, err := c.prompt(r)
	if err != nil {
		return hearth.Fail(err)
	}
	completion := &hearth.Completion{Prompt: cut, Realm: r.Realm, Decoding: r.Decoding}
	if r.Prompt != nil {
		return c.completer.Complete(ctx, completion)
	}
	if completion.Constraint, err = c.format.constraint(&c.model, r, first); err != nil {
		return hearth.Fail(err)
	}
	completion.ShowControl = true
	completion.Stop = slices.Concat(r.Stop, c.format.stop)
	completion.Aside = c.format.syntax.aside(first.thinking)
	return func(yield func(hearth.Chunk, error) bool) {
		a := &answers{chat: c, first: first, tools: r.Tools, stop: r.Stop, byChoice: map[int]*reading{}}
		for chunk, err := range c.completer.Complete(ctx, completion) {
			if err != nil {
				yield(hearth.Chunk{}, err)
				return
			}
			if a.read(&chunk) && !yield(chunk, nil) {
				return
			}
		}
	}
}

// answers are the choices of one request, being read.
type answers struct {
	chat     *Chat
	first    beginning
	tools    []hearth.Tool
	stop     []string // the client's own
	byChoice map[int]*reading
	thought  int // tokens spent thinking, over all choices
}

// reading is one choice, being read.
type reading struct {
	*parser
	tally tally
	quiet int // tokens since the last chunk that said something
}

func (a *answers) choice(i int) *reading {
	if a.byChoice[i] == nil {
		a.byChoice[i] = &reading{parser: newParser(a.chat.format.syntax, a.first, a.tools, a.chat.model.CallID)}
	}
	return a.byChoice[i]
}

// read turns a chunk of the model's text into one of the answer, and reports
// whether it says anything yet.
func (a *answers) read(c *hearth.Chunk) bool {
	r := a.choice(c.Choice)
	r.tally.add(c)
	n, thinking := tokens(c), r.thinking
	out := r.feed(c.Text, c.Finish != "")
	if thinking || r.thinking {
		a.thought += n
	}
	c.Reasoning, c.Text, c.ToolCalls = out.Reasoning, out.Text, out.ToolCalls
	c.LogProbs = r.tally.release(r.at, r.said)
	if !slices.Contains(a.stop, c.StopString) {
		c.StopString = "" // the template's, which is an end of the turn
	}
	if c.Finish == hearth.FinishStop && r.begun > 0 {
		c.Finish = hearth.FinishToolCalls
	}
	if c.Usage != nil {
		u := *c.Usage
		u.ReasoningTokens = min(a.thought, u.CompletionTokens)
		c.Usage = &u
	}
	c.Tokens += r.quiet
	r.quiet = c.Tokens
	if says(c) {
		r.quiet = 0
		return true
	}
	return false
}

func says(c *hearth.Chunk) bool {
	return c.Reasoning != "" || c.Text != "" || c.ToolCalls != nil || c.LogProbs != nil ||
		c.Finish != "" || c.Usage != nil || c.ServedBy != ""
}

// tokens is how many tokens a chunk carries; a source that does not say so is
// taken to send one at a time.
func tokens(c *hearth.Chunk) int {
	if c.Tokens == 0 && c.Text != "" {
		return max(1, len(c.LogProbs))
	}
	return c.Tokens
}

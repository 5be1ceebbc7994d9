package upstream

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hearthbox/hearth"
)

// errEnough ends an answer whose reader has stopped.
var errEnough = errors.New("the reader has had enough")

// answer turns an upstream's events into chunks.
type answer struct {
	upstream *OpenAI
	choices  int
	emit     func(hearth.Chunk) bool

	begun    bool
	finished map[int]bool // choices whose end has come
	calls    map[int]int  // by choice: the tool call that came last
	held     *hearth.Chunk
	usage    *hearth.Usage // as the upstream counts
	pieces   int           // of the answer, which are tokens as a rule
}

func newAnswer(u *OpenAI, choices int, emit func(hearth.Chunk) bool) *answer {
	return &answer{upstream: u, choices: choices, emit: emit, finished: map[int]bool{}, calls: map[int]int{}}
}

// read reads the stream to its end. alive is called at every sign of life.
func (a *answer) read(stream io.Reader, alive func()) error {
	err := readEvents(stream, alive, a.event, a.aside)
	switch {
	case err != nil:
		return err
	case len(a.finished) < a.choices:
		return a.upstream.protocol("the answer broke off", nil)
	}
	// The last chunk was held back to carry the usage, which comes after it.
	if a.held == nil {
		a.held = &hearth.Chunk{}
	}
	a.held.Usage = cmp.Or(a.usage, &hearth.Usage{CompletionTokens: a.pieces})
	if !a.emit(*a.held) {
		return errEnough
	}
	return nil
}

// aside reads the comments in which another hearth says where the request stands.
func (a *answer) aside(comment []byte) error {
	var p hearth.Place
	var seconds int
	n, _ := fmt.Sscanf(string(comment), " queued position=%d eta=%ds", &p.Position, &seconds)
	if n == 0 || a.begun || p.Position < 1 {
		return nil
	}
	p.Wait = time.Duration(min(max(0, seconds), waitSecondsMax)) * time.Second
	if !a.emit(hearth.Chunk{Place: &p}) {
		return errEnough
	}
	return nil
}

// waitSecondsMax is the longest wait that is believed.
const waitSecondsMax = 30 * 24 * 3600

func (a *answer) event(data []byte) error {
	var e event
	if err := json.Unmarshal(data, &e); err != nil {
		return a.upstream.protocol("an event is not readable", err)
	}
	if len(e.Error) > 0 && string(e.Error) != "null" {
		if told := a.upstream.peerError(data); told != nil {
			return told
		}
		return hearth.NewError(hearth.UpstreamRefused, "upstream", a.upstream.Name, "detail", errorText(data))
	}
	if u := e.Usage; u != nil {
		a.usage = &hearth.Usage{PromptTokens: u.PromptTokens, CompletionTokens: u.CompletionTokens}
		if u.PromptDetails != nil {
			a.usage.CachedTokens = u.PromptDetails.CachedTokens
		}
		if u.CompletionDetails != nil {
			a.usage.ReasoningTokens = u.CompletionDetails.ReasoningTokens
		}
	}
	for i := range e.Choices {
		if err := a.choice(&e, i); err != nil {
			return err
		}
	}
	return nil
}

func (a *answer) choice(e *event, i int) error {
	c := &e.Choices[i]
	if c.Index < 0 || c.Index >= a.choices {
		return a.upstream.protocol("it sent a choice nobody asked for", nil)
	}
	out := hearth.Chunk{Choice: c.Index, Text: c.Text, Reasoning: c.Delta.ReasoningContent + c.Delta.Reasoning, LogProbs: logProbsOf(c.LogProbs)}
	if c.Delta.ReasoningContent != "" && c.Delta.Reasoning == c.Delta.ReasoningContent {
		out.Reasoning = c.Delta.Reasoning // some servers send both names
	}
	if c.Delta.Content != nil {
		out.Text += *c.Delta.Content
	}
	for _, t := range c.Delta.ToolCalls {
		if t.Index < 0 || t.Index > toolCallsMax {
			return a.upstream.protocol("it sent a tool call out of range", nil)
		}
		if t.Index < a.calls[c.Index] {
			return a.upstream.protocol("it went back to an earlier tool call", nil)
		}
		a.calls[c.Index] = t.Index
		out.ToolCalls = append(out.ToolCalls, hearth.ToolCallDelta{Index: t.Index, ID: t.ID, Name: t.Function.Name, Arguments: t.Function.Arguments})
	}
	if c.FinishReason != nil && *c.FinishReason != "" {
		if broken(*c.FinishReason) {
			return a.upstream.protocol("it gave up the answer: "+*c.FinishReason, nil)
		}
		out.Finish = finishOf(*c.FinishReason)
		a.finished[c.Index] = true
		_ = json.Unmarshal(c.StopReason, &out.StopString) // vLLM's; a number is a token's
	}
	return a.pass(out)
}

// toolCallsMax bounds the calls of one answer.
const toolCallsMax = 127

// pass emits a chunk, but holds the one that ends the last choice.
func (a *answer) pass(c hearth.Chunk) error {
	if c.Text == "" && c.Reasoning == "" && c.ToolCalls == nil && c.LogProbs == nil && c.Finish == "" {
		return nil
	}
	if c.Text != "" || c.Reasoning != "" || c.ToolCalls != nil {
		a.pieces++
	}
	if !a.begun {
		a.begun, c.ServedBy = true, a.upstream.Source()
	}
	if c.Finish != "" && len(a.finished) == a.choices && a.held == nil {
		a.held = &c
		return nil
	}
	if !a.emit(c) {
		return errEnough
	}
	return nil
}

// broken is how engines say that an answer is not whole.
func broken(finish string) bool {
	switch finish {
	case "abort", "aborted", "error", "cancelled", "canceled", "timeout":
		return true
	}
	return false
}

// finishOf maps what servers send. What is unknown ended somehow.
func finishOf(s string) hearth.FinishReason {
	switch s {
	case "length", "max_tokens":
		return hearth.FinishLength
	case "tool_calls", "function_call", "tool_use":
		return hearth.FinishToolCalls
	case "content_filter", "sensitive":
		return hearth.FinishFiltered
	}
	return hearth.FinishStop
}

// logProbsOf reads either form. What can't be read is left out: it is beside the
// answer.
func logProbsOf(raw json.RawMessage) []hearth.TokenLogProb {
	var l logProbs
	if len(raw) == 0 || json.Unmarshal(raw, &l) != nil {
		return nil
	}
	var out []hearth.TokenLogProb
	for _, t := range l.Content {
		out = append(out, t.hearth())
	}
	for i, token := range l.Tokens {
		t := hearth.TokenLogProb{Token: token, Bytes: []byte(token)}
		if i < len(l.TokenLogProbs) {
			t.LogProb = l.TokenLogProbs[i]
		}
		if i < len(l.TopLogProbs) {
			for other, p := range l.TopLogProbs[i] {
				t.Top = append(t.Top, hearth.TokenLogProb{Token: other, Bytes: []byte(other), LogProb: p})
			}
			likeliestFirst(t.Top)
		}
		out = append(out, t)
	}
	return out
}

func (l logProb) hearth() hearth.TokenLogProb {
	t := hearth.TokenLogProb{Token: l.Token, LogProb: l.LogProb}
	for _, b := range l.Bytes {
		t.Bytes = append(t.Bytes, byte(b))
	}
	for _, o := range l.Top {
		t.Top = append(t.Top, o.hearth())
	}
	return t
}

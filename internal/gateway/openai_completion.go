package gateway

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
)

// completionRequest is the body of POST /v1/completions.
type completionRequest struct {
	openAIDecoding
	Prompt   promptText `json:"prompt"`
	LogProbs *int       `json:"logprobs"`
	Echo     bool       `json:"echo"`
	Suffix   *string    `json:"suffix"`
	BestOf   *int       `json:"best_of"`
}

// promptText is a text, or a list of one.
type promptText struct {
	text  *string
	other string // what it is instead
}

// UnmarshalJSON tells apart what can be honoured.
func (p *promptText) UnmarshalJSON(b []byte) error {
	var list []string
	switch {
	case b[0] == 'n':
		return nil
	case b[0] == '"':
		list = make([]string, 1)
		if err := json.Unmarshal(b, &list[0]); err != nil {
			return err
		}
	case json.Unmarshal(b, &list) != nil || len(list) == 0:
		p.other = "a prompt that is not a text, such as token ids,"
		return nil
	case len(list) > 1:
		p.other = "more than one prompt in a request"
		return nil
	}
	p.text = &list[0]
	return nil
}

func (c *completionRequest) request() (*hearth.Request, error) {
	decoding, err := c.decoding()
	if err != nil {
		return nil, err
	}
	k := checks{}
	decoding.Constraint = c.constraint(&k, nil)
	switch {
	case c.Prompt.other != "":
		k.fail(unsupported("prompt", c.Prompt.other))
	case c.Prompt.text == nil:
		k.fail(missing("prompt"))
	case c.Echo:
		k.fail(unsupported("echo", "echo"))
	case c.Suffix != nil && *c.Suffix != "":
		k.fail(unsupported("suffix", "suffix"))
	case c.BestOf != nil && *c.BestOf > decoding.ChoiceCount():
		k.fail(unsupported("best_of", "best_of above n"))
	}
	r := &hearth.Request{Model: c.Model, Prompt: c.Prompt.text, Decoding: decoding}
	if c.LogProbs != nil {
		r.LogProbs = true
		r.TopLogProbs = k.integer("logprobs", c.LogProbs, 0, topLogProbsMax, 0)
	}
	return r, k.err
}

type completionAnswer struct {
	ID      string             `json:"id"`
	Object  string             `json:"object"`
	Created int64              `json:"created"`
	Model   string             `json:"model"`
	System  string             `json:"system_fingerprint,omitempty"`
	Choices []completionChoice `json:"choices"`
	Usage   shownUsage         `json:"usage,omitzero"`

	AIGC *hearth.ContentLabel `json:"aigc,omitempty"`
}

type completionChoice struct {
	Index        int                 `json:"index"`
	Text         string              `json:"text"`
	LogProbs     *completionLogProbs `json:"logprobs"`
	FinishReason *string             `json:"finish_reason"`
}

// completionLogProbs are columns, as this older endpoint has them.
type completionLogProbs struct {
	Tokens        []string             `json:"tokens"`
	TokenLogProbs []float64            `json:"token_logprobs"`
	TopLogProbs   []map[string]float64 `json:"top_logprobs"`
	TextOffset    []int                `json:"text_offset"`

	offset int // of the next token, in characters of the answer
}

func (l *completionLogProbs) add(list []hearth.TokenLogProb) {
	for _, t := range list {
		top := map[string]float64{spelled(t): t.LogProb}
		for _, o := range t.Top {
			top[spelled(o)] = o.LogProb
		}
		l.Tokens = append(l.Tokens, spelled(t))
		l.TokenLogProbs = append(l.TokenLogProbs, t.LogProb)
		l.TopLogProbs = append(l.TopLogProbs, top)
		l.TextOffset = append(l.TextOffset, l.offset)
		l.offset += utf8.RuneCountInString(t.Token)
	}
}

// spelled is a token as this endpoint writes it: its text, or its bytes if they are
// none, so that no two tokens look alike.
func spelled(t hearth.TokenLogProb) string {
	if len(t.Bytes) == 0 || utf8.Valid(t.Bytes) {
		return t.Token
	}
	var b strings.Builder
	b.WriteString("bytes:")
	for _, c := range t.Bytes {
		fmt.Fprintf(&b, "\\x%02x", c)
	}
	return b.String()
}

// complete answers POST /v1/completions.
func (x *exchange) complete() error {
	var c completionRequest
	if err := x.read(&c); err != nil {
		return err
	}
	r, err := c.request()
	if err != nil {
		return err
	}
	head := completionAnswer{ID: "cmpl-" + rand.Text(), Object: "text_completion", Created: time.Now().Unix(), Model: r.Model, System: x.Fingerprint, AIGC: x.label(r)}
	if c.Stream {
		return x.send(r, sse, &completionStream{openAIStream: openAIStream{x}, head: head, usage: c.wantsUsage(), offsets: make([]int, r.ChoiceCount())})
	}
	return x.completeWhole(r, head)
}

func (x *exchange) completeWhole(r *hearth.Request, head completionAnswer) error {
	texts := make([]strings.Builder, r.ChoiceCount())
	head.Choices = make([]completionChoice, r.ChoiceCount())
	err := x.collect(r, func(c hearth.Chunk) {
		choice := &head.Choices[c.Choice]
		texts[c.Choice].WriteString(c.Text)
		if len(c.LogProbs) > 0 {
			if choice.LogProbs == nil {
				choice.LogProbs = &completionLogProbs{}
			}
			choice.LogProbs.add(c.LogProbs)
		}
		if c.Finish != "" {
			choice.FinishReason = finishOf(c.Finish)
		}
		if c.Usage != nil {
			head.Usage = usageOf(c.Usage)
		}
	})
	if err != nil {
		return err
	}
	for i := range head.Choices {
		head.Choices[i].Index, head.Choices[i].Text = i, texts[i].String()
	}
	x.writeJSON(http.StatusOK, head)
	return nil
}

type completionStream struct {
	openAIStream
	head    completionAnswer
	usage   bool
	offsets []int // by choice
	total   *hearth.Usage
}

func (s *completionStream) chunk(c hearth.Chunk) []any {
	if c.Usage != nil {
		s.total = c.Usage
	}
	choice := completionChoice{Index: c.Choice, Text: c.Text, FinishReason: finishOf(c.Finish)}
	if len(c.LogProbs) > 0 {
		choice.LogProbs = &completionLogProbs{offset: s.offsets[c.Choice]}
		choice.LogProbs.add(c.LogProbs)
		s.offsets[c.Choice] = choice.LogProbs.offset
	}
	if c.Text == "" && c.Finish == "" && choice.LogProbs == nil {
		return nil
	}
	out := s.head
	s.head.AIGC = nil
	out.Choices, out.Usage.shown = []completionChoice{choice}, s.usage
	return []any{out}
}

func (s *completionStream) last() []any {
	if !s.usage {
		return []any{openAIDone}
	}
	out := s.head
	out.Choices, out.Usage = []completionChoice{}, usageOf(s.total)
	return []any{out, openAIDone}
}

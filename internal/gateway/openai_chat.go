package gateway

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"time"

	"github.com/hearthbox/hearth"
)

// chatAnswer is the head that answers and chunks of answers share.
type chatAnswer struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	System  string       `json:"system_fingerprint,omitempty"`
	Choices []chatChoice `json:"choices"`
	Usage   shownUsage   `json:"usage,omitzero"`

	AIGC *hearth.ContentLabel `json:"aigc,omitempty"` // of a stream, on its first chunk
}

type chatChoice struct {
	Index        int           `json:"index"`
	Message      *chatTurn     `json:"message,omitempty"`
	Delta        *chatDelta    `json:"delta,omitempty"`
	LogProbs     *chatLogProbs `json:"logprobs"`
	FinishReason *string       `json:"finish_reason"`
}

// chatTurn is a whole answer; content is null when there are only tool calls.
type chatTurn struct {
	Role             string         `json:"role"`
	Content          *string        `json:"content"`
	ReasoningContent string         `json:"reasoning_content,omitempty"`
	ToolCalls        []chatToolStep `json:"tool_calls,omitempty"`
	Refusal          *string        `json:"refusal"`
}

type chatDelta struct {
	Role             string         `json:"role,omitempty"`
	Content          *string        `json:"content,omitempty"`
	ReasoningContent string         `json:"reasoning_content,omitempty"`
	ToolCalls        []chatToolStep `json:"tool_calls,omitempty"`
}

// chatToolStep is a tool call, or a step of one, which has an index.
type chatToolStep struct {
	Index    *int         `json:"index,omitempty"`
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type,omitempty"`
	Function chatFunction `json:"function"`
}

type chatFunction struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

type chatLogProbs struct {
	Content []openAILogProb `json:"content"`
	Refusal []openAILogProb `json:"refusal"`
}

type openAILogProb struct {
	Token       string           `json:"token"`
	LogProb     float64          `json:"logprob"`
	Bytes       []int            `json:"bytes"`
	TopLogProbs *[]openAILogProb `json:"top_logprobs,omitempty"`
}

// shownUsage is left out of a stream whose client did not ask for it, and null in
// every chunk but the last of one whose client did.
type shownUsage struct {
	shown bool
	usage *openAIUsage
}

// IsZero leaves it out.
func (u shownUsage) IsZero() bool { return !u.shown }

// MarshalJSON writes what is there.
func (u shownUsage) MarshalJSON() ([]byte, error) { return json.Marshal(u.usage) }

type openAIUsage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
	PromptDetails    struct {
		CachedTokens int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		ReasoningTokens int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// chat answers POST /v1/chat/completions.
func (x *exchange) chat() error {
	var c chatRequest
	if err := x.read(&c); err != nil {
		return err
	}
	r, err := c.request()
	if err != nil {
		return err
	}
	x.oneCall = c.oneCall()
	for i, m := range r.Messages {
		// Clients send "" and null alike for a turn that only calls tools; templates
		// that tell them apart mean null.
		r.Messages[i].TextAbsent = m.TextAbsent || m.Text == "" && len(m.ToolCalls) > 0
	}
	head := chatAnswer{ID: "chatcmpl-" + rand.Text(), Object: "chat.completion", Created: time.Now().Unix(), Model: r.Model, System: x.Fingerprint, AIGC: x.label(r)}
	if c.Stream {
		head.Object = "chat.completion.chunk"
		return x.send(r, sse, &chatStream{openAIStream: openAIStream{x}, head: head, usage: c.wantsUsage(), begun: make([]bool, r.ChoiceCount())})
	}
	turns := make([]collected, r.ChoiceCount())
	var usage *hearth.Usage
	err = x.collect(r, func(c hearth.Chunk) {
		turns[c.Choice].add(c)
		if c.Usage != nil {
			usage = c.Usage
		}
	})
	if err != nil {
		return err
	}
	for i := range turns {
		head.Choices = append(head.Choices, choiceOf(i, &turns[i]))
	}
	head.Usage = usageOf(usage)
	x.writeJSON(http.StatusOK, head)
	return nil
}

// choiceOf is a whole choice.
func choiceOf(index int, t *collected) chatChoice {
	turn := &chatTurn{Role: "assistant", ReasoningContent: t.reasoning.String()}
	if text := t.text.String(); text != "" || len(t.calls) == 0 {
		turn.Content = &text
	}
	for _, c := range t.calls {
		turn.ToolCalls = append(turn.ToolCalls, chatToolStep{ID: c.ID, Type: "function", Function: chatFunction{c.Name, c.Arguments}})
	}
	return chatChoice{Index: index, Message: turn, LogProbs: chatLogProbsOf(logProbsOf(t.logProbs)), FinishReason: finishOf(t.finish)}
}

// chatStream turns chunks into OpenAI's.
type chatStream struct {
	openAIStream
	head  chatAnswer
	usage bool
	begun []bool // by choice: whether the role has been sent
	total *hearth.Usage
}

func (s *chatStream) chunk(c hearth.Chunk) []any {
	if c.Usage != nil {
		s.total = c.Usage
	}
	delta := chatDelta{ReasoningContent: c.Reasoning}
	if c.Text != "" {
		delta.Content = &c.Text
	}
	if !s.begun[c.Choice] {
		s.begun[c.Choice] = true
		empty := ""
		delta.Role = "assistant"
		if delta.Content == nil && len(c.ToolCalls) == 0 {
			delta.Content = &empty
		}
	}
	for _, d := range c.ToolCalls {
		step := chatToolStep{Index: &d.Index, ID: d.ID, Function: chatFunction{d.Name, d.Arguments}}
		if d.ID != "" {
			step.Type = "function"
		}
		delta.ToolCalls = append(delta.ToolCalls, step)
	}
	choice := chatChoice{Index: c.Choice, Delta: &delta, LogProbs: chatLogProbsOf(logProbsOf(c.LogProbs))}
	empty := delta.Role == "" && delta.Content == nil && delta.ReasoningContent == "" && delta.ToolCalls == nil && choice.LogProbs == nil
	var out []any
	if !empty {
		out = append(out, s.wrap(choice))
	}
	if c.Finish != "" { // in a chunk of its own, as clients are used to
		out = append(out, s.wrap(chatChoice{Index: c.Choice, Delta: &chatDelta{}, FinishReason: finishOf(c.Finish)}))
	}
	return out
}

// last is the chunk with the usage, for clients that asked for one.
func (s *chatStream) last() []any {
	if !s.usage {
		return []any{openAIDone}
	}
	out := s.head
	out.Choices, out.Usage = []chatChoice{}, usageOf(s.total)
	return []any{out, openAIDone}
}

func (s *chatStream) wrap(choice chatChoice) any {
	out := s.head
	s.head.AIGC = nil
	out.Choices, out.Usage.shown = []chatChoice{choice}, s.usage
	return out
}

func finishOf(f hearth.FinishReason) *string {
	if f == "" {
		return nil
	}
	s := string(f)
	return &s
}

func usageOf(u *hearth.Usage) shownUsage {
	if u == nil {
		u = &hearth.Usage{}
	}
	out := &openAIUsage{PromptTokens: u.PromptTokens, CompletionTokens: u.CompletionTokens, TotalTokens: u.PromptTokens + u.CompletionTokens}
	out.PromptDetails.CachedTokens = u.CachedTokens
	out.CompletionDetails.ReasoningTokens = u.ReasoningTokens
	return shownUsage{true, out}
}

func chatLogProbsOf(list []openAILogProb) *chatLogProbs {
	if len(list) == 0 {
		return nil
	}
	return &chatLogProbs{Content: list}
}

func logProbsOf(list []hearth.TokenLogProb) []openAILogProb {
	var out []openAILogProb
	for _, t := range list {
		top := []openAILogProb{}
		for _, o := range t.Top {
			top = append(top, openAILogProb{Token: o.Token, LogProb: o.LogProb, Bytes: integers(o.Bytes)})
		}
		out = append(out, openAILogProb{Token: t.Token, LogProb: t.LogProb, Bytes: integers(t.Bytes), TopLogProbs: &top})
	}
	return out
}

// integers keeps JSON from writing bytes as base64.
func integers(b []byte) []int {
	out := make([]int, len(b))
	for i, v := range b {
		out[i] = int(v)
	}
	return out
}

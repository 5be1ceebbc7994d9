package upstream

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/hearthbox/hearth"
)

// openAIFormat is Chat Completions, and Completions for plain texts.
type openAIFormat struct{}

var openAIWire wire = openAIFormat{}

func (openAIFormat) lines() bool            { return false }
func (openAIFormat) continues(k *Kind) bool { return k.chat.resume != nil }

// ask is the path and the body that ask for r.
func (openAIFormat) ask(u *Server, r *hearth.Request) (*question, error) {
	k := &u.kind.chat
	b := &chatBody{Model: u.upstreamName(r.Model), Stream: true, Stop: r.Stop,
		Temperature: r.Sampling.Temperature, TopP: r.Sampling.TopP,
		FrequencyPenalty: r.Sampling.Frequency, PresencePenalty: r.Sampling.Presence, Seed: r.Sampling.Seed}
	if !k.usageUnasked {
		b.StreamOptions = map[string]bool{"include_usage": true}
	}
	if r.ChoiceCount() > 1 {
		b.N = r.ChoiceCount()
	}
	b.plain = r.Prompt != nil
	b.limit(k, r.MaxTokens)
	for id, bias := range r.Sampling.Bias {
		if b.LogitBias == nil {
			b.LogitBias = map[string]float64{}
		}
		b.LogitBias[strconv.Itoa(id)] = bias
	}
	if err := b.sample(u, r); err != nil {
		return nil, err
	}
	if err := b.constrain(u, r); err != nil {
		return nil, err
	}
	if err := b.say(u, r); err != nil {
		return nil, err
	}
	if k.last != nil {
		k.last(b, r)
	}
	q := &question{path: b.path, body: b}
	if r.MayFallShort && r.MaxTokens > 0 {
		q.shorter = func() { b.limit(k, 0) }
	}
	return q, nil
}

func (b *chatBody) limit(k *chatKind, tokens int) {
	if k.maxCompletion && !b.plain {
		b.MaxCompletion = tokens
		return
	}
	b.MaxTokens = tokens
}

// sample sets what is beyond OpenAI's ways of drawing tokens. Of the two names of the
// penalty for repeating, a server is told those it knows.
func (b *chatBody) sample(u *Server, r *hearth.Request) error {
	k, s := u.kind, r.Sampling
	// 1 is no penalty; it is said all the same, as the server's own default may be one.
	repeats := s.Repetition != 0 && (s.Repetition != 1 || k.knows("repetition_penalty") || k.knows("repeat_penalty"))
	for _, x := range []struct {
		field  string
		wanted bool
		set    func()
	}{
		{"top_k", s.TopK > 0, func() { b.TopK = s.TopK }},
		{"min_p", s.MinP > 0, func() { b.MinP = s.MinP }},
		{"repetition_penalty", repeats && !k.knows("repeat_penalty"), func() { b.RepetitionPenalty = s.Repetition }},
		{"repeat_penalty", repeats && k.knows("repeat_penalty"), func() { b.RepeatPenalty = s.Repetition }},
		{"ignore_eos", r.IgnoreEnd, func() { b.IgnoreEOS = true }},
	} {
		if !x.wanted {
			continue
		}
		if !k.knows(x.field) {
			return u.cannot(x.field)
		}
		x.set()
	}
	if repeats && k.knows("repetition_penalty") {
		b.RepetitionPenalty = s.Repetition
	}
	return nil
}

// say sets the text, or the conversation.
func (b *chatBody) say(u *Server, r *hearth.Request) error {
	if r.Prompt != nil {
		b.path, b.Prompt = "/completions", r.Prompt
		if r.LogProbs {
			b.LogProbs = r.TopLogProbs
		}
		return nil
	}
	k := &u.kind.chat
	b.path = "/chat/completions"
	if r.LogProbs {
		b.LogProbs, b.TopLogProbs = true, r.TopLogProbs
	}
	if r.Thinking != hearth.ThinkingDefault && k.think != nil {
		k.think(b, r.Thinking == hearth.ThinkingOn)
	}
	for i, m := range r.Messages {
		b.Messages = append(b.Messages, messageOf(m, k.keeps(r.Messages, i)))
	}
	for _, t := range r.Tools {
		b.Tools = append(b.Tools, tool{"function", function{t.Name, t.Description, t.Parameters, t.Strict}})
	}
	switch r.Ending {
	case hearth.InsideLast:
		if k.resume == nil || len(b.Messages) == 0 {
			return u.cannot("going on with the last message")
		}
		k.resume(b)
	case hearth.AfterLast:
		if !u.kind.knows("add_generation_prompt") {
			return u.cannot("add_generation_prompt")
		}
		no := false
		b.AddPrompt = &no
	}
	return nil
}

// keeps reports whether the thinking of message i is sent.
func (k *chatKind) keeps(messages []hearth.Message, i int) bool {
	switch k.thoughts {
	case noThoughts:
		return false
	case freshThoughts:
		for _, later := range messages[i:] {
			if later.Role == hearth.RoleUser {
				return false
			}
		}
	}
	return true
}

func messageOf(m hearth.Message, thoughts bool) message {
	out := message{Role: string(m.Role), ToolCallID: m.ToolCallID, Name: m.Name}
	if thoughts {
		out.Reasoning = m.Reasoning
	}
	if !m.TextAbsent {
		out.Content = &m.Text
	}
	for i, c := range m.ToolCalls {
		call := toolCall{Index: i, ID: c.ID, Type: "function"}
		call.Function.Name, call.Function.Arguments = c.Name, c.Arguments
		out.ToolCalls = append(out.ToolCalls, call)
	}
	return out
}

// constrain asks for what the answer shall be, in OpenAI's words or the kind's own.
func (b *chatBody) constrain(u *Server, r *hearth.Request) error {
	if err := b.form(u, r); err != nil {
		return err
	}
	if len(r.Tools) == 0 {
		return nil
	}
	if r.Calls.Single {
		no := false
		b.ParallelCalls = &no
	}
	switch {
	case r.Calls.Name != "":
		b.ToolChoice = map[string]any{"type": "function", "function": map[string]string{"name": r.Calls.Name}}
	case r.Calls.Required:
		b.ToolChoice = "required"
	}
	return nil
}

func (b *chatBody) form(u *Server, r *hearth.Request) error {
	c, k := r.Constraint, &u.kind.chat
	switch {
	case c == nil:
		return nil
	case k.constrain != nil && k.constrain(b, c):
		return nil
	case r.Prompt != nil:
		return notThere(c, "a format for a plain completion")
	case c.Kind == hearth.ConstrainObject, c.Kind == hearth.ConstrainSchema && c.Loose && !k.schemas:
		b.ResponseFormat = map[string]string{"type": "json_object"}
	case c.Kind == hearth.ConstrainSchema && !json.Valid([]byte(c.Source)):
		return hearth.NewError(hearth.ConstraintInvalid, "field", c.Field, "place", "", "detail", "it is not valid JSON").At(c.Field)
	case c.Kind == hearth.ConstrainSchema && k.schemas:
		b.ResponseFormat = map[string]any{"type": "json_schema", "json_schema": map[string]any{
			"name": cmp.Or(c.Name, "answer"), "strict": true, "schema": json.RawMessage(c.Source)}}
	default:
		return notThere(c, fmt.Sprintf("a format of kind %q at upstream %s (%s)", c.Kind, u.Name, u.kind.Mark))
	}
	return nil
}

func notThere(c *hearth.Constraint, what string) error {
	return hearth.NewError(hearth.Unsupported, "what", what).At(c.Field)
}

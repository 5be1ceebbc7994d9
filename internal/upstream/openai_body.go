package upstream

import (
	"strconv"

	"github.com/hearthbox/hearth"
)

// body is the path and the body that ask for r.
func (u *OpenAI) body(r *hearth.Request) (path string, b chatBody, err error) {
	s := r.Sampling
	b = chatBody{
		Model: u.upstreamName(r.Model), Stream: true, StreamOptions: map[string]bool{"include_usage": true},
		MaxTokens: r.MaxTokens, Stop: r.Stop, IgnoreEOS: r.IgnoreEnd,
		Temperature: s.Temperature, TopP: s.TopP, TopK: s.TopK, MinP: s.MinP,
		FrequencyPenalty: s.Frequency, PresencePenalty: s.Presence, Seed: s.Seed,
	}
	if r.ChoiceCount() > 1 {
		b.N = r.ChoiceCount()
	}
	b.RepetitionPenalty, b.RepeatPenalty = s.Repetition, s.Repetition
	for id, bias := range s.Bias {
		if b.LogitBias == nil {
			b.LogitBias = map[string]float64{}
		}
		b.LogitBias[strconv.Itoa(id)] = bias
	}
	if err := b.constrain(r); err != nil {
		return "", b, err
	}
	if r.Prompt != nil {
		b.Prompt = r.Prompt
		if r.LogProbs {
			b.LogProbs = r.TopLogProbs
		}
		return "/completions", b, nil
	}
	b.chat(r)
	return "/chat/completions", b, nil
}

func (b *chatBody) chat(r *hearth.Request) {
	if r.LogProbs {
		b.LogProbs, b.TopLogProbs = true, r.TopLogProbs
	}
	if r.Thinking != hearth.ThinkingDefault {
		on := r.Thinking == hearth.ThinkingOn
		b.TemplateArgs = map[string]bool{"enable_thinking": on, "thinking": on}
	}
	if r.Ending != hearth.ForAnswer {
		no := false
		b.ContinueLast, b.AddPrompt = r.Ending == hearth.InsideLast, &no
	}
	for _, m := range r.Messages {
		b.Messages = append(b.Messages, messageOf(m))
	}
	for _, t := range r.Tools {
		b.Tools = append(b.Tools, tool{"function", function{t.Name, t.Description, t.Parameters, t.Strict}})
	}
}

func messageOf(m hearth.Message) message {
	out := message{Role: string(m.Role), Reasoning: m.Reasoning, ToolCallID: m.ToolCallID, Name: m.Name}
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

// upstreamName is the upstream's own name of a model offered here.
func (u *OpenAI) upstreamName(id string) string {
	if name, ok := u.Config.Models[id]; ok {
		return name
	}
	return id
}

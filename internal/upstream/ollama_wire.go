package upstream

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/hearthbox/hearth"
)

// ollamaFormat is Ollama's own API: lines of JSON.
type ollamaFormat struct{}

var ollamaWire wire = ollamaFormat{}

func (ollamaFormat) lines() bool          { return true }
func (ollamaFormat) list() string         { return "/api/tags" }
func (ollamaFormat) continues(*Kind) bool { return true }

// ollamaBody is what is sent to /api/chat, and, with Prompt in place of Messages, to
// /api/generate. Truncate and Shift are said so that nothing is cut to fit, which is what
// Ollama does unless told otherwise.
type ollamaBody struct {
	Model       string          `json:"model"`
	Messages    []ollamaMessage `json:"messages,omitempty"`
	Prompt      *string         `json:"prompt,omitempty"`
	Raw         bool            `json:"raw,omitempty"`
	Stream      bool            `json:"stream"`
	Think       *bool           `json:"think,omitempty"`
	Tools       []tool          `json:"tools,omitempty"`
	Format      any             `json:"format,omitempty"`
	Options     map[string]any  `json:"options,omitempty"`
	LogProbs    bool            `json:"logprobs,omitempty"`
	TopLogProbs int             `json:"top_logprobs,omitempty"`
	Truncate    bool            `json:"truncate"`
	Shift       bool            `json:"shift"`
}

type ollamaMessage struct {
	Role      string       `json:"role"`
	Content   string       `json:"content"`
	Thinking  string       `json:"thinking,omitempty"`
	ToolCalls []ollamaCall `json:"tool_calls,omitempty"`
	ToolName  string       `json:"tool_name,omitempty"`
	CallID    string       `json:"tool_call_id,omitempty"`
}

type ollamaCall struct {
	ID       string `json:"id,omitempty"`
	Function struct {
		Index     int             `json:"index"`
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	} `json:"function"`
}

func (ollamaFormat) ask(u *Server, r *hearth.Request) (*question, error) {
	s := r.Sampling
	for what, wanted := range map[string]bool{"n": r.ChoiceCount() > 1, "logit_bias": len(s.Bias) > 0, "ignore_eos": r.IgnoreEnd,
		"add_generation_prompt": r.Ending == hearth.AfterLast, "a choice of tools": r.Calls.Required || r.Calls.Name != "" || r.Calls.Single && len(r.Tools) > 0} {
		if wanted {
			return nil, u.cannot(what)
		}
	}
	b := &ollamaBody{Model: u.upstreamName(r.Model), Stream: true, Options: ollamaOptions(r), LogProbs: r.LogProbs, TopLogProbs: r.TopLogProbs}
	switch c := r.Constraint; {
	case c == nil:
	case c.Kind == hearth.ConstrainObject:
		b.Format = "json"
	case c.Kind == hearth.ConstrainSchema && json.Valid([]byte(c.Source)):
		b.Format = json.RawMessage(c.Source)
	default:
		return nil, notThere(c, fmt.Sprintf("a format of kind %q at upstream %s (%s)", c.Kind, u.Name, u.kind.Mark))
	}
	if r.Prompt != nil {
		b.Prompt, b.Raw = r.Prompt, true
		return &question{path: "/api/generate", body: b}, nil
	}
	if r.Thinking != hearth.ThinkingDefault {
		on := r.Thinking == hearth.ThinkingOn
		b.Think = &on
	}
	for _, m := range r.Messages {
		b.Messages = append(b.Messages, ollamaMessageOf(m))
	}
	for _, t := range r.Tools {
		b.Tools = append(b.Tools, tool{"function", function{t.Name, t.Description, t.Parameters, t.Strict}})
	}
	return &question{path: "/api/chat", body: b}, nil
}

// ollamaOptions are how the answer is decoded. Limits that are not said are Ollama's own,
// which ends an answer where its context does.
func ollamaOptions(r *hearth.Request) map[string]any {
	s := r.Sampling
	o := map[string]any{}
	set := func(name string, said bool, v any) {
		if said {
			o[name] = v
		}
	}
	set("num_predict", r.MaxTokens > 0, r.MaxTokens)
	set("stop", len(r.Stop) > 0, r.Stop)
	set("temperature", s.Temperature != nil, s.Temperature)
	set("top_p", s.TopP != nil, s.TopP)
	set("top_k", s.TopK > 0, s.TopK)
	set("min_p", s.MinP > 0, s.MinP)
	set("repeat_penalty", s.Repetition > 0, s.Repetition)
	set("frequency_penalty", s.Frequency != 0, s.Frequency)
	set("presence_penalty", s.Presence != 0, s.Presence)
	set("seed", s.Seed != nil, s.Seed)
	return o
}

func ollamaMessageOf(m hearth.Message) ollamaMessage {
	out := ollamaMessage{Role: string(m.Role), Content: m.Text, Thinking: m.Reasoning, ToolName: m.Name, CallID: m.ToolCallID}
	for i, c := range m.ToolCalls {
		call := ollamaCall{ID: c.ID}
		call.Function.Index, call.Function.Name, call.Function.Arguments = i, c.Name, json.RawMessage(c.Arguments)
		if !json.Valid(call.Function.Arguments) {
			call.Function.Arguments = json.RawMessage("{}")
		}
		out.ToolCalls = append(out.ToolCalls, call)
	}
	return out
}

// ollamaLine is a line of an answer.
type ollamaLine struct {
	Message struct {
		Content   string       `json:"content"`
		Thinking  string       `json:"thinking"`
		ToolCalls []ollamaCall `json:"tool_calls"`
	} `json:"message"`
	Response     string    `json:"response"` // of plain texts
	Thinking     string    `json:"thinking"`
	Done         bool      `json:"done"`
	DoneReason   string    `json:"done_reason"`
	PromptTokens int       `json:"prompt_eval_count"`
	Tokens       int       `json:"eval_count"`
	LogProbs     []logProb `json:"logprobs"`
	Error        any       `json:"error"`
}

func (ollamaFormat) read(a *answer, data []byte) error {
	var l ollamaLine
	if err := json.Unmarshal(data, &l); err != nil {
		return a.upstream.protocol("a line is not readable", err)
	}
	if l.Error != nil {
		return a.fault(data)
	}
	p := piece{text: l.Message.Content + l.Response, reasoning: l.Message.Thinking + l.Thinking}
	for _, c := range l.Message.ToolCalls {
		p.calls = append(p.calls, callStep{id: c.ID, name: c.Function.Name, arguments: string(c.Function.Arguments)})
	}
	for _, t := range l.LogProbs {
		p.logProbs = append(p.logProbs, t.hearth())
	}
	if l.Done {
		p.finish = l.DoneReason
		if p.finish == "" {
			p.finish = "stop"
		}
		if p.finish == "load" || p.finish == "unload" {
			return a.upstream.protocol("it answered nothing: "+p.finish, nil)
		}
		a.usage = &hearth.Usage{PromptTokens: l.PromptTokens, CompletionTokens: l.Tokens}
	}
	return a.take(p)
}

func (ollamaFormat) models(u *Server, body []byte) ([]hearth.Model, error) {
	var list struct {
		Models []struct {
			Name     string    `json:"name"`
			Modified time.Time `json:"modified_at"`
			Details  struct {
				Family       string `json:"family"`
				Quantization string `json:"quantization_level"`
			} `json:"details"`
		} `json:"models"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	models := []hearth.Model{}
	for _, m := range list.Models {
		model := u.model(m.Name)
		model.Added, model.Quantization, model.Architecture = m.Modified, m.Details.Quantization, m.Details.Family
		if encoders[m.Details.Family] {
			model.Task = hearth.TaskEmbedding
		}
		models = append(models, model)
	}
	return models, nil
}

// encoders are families of models that make vectors.
var encoders = map[string]bool{"bert": true, "nomic-bert": true}

func (ollamaFormat) embed(u *Server, r *hearth.EmbeddingRequest) (any, func([]byte) ([][]float32, int, error)) {
	b := map[string]any{"model": u.upstreamName(r.Model), "input": r.Texts, "truncate": false}
	if r.Dimensions > 0 {
		maps.Copy(b, map[string]any{"dimensions": r.Dimensions})
	}
	return b, func(text []byte) ([][]float32, int, error) {
		var got struct {
			Embeddings [][]float32 `json:"embeddings"`
			Tokens     int         `json:"prompt_eval_count"`
		}
		err := json.Unmarshal(text, &got)
		return got.Embeddings, got.Tokens, err
	}
}

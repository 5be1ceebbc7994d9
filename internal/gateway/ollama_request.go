package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/hearthbox/hearth"
)

// ollamaAsking are the fields that /api/chat and /api/generate share.
type ollamaAsking struct {
	Model       string          `json:"model"`
	Stream      *bool           `json:"stream"` // true unless it says otherwise
	Format      json.RawMessage `json:"format"`
	Options     ollamaOptions   `json:"options"`
	Think       json.RawMessage `json:"think"`
	LogProbs    bool            `json:"logprobs"`
	TopLogProbs *int            `json:"top_logprobs"`
}

// ollamaOptions are what is said of decoding. The last few are other ways of sampling,
// which change answers.
type ollamaOptions struct {
	NumPredict       *int      `json:"num_predict"` // negative: until the end
	Temperature      *float64  `json:"temperature"`
	TopK             *int      `json:"top_k"`
	TopP             *float64  `json:"top_p"`
	MinP             *float64  `json:"min_p"`
	Seed             *int64    `json:"seed"`
	Stop             oneOrMany `json:"stop"`
	RepeatPenalty    *float64  `json:"repeat_penalty"`
	PresencePenalty  *float64  `json:"presence_penalty"`
	FrequencyPenalty *float64  `json:"frequency_penalty"`

	Mirostat *int     `json:"mirostat"`
	TypicalP *float64 `json:"typical_p"`
	TFSZ     *float64 `json:"tfs_z"`

	unknown []string
}

// UnmarshalJSON notes what there is no use for: how much memory and how many threads to
// use are hearth's own matters.
func (o *ollamaOptions) UnmarshalJSON(b []byte) error {
	type plain ollamaOptions // without this method
	if b[0] != '{' {
		return json.Unmarshal(b, (*plain)(o))
	}
	names, err := decode(b, (*plain)(o))
	for _, name := range names {
		o.unknown = append(o.unknown, "options."+name)
	}
	if e, ok := errors.AsType[*hearth.Error](err); ok && e.Field != "" {
		return e.At("options." + e.Field)
	}
	return err
}

func (a *ollamaAsking) ignored() []string { return a.Options.unknown }

func (a *ollamaAsking) streamed() bool { return a.Stream == nil || *a.Stream }

// request is what both endpoints say of the answer.
func (a *ollamaAsking) request(k *checks) *hearth.Request {
	k.model(a.Model)
	o := &a.Options
	if o.NumPredict != nil && *o.NumPredict < 0 {
		o.NumPredict = nil
	}
	r := &hearth.Request{Model: a.Model, Thinking: a.thinking(k), Decoding: hearth.Decoding{
		MaxTokens: k.integer("options.num_predict", o.NumPredict, 0, maxTokensMax, 0), MayFallShort: true,
		Stop: k.stops("options.stop", o.Stop), LogProbs: a.LogProbs,
		TopLogProbs: k.integer("top_logprobs", a.TopLogProbs, 0, topLogProbsMax, 0),
		Sampling: hearth.Sampling{
			Temperature: k.optional("options.temperature", o.Temperature, 0, 100),
			TopP:        k.optional("options.top_p", o.TopP, 0, 1),
			TopK:        k.topK(o.TopK),
			MinP:        k.number("options.min_p", o.MinP, 0, 1, 0),
			Repetition:  k.number("options.repeat_penalty", o.RepeatPenalty, 0.01, 100, 0),
			Frequency:   k.number("options.frequency_penalty", o.FrequencyPenalty, -2, 2, 0),
			Presence:    k.number("options.presence_penalty", o.PresencePenalty, -2, 2, 0),
			Seed:        o.Seed,
		},
	}}
	r.Constraint = a.constraint(k)
	switch {
	case o.Mirostat != nil && *o.Mirostat != 0:
		k.fail(unsupported("options.mirostat", "mirostat"))
	case o.TypicalP != nil && *o.TypicalP != 0 && *o.TypicalP != 1:
		k.fail(unsupported("options.typical_p", "typical_p"))
	case o.TFSZ != nil && *o.TFSZ != 0 && *o.TFSZ != 1:
		k.fail(unsupported("options.tfs_z", "tfs_z"))
	}
	return r
}

// constraint is the format: "json", or a schema.
func (a *ollamaAsking) constraint(k *checks) *hearth.Constraint {
	switch {
	case !given(a.Format) || string(a.Format) == `""`:
		return nil
	case string(a.Format) == `"json"`:
		return &hearth.Constraint{Kind: hearth.ConstrainObject, Field: "format"}
	case a.Format[0] == '{':
		return schemaConstraint(k, a.Format, "", "format")
	}
	k.fail(hearth.NewError(hearth.NotOneOf, "field", "format", "choices", "json, a JSON Schema").At("format"))
	return nil
}

// thinking is true, false or how hard to think.
func (a *ollamaAsking) thinking(k *checks) hearth.Thinking {
	switch string(a.Think) {
	case "", "null":
		return hearth.ThinkingDefault
	case "false":
		return hearth.ThinkingOff
	case "true", `"low"`, `"medium"`, `"high"`, `"max"`:
		return hearth.ThinkingOn
	}
	k.fail(hearth.NewError(hearth.NotOneOf, "field", "think", "choices", "true, false, low, medium, high, max").At("think"))
	return 0
}

// ollamaChat is the body of POST /api/chat.
type ollamaChat struct {
	ollamaAsking
	Messages []ollamaMessage `json:"messages"`
	Tools    []chatTool      `json:"tools"`
}

type ollamaMessage struct {
	Role       string            `json:"role"`
	Content    string            `json:"content"`
	Thinking   string            `json:"thinking"`
	Images     []json.RawMessage `json:"images"`
	ToolCalls  []ollamaCall      `json:"tool_calls"`
	ToolName   string            `json:"tool_name"`
	ToolCallID string            `json:"tool_call_id"`
}

// ollamaCall is a tool call, always whole.
type ollamaCall struct {
	ID       string `json:"id,omitempty"`
	Function struct {
		Index     int             `json:"index"`
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	} `json:"function"`
}

func (c *ollamaChat) request() (*hearth.Request, error) {
	k := checks{}
	r := c.ollamaAsking.request(&k)
	for i, m := range c.Messages {
		out := m.message(&k, i)
		if out.Role == hearth.RoleTool {
			answers(r.Messages, &out)
		}
		r.Messages = append(r.Messages, out)
	}
	if n := len(r.Messages); n > 0 && r.Messages[n-1].Role == hearth.RoleAssistant {
		r.Ending = hearth.InsideLast
	}
	k.fail(toolsOf(c.Tools, &r.Tools))
	return r, k.err
}

// message is the turn of that number.
func (m *ollamaMessage) message(k *checks, turn int) hearth.Message {
	at := fmt.Sprintf("messages[%d]", turn)
	out := hearth.Message{Role: roles[m.Role], Text: m.Content, Reasoning: m.Thinking, Name: m.ToolName, ToolCallID: m.ToolCallID}
	switch {
	case m.Role == "":
		k.fail(missing(at + ".role"))
	case out.Role == "":
		k.fail(hearth.NewError(hearth.NotOneOf, "field", at+".role", "choices", "system, user, assistant, tool").At(at + ".role"))
	case len(m.Images) > 0:
		k.fail(unsupported(at+".images", "an image"))
	case len(m.ToolCalls) > 0 && out.Role != hearth.RoleAssistant:
		k.fail(hearth.NewError(hearth.InvalidValue, "field", at+".tool_calls", "detail", hearth.Words{"only the assistant calls tools", "只有 assistant 可以调用工具"}).At(at + ".tool_calls"))
	}
	for i, call := range m.ToolCalls {
		if call.Function.Name == "" {
			k.fail(missing(fmt.Sprintf("%s.tool_calls[%d].function.name", at, i)))
		}
		if call.ID == "" {
			call.ID = fmt.Sprintf("call_%d_%d", turn, i) // clients of this dialect may know none
		}
		out.ToolCalls = append(out.ToolCalls, hearth.ToolCall{ID: call.ID, Name: call.Function.Name, Arguments: argumentsOf(call.Function.Arguments)})
	}
	out.TextAbsent = out.Text == "" && len(out.ToolCalls) > 0
	return out
}

// answers finds the call that a tool's result is of, where it does not say: the first
// that has none yet, of that name if it has one.
func answers(before []hearth.Message, result *hearth.Message) {
	if result.ToolCallID != "" {
		return
	}
	var answered []string
	for _, m := range slices.Backward(before) {
		if m.Role == hearth.RoleTool {
			answered = append(answered, m.ToolCallID)
			continue
		}
		for _, c := range m.ToolCalls {
			if !slices.Contains(answered, c.ID) && (result.Name == "" || result.Name == c.Name) {
				result.ToolCallID, result.Name = c.ID, c.Name
				return
			}
		}
		return
	}
}

// ollamaGenerate is the body of POST /api/generate.
type ollamaGenerate struct {
	ollamaAsking
	Prompt   string            `json:"prompt"`
	System   string            `json:"system"`
	Raw      bool              `json:"raw"`
	Suffix   string            `json:"suffix"`
	Template string            `json:"template"`
	Context  []json.RawMessage `json:"context"`
	Images   []json.RawMessage `json:"images"`
}

func (c *ollamaGenerate) request() (*hearth.Request, error) {
	k := checks{}
	r := c.ollamaAsking.request(&k)
	switch {
	case len(c.Images) > 0:
		k.fail(unsupported("images", "an image"))
	case c.Suffix != "":
		k.fail(unsupported("suffix", "suffix"))
	case c.Template != "":
		k.fail(unsupported("template", "a template in the request"))
	case len(c.Context) > 0:
		k.fail(unsupported("context", "context, which /api/chat replaced,"))
	case c.Raw && c.System != "":
		k.fail(unsupported("system", "system beside raw"))
	}
	if c.Raw {
		r.Prompt = &c.Prompt
		return r, k.err
	}
	if c.System != "" {
		r.Messages = append(r.Messages, hearth.Message{Role: hearth.RoleSystem, Text: c.System})
	}
	r.Messages = append(r.Messages, hearth.Message{Role: hearth.RoleUser, Text: c.Prompt})
	return r, k.err
}

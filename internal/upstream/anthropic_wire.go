package upstream

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hearthbox/hearth"
)

// anthropicFormat is Anthropic's Messages.
type anthropicFormat struct{}

var anthropicWire wire = anthropicFormat{}

func (anthropicFormat) lines() bool          { return false }
func (anthropicFormat) list() string         { return "/models" }
func (anthropicFormat) continues(*Kind) bool { return true }

// Anthropic wants a limit: this one where nobody said, and the one that all its models
// take where that is too much.
const (
	anthropicTokens    = 32_000
	anthropicTokensMin = 4096
	thinkTokensMost    = 16_000
	thinkTokensLeast   = 1024 // as Anthropic has it
)

type anthropicBody struct {
	Model        string             `json:"model"`
	System       string             `json:"system,omitempty"`
	Messages     []anthropicMessage `json:"messages"`
	MaxTokens    int                `json:"max_tokens"`
	Stream       bool               `json:"stream"`
	Stop         []string           `json:"stop_sequences,omitempty"`
	Temperature  *float64           `json:"temperature,omitempty"`
	TopP         *float64           `json:"top_p,omitempty"`
	TopK         int                `json:"top_k,omitempty"`
	Tools        []anthropicTool    `json:"tools,omitempty"`
	ToolChoice   map[string]any     `json:"tool_choice,omitempty"`
	Thinking     map[string]any     `json:"thinking,omitempty"`
	OutputConfig map[string]any     `json:"output_config,omitempty"`
}

type anthropicMessage struct {
	Role    string           `json:"role"`
	Content []anthropicBlock `json:"content"`
}

type anthropicBlock struct {
	Type      string          `json:"type"`
	Text      string          `json:"text,omitempty"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Input     json.RawMessage `json:"input,omitempty"`
	ToolUseID string          `json:"tool_use_id,omitempty"`
	Content   string          `json:"content,omitempty"`
}

type anthropicTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"input_schema"`
	Strict      bool            `json:"strict,omitempty"`
}

func (anthropicFormat) ask(u *Server, r *hearth.Request) (*question, error) {
	s := r.Sampling
	for what, wanted := range map[string]bool{"a plain completion": r.Prompt != nil, "n": r.ChoiceCount() > 1, "logprobs": r.LogProbs, "min_p": s.MinP > 0,
		"repetition_penalty": s.Repetition != 0 && s.Repetition != 1, "frequency_penalty": s.Frequency != 0, "presence_penalty": s.Presence != 0,
		"logit_bias": len(s.Bias) > 0, "ignore_eos": r.IgnoreEnd, "add_generation_prompt": r.Ending == hearth.AfterLast} {
		if wanted {
			return nil, u.cannot(what)
		}
	}
	b := &anthropicBody{Model: u.upstreamName(r.Model), Stream: true, MaxTokens: r.MaxTokens, Stop: r.Stop, Temperature: s.Temperature, TopP: s.TopP, TopK: s.TopK}
	if err := b.form(u, r.Constraint); err != nil {
		return nil, err
	}
	b.say(r)
	b.offer(r)
	q := &question{path: "/messages", body: b}
	if r.MaxTokens == 0 {
		b.MaxTokens = anthropicTokens
	}
	if r.MaxTokens == 0 || r.MayFallShort && r.MaxTokens > anthropicTokensMin {
		q.shorter = func() { b.MaxTokens, b.Thinking = anthropicTokensMin, nil }
	}
	switch {
	case r.Thinking == hearth.ThinkingOn && b.MaxTokens > 2*thinkTokensLeast:
		b.Thinking = map[string]any{"type": "enabled", "budget_tokens": min(thinkTokensMost, b.MaxTokens/2)}
		b.Temperature, b.TopP, b.TopK = nil, nil, 0 // it takes none while it thinks
	case r.Thinking == hearth.ThinkingOff:
		b.Thinking = map[string]any{"type": "disabled"}
	}
	return q, nil
}

func (b *anthropicBody) form(u *Server, c *hearth.Constraint) error {
	switch {
	case c == nil:
		return nil
	case c.Kind == hearth.ConstrainSchema && json.Valid([]byte(c.Source)):
		b.OutputConfig = map[string]any{"format": map[string]any{"type": "json_schema", "schema": json.RawMessage(c.Source)}}
		return nil
	}
	return notThere(c, fmt.Sprintf("a format of kind %q at upstream %s (%s)", c.Kind, u.Name, u.kind.Mark))
}

// say sets the conversation. Turns alternate: what follows in the same role joins the
// message before. Thinking is left out: it only counts there with a signature.
func (b *anthropicBody) say(r *hearth.Request) {
	var system []string
	for _, m := range r.Messages {
		role := "user"
		var blocks []anthropicBlock
		switch m.Role {
		case hearth.RoleSystem:
			system = append(system, m.Text)
			continue
		case hearth.RoleTool:
			blocks = append(blocks, anthropicBlock{Type: "tool_result", ToolUseID: m.ToolCallID, Content: m.Text})
		case hearth.RoleAssistant:
			role = "assistant"
			blocks = assistantBlocks(m)
		default:
			blocks = append(blocks, anthropicBlock{Type: "text", Text: m.Text})
		}
		if len(blocks) == 0 {
			continue
		}
		if n := len(b.Messages); n > 0 && b.Messages[n-1].Role == role {
			b.Messages[n-1].Content = append(b.Messages[n-1].Content, blocks...)
			continue
		}
		b.Messages = append(b.Messages, anthropicMessage{role, blocks})
	}
	b.System = strings.Join(system, "\n\n")
	if n := len(b.Messages); r.Ending == hearth.InsideLast && n > 0 {
		last := &b.Messages[n-1].Content[len(b.Messages[n-1].Content)-1]
		last.Text = strings.TrimRight(last.Text, " \n\t") // which it refuses at the end
	}
}

func assistantBlocks(m hearth.Message) (blocks []anthropicBlock) {
	if m.Text != "" {
		blocks = append(blocks, anthropicBlock{Type: "text", Text: m.Text})
	}
	for _, c := range m.ToolCalls {
		input := json.RawMessage(c.Arguments)
		if !json.Valid(input) {
			input = json.RawMessage("{}")
		}
		blocks = append(blocks, anthropicBlock{Type: "tool_use", ID: c.ID, Name: c.Name, Input: input})
	}
	return blocks
}

func (b *anthropicBody) offer(r *hearth.Request) {
	for _, t := range r.Tools {
		schema := t.Parameters
		if len(schema) == 0 {
			schema = json.RawMessage(`{"type":"object"}`)
		}
		b.Tools = append(b.Tools, anthropicTool{t.Name, t.Description, schema, t.Strict})
	}
	if len(b.Tools) == 0 {
		return
	}
	choice := map[string]any{"type": "auto"}
	switch {
	case r.Calls.Name != "":
		choice = map[string]any{"type": "tool", "name": r.Calls.Name}
	case r.Calls.Required:
		choice["type"] = "any"
	case !r.Calls.Single:
		return
	}
	if r.Calls.Single {
		choice["disable_parallel_tool_use"] = true
	}
	b.ToolChoice = choice
}

// anthropicEvent is the data of an event of a stream.
type anthropicEvent struct {
	Type    string `json:"type"`
	Index   int    `json:"index"`
	Message struct {
		Usage *anthropicUsage `json:"usage"`
	} `json:"message"`
	Block struct {
		Type     string          `json:"type"`
		Text     string          `json:"text"`
		Thinking string          `json:"thinking"`
		ID       string          `json:"id"`
		Name     string          `json:"name"`
		Input    json.RawMessage `json:"input"`
	} `json:"content_block"`
	Delta struct {
		Type       string `json:"type"`
		Text       string `json:"text"`
		Thinking   string `json:"thinking"`
		JSON       string `json:"partial_json"`
		StopReason string `json:"stop_reason"`
		Stop       string `json:"stop_sequence"`
	} `json:"delta"`
	Usage *anthropicUsage `json:"usage"`
}

type anthropicUsage struct {
	Input      int `json:"input_tokens"`
	CacheWrite int `json:"cache_creation_input_tokens"`
	CacheRead  int `json:"cache_read_input_tokens"`
	Output     int `json:"output_tokens"`
}

// block is one of an answer's, while it comes.
type block struct {
	kind      string
	call      int
	arguments bool // some have come
}

func (anthropicFormat) read(a *answer, data []byte) error {
	var e anthropicEvent
	if err := json.Unmarshal(data, &e); err != nil {
		return a.upstream.protocol("an event is not readable", err)
	}
	if a.blocks == nil {
		a.blocks = map[int]block{}
	}
	switch e.Type {
	case "error":
		return a.fault(data)
	case "message_start":
		a.spend(e.Message.Usage)
	case "content_block_start":
		return a.open(&e)
	case "content_block_delta":
		return a.grow(&e)
	case "content_block_stop":
		if b := a.blocks[e.Index]; b.kind == "tool_use" && !b.arguments { // it has none
			return a.take(piece{calls: []callStep{{index: &b.call, arguments: "{}"}}})
		}
	case "message_delta":
		a.spend(e.Usage)
		if e.Delta.StopReason != "" {
			return a.take(piece{finish: e.Delta.StopReason, stop: e.Delta.Stop})
		}
	case "message": // whole, though it was to be a stream
		return a.upstream.protocol("it did not stream", nil)
	case "":
		if s := saidIn(data); s.message != "" {
			return a.fault(data)
		}
	}
	return nil
}

// spend notes usage, of which later events repeat what they like.
func (a *answer) spend(u *anthropicUsage) {
	if u == nil {
		return
	}
	if a.usage == nil {
		a.usage = &hearth.Usage{}
	}
	a.usage.PromptTokens = max(a.usage.PromptTokens, u.Input+u.CacheRead+u.CacheWrite)
	a.usage.CachedTokens = max(a.usage.CachedTokens, u.CacheRead)
	a.usage.CompletionTokens = max(a.usage.CompletionTokens, u.Output)
}

func (a *answer) open(e *anthropicEvent) error {
	if _, known := a.blocks[e.Index]; known || e.Index < 0 || e.Index > 2*toolCallsMax {
		return a.upstream.protocol("it began a block twice, or one out of range", nil)
	}
	b := block{kind: e.Block.Type, call: len(a.each[0].calls)}
	a.blocks[e.Index] = b
	if b.kind == "tool_use" {
		return a.take(piece{calls: []callStep{{index: &b.call, id: e.Block.ID, name: e.Block.Name}}})
	}
	return a.take(piece{text: e.Block.Text, reasoning: e.Block.Thinking})
}

func (a *answer) grow(e *anthropicEvent) error {
	b, known := a.blocks[e.Index]
	if !known {
		return a.upstream.protocol("it went on with a block that it had not begun", nil)
	}
	switch e.Delta.Type {
	case "text_delta":
		return a.take(piece{text: e.Delta.Text})
	case "thinking_delta":
		return a.take(piece{reasoning: e.Delta.Thinking})
	case "input_json_delta":
		if e.Delta.JSON == "" {
			return nil
		}
		b.arguments = true
		a.blocks[e.Index] = b
		return a.take(piece{calls: []callStep{{index: &b.call, arguments: e.Delta.JSON}}})
	}
	return nil
}

func (anthropicFormat) models(u *Server, body []byte) ([]hearth.Model, error) {
	models, err := openAIFormat{}.models(u, body) // the ids are in the same place
	for i := range models {
		models[i].Task = hearth.TaskChat
	}
	return models, err
}

func (anthropicFormat) embed(*Server, *hearth.EmbeddingRequest) (any, func([]byte) ([][]float32, int, error)) {
	return nil, nil // it has no path for it
}

package gateway

import (
	"encoding/json"
	"fmt"

	"github.com/hearthbox/hearth"
)

// anthropicRequest is the body of POST /v1/messages, and of /v1/messages/count_tokens,
// which leaves out what is about the answer.
type anthropicRequest struct {
	Model         string             `json:"model"`
	MaxTokens     *int               `json:"max_tokens"`
	Messages      []anthropicMessage `json:"messages"`
	System        anthropicContent   `json:"system"`
	StopSequences []string           `json:"stop_sequences"`
	Stream        bool               `json:"stream"`
	Temperature   *float64           `json:"temperature"`
	TopP          *float64           `json:"top_p"`
	TopK          *int               `json:"top_k"`
	Tools         []anthropicTool    `json:"tools"`
	ToolChoice    *struct {
		Type      string `json:"type"`
		Name      string `json:"name"`
		NoCompany bool   `json:"disable_parallel_tool_use"`
	} `json:"tool_choice"`
	Thinking *struct {
		Type   string `json:"type"`
		Budget *int   `json:"budget_tokens"`
	} `json:"thinking"`
	OutputConfig *struct {
		Effort *string       `json:"effort"`
		Format *answerFormat `json:"format"`
	} `json:"output_config"`
	OutputFormat *answerFormat   `json:"output_format"`
	MCPServers   json.RawMessage `json:"mcp_servers"`
	Container    json.RawMessage `json:"container"`

	// Marks where a cache may begin. Here every prompt is looked up in the cache.
	CacheControl json.RawMessage `json:"cache_control"`
}

type anthropicMessage struct {
	Role    string           `json:"role"`
	Content anthropicContent `json:"content"`
}

// anthropicContent is a text or a list of blocks.
type anthropicContent struct {
	blocks  []anthropicBlock
	present bool
	wrong   bool // it is something else
}

// UnmarshalJSON reads both forms.
func (c *anthropicContent) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case 'n':
		return nil
	case '"':
		c.present, c.blocks = true, []anthropicBlock{{Type: "text"}}
		return json.Unmarshal(b, &c.blocks[0].Text)
	case '[':
		c.present = true
		c.wrong = json.Unmarshal(b, &c.blocks) != nil
		return nil
	}
	c.wrong = true // which message it is, is not known here
	return nil
}

// anthropicBlock is a block of content, with the fields of every kind that is taken.
type anthropicBlock struct {
	Type      string           `json:"type"`
	Text      string           `json:"text"`
	Thinking  string           `json:"thinking"`
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	Input     json.RawMessage  `json:"input"`
	ToolUseID string           `json:"tool_use_id"`
	Content   anthropicContent `json:"content"`
	IsError   bool             `json:"is_error"`
}

type anthropicTool struct {
	Type        *string         `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	InputSchema json.RawMessage `json:"input_schema"`
	Strict      bool            `json:"strict"`
}

// ignored names what is asked for and can't be promised, but changes no answer that
// could be had without it.
func (c *anthropicRequest) ignored() []string {
	var names []string
	if c.Thinking != nil && c.Thinking.Budget != nil {
		names = append(names, "thinking.budget_tokens")
	}
	if c.saysError() {
		names = append(names, "messages.content.is_error")
	}
	return names
}

// saysError reports whether a tool's result is marked as an error. Models are told
// what the result says; templates have no such mark.
func (c *anthropicRequest) saysError() bool {
	for _, m := range c.Messages {
		for _, b := range m.Content.blocks {
			if b.IsError {
				return true
			}
		}
	}
	return false
}

// request checks the body and puts it in hearth's words.
func (c *anthropicRequest) request() (*hearth.Request, error) {
	k := checks{}
	k.model(c.Model)
	r := &hearth.Request{Model: c.Model, Decoding: hearth.Decoding{
		MaxTokens: k.integer("max_tokens", c.MaxTokens, 1, maxTokensMax, 0), MayFallShort: true,
		Stop: k.stops("stop_sequences", c.StopSequences),
		Sampling: hearth.Sampling{
			Temperature: k.optional("temperature", c.Temperature, 0, 2),
			TopP:        k.optional("top_p", c.TopP, 0, 1),
			TopK:        k.topK(c.TopK),
		},
	}}
	k.fail(c.refuse())
	r.Thinking = c.thinking(&k)
	r.Messages = c.conversation(&k)
	r.Tools = c.tools(&k)
	r.Calls = c.calls(&k, r.Tools)
	if r.Constraint = c.OutputFormat.constraint(&k, "output_format"); c.OutputConfig != nil && r.Constraint == nil {
		r.Constraint = c.OutputConfig.Format.constraint(&k, "output_config.format")
	}
	if n := len(r.Messages); n > 0 && r.Messages[n-1].Role == hearth.RoleAssistant {
		r.Ending = hearth.InsideLast // words put into the model's mouth
	}
	return r, k.err
}

// refuse names what would change the answer and can't be honoured.
func (c *anthropicRequest) refuse() error {
	switch {
	case given(c.MCPServers) && string(c.MCPServers) != "[]":
		return unsupported("mcp_servers", "calling MCP servers")
	case given(c.Container):
		return unsupported("container", "a container")
	}
	return nil
}

// given reports whether a field was sent and says something.
func given(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func (c *anthropicRequest) thinking(k *checks) hearth.Thinking {
	if c.Thinking == nil {
		return c.effort(k)
	}
	switch c.Thinking.Type {
	case "enabled":
		return hearth.ThinkingOn
	case "disabled":
		return hearth.ThinkingOff
	case "adaptive":
		return c.effort(k)
	}
	k.fail(hearth.NewError(hearth.NotOneOf, "field", "thinking.type", "choices", "enabled, disabled, adaptive").At("thinking.type"))
	return 0
}

func (c *anthropicRequest) effort(k *checks) hearth.Thinking {
	if c.OutputConfig == nil || c.OutputConfig.Effort == nil {
		return hearth.ThinkingDefault
	}
	switch *c.OutputConfig.Effort {
	case "low", "medium", "high", "xhigh", "max":
	default:
		k.fail(hearth.NewError(hearth.NotOneOf, "field", "output_config.effort", "choices", "low, medium, high, xhigh, max").At("output_config.effort"))
	}
	return hearth.ThinkingDefault // how much it is told to think is the model's own matter
}

// conversation is the system's words and the messages. Turns of one speaker that
// follow each other are one turn, as the API has it.
func (c *anthropicRequest) conversation(k *checks) []hearth.Message {
	var out []hearth.Message
	if c.System.wrong {
		k.fail(hearth.NewError(hearth.WrongType, "field", "system", "type", "string or array").At("system"))
	}
	if text := k.texts("system", c.System.blocks, "\n\n"); text != "" {
		out = append(out, hearth.Message{Role: hearth.RoleSystem, Text: text})
	}
	if len(c.Messages) == 0 {
		k.fail(missing("messages"))
	}
	for i, m := range c.Messages {
		at := fmt.Sprintf("messages[%d]", i)
		switch {
		case m.Role == "":
			k.fail(missing(at + ".role"))
		case m.Content.wrong:
			k.fail(hearth.NewError(hearth.WrongType, "field", at+".content", "type", "string or array").At(at + ".content"))
		case !m.Content.present:
			k.fail(missing(at + ".content"))
		}
		switch m.Role {
		case "user":
			out = m.user(k, at, out)
		case "assistant":
			out = m.assistant(k, at, out)
		case "system":
			out = append(out, hearth.Message{Role: hearth.RoleSystem, Text: k.texts(at+".content", m.Content.blocks, "\n\n")})
		default:
			k.fail(hearth.NewError(hearth.NotOneOf, "field", at+".role", "choices", "user, assistant, system").At(at + ".role"))
		}
		if k.err != nil {
			return nil
		}
	}
	return out
}

// texts joins blocks of text, which are all there may be.
func (k *checks) texts(at string, blocks []anthropicBlock, between string) string {
	text := ""
	for i, b := range blocks {
		if b.Type != "text" {
			k.fail(unsupported(at, fmt.Sprintf("content of type %q", b.Type)))
			return ""
		}
		if i > 0 {
			text += between
		}
		text += b.Text
	}
	return text
}

// user appends what a user's turn holds: results of tools, and texts.
func (m *anthropicMessage) user(k *checks, at string, out []hearth.Message) []hearth.Message {
	open := len(out) > 0 && out[len(out)-1].Role == hearth.RoleUser
	between := "\n\n" // two messages, not two blocks of one
	for i, b := range m.Content.blocks {
		at := fmt.Sprintf("%s.content[%d]", at, i)
		switch b.Type {
		case "text":
			if !open {
				out, open, between = append(out, hearth.Message{Role: hearth.RoleUser}), true, ""
			}
			out[len(out)-1].Text += between + b.Text
			between = ""
		case "tool_result":
			if b.ToolUseID == "" {
				k.fail(missing(at + ".tool_use_id"))
			}
			if b.Content.wrong {
				k.fail(hearth.NewError(hearth.WrongType, "field", at+".content", "type", "string or array").At(at + ".content"))
			}
			out = append(out, hearth.Message{Role: hearth.RoleTool, ToolCallID: b.ToolUseID, Name: called(out, b.ToolUseID),
				Text: k.texts(at+".content", b.Content.blocks, "\n")})
			open = false
		default:
			k.fail(unsupported(at, fmt.Sprintf("content of type %q", b.Type)))
		}
	}
	if len(m.Content.blocks) == 0 {
		k.fail(missing(at + ".content"))
	}
	return out
}

// called is the name of the tool that a call asked for, which templates of some
// families want beside its result.
func called(messages []hearth.Message, id string) string {
	for _, m := range messages {
		for _, c := range m.ToolCalls {
			if c.ID == id {
				return c.Name
			}
		}
	}
	return ""
}

// assistant appends what the model said before.
func (m *anthropicMessage) assistant(k *checks, at string, out []hearth.Message) []hearth.Message {
	if len(out) == 0 || out[len(out)-1].Role != hearth.RoleAssistant {
		out = append(out, hearth.Message{Role: hearth.RoleAssistant, TextAbsent: true})
	}
	turn := &out[len(out)-1]
	for i, b := range m.Content.blocks {
		at := fmt.Sprintf("%s.content[%d]", at, i)
		switch b.Type {
		case "text":
			turn.Text, turn.TextAbsent = turn.Text+b.Text, false
		case "thinking":
			turn.Reasoning += b.Thinking
		case "redacted_thinking": // another server's, and for it alone
		case "tool_use":
			if b.Name == "" {
				k.fail(missing(at + ".name"))
			}
			turn.ToolCalls = append(turn.ToolCalls, hearth.ToolCall{ID: b.ID, Name: b.Name, Arguments: argumentsOf(b.Input)})
		default:
			k.fail(unsupported(at, fmt.Sprintf("content of type %q", b.Type)))
		}
	}
	turn.TextAbsent = turn.TextAbsent || turn.Text == "" && len(turn.ToolCalls) > 0
	return out
}

// calls is whether the model must call a tool.
func (c *anthropicRequest) calls(k *checks, tools []hearth.Tool) (calls hearth.Calls) {
	if c.ToolChoice == nil {
		return calls
	}
	switch c.ToolChoice.Type {
	case "auto", "none":
	case "any":
		calls = forced(k, "tool_choice", "", tools)
	case "tool":
		if c.ToolChoice.Name == "" {
			k.fail(missing("tool_choice.name"))
		}
		calls = forced(k, "tool_choice.name", c.ToolChoice.Name, tools)
	default:
		k.fail(hearth.NewError(hearth.NotOneOf, "field", "tool_choice.type", "choices", "auto, any, tool, none").At("tool_choice.type"))
	}
	calls.Single = c.ToolChoice.NoCompany
	return calls
}

// tools returns what the model may call: nothing if the client says "none".
func (c *anthropicRequest) tools(k *checks) []hearth.Tool {
	if c.ToolChoice != nil && c.ToolChoice.Type == "none" {
		return nil
	}
	var out []hearth.Tool
	for i, t := range c.Tools {
		at := fmt.Sprintf("tools[%d]", i)
		if t.Type != nil && *t.Type != "custom" {
			k.fail(unsupported(at+".type", fmt.Sprintf("a tool of type %q", *t.Type)))
		}
		if t.Name == "" {
			k.fail(missing(at + ".name"))
		}
		out = append(out, hearth.Tool{Name: t.Name, Description: t.Description, Parameters: t.InputSchema, Strict: t.Strict})
	}
	return out
}

// oneCall reports whether the client takes one tool call at a time.
func (c *anthropicRequest) oneCall() bool { return c.ToolChoice != nil && c.ToolChoice.NoCompany }

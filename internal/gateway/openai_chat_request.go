package gateway

import (
	"encoding/json"
	"fmt"

	"github.com/hearthbox/hearth"
)

// chatRequest is the body of POST /v1/chat/completions.
type chatRequest struct {
	openAIDecoding
	Messages            []chatMessage   `json:"messages"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	LogProbs            bool            `json:"logprobs"`
	TopLogProbs         *int            `json:"top_logprobs"`
	Tools               []chatTool      `json:"tools"`
	ToolChoice          json.RawMessage `json:"tool_choice"`
	ResponseFormat      *answerFormat   `json:"response_format"`
	Modalities          []string        `json:"modalities"`
	Functions           json.RawMessage `json:"functions"`
	WebSearch           json.RawMessage `json:"web_search_options"`
	Verbosity           *string         `json:"verbosity"`
	ParallelCalls       *bool           `json:"parallel_tool_calls"`
	ReasoningMode       *string         `json:"reasoning_effort"`

	// What other servers of open models take: switches for thinking, and leaving
	// the last message open.
	TemplateArgs struct {
		EnableThinking *bool `json:"enable_thinking"`
		Thinking       *bool `json:"thinking"`
	} `json:"chat_template_kwargs"`
	EnableThinking *bool           `json:"enable_thinking"`
	Thinking       *thinkingSwitch `json:"thinking"`
	ContinueLast   bool            `json:"continue_final_message"`
	OpenTurn       *bool           `json:"add_generation_prompt"`
}

// thinkingSwitch is true, false, or an object whose type says enabled or disabled.
type thinkingSwitch struct{ on bool }

// UnmarshalJSON accepts both forms.
func (t *thinkingSwitch) UnmarshalJSON(b []byte) error {
	if b[0] != '{' {
		return json.Unmarshal(b, &t.on)
	}
	var object struct{ Type string }
	err := json.Unmarshal(b, &object)
	t.on = object.Type == "enabled"
	if err == nil && !t.on && object.Type != "disabled" {
		return hearth.NewError(hearth.NotOneOf, "field", "thinking.type", "choices", "enabled, disabled").At("thinking.type")
	}
	return err
}

type chatMessage struct {
	Role             string         `json:"role"`
	Content          chatContent    `json:"content"`
	ReasoningContent string         `json:"reasoning_content"`
	Reasoning        string         `json:"reasoning"`
	ToolCalls        []chatToolCall `json:"tool_calls"`
	ToolCallID       string         `json:"tool_call_id"`
	Name             string         `json:"name"`
}

// chatContent is a text, null, or a list of parts.
type chatContent struct {
	text    string
	present bool
	wrong   bool   // it is something else
	other   string // the type of a part that is no text
}

// UnmarshalJSON joins the texts of parts.
func (c *chatContent) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case 'n':
		return nil
	case '"':
		c.present = true
		return json.Unmarshal(b, &c.text)
	case '[':
	default:
		c.wrong = true // which message it is, is not known here
		return nil
	}
	var parts []struct{ Type, Text, Refusal string }
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	c.present = true
	for _, p := range parts {
		switch p.Type {
		case "text":
			c.text += p.Text
		case "refusal":
			c.text += p.Refusal
		default:
			c.other = p.Type
		}
	}
	return nil
}

type chatTool struct {
	Type     string `json:"type"`
	Function struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
		Strict      *bool           `json:"strict"`
	} `json:"function"`
}

type chatToolCall struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string       `json:"name"`
		Arguments textOrObject `json:"arguments"`
	} `json:"function"`
}

// textOrObject is JSON as a text, which is what OpenAI sends, or plainly, which is
// what some clients send back.
type textOrObject string

// UnmarshalJSON keeps the JSON text.
func (t *textOrObject) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	*t = textOrObject(b)
	return nil
}

// ParseChat reads the JSON of a chat request, as POST /v1/chat/completions takes
// it. It is for `hearth model render`, which knows the model from elsewhere, so none
// need be named, and which shows what a template makes of an empty text: that is kept
// beside tool calls, where the server takes it for absent.
func ParseChat(body []byte) (*hearth.Request, error) {
	var c chatRequest
	if _, err := decode(body, &c); err != nil {
		return nil, err
	}
	if c.Model == "" {
		c.Model = "unnamed"
	}
	return c.request()
}

// request checks the body and puts it in hearth's words.
func (c *chatRequest) request() (*hearth.Request, error) {
	decoding, err := c.decoding()
	if err != nil {
		return nil, err
	}
	r := &hearth.Request{Model: c.Model, Decoding: decoding, Ending: c.ending()}
	if err := c.refuse(); err != nil {
		return nil, err
	}
	if err := c.logProbs(r); err != nil {
		return nil, err
	}
	if r.Thinking, err = c.thinking(); err != nil {
		return nil, err
	}
	if r.Messages, err = c.messages(); err != nil {
		return nil, err
	}
	k := checks{}
	k.fail(toolsOf(c.Tools, &r.Tools))
	r.Calls, r.Tools = openAIChoice(&k, c.ToolChoice, r.Tools)
	r.Calls.Single = c.oneCall()
	r.Constraint = c.constraint(&k, c.ResponseFormat.constraint(&k, "response_format"))
	return r, k.err
}

// oneCall reports whether the client takes one tool call at a time.
func (c *chatRequest) oneCall() bool { return c.ParallelCalls != nil && !*c.ParallelCalls }

func (c *chatRequest) ending() hearth.Ending {
	switch {
	case c.ContinueLast:
		return hearth.InsideLast
	case c.OpenTurn != nil && !*c.OpenTurn:
		return hearth.AfterLast
	}
	return hearth.ForAnswer
}

// refuse names what would change the answer and can't be honoured yet.
func (c *chatRequest) refuse() error {
	switch {
	case len(c.Modalities) > 1 || len(c.Modalities) == 1 && c.Modalities[0] != "text":
		return unsupported("modalities", "any modality but text")
	case len(c.Functions) > 0 && string(c.Functions) != "null":
		return unsupported("functions", "functions, which tools replaced,")
	case len(c.WebSearch) > 0 && string(c.WebSearch) != "null":
		return unsupported("web_search_options", "searching the web")
	case c.Verbosity != nil && *c.Verbosity != "medium":
		return unsupported("verbosity", "verbosity other than medium")
	}
	return nil
}

func (c *chatRequest) logProbs(r *hearth.Request) error {
	k := checks{}
	if c.MaxCompletionTokens != nil {
		r.MaxTokens = k.integer("max_completion_tokens", c.MaxCompletionTokens, 1, maxTokensMax, 0)
	}
	r.LogProbs = c.LogProbs
	r.TopLogProbs = k.integer("top_logprobs", c.TopLogProbs, 0, topLogProbsMax, 0)
	if r.TopLogProbs > 0 && !c.LogProbs {
		k.fail(hearth.NewError(hearth.InvalidValue, "field", "top_logprobs", "detail", hearth.Words{"it needs logprobs to be true", "需要 logprobs 为 true"}).At("top_logprobs"))
	}
	return k.err
}

// thinking reads the switch in whichever of its spellings the client uses.
func (c *chatRequest) thinking() (hearth.Thinking, error) {
	switches := []*bool{c.EnableThinking, c.TemplateArgs.EnableThinking, c.TemplateArgs.Thinking}
	if c.Thinking != nil {
		switches = append(switches, &c.Thinking.on)
	}
	for _, on := range switches {
		if on != nil && *on {
			return hearth.ThinkingOn, nil
		}
		if on != nil {
			return hearth.ThinkingOff, nil
		}
	}
	if c.ReasoningMode != nil {
		k := checks{}
		return k.effort("reasoning_effort", *c.ReasoningMode), k.err
	}
	return hearth.ThinkingDefault, nil
}

// effort is OpenAI's word for how hard to think. Models here think or do not.
func (k *checks) effort(field, effort string) hearth.Thinking {
	switch effort {
	case "none", "minimal":
		return hearth.ThinkingOff
	case "low", "medium", "high", "xhigh", "max":
		return hearth.ThinkingOn
	}
	k.fail(hearth.NewError(hearth.NotOneOf, "field", field, "choices", "none, minimal, low, medium, high, xhigh, max").At(field))
	return hearth.ThinkingDefault
}

// roles maps OpenAI's roles, past and present, to hearth's.
var roles = map[string]hearth.Role{
	"system": hearth.RoleSystem, "developer": hearth.RoleSystem, "user": hearth.RoleUser,
	"assistant": hearth.RoleAssistant, "tool": hearth.RoleTool, "function": hearth.RoleTool,
}

func (c *chatRequest) messages() ([]hearth.Message, error) {
	if len(c.Messages) == 0 {
		return nil, missing("messages")
	}
	out := make([]hearth.Message, len(c.Messages))
	for i, m := range c.Messages {
		at := fmt.Sprintf("messages[%d]", i)
		var err error
		if out[i], err = m.message(at); err != nil {
			return nil, err
		}
	}
	if c.ContinueLast && out[len(out)-1].Role != hearth.RoleAssistant {
		return nil, hearth.NewError(hearth.InvalidValue, "field", "continue_final_message",
			"detail", hearth.Words{"the last message must be the assistant's", "最后一条消息必须来自 assistant"}).At("continue_final_message")
	}
	return out, nil
}

func (m *chatMessage) message(at string) (hearth.Message, error) {
	role, ok := roles[m.Role]
	switch {
	case m.Role == "":
		return hearth.Message{}, missing(at + ".role")
	case !ok:
		return hearth.Message{}, hearth.NewError(hearth.NotOneOf, "field", at+".role", "choices", "system, developer, user, assistant, tool").At(at + ".role")
	case m.Content.wrong:
		return hearth.Message{}, hearth.NewError(hearth.WrongType, "field", at+".content", "type", "string or array").At(at + ".content")
	case m.Content.other != "":
		return hearth.Message{}, unsupported(at+".content", fmt.Sprintf("content of type %q", m.Content.other))
	case !m.Content.present && role != hearth.RoleAssistant:
		return hearth.Message{}, missing(at + ".content")
	case len(m.ToolCalls) > 0 && role != hearth.RoleAssistant:
		return hearth.Message{}, hearth.NewError(hearth.InvalidValue, "field", at+".tool_calls", "detail", hearth.Words{"only the assistant calls tools", "只有 assistant 可以调用工具"}).At(at + ".tool_calls")
	}
	out := hearth.Message{Role: role, Text: m.Content.text, Reasoning: m.ReasoningContent, ToolCallID: m.ToolCallID, Name: m.Name}
	if out.Reasoning == "" {
		out.Reasoning = m.Reasoning
	}
	for i, call := range m.ToolCalls {
		if call.Function.Name == "" {
			return out, missing(fmt.Sprintf("%s.tool_calls[%d].function.name", at, i))
		}
		out.ToolCalls = append(out.ToolCalls, hearth.ToolCall{ID: call.ID, Name: call.Function.Name, Arguments: string(call.Function.Arguments)})
	}
	out.TextAbsent = !m.Content.present
	return out, nil
}

// toolsOf appends tools in hearth's words.
func toolsOf(tools []chatTool, out *[]hearth.Tool) error {
	for i, t := range tools {
		at := fmt.Sprintf("tools[%d]", i)
		if t.Type != "function" {
			return unsupported(at+".type", fmt.Sprintf("a tool of type %q", t.Type))
		}
		if t.Function.Name == "" {
			return missing(at + ".function.name")
		}
		*out = append(*out, hearth.Tool{Name: t.Function.Name, Description: t.Function.Description, Parameters: t.Function.Parameters,
			Strict: t.Function.Strict != nil && *t.Function.Strict})
	}
	return nil
}

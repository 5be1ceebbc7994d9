package gateway

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hearthbox/hearth"
)

// responsesRequest is the body of POST /v1/responses.
type responsesRequest struct {
	Model         string            `json:"model"`
	Input         json.RawMessage   `json:"input"`
	Instructions  *string           `json:"instructions"`
	PreviousID    *string           `json:"previous_response_id"`
	Store         *bool             `json:"store"`
	Background    bool              `json:"background"`
	Stream        bool              `json:"stream"`
	Temperature   *float64          `json:"temperature"`
	TopP          *float64          `json:"top_p"`
	TopLogProbs   *int              `json:"top_logprobs"`
	MaxTokens     *int              `json:"max_output_tokens"`
	Tools         []json.RawMessage `json:"tools"`
	ToolChoice    json.RawMessage   `json:"tool_choice"`
	ParallelCalls *bool             `json:"parallel_tool_calls"`
	Reasoning     *struct {
		Effort  *string `json:"effort"`
		Summary *string `json:"summary"`
	} `json:"reasoning"`
	Text *struct {
		Format    *answerFormat `json:"format"`
		Verbosity *string       `json:"verbosity"`
	} `json:"text"`
	Truncation   *string           `json:"truncation"`
	Metadata     map[string]string `json:"metadata"`
	Include      []string          `json:"include"`
	Conversation json.RawMessage   `json:"conversation"`
	Template     json.RawMessage   `json:"prompt"`
	MaxToolCalls *int              `json:"max_tool_calls"`
	User         *string           `json:"user"`

	namespaces map[string]namespaced // by the name that the model calls
	toolbox    *toolbox              // nil if no servers are named
}

// namespaced is where a function is found.
type namespaced struct{ namespace, name string }

// includeLogProbs is the one addition to an answer that there is.
const includeLogProbs = "message.output_text.logprobs"

// Limits of what is kept beside an answer, as OpenAI has them.
const (
	metadataMax      = 16
	metadataBytesMax = 512
)

// ignored names what is asked for and can't be promised, but changes no answer.
func (c *responsesRequest) ignored() []string {
	var names []string
	for _, i := range c.Include {
		if i != includeLogProbs && headerSafe(i) {
			names = append(names, "include."+i)
		}
	}
	if c.Reasoning != nil && c.Reasoning.Summary != nil {
		names = append(names, "reasoning.summary") // the thinking itself is sent
	}
	if c.Truncation != nil && *c.Truncation == "auto" {
		names = append(names, "truncation") // nothing is ever cut here
	}
	return names
}

// request is all but the conversation, in hearth's words.
func (c *responsesRequest) request() (*hearth.Request, error) {
	k := checks{}
	k.model(c.Model)
	r := &hearth.Request{Model: c.Model, Decoding: hearth.Decoding{
		MaxTokens:   k.integer("max_output_tokens", c.MaxTokens, 1, maxTokensMax, 0),
		TopLogProbs: k.integer("top_logprobs", c.TopLogProbs, 0, topLogProbsMax, 0),
		Sampling: hearth.Sampling{
			Temperature: k.optional("temperature", c.Temperature, 0, 2),
			TopP:        k.optional("top_p", c.TopP, 0, 1),
		},
	}}
	r.LogProbs = r.TopLogProbs > 0 || slices.Contains(c.Include, includeLogProbs)
	if c.Reasoning != nil && c.Reasoning.Effort != nil {
		r.Thinking = k.effort("reasoning.effort", *c.Reasoning.Effort)
	}
	tools := c.tools(&k)
	switch choice := string(c.ToolChoice); {
	case choice == `"none"`:
		c.toolbox = nil
	case choice == `"required"` && c.toolbox != nil: // its tools are not known yet
		r.Calls.Required, r.Tools = true, tools
	default:
		r.Calls, r.Tools = openAIChoice(&k, c.ToolChoice, tools)
	}
	k.fail(c.refuse())
	if c.toolbox != nil {
		c.toolbox.callsMax = k.integer("max_tool_calls", c.MaxToolCalls, 1, toolCallsMax, toolCallsMax)
	}
	r.Calls.Single = c.ParallelCalls != nil && !*c.ParallelCalls
	if c.Text != nil {
		r.Constraint = c.Text.Format.constraint(&k, "text.format")
	}
	if len(c.Metadata) > metadataMax {
		k.fail(outOfRangeIn("metadata", "the number of entries of metadata", 0, metadataMax))
	}
	for name, value := range c.Metadata {
		if len(name) > 64 || len(value) > metadataBytesMax {
			k.fail(outOfRangeIn("metadata", "the length of a value of metadata", 0, metadataBytesMax))
		}
	}
	return r, k.err
}

// refuse names what would change the answer and can't be honoured.
func (c *responsesRequest) refuse() error {
	switch {
	case c.Background && c.Store != nil && !*c.Store:
		return hearth.NewError(hearth.InvalidValue, "field", "background", "detail",
			hearth.Words{"an answer in the background must be stored", "后台生成的响应必须保存（store）"}).At("background")
	case given(c.Conversation):
		return unsupported("conversation", "a conversation that the server keeps, other than by previous_response_id,")
	case given(c.Template):
		return unsupported("prompt", "a prompt template")
	case c.MaxToolCalls != nil && c.toolbox == nil:
		return unsupported("max_tool_calls", "max_tool_calls, which is about tools that the server runs,")
	case c.Text != nil && c.Text.Verbosity != nil && *c.Text.Verbosity != "medium":
		return unsupported("text.verbosity", "verbosity other than medium")
	case c.Truncation != nil && *c.Truncation != "auto" && *c.Truncation != "disabled":
		return hearth.NewError(hearth.NotOneOf, "field", "truncation", "choices", "auto, disabled").At("truncation")
	}
	return nil
}

// responsesTool is a function, or a namespace of functions.
type responsesTool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
	Strict      bool            `json:"strict"`
	Tools       []responsesTool `json:"tools"` // of a namespace
}

// inNamespace is the one name by which a model calls a function of a namespace.
func inNamespace(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "__" + name
}

// tools returns what the model may call. It notes which functions are in
// namespaces.
func (c *responsesRequest) tools(k *checks) []hearth.Tool {
	var out []hearth.Tool
	c.namespaces = map[string]namespaced{}
	for i, raw := range c.Tools {
		at := fmt.Sprintf("tools[%d]", i)
		var t responsesTool
		if err := json.Unmarshal(raw, &t); err != nil {
			k.fail(jsonErrorIn(at, raw, err))
			return nil
		}
		if t.Type == "mcp" {
			if c.toolbox == nil {
				c.toolbox = &toolbox{}
			}
			if c.toolbox.servers = append(c.toolbox.servers, toolServerOf(k, at, raw)); len(c.toolbox.servers) > toolServersMax {
				k.fail(outOfRangeIn("tools", "the number of MCP servers", 0, toolServersMax))
			}
			continue
		}
		if t.Type != "namespace" {
			out = append(out, t.tool(k, at, ""))
			continue
		}
		for j, f := range t.Tools {
			tool := f.tool(k, fmt.Sprintf("%s.tools[%d]", at, j), t.Name)
			out = append(out, tool)
			c.namespaces[tool.Name] = namespaced{t.Name, f.Name}
		}
	}
	return out
}

func (t *responsesTool) tool(k *checks, at, namespace string) hearth.Tool {
	switch {
	case t.Type != "function":
		k.fail(unsupported(at+".type", fmt.Sprintf("a tool of type %q", t.Type)))
	case t.Name == "":
		k.fail(missing(at + ".name"))
	}
	return hearth.Tool{Name: inNamespace(namespace, t.Name), Description: t.Description, Parameters: t.Parameters, Strict: t.Strict}
}

// stored reports whether the answer is to be kept.
func (c *responsesRequest) stored() bool { return c.Store == nil || *c.Store }

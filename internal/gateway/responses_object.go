package gateway

import (
	"encoding/json"

	"github.com/hearthbox/hearth"
)

// responseObject is an answer as the Responses API writes it, at any stage.
type responseObject struct {
	ID             string             `json:"id"`
	Object         string             `json:"object"`
	CreatedAt      int64              `json:"created_at"`
	CompletedAt    *int64             `json:"completed_at"`
	Status         string             `json:"status"`
	Background     bool               `json:"background"`
	Error          *responseError     `json:"error"`
	Incomplete     *incompleteDetails `json:"incomplete_details"`
	Instructions   *string            `json:"instructions"`
	MaxTokens      *int               `json:"max_output_tokens"`
	Model          string             `json:"model"`
	Output         []outputItem       `json:"output"`
	ParallelCalls  bool               `json:"parallel_tool_calls"`
	PreviousID     *string            `json:"previous_response_id"`
	Reasoning      responseReasoning  `json:"reasoning"`
	Store          bool               `json:"store"`
	Temperature    *float64           `json:"temperature"`
	Text           responseText       `json:"text"`
	ToolChoice     string             `json:"tool_choice"`
	Tools          []json.RawMessage  `json:"tools"`
	TopLogProbs    int                `json:"top_logprobs"`
	TopP           *float64           `json:"top_p"`
	Truncation     string             `json:"truncation"`
	Usage          *responseUsage     `json:"usage"`
	User           *string            `json:"user"`
	Metadata       map[string]string  `json:"metadata"`
	AccessPrograms *string            `json:"access_programs"` // OpenAI's own; there are none here
	System         string             `json:"system_fingerprint,omitempty"`
	ServedByHearth string             `json:"served_by,omitempty"` // by what; hearth's addition
}

// responseError is what an answer failed of. Code is OpenAI's, the two after it hearth's.
type responseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Cause   string `json:"hearth_code"`
	Remedy  string `json:"remedy"`
}

type incompleteDetails struct {
	Reason string `json:"reason"`
}

type responseReasoning struct {
	Effort  *string `json:"effort"`
	Summary *string `json:"summary"`
}

type responseText struct {
	Format responseFormat `json:"format"`
}

type responseFormat struct {
	Type   string          `json:"type"`
	Name   string          `json:"name,omitempty"`
	Schema json.RawMessage `json:"schema,omitempty"`
}

type responseUsage struct {
	Input        int `json:"input_tokens"`
	InputDetails struct {
		Cached  int `json:"cached_tokens"`
		Written int `json:"cache_write_tokens"`
	} `json:"input_tokens_details"`
	Output        int `json:"output_tokens"`
	OutputDetails struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"output_tokens_details"`
	Total int `json:"total_tokens"`
}

func responseUsageOf(u *hearth.Usage) *responseUsage {
	if u == nil {
		return nil
	}
	out := &responseUsage{Input: u.PromptTokens, Output: u.CompletionTokens, Total: u.PromptTokens + u.CompletionTokens}
	out.InputDetails.Cached, out.OutputDetails.Reasoning = u.CachedTokens, u.ReasoningTokens
	return out
}

// outputItem is what a model thought, said or called.
type outputItem struct {
	ID        string         `json:"id"`
	Type      string         `json:"type"`
	Status    string         `json:"status"`
	Role      string         `json:"role,omitempty"`
	Summary   *[]any         `json:"summary,omitempty"` // of thinking; there is none
	Content   *[]contentPart `json:"content,omitempty"`
	CallID    string         `json:"call_id,omitempty"`
	Name      string         `json:"name,omitempty"`
	Namespace string         `json:"namespace,omitempty"`
	Arguments *string        `json:"arguments,omitempty"`

	// Of tools that are run here.
	Server   string        `json:"server_label,omitempty"`
	Tools    *[]listedTool `json:"tools,omitempty"`
	Approval *string       `json:"approval_request_id,omitempty"`
	Output   *string       `json:"output,omitempty"`
	Failed   *string       `json:"error,omitempty"`
}

// parted reports whether the item is made of parts.
func (i *outputItem) parted() bool { return i.Type == itemMessage || i.Type == itemReasoning }

// listedTool is a tool of a server.
type listedTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"input_schema"`
}

// contentPart is a text, of an answer or of thinking.
type contentPart struct {
	Type        string           `json:"type"`
	Text        string           `json:"text"`
	Annotations *[]any           `json:"annotations,omitempty"` // of an answer's; there are none
	LogProbs    *[]openAILogProb `json:"logprobs,omitempty"`    // of an answer's
}

// The types of items and of their parts.
const (
	itemMessage   = "message"
	itemReasoning = "reasoning"
	itemCall      = "function_call"

	itemToolList     = "mcp_list_tools"
	itemToolWish     = "mcp_approval_request"
	itemToolApproval = "mcp_approval_response"
	itemToolRun      = "mcp_call"

	partText      = "output_text"
	partReasoning = "reasoning_text"
)

// The stages of an answer and its items.
const (
	stageQueued     = "queued"
	stageInProgress = "in_progress"
	stageCompleted  = "completed"
	stageIncomplete = "incomplete"
	stageFailed     = "failed"
	stageCancelled  = "cancelled"
)

// responseErrorCodes are OpenAI's, by kind of trouble; the others are the server's.
var responseErrorCodes = map[hearth.Kind]string{
	hearth.KindInvalid:   "invalid_prompt",
	hearth.KindTooLarge:  "invalid_prompt",
	hearth.KindExhausted: "rate_limit_exceeded",
}

func responseErrorOf(e *hearth.Error, l hearth.Language) *responseError {
	code, ok := responseErrorCodes[e.Kind()]
	if !ok {
		code = "server_error"
	}
	return &responseError{code, e.Message(l), string(e.Code), e.Remedy(l)}
}

package hearth

import "encoding/json"

// Role says who speaks a message.
type Role string

// The roles of a conversation. Dialects map their own spellings ("developer",
// "function") onto these.
const (
	RoleSystem    Role = "system"
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool"
)

// Message is one turn of a conversation.
type Message struct {
	Role Role

	// Text is what was said. TextAbsent marks a turn that had no text at all,
	// which some published templates treat differently from an empty one: an
	// assistant turn that only calls tools.
	Text       string
	TextAbsent bool

	// Reasoning is the thinking that preceded Text, where the client sent it
	// apart from the text. Assistant turns only.
	Reasoning string

	ToolCalls  []ToolCall // what an assistant turn asked to have run
	ToolCallID string     // which of those calls a tool turn answers
	Name       string     // the tool, or the speaker where a dialect names one
}

// Tool is a function the model may ask to have run.
type Tool struct {
	Name        string
	Description string
	Parameters  json.RawMessage // JSON Schema, key order kept; nil if not given
	Strict      bool
}

// ToolCall is a model's wish to have a tool run.
type ToolCall struct {
	ID        string
	Name      string
	Arguments string // JSON text exactly as the model or the client wrote it
}

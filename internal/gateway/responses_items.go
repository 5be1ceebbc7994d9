package gateway

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hearthbox/hearth"
)

// inputItem is an item of a conversation: what was said, thought, called and returned.
type inputItem struct {
	Type      string      `json:"type"`
	ID        string      `json:"id"`
	Role      string      `json:"role"`
	Content   itemContent `json:"content"`
	Summary   itemContent `json:"summary"`
	CallID    string      `json:"call_id"`
	Name      string      `json:"name"`
	Namespace string      `json:"namespace"`
	Arguments string      `json:"arguments"`
	Output    itemContent `json:"output"`

	// Of tools that are run here.
	Server   string          `json:"server_label"`
	Approval string          `json:"approval_request_id"`
	Approve  bool            `json:"approve"`
	Reason   string          `json:"reason"`
	Failed   json.RawMessage `json:"error"`
}

// itemContent is a text or a list of parts.
type itemContent struct {
	text    string
	present bool
	other   string // the type of a part that is no text
	wrong   bool   // it is something else
}

// UnmarshalJSON joins the texts of parts.
func (c *itemContent) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case 'n':
		return nil
	case '"':
		c.present = true
		return json.Unmarshal(b, &c.text)
	case '[':
	default:
		c.wrong = true
		return nil
	}
	var parts []struct{ Type, Text, Refusal string }
	c.wrong = json.Unmarshal(b, &parts) != nil
	c.present = true
	for _, p := range parts {
		switch p.Type {
		case "input_text", "output_text", "text", "reasoning_text", "summary_text":
			c.text += p.Text
		case "refusal":
			c.text += p.Refusal
		default:
			c.other = p.Type
		}
	}
	return nil
}

// items are the parts of an input, a text being one message.
func items(input json.RawMessage) ([]json.RawMessage, error) {
	input = bytes.TrimSpace(input)
	if !given(input) {
		return nil, missing("input")
	}
	if input[0] == '"' {
		item := append(append([]byte(`{"type":"message","role":"user","content":[{"type":"input_text","text":`), input...), `}]}`...)
		return []json.RawMessage{item}, nil
	}
	var list []json.RawMessage
	if json.Unmarshal(input, &list) != nil {
		return nil, hearth.NewError(hearth.WrongType, "field", "input", "type", "string or array").At("input")
	}
	return list, nil
}

// identified completes items that clients write in short, so that they can be listed: an
// id, the type of messages, a state, and texts as parts.
func identified(item json.RawMessage) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(item, &fields) != nil || fields == nil {
		return nil, hearth.NewError(hearth.WrongType, "field", "input", "type", "array of objects").At("input")
	}
	set := func(name string, value any) {
		if v := fields[name]; !given(v) {
			fields[name], _ = json.Marshal(value)
		}
	}
	set("type", itemMessage)
	set("id", "item_"+rand.Text())
	set("status", stageCompleted)
	if text := fields["content"]; len(text) > 0 && text[0] == '"' && string(fields["type"]) == `"message"` {
		part := map[string]any{"type": "input_text", "text": text}
		if string(fields["role"]) == `"assistant"` {
			part = map[string]any{"type": partText, "text": text, "annotations": []any{}}
		}
		fields["content"], _ = json.Marshal([]any{part})
	}
	return json.Marshal(fields)
}

// conversation puts items into hearth's words: thinking, saying and calling that follow
// each other are one turn of the assistant.
func conversation(list []json.RawMessage, out ...hearth.Message) ([]hearth.Message, error) {
	for i, raw := range list {
		at := fmt.Sprintf("input[%d]", i)
		var item inputItem
		if err := json.Unmarshal(raw, &item); err != nil {
			return nil, jsonErrorIn(at, raw, err)
		}
		var err error
		if out, err = item.join(at, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// jsonErrorIn blames a part of the request.
func jsonErrorIn(at string, raw []byte, err error) error {
	e := hearth.AsError(jsonError(raw, err))
	return e.At(strings.TrimSuffix(at+"."+e.Field, "."))
}

// join appends the item.
func (i *inputItem) join(at string, out []hearth.Message) ([]hearth.Message, error) {
	for name, c := range map[string]itemContent{"content": i.Content, "output": i.Output, "summary": i.Summary} {
		switch {
		case c.wrong:
			return nil, hearth.NewError(hearth.WrongType, "field", at+"."+name, "type", "string or array").At(at + "." + name)
		case c.other != "":
			return nil, unsupported(at+"."+name, fmt.Sprintf("content of type %q", c.other))
		}
	}
	switch i.Type {
	case "", "message":
		return i.message(at, out)
	case "reasoning":
		if i.Content.text == "" {
			i.Content.text = i.Summary.text
		}
		out = assistantTurn(out, func(m *hearth.Message) bool { return m.Text == "" && len(m.ToolCalls) == 0 })
		out[len(out)-1].Reasoning += i.Content.text
	case "function_call":
		if i.Name == "" {
			return nil, missing(at + ".name")
		}
		out = assistantTurn(out, func(*hearth.Message) bool { return true })
		m := &out[len(out)-1]
		m.ToolCalls = append(m.ToolCalls, hearth.ToolCall{ID: i.CallID, Name: inNamespace(i.Namespace, i.Name), Arguments: i.Arguments})
	case "function_call_output":
		if i.CallID == "" {
			return nil, missing(at + ".call_id")
		}
		out = append(out, hearth.Message{Role: hearth.RoleTool, ToolCallID: i.CallID, Name: called(out, i.CallID), Text: i.Output.text})
	case itemToolList, itemToolWish: // the model is told of the tools anew, and of calls when they are made
	case itemToolRun:
		return i.ran(out), nil
	default:
		return nil, unsupported(at+".type", fmt.Sprintf("an item of type %q", i.Type))
	}
	return out, nil
}

func (i *inputItem) message(at string, out []hearth.Message) ([]hearth.Message, error) {
	role, ok := roles[i.Role]
	switch {
	case i.Role == "":
		return nil, missing(at + ".role")
	case !ok || role == hearth.RoleTool:
		return nil, hearth.NewError(hearth.NotOneOf, "field", at+".role", "choices", "user, assistant, system, developer").At(at + ".role")
	case !i.Content.present:
		return nil, missing(at + ".content")
	case role != hearth.RoleAssistant:
		return append(out, hearth.Message{Role: role, Text: i.Content.text}), nil
	}
	out = assistantTurn(out, func(m *hearth.Message) bool { return m.Text == "" && len(m.ToolCalls) == 0 })
	m := &out[len(out)-1]
	m.Text, m.TextAbsent = i.Content.text, false
	return out, nil
}

// assistantTurn makes sure that the last turn is the assistant's, and one that may go on.
func assistantTurn(out []hearth.Message, may func(*hearth.Message) bool) []hearth.Message {
	if n := len(out); n > 0 && out[n-1].Role == hearth.RoleAssistant && may(&out[n-1]) {
		return out
	}
	return append(out, hearth.Message{Role: hearth.RoleAssistant, TextAbsent: true})
}

package prompt

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
)

// wire is a conversation as the goldens and OpenAI's clients write it.
type wire struct {
	Messages []struct {
		Role       hearth.Role
		Content    *string
		Reasoning  string     `json:"reasoning_content"`
		ToolCalls  []wireCall `json:"tool_calls"`
		ToolCallID string     `json:"tool_call_id"`
		Name       string
	}
	Tools []struct {
		Function struct {
			Name, Description string
			Parameters        json.RawMessage
			Strict            bool
		}
	}
	Thinking   *bool `json:"enable_thinking"`
	Generation *bool `json:"add_generation_prompt"`
}

type wireCall struct {
	ID       string
	Function struct {
		Name      string
		Arguments json.RawMessage // an object, or the text of one
	}
}

func (w wire) request() *hearth.Request {
	r := &hearth.Request{}
	for _, m := range w.Messages {
		message := hearth.Message{Role: m.Role, TextAbsent: m.Content == nil, Reasoning: m.Reasoning, ToolCallID: m.ToolCallID, Name: m.Name}
		if m.Content != nil {
			message.Text = *m.Content
		}
		for _, c := range m.ToolCalls {
			message.ToolCalls = append(message.ToolCalls, hearth.ToolCall{ID: c.ID, Name: c.Function.Name, Arguments: argumentsText(c.Function.Arguments)})
		}
		r.Messages = append(r.Messages, message)
	}
	for _, t := range w.Tools {
		f := t.Function
		r.Tools = append(r.Tools, hearth.Tool{Name: f.Name, Description: f.Description, Parameters: f.Parameters, Strict: f.Strict})
	}
	if w.Thinking != nil && *w.Thinking {
		r.Thinking = hearth.ThinkingOn
	} else if w.Thinking != nil {
		r.Thinking = hearth.ThinkingOff
	}
	if w.Generation != nil && !*w.Generation {
		r.Ending = hearth.AfterLast
	}
	return r
}

func argumentsText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

func readGzip(t testing.TB, path string, v any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(v); err != nil {
		t.Fatal(err)
	}
}

func goldenTime() time.Time { return time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC) }

func joined(cut []hearth.Span) string {
	var b strings.Builder
	for _, s := range cut {
		b.WriteString(s.Text)
	}
	return b.String()
}

// compare reports what differs between a prompt and what was wanted; nil is wanted
// where the template fails.
func compare(t *testing.T, name string, got []hearth.Span, err error, want *string) bool {
	t.Helper()
	switch text := joined(got); {
	case err != nil && want != nil:
		t.Errorf("%s: %v", name, err)
	case err == nil && want == nil:
		t.Errorf("%s: rendered, but the template fails", name)
	case err == nil && text != *want:
		i := 0
		for i < min(len(text), len(*want)) && text[i] == (*want)[i] {
			i++
		}
		t.Errorf("%s: after %q\n got %.80q\nwant %.80q", name, text[max(0, i-40):i], text[i:], (*want)[i:])
	default:
		return true
	}
	return false
}

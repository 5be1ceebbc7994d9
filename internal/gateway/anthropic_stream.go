package gateway

import (
	"encoding/json"

	"github.com/hearthbox/hearth"
)

// anthropicStream turns chunks into Anthropic's events: a message, in it blocks one
// after the other, in each its deltas.
type anthropicStream struct {
	x      *exchange
	head   anthropicAnswer
	max    int
	begun  bool
	blocks int    // how many have begun
	open   string // the type of the block that is open
	call   int    // its tool call
	end    hearth.Chunk
	out    []any
}

// blockEvent begins, continues or ends a block.
type blockEvent struct {
	Type  string `json:"type"`
	Index int    `json:"index"`
	Block any    `json:"content_block,omitempty"`
	Delta any    `json:"delta,omitempty"`
}

// blockDelta is what is appended to a block.
type blockDelta struct {
	Type        string `json:"type"`
	Text        string `json:"text,omitempty"`
	Thinking    string `json:"thinking,omitempty"`
	Signature   string `json:"signature,omitempty"`
	PartialJSON string `json:"partial_json,omitempty"`
}

// messageEvent is an event about the whole message.
type messageEvent struct {
	Type    string           `json:"type"`
	Message *anthropicAnswer `json:"message,omitempty"`
	Delta   *messageEnd      `json:"delta,omitempty"`
	Usage   *anthropicUsage  `json:"usage,omitempty"`
}

type messageEnd struct {
	StopReason   *string `json:"stop_reason"`
	StopSequence *string `json:"stop_sequence"`
}

func (s *anthropicStream) chunk(c hearth.Chunk) []any {
	s.out = nil
	s.begin()
	if c.Reasoning != "" {
		s.enter("thinking", 0, thinkingBlock{Type: "thinking"})
		s.delta(blockDelta{Type: "thinking_delta", Thinking: c.Reasoning})
	}
	if c.Text != "" {
		s.enter("text", 0, textBlock{Type: "text"})
		s.delta(blockDelta{Type: "text_delta", Text: c.Text})
	}
	for _, d := range c.ToolCalls {
		s.enter("tool_use", d.Index, toolUseBlock{"tool_use", d.ID, d.Name, json.RawMessage("{}")})
		if d.Arguments != "" {
			s.delta(blockDelta{Type: "input_json_delta", PartialJSON: d.Arguments})
		}
	}
	if c.Finish != "" {
		s.end.Finish, s.end.StopString = c.Finish, c.StopString
	}
	if c.Usage != nil {
		s.end.Usage = c.Usage
	}
	return s.out
}

func (s *anthropicStream) begin() {
	if !s.begun {
		s.begun = true
		s.event("message_start", messageEvent{Type: "message_start", Message: &s.head})
	}
}

func (s *anthropicStream) event(name string, v any) { s.out = append(s.out, event{name, v}) }

func (s *anthropicStream) delta(d blockDelta) {
	s.event("content_block_delta", blockEvent{Type: "content_block_delta", Index: s.blocks - 1, Delta: d})
}

// enter opens a block unless it is the one that is open, closing that.
func (s *anthropicStream) enter(kind string, call int, block any) {
	if s.open == kind && s.call == call {
		return
	}
	s.leave()
	s.open, s.call = kind, call
	s.blocks++
	s.event("content_block_start", blockEvent{Type: "content_block_start", Index: s.blocks - 1, Block: block})
}

func (s *anthropicStream) leave() {
	if s.open == "" {
		return
	}
	if s.open == "thinking" {
		s.delta(blockDelta{Type: "signature_delta", Signature: unsigned})
	}
	s.event("content_block_stop", blockEvent{Type: "content_block_stop", Index: s.blocks - 1})
	s.open = ""
}

func (s *anthropicStream) last() []any {
	s.out = nil
	s.begin()
	s.leave()
	var u hearth.Usage
	if s.end.Usage != nil {
		u = *s.end.Usage
	}
	usage := anthropicUsageOf(u)
	reason, sequence := stopReason(s.end.Finish, s.end.StopString, u, s.max)
	s.event("message_delta", messageEvent{Type: "message_delta", Delta: &messageEnd{reason, sequence}, Usage: &usage})
	s.event("message_stop", messageEvent{Type: "message_stop"})
	return s.out
}

// ping is Anthropic's own sign of life, which clients take at any time; where the
// request stands in line is hearth's addition.
type ping struct {
	Type     string `json:"type"`
	Position int    `json:"position,omitempty"`
	Wait     int    `json:"wait_seconds,omitempty"`
}

func (s *anthropicStream) waiting(p *hearth.Place) []any {
	e := ping{Type: "ping"}
	if p != nil {
		e.Position, e.Wait = p.Position, waitSeconds(p)
	}
	return []any{event{"ping", e}}
}

func (s *anthropicStream) broken(e *hearth.Error) []any {
	return []any{event{"error", anthropicError(s.x, e)}}
}

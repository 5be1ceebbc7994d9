package gateway_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
)

// heard is what a client understands of an answer.
type heard struct {
	Text, Reasoning string
	Calls           []call
	Finish          hearth.FinishReason
	Stop            string
	Usage           hearth.Usage
	Failed          bool
}

// call is a tool call; its arguments are compared as JSON.
type call struct{ ID, Name, Arguments string }

// plain makes two spellings of one JSON object alike.
func plain(arguments string) string {
	var v map[string]any
	if arguments == "" {
		return "{}"
	}
	if json.Unmarshal([]byte(arguments), &v) != nil {
		return arguments
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// sse parses server-sent events as the standard has it: only those that end in a blank
// line were sent.
func sse(body string) (events []sseEvent) {
	var e sseEvent
	s := bufio.NewScanner(strings.NewReader(body))
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		line := s.Text()
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && e.data != "":
			events = append(events, e)
			e = sseEvent{}
		case name == "event":
			e.name = value
		case name == "data":
			e.data += value
		}
	}
	return events
}

type sseEvent struct{ name, data string }

// A reader parses what a dialect's client gets, and may be given what was cut off.
type reader func(body string) (heard, error)

func into(data string, v any) error {
	if err := json.Unmarshal([]byte(data), v); err != nil {
		return fmt.Errorf("%s: %w", data, err)
	}
	return nil
}

type openAIStreamed struct {
	Choices []struct {
		Message, Delta struct {
			Content   *string
			Reasoning string `json:"reasoning_content"`
			ToolCalls []struct {
				Index    int
				ID       string
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		}
		FinishReason *string `json:"finish_reason"`
	}
	Usage *struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
		Details    struct {
			Cached int `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
		Answer struct {
			Reasoning int `json:"reasoning_tokens"`
		} `json:"completion_tokens_details"`
	}
	Error json.RawMessage
}

func (h *heard) openAI(c *openAIStreamed, streamed bool) {
	h.Failed = h.Failed || c.Error != nil
	if u := c.Usage; u != nil {
		h.Usage = hearth.Usage{PromptTokens: u.Prompt, CompletionTokens: u.Completion, CachedTokens: u.Details.Cached, ReasoningTokens: u.Answer.Reasoning}
	}
	for _, ch := range c.Choices {
		d := ch.Message
		if streamed {
			d = ch.Delta
		}
		h.Reasoning += d.Reasoning
		if d.Content != nil {
			h.Text += *d.Content
		}
		for i, t := range d.ToolCalls {
			if !streamed {
				t.Index = i
			}
			for len(h.Calls) <= t.Index {
				h.Calls = append(h.Calls, call{})
			}
			h.Calls[t.Index].ID += t.ID
			h.Calls[t.Index].Name += t.Function.Name
			h.Calls[t.Index].Arguments += t.Function.Arguments
		}
		if ch.FinishReason != nil {
			h.Finish = hearth.FinishReason(*ch.FinishReason)
		}
	}
}

func readChatStream(body string) (h heard, err error) {
	for _, e := range sse(body) {
		var c openAIStreamed
		if e.data == "[DONE]" {
			break
		}
		if err := into(e.data, &c); err != nil {
			return h, err
		}
		h.openAI(&c, true)
	}
	return h, nil
}

func readChat(body string) (h heard, err error) {
	var c openAIStreamed
	err = into(body, &c)
	h.openAI(&c, false)
	return h, err
}

type anthropicBlockRead struct {
	Type, Text, Thinking, ID, Name string
	Input                          json.RawMessage
}

type anthropicUsageRead struct {
	Input   int `json:"input_tokens"`
	Read    int `json:"cache_read_input_tokens"`
	Written int `json:"cache_creation_input_tokens"`
	Output  int `json:"output_tokens"`
}

func (u anthropicUsageRead) usage() hearth.Usage {
	return hearth.Usage{PromptTokens: u.Input + u.Read + u.Written, CachedTokens: u.Read, CompletionTokens: u.Output}
}

var anthropicReasons = map[string]hearth.FinishReason{"end_turn": hearth.FinishStop, "stop_sequence": hearth.FinishStop, "max_tokens": hearth.FinishLength,
	"model_context_window_exceeded": hearth.FinishLength, "tool_use": hearth.FinishToolCalls, "refusal": hearth.FinishFiltered}

func (h *heard) anthropicEnd(reason, stop *string) {
	if reason != nil {
		h.Finish = anthropicReasons[*reason]
	}
	if stop != nil {
		h.Stop = *stop
	}
}

func readMessages(body string) (h heard, err error) {
	var m struct {
		Content      []anthropicBlockRead
		StopReason   *string `json:"stop_reason"`
		StopSequence *string `json:"stop_sequence"`
		Usage        anthropicUsageRead
	}
	err = into(body, &m)
	for _, b := range m.Content {
		switch b.Type {
		case "text":
			h.Text += b.Text
		case "thinking":
			h.Reasoning += b.Thinking
		case "tool_use":
			h.Calls = append(h.Calls, call{b.ID, b.Name, string(b.Input)})
		}
	}
	h.anthropicEnd(m.StopReason, m.StopSequence)
	h.Usage = m.Usage.usage()
	return h, err
}

// readMessagesStream holds the order of events against the protocol as well.
func readMessagesStream(body string) (h heard, err error) {
	var open, blocks = -1, 0
	var begun, ended bool
	var kind string
	for _, e := range sse(body) {
		var v struct {
			Type    string
			Index   int
			Message *struct{ ID string }
			Block   anthropicBlockRead `json:"content_block"`
			Delta   struct {
				Type, Text, Thinking, Signature string
				PartialJSON                     string  `json:"partial_json"`
				StopReason                      *string `json:"stop_reason"`
				StopSequence                    *string `json:"stop_sequence"`
			}
			Usage anthropicUsageRead
		}
		if err := into(e.data, &v); err != nil {
			return h, err
		}
		if v.Type != e.name {
			return h, fmt.Errorf("event %s holds a %s", e.name, v.Type)
		}
		wrong := fmt.Errorf("%s out of order", e.data)
		switch v.Type {
		case "ping":
			continue
		case "error":
			h.Failed = true
			continue
		case "message_start":
			if begun || v.Message == nil {
				return h, wrong
			}
			begun = true
			continue
		}
		if !begun || ended {
			return h, wrong
		}
		switch v.Type {
		case "content_block_start":
			if open >= 0 || v.Index != blocks {
				return h, wrong
			}
			open, kind, blocks = v.Index, v.Block.Type, blocks+1
			if kind == "tool_use" {
				h.Calls = append(h.Calls, call{ID: v.Block.ID, Name: v.Block.Name})
			}
		case "content_block_delta":
			want := map[string]string{"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "thinking", "input_json_delta": "tool_use"}[v.Delta.Type]
			if v.Index != open || want != kind {
				return h, wrong
			}
			h.Text += v.Delta.Text
			h.Reasoning += v.Delta.Thinking
			if kind == "tool_use" {
				h.Calls[len(h.Calls)-1].Arguments += v.Delta.PartialJSON
			}
		case "content_block_stop":
			if v.Index != open {
				return h, wrong
			}
			open = -1
		case "message_delta":
			if open >= 0 {
				return h, wrong
			}
			h.anthropicEnd(v.Delta.StopReason, v.Delta.StopSequence)
			h.Usage = v.Usage.usage()
		case "message_stop":
			ended = true
		default:
			return h, wrong
		}
	}
	return h, nil
}

type ollamaRead struct {
	Message struct {
		Content, Thinking string
		ToolCalls         []struct {
			ID       string
			Function struct {
				Name      string
				Arguments json.RawMessage
			}
		} `json:"tool_calls"`
	}
	Done   bool
	Reason string `json:"done_reason"`
	Prompt int    `json:"prompt_eval_count"`
	Answer int    `json:"eval_count"`
	Error  string
}

func (h *heard) ollama(r *ollamaRead) {
	h.Failed = h.Failed || r.Error != ""
	h.Text += r.Message.Content
	h.Reasoning += r.Message.Thinking
	for _, c := range r.Message.ToolCalls {
		h.Calls = append(h.Calls, call{c.ID, c.Function.Name, string(c.Function.Arguments)})
	}
	if !r.Done {
		return
	}
	h.Usage = hearth.Usage{PromptTokens: r.Prompt, CompletionTokens: r.Answer}
	h.Finish = hearth.FinishReason(r.Reason)
	if h.Finish == hearth.FinishStop && len(h.Calls) > 0 {
		h.Finish = hearth.FinishToolCalls
	}
}

func readOllamaStream(body string) (h heard, err error) {
	for line := range strings.Lines(body) {
		if !strings.HasSuffix(line, "\n") {
			break // cut
		}
		var r ollamaRead
		if err := into(line, &r); err != nil {
			return h, err
		}
		h.ollama(&r)
	}
	return h, nil
}

func readOllama(body string) (h heard, err error) {
	var r ollamaRead
	err = into(body, &r)
	h.ollama(&r)
	return h, err
}

type responsesRead struct {
	Status     string
	Incomplete *struct{ Reason string } `json:"incomplete_details"`
	Output     []struct {
		ID, Type, Status, Name, Arguments string
		CallID                            string `json:"call_id"`
		Content                           []struct{ Type, Text string }
	}
	Usage *struct {
		Input   int `json:"input_tokens"`
		Details struct {
			Cached int `json:"cached_tokens"`
		} `json:"input_tokens_details"`
		Output int `json:"output_tokens"`
		Answer struct {
			Reasoning int `json:"reasoning_tokens"`
		} `json:"output_tokens_details"`
	}
}

func (r *responsesRead) heard() (h heard) {
	for _, o := range r.Output {
		text := ""
		for _, c := range o.Content {
			text += c.Text
		}
		switch o.Type {
		case "message":
			h.Text += text
		case "reasoning":
			h.Reasoning += text
		case "function_call":
			h.Calls = append(h.Calls, call{o.CallID, o.Name, o.Arguments})
		}
	}
	switch {
	case r.Status == "failed":
		h.Failed = true
	case r.Incomplete != nil && r.Incomplete.Reason == "content_filter":
		h.Finish = hearth.FinishFiltered
	case r.Status == "incomplete":
		h.Finish = hearth.FinishLength
	case r.Status == "completed" && len(h.Calls) > 0:
		h.Finish = hearth.FinishToolCalls
	case r.Status == "completed":
		h.Finish = hearth.FinishStop
	}
	if u := r.Usage; u != nil {
		h.Usage = hearth.Usage{PromptTokens: u.Input, CachedTokens: u.Details.Cached, CompletionTokens: u.Output, ReasoningTokens: u.Answer.Reasoning}
	}
	return h
}

func readResponses(body string) (heard, error) {
	var r responsesRead
	err := into(body, &r)
	return r.heard(), err
}

// readResponsesStream joins the deltas, and holds them against what later events repeat.
func readResponsesStream(body string) (h heard, err error) {
	var parts []string
	for i, e := range sse(body) {
		var v struct {
			Type, Delta, Text, Arguments string
			Sequence                     int `json:"sequence_number"`
			Index                        int `json:"output_index"`
			Item                         struct {
				Type, Name string
				CallID     string `json:"call_id"`
			}
			Response responsesRead
		}
		if err := into(e.data, &v); err != nil {
			return h, err
		}
		if v.Type != e.name || v.Sequence != i {
			return h, fmt.Errorf("event %d, %s, says it is %d, %s", i, e.name, v.Sequence, v.Type)
		}
		switch v.Type {
		case "response.output_item.added":
			if parts = append(parts, ""); v.Index != len(parts)-1 {
				return h, fmt.Errorf("%s out of order", e.data)
			}
			if v.Item.Type == "function_call" {
				h.Calls = append(h.Calls, call{ID: v.Item.CallID, Name: v.Item.Name})
			}
		case "response.output_text.delta":
			h.Text += v.Delta
			parts[v.Index] += v.Delta
		case "response.reasoning_text.delta":
			h.Reasoning += v.Delta
			parts[v.Index] += v.Delta
		case "response.function_call_arguments.delta":
			h.Calls[len(h.Calls)-1].Arguments += v.Delta
			parts[v.Index] += v.Delta
		case "response.output_text.done", "response.reasoning_text.done", "response.function_call_arguments.done":
			if whole := v.Text + v.Arguments; whole != parts[v.Index] {
				return h, fmt.Errorf("deltas of %q end as %q", parts[v.Index], whole)
			}
		case "response.completed", "response.incomplete", "response.failed":
			whole := v.Response.heard()
			if whole.Text != h.Text || whole.Reasoning != h.Reasoning || !slices.Equal(whole.Calls, h.Calls) {
				return h, fmt.Errorf("%+v ends as %+v", h, whole)
			}
			h = whole
		}
	}
	return h, nil
}

package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"

	"github.com/hearthbox/hearth"
)

var anthropicRoutes = []route{
	{http.MethodPost, "/v1/messages", hearth.RightAsk, (*exchange).messages},
	{http.MethodPost, "/v1/messages/count_tokens", hearth.RightAsk, (*exchange).countTokens},
}

// Counter counts the tokens of the prompt that a request would be answered from.
type Counter interface {
	CountTokens(ctx context.Context, r *hearth.Request) (int, error)
}

// anthropicAnswer is a message as Anthropic writes it, whole or at a stream's beginning.
type anthropicAnswer struct {
	ID           string         `json:"id"`
	Type         string         `json:"type"`
	Role         string         `json:"role"`
	Model        string         `json:"model"`
	Content      []any          `json:"content"`
	StopReason   *string        `json:"stop_reason"`
	StopSequence *string        `json:"stop_sequence"`
	Usage        anthropicUsage `json:"usage"`

	AIGC *hearth.ContentLabel `json:"aigc,omitempty"`
}

// anthropicUsage counts the prompt in three parts that add up.
type anthropicUsage struct {
	Input         int `json:"input_tokens"` // neither read from a cache nor written to one
	CacheCreation int `json:"cache_creation_input_tokens"`
	CacheRead     int `json:"cache_read_input_tokens"`
	Output        int `json:"output_tokens"`
}

func anthropicUsageOf(u hearth.Usage) anthropicUsage {
	return anthropicUsage{Input: u.PromptTokens - u.CachedTokens, CacheRead: u.CachedTokens, Output: u.CompletionTokens}
}

// The blocks of an answer.
type (
	textBlock struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	thinkingBlock struct {
		Type      string `json:"type"`
		Thinking  string `json:"thinking"`
		Signature string `json:"signature"`
	}
	toolUseBlock struct {
		Type  string          `json:"type"`
		ID    string          `json:"id"`
		Name  string          `json:"name"`
		Input json.RawMessage `json:"input"`
	}
)

// unsigned stands where Anthropic proves that thinking is its own. Clients leave out
// of the next request what has no signature, and hearth asks for none.
const unsigned = "unsigned"

// messages answers POST /v1/messages.
func (x *exchange) messages() error {
	var c anthropicRequest
	if err := x.read(&c); err != nil {
		return err
	}
	if c.MaxTokens == nil {
		return missing("max_tokens")
	}
	r, err := c.request()
	if err != nil {
		return err
	}
	x.oneCall = c.oneCall()
	head := anthropicAnswer{ID: "msg_" + rand.Text(), Type: "message", Role: "assistant", Model: r.Model, Content: []any{}, AIGC: x.label(r)}
	if c.Stream {
		return x.send(r, sse, &anthropicStream{x: x, head: head, max: r.MaxTokens})
	}
	var whole collected
	if err := x.collect(r, whole.add); err != nil {
		return err
	}
	if text := whole.reasoning.String(); text != "" {
		head.Content = append(head.Content, thinkingBlock{"thinking", text, unsigned})
	}
	if text := whole.text.String(); text != "" {
		head.Content = append(head.Content, textBlock{"text", text})
	}
	for _, call := range whole.calls {
		head.Content = append(head.Content, toolUseBlock{"tool_use", call.ID, call.Name, object(call.Arguments)})
	}
	head.StopReason, head.StopSequence = stopReason(whole.finish, whole.stop, whole.usage, r.MaxTokens)
	head.Usage = anthropicUsageOf(whole.usage)
	x.writeJSON(http.StatusOK, head)
	return nil
}

// stopReason is why an answer ended, in Anthropic's words. One that ended before it had
// the tokens asked for ended with the context.
func stopReason(f hearth.FinishReason, stop string, u hearth.Usage, maxTokens int) (reason, sequence *string) {
	name := "end_turn"
	switch {
	case f == hearth.FinishLength && u.CompletionTokens > 0 && u.CompletionTokens < maxTokens:
		name = "model_context_window_exceeded"
	case f == hearth.FinishLength:
		name = "max_tokens"
	case f == hearth.FinishToolCalls:
		name = "tool_use"
	case f == hearth.FinishFiltered:
		name = "refusal"
	case stop != "":
		name, sequence = "stop_sequence", &stop
	}
	return &name, sequence
}

// countTokens answers POST /v1/messages/count_tokens.
func (x *exchange) countTokens() error {
	var c anthropicRequest
	if err := x.read(&c); err != nil {
		return err
	}
	r, err := c.request()
	if err != nil {
		return err
	}
	if x.Counter == nil {
		return unsupported("", "counting tokens")
	}
	if err := x.Models.permit(r.Model); err != nil {
		return err
	}
	if m, err := x.Models.all.Find(x.r.Context(), r.Model); err == nil { // by another name, of an adapter
		if err := x.Models.permit(m.ID); err != nil {
			return err
		}
	}
	n, err := x.Counter.CountTokens(x.r.Context(), r)
	if err != nil {
		return x.fieldOf(r, err)
	}
	x.writeJSON(http.StatusOK, map[string]int{"input_tokens": n})
	return nil
}

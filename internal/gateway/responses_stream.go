package gateway

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// responseStream turns chunks into the events of the Responses API, numbered from 0, and
// builds the whole answer on the way: it serves answers that are not streamed as well.
type responseStream struct {
	lang       hearth.Language
	namespaces map[string]namespaced
	// keep is called with the answer when it is whole.
	keep func(*responseObject)

	object   responseObject
	begun    bool // the first event was made
	under    bool // it is in progress
	sequence int

	open     *outputItem // the item that is being written, and what it is made of
	text     strings.Builder
	logProbs []openAILogProb
	call     int // its index among the calls
	finish   hearth.FinishReason
	usage    *hearth.Usage
	out      []any
}

// responseEvent is one event. What does not apply is left out.
type responseEvent struct {
	Type         string           `json:"type"`
	Sequence     int              `json:"sequence_number"`
	Response     *responseObject  `json:"response,omitempty"`
	ItemID       string           `json:"item_id,omitempty"`
	OutputIndex  *int             `json:"output_index,omitempty"`
	ContentIndex *int             `json:"content_index,omitempty"`
	Item         *outputItem      `json:"item,omitempty"`
	Part         *contentPart     `json:"part,omitempty"`
	Delta        *string          `json:"delta,omitempty"`
	Text         *string          `json:"text,omitempty"`
	LogProbs     *[]openAILogProb `json:"logprobs,omitempty"`
	Name         string           `json:"name,omitempty"`
	Arguments    *string          `json:"arguments,omitempty"`
	Code         string           `json:"code,omitempty"`
	Message      string           `json:"message,omitempty"`
	Param        *string          `json:"param,omitempty"`
	Remedy       string           `json:"remedy,omitempty"`
}

func (s *responseStream) event(e responseEvent) {
	e.Sequence = s.sequence
	s.sequence++
	s.out = append(s.out, event{e.Type, e})
}

// stage tells of the whole answer as it stands.
func (s *responseStream) stage(name string) {
	now := s.object
	now.Output = slices.Clone(s.object.Output)
	s.event(responseEvent{Type: "response." + name, Response: &now})
}

// begin sends the first event.
func (s *responseStream) begin() {
	if !s.begun {
		s.begun = true
		s.stage("created")
	}
}

// work begins the answer itself.
func (s *responseStream) work() {
	if s.under {
		return
	}
	s.object.Status = stageInProgress
	s.begin()
	s.under = true
	s.stage("in_progress")
}

func (s *responseStream) chunk(c hearth.Chunk) []any {
	s.out = nil
	s.work()
	if c.ServedBy != "" {
		s.object.ServedByHearth = c.ServedBy
	}
	if c.Run != nil {
		s.ran(c.Run)
		return s.out
	}
	if c.Reasoning != "" {
		s.enter(itemReasoning, 0, hearth.ToolCallDelta{})
		s.append("response.reasoning_text.delta", c.Reasoning, nil)
	}
	if c.Text != "" || len(c.LogProbs) > 0 {
		s.enter(itemMessage, 0, hearth.ToolCallDelta{})
		s.append("response.output_text.delta", c.Text, logProbsOf(c.LogProbs))
	}
	for _, d := range c.ToolCalls {
		s.enter(itemCall, d.Index, d)
		if d.Arguments != "" {
			s.append("response.function_call_arguments.delta", d.Arguments, nil)
		}
	}
	if c.Finish != "" {
		s.finish = c.Finish
	}
	if c.Usage != nil {
		s.usage = c.Usage
	}
	return s.out
}

// enter opens an item unless it is the one that is open, closing that.
func (s *responseStream) enter(kind string, call int, d hearth.ToolCallDelta) {
	if s.open != nil && s.open.Type == kind && s.call == call {
		return
	}
	s.leave(stageCompleted)
	s.call = call
	n := len(s.object.Output)
	id := strings.TrimPrefix(s.object.ID, responseID)
	item := outputItem{Type: kind, Status: stageInProgress}
	part := contentPart{}
	switch kind {
	case itemReasoning:
		item.ID, item.Summary, item.Content = fmt.Sprintf("rs_%s_%d", id, n), &[]any{}, &[]contentPart{}
		part = contentPart{Type: partReasoning}
	case itemMessage:
		item.ID, item.Role, item.Content = fmt.Sprintf("msg_%s_%d", id, n), "assistant", &[]contentPart{}
		part = contentPart{Type: partText, Annotations: &[]any{}, LogProbs: &[]openAILogProb{}}
	case itemCall:
		none := ""
		item.ID, item.CallID, item.Name, item.Arguments = fmt.Sprintf("fc_%s_%d", id, n), d.ID, d.Name, &none
		if in, ok := s.namespaces[d.Name]; ok {
			item.Namespace, item.Name = in.namespace, in.name
		}
	}
	s.open = &item
	added := item
	s.event(responseEvent{Type: "response.output_item.added", OutputIndex: &n, Item: &added})
	if kind != itemCall {
		s.event(s.about(responseEvent{Type: "response.content_part.added", Part: &part}))
	}
}

// about says which item an event is about.
func (s *responseStream) about(e responseEvent) responseEvent {
	n := len(s.object.Output)
	e.ItemID, e.OutputIndex = s.open.ID, &n
	if s.open.parted() {
		e.ContentIndex = new(int)
	}
	return e
}

// append adds to the open item.
func (s *responseStream) append(kind, delta string, odds []openAILogProb) {
	s.text.WriteString(delta)
	s.logProbs = append(s.logProbs, odds...)
	e := s.about(responseEvent{Type: kind, Delta: &delta})
	if s.open.Type == itemMessage {
		e.LogProbs = nonNil(odds)
	}
	s.event(e)
}

func nonNil(odds []openAILogProb) *[]openAILogProb {
	if odds == nil {
		odds = []openAILogProb{}
	}
	return &odds
}

// leave closes the open item.
func (s *responseStream) leave(status string) {
	if s.open == nil {
		return
	}
	text := s.text.String()
	var part contentPart
	switch s.open.Type {
	case itemReasoning:
		part = contentPart{Type: partReasoning, Text: text}
		s.event(s.about(responseEvent{Type: "response.reasoning_text.done", Text: &text}))
	case itemMessage:
		part = contentPart{Type: partText, Text: text, Annotations: &[]any{}, LogProbs: nonNil(s.logProbs)}
		s.event(s.about(responseEvent{Type: "response.output_text.done", Text: &text, LogProbs: part.LogProbs}))
	case itemCall:
		s.open.Arguments = &text
		s.event(s.about(responseEvent{Type: "response.function_call_arguments.done", Name: s.open.Name, Arguments: &text}))
	}
	if s.open.parted() {
		s.open.Content = &[]contentPart{part}
		s.event(s.about(responseEvent{Type: "response.content_part.done", Part: &part}))
	}
	s.open.Status = status
	n, item := len(s.object.Output), *s.open
	s.event(responseEvent{Type: "response.output_item.done", OutputIndex: &n, Item: &item})
	s.object.Output = append(s.object.Output, item)
	s.open, s.logProbs = nil, nil
	s.text.Reset()
}

func (s *responseStream) last() []any {
	s.out = nil
	s.work()
	s.object.Status = stageCompleted
	switch s.finish {
	case hearth.FinishLength:
		s.object.Status, s.object.Incomplete = stageIncomplete, &incompleteDetails{"max_output_tokens"}
	case hearth.FinishFiltered:
		s.object.Status, s.object.Incomplete = stageIncomplete, &incompleteDetails{"content_filter"}
	}
	s.leave(s.object.Status)
	s.object.Usage = responseUsageOf(s.usage)
	now := time.Now().Unix()
	s.object.CompletedAt = &now
	s.keep(&s.object)
	s.stage(s.object.Status)
	return s.out
}

// waiting tells first that the answer is queued; then that it still is, in comments.
func (s *responseStream) waiting(p *hearth.Place) []any {
	if s.begun {
		return []any{standing(p)}
	}
	s.out = nil
	s.object.Status = stageQueued
	s.begin()
	s.stage("queued")
	return append(s.out, standing(p))
}

func (s *responseStream) broken(e *hearth.Error) []any {
	s.out = nil
	s.begin()
	s.leave(stageIncomplete)
	s.object.Status, s.object.Error = stageFailed, responseErrorOf(e, s.lang)
	s.keep(&s.object)
	told := responseEvent{Type: "error", Code: string(e.Code), Message: e.Message(s.lang), Remedy: e.Remedy(s.lang)}
	if e.Field != "" {
		told.Param = &e.Field
	}
	s.event(told)
	s.stage("failed")
	return s.out
}

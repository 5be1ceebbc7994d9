package gateway

import (
	"encoding/json"
	"strings"

	"github.com/hearthbox/hearth"
)

// collected gathers one choice of an answer that is not streamed.
type collected struct {
	text, reasoning strings.Builder
	calls           []hearth.ToolCall
	logProbs        []hearth.TokenLogProb
	finish          hearth.FinishReason
	stop            string // the client's stop string that ended it
	usage           hearth.Usage
}

func (t *collected) add(c hearth.Chunk) {
	t.text.WriteString(c.Text)
	t.reasoning.WriteString(c.Reasoning)
	for _, d := range c.ToolCalls {
		for len(t.calls) <= d.Index {
			t.calls = append(t.calls, hearth.ToolCall{})
		}
		call := &t.calls[d.Index]
		call.ID += d.ID
		call.Name += d.Name
		call.Arguments += d.Arguments
	}
	t.logProbs = append(t.logProbs, c.LogProbs...)
	if c.Finish != "" {
		t.finish, t.stop = c.Finish, c.StopString
	}
	if c.Usage != nil {
		t.usage = *c.Usage
	}
}

// argumentsText is the name under which arguments that are no JSON object stand where a
// dialect has room for nothing else.
const argumentsText = "arguments_text"

// object is the arguments of a tool call for dialects that send them as JSON and not
// as a text. A model may write what is no object; it is kept all the same.
func object(arguments string) json.RawMessage {
	arguments = strings.TrimSpace(arguments)
	switch {
	case arguments == "":
		return json.RawMessage("{}")
	case arguments[0] == '{' && json.Valid([]byte(arguments)):
		return json.RawMessage(arguments)
	}
	b, err := encode(map[string]string{argumentsText: arguments})
	if err != nil {
		panic(err) // a text is always JSON
	}
	return json.RawMessage(b)
}

// argumentsOf is the way back from [object].
func argumentsOf(input json.RawMessage) string {
	var kept map[string]json.RawMessage
	var text string
	if json.Unmarshal(input, &kept) == nil && len(kept) == 1 && json.Unmarshal(kept[argumentsText], &text) == nil {
		return text
	}
	return string(input)
}

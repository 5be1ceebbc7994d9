package upstream

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/hearthbox/hearth"
)

// constrain asks for what the answer shall be in OpenAI's words, as far as they go.
func (b *chatBody) constrain(r *hearth.Request) error {
	if c := r.Constraint; c != nil {
		switch {
		case r.Prompt != nil:
			return notThere(c, "a format for a plain completion")
		case c.Kind == hearth.ConstrainObject:
			b.ResponseFormat = map[string]string{"type": "json_object"}
		case c.Kind == hearth.ConstrainSchema && json.Valid([]byte(c.Source)):
			b.ResponseFormat = map[string]any{"type": "json_schema", "json_schema": map[string]any{
				"name": cmp.Or(c.Name, "answer"), "strict": true, "schema": json.RawMessage(c.Source)}}
		case c.Kind == hearth.ConstrainSchema:
			return hearth.NewError(hearth.ConstraintInvalid, "field", c.Field, "place", "", "detail", "it is not valid JSON").At(c.Field)
		default:
			return notThere(c, fmt.Sprintf("a format of kind %q", c.Kind))
		}
	}
	if len(r.Tools) == 0 {
		return nil
	}
	if r.Calls.Single {
		no := false
		b.ParallelCalls = &no
	}
	switch {
	case r.Calls.Name != "":
		b.ToolChoice = map[string]any{"type": "function", "function": map[string]string{"name": r.Calls.Name}}
	case r.Calls.Required:
		b.ToolChoice = "required"
	}
	return nil
}

func notThere(c *hearth.Constraint, what string) error {
	return hearth.NewError(hearth.Unsupported, "what", what).At(c.Field)
}

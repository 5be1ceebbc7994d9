package gateway

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hearthbox/hearth"
)

// answerFormat is what an answer shall be: OpenAI's response_format, and text.format
// of its Responses, which has the fields of json_schema beside the type.
type answerFormat struct {
	Type       string          `json:"type"`
	Schema     json.RawMessage `json:"schema"`
	Name       string          `json:"name"`
	JSONSchema *struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"schema"`
	} `json:"json_schema"`
}

// constraint puts a format in hearth's words. nil is any text.
func (f *answerFormat) constraint(k *checks, field string) *hearth.Constraint {
	if f == nil {
		return nil
	}
	switch {
	case f.Type == "text":
		return nil
	case f.Type == "json_object" && !given(f.Schema):
		return &hearth.Constraint{Kind: hearth.ConstrainObject, Field: field}
	case f.Type == "json_schema" && f.JSONSchema != nil:
		return schemaConstraint(k, f.JSONSchema.Schema, f.JSONSchema.Name, field+".json_schema.schema")
	case f.Type == "json_schema" && !given(f.Schema) && field == "response_format":
		k.fail(missing(field + ".json_schema"))
		return nil
	case f.Type == "json_schema", f.Type == "json_object":
		return schemaConstraint(k, f.Schema, f.Name, field+".schema")
	}
	k.fail(unsupported(field, fmt.Sprintf("%s of type %q", field, f.Type)))
	return nil
}

func schemaConstraint(k *checks, schema json.RawMessage, name, field string) *hearth.Constraint {
	if !given(schema) {
		k.fail(missing(field))
		return nil
	}
	return &hearth.Constraint{Kind: hearth.ConstrainSchema, Source: string(schema), Name: name, Field: field}
}

// structure is what vLLM's clients send beside OpenAI's fields.
type structure struct {
	JSON       json.RawMessage `json:"json"`
	JSONObject bool            `json:"json_object"`
	Regex      *string         `json:"regex"`
	Choice     []string        `json:"choice"`
	Grammar    *string         `json:"grammar"`
}

// constraint reads the one member that is there.
func (s *structure) constraint(k *checks, field string) *hearth.Constraint {
	var all []*hearth.Constraint
	if given(s.JSON) {
		all = append(all, schemaConstraint(k, schemaText(s.JSON), "", field+".json"))
	}
	if s.JSONObject {
		all = append(all, &hearth.Constraint{Kind: hearth.ConstrainObject, Field: field + ".json_object"})
	}
	if s.Regex != nil {
		all = append(all, &hearth.Constraint{Kind: hearth.ConstrainRegex, Source: *s.Regex, Field: field + ".regex"})
	}
	if s.Grammar != nil {
		all = append(all, &hearth.Constraint{Kind: hearth.ConstrainGrammar, Source: *s.Grammar, Field: field + ".grammar"})
	}
	if s.Choice != nil {
		c := &hearth.Constraint{Kind: hearth.ConstrainChoice, Field: field + ".choice"}
		for _, text := range s.Choice {
			c.Parts = append(c.Parts, hearth.Constraint{Kind: hearth.ConstrainText, Source: text})
		}
		all = append(all, c)
	}
	return onlyOne(k, field, all)
}

// schemaText is a schema, which some clients send as a text.
func schemaText(raw json.RawMessage) json.RawMessage {
	var text string
	if raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		return json.RawMessage(text)
	}
	return raw
}

// onlyOne is the one constraint of a list, nil if there is none.
func onlyOne(k *checks, field string, all []*hearth.Constraint) *hearth.Constraint {
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	k.fail(hearth.NewError(hearth.InvalidValue, "field", field, "detail",
		hearth.Words{"an answer is held to one thing at a time", "一次只能指定一种回答格式"}).At(field))
	return nil
}

// constraint is what a request says of its answer beside response_format.
func (d *openAIDecoding) constraint(k *checks, format *hearth.Constraint) *hearth.Constraint {
	var all []*hearth.Constraint
	if format != nil {
		all = append(all, format)
	}
	if d.Structured != nil {
		if c := d.Structured.constraint(k, "structured_outputs"); c != nil {
			all = append(all, c)
		}
	}
	if d.Grammar != nil && *d.Grammar != "" {
		all = append(all, &hearth.Constraint{Kind: hearth.ConstrainGrammar, Source: *d.Grammar, Field: "grammar"})
	}
	return onlyOne(k, "response_format", all)
}

// openAIChoice is tool_choice: a word, or the function to call, which Responses names
// in the object itself.
func openAIChoice(k *checks, raw json.RawMessage, tools []hearth.Tool) (hearth.Calls, []hearth.Tool) {
	switch string(raw) {
	case "", "null", `"auto"`:
		return hearth.Calls{}, tools
	case `"none"`:
		return hearth.Calls{}, nil
	case `"required"`:
		return forced(k, "tool_choice", "", tools), tools
	}
	var named struct {
		Type     string `json:"type"`
		Name     string `json:"name"`
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	if json.Unmarshal(raw, &named) != nil || named.Type != "function" || named.Name+named.Function.Name == "" {
		k.fail(unsupported("tool_choice", "a tool_choice other than auto, none, required and a function's name"))
		return hearth.Calls{}, tools
	}
	return forced(k, "tool_choice", named.Name+named.Function.Name, tools), tools
}

// forced is a call that must come, of the tool of that name or any.
func forced(k *checks, field, name string, tools []hearth.Tool) hearth.Calls {
	var names []string
	for _, t := range tools {
		if names = append(names, t.Name); t.Name == name {
			return hearth.Calls{Required: true, Name: name}
		}
	}
	switch {
	case len(tools) == 0:
		k.fail(missing("tools"))
	case name != "":
		k.fail(hearth.NewError(hearth.NotOneOf, "field", field, "choices", strings.Join(names, ", ")).At(field))
	}
	return hearth.Calls{Required: true}
}

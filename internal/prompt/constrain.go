package prompt

import (
	"encoding/json"
	"fmt"

	"github.com/hearthbox/hearth"
)

// constraint is what all that a model writes is held to, so that the answer in it is
// what the request wants: after what it thinks, a text under the request's own
// constraint, calls of tools with arguments under their schemas, or either. It is nil
// where everything may be written.
func (f format) constraint(m *Model, r *hearth.Request, first beginning) (*hearth.Constraint, error) {
	known := f.syntax.callsTools() // without a syntax there are no calls, unless they are forced
	calls := len(r.Tools) > 0 && (r.Calls.Required || known && strict(r.Tools))
	if r.Constraint == nil && !calls {
		return nil, nil
	}
	if r.Ending == hearth.InsideLast {
		return nil, hearth.NewError(hearth.Unsupported, "what", hearth.Words{"a format for an answer that was begun", "为已开头的回答指定格式"})
	}
	if f.syntax.channels {
		return channelled(r)
	}
	answer := []hearth.Constraint{}
	if r.Constraint != nil {
		answer = append(answer, *r.Constraint)
	}
	if len(r.Tools) > 0 && (known || r.Calls.Required) {
		syntax := f.syntax.calls
		if !known {
			return nil, hearth.NewError(hearth.Unsupported, "what", hearth.Words{
				"holding tool calls of " + m.ID + " to a form", "约束 " + m.ID + " 的工具调用"}).At("tools")
		}
		c, err := syntax.constraint(r)
		if err != nil {
			return nil, err
		}
		switch {
		case r.Calls.Required:
			answer = []hearth.Constraint{c}
		case r.Constraint != nil:
			answer = append(answer, c)
		default:
			answer = []hearth.Constraint{syntax.besideText(c)}
		}
	}
	whole := sequence(f.before(first), optional(text(f.syntax.lead)), either(answer...))
	return &whole, nil
}

// before is what a model writes before it answers: its thinking, if the prompt has
// not seen to that.
func (f format) before(first beginning) hearth.Constraint {
	lines := hearth.Constraint{Kind: hearth.ConstrainRegex, Source: `\n{0,2}`}
	thought := sequence(without(endThink), marker(endThink), lines)
	switch {
	case first.thinking:
		return thought
	case f.syntax.thinks && first.fresh:
		return optional(sequence(lines, marker(beginThink), thought))
	}
	return text("")
}

// strict reports whether a tool wants its arguments to be valid.
func strict(tools []hearth.Tool) bool {
	for _, t := range tools {
		if t.Strict {
			return true
		}
	}
	return false
}

// constraint is the calls of a request, as the model writes them.
func (s callSyntax) constraint(r *hearth.Request) (hearth.Constraint, error) {
	var tools []hearth.Constraint
	for i, t := range r.Tools {
		if r.Calls.Name == "" || r.Calls.Name == t.Name {
			c, err := s.one(t, fmt.Sprintf("tools[%d].parameters", i))
			if err != nil {
				return c, err
			}
			tools = append(tools, c)
		}
	}
	one := either(tools...)
	single := r.Calls.Single || r.Calls.Name != "" || s.bare
	rest := text("")
	if !single {
		rest = hearth.Constraint{Kind: hearth.ConstrainRepeat, Parts: []hearth.Constraint{sequence(optional(text("\n")), one)}, Max: callsMax}
	}
	all := sequence(one, rest)
	switch {
	case s.tags != nil && s.list != "":
		return sequence(optional(text("\n\n")), spelled(s.list+"\n"), all, spelled(s.end)), nil
	case s.list != "":
		return sequence(optional(marker(s.list)), all, marker(s.end)), nil
	}
	return all, nil
}

// callsMax is how many calls an answer that is held to them may have after the first.
const callsMax = 31

// one is a call of a tool.
func (s callSyntax) one(t hearth.Tool, field string) (hearth.Constraint, error) {
	arguments := argumentsOf(t, field)
	if s.tags != nil {
		return s.tagged(t, field)
	}
	name, err := json.Marshal(t.Name)
	if err != nil {
		return arguments, err
	}
	switch {
	case s.bare:
		return sequence(text(`{"name": `+string(name)+`, "parameters": `), arguments, text("}")), nil
	case s.fenced:
		return sequence(marker(s.open), text("function"), marker(s.separator), text(t.Name+"\n```json\n"), arguments, text("\n```"),
			marker(s.closes[len(s.closes)-1])), nil
	case s.numbered:
		number := hearth.Constraint{Kind: hearth.ConstrainRegex, Source: "[0-9]{1,4}"}
		return sequence(marker(s.open), text("functions."+t.Name+":"), number, marker(s.separator), arguments, marker(s.closes[0])), nil
	case s.separator != "":
		return sequence(marker(s.open), text(t.Name), marker(s.separator), arguments, marker(s.closes[0])), nil
	}
	return sequence(marker(s.open), text("\n{\"name\": "+string(name)+`, "arguments": `), arguments, text("}\n"), marker(s.closes[0])), nil
}

// argumentsOf are the arguments of a tool as one object.
func argumentsOf(t hearth.Tool, field string) hearth.Constraint {
	if t.Parameters == nil {
		return hearth.Constraint{Kind: hearth.ConstrainObject, Field: field}
	}
	return hearth.Constraint{Kind: hearth.ConstrainSchema, Source: string(t.Parameters), Field: field, Loose: !t.Strict}
}

// besideText is any text, then calls or none. Where nothing marks a call, an answer is
// one or begins unlike one.
func (s callSyntax) besideText(calls hearth.Constraint) hearth.Constraint {
	if s.bare {
		other := hearth.Constraint{Kind: hearth.ConstrainRegex, Source: `\s*([^{\s](?s:.*))?`}
		return either(calls, other)
	}
	if s.tags != nil && s.list != "" {
		return sequence(without(s.list), optional(calls))
	}
	return sequence(without(s.open), optional(calls))
}

func text(s string) hearth.Constraint {
	return hearth.Constraint{Kind: hearth.ConstrainText, Source: s}
}

func marker(s string) hearth.Constraint {
	return hearth.Constraint{Kind: hearth.ConstrainMarker, Source: s}
}

func without(s string) hearth.Constraint {
	return hearth.Constraint{Kind: hearth.ConstrainWithout, Source: s}
}

func sequence(parts ...hearth.Constraint) hearth.Constraint {
	return hearth.Constraint{Kind: hearth.ConstrainSequence, Parts: parts}
}

func either(parts ...hearth.Constraint) hearth.Constraint {
	if len(parts) == 1 {
		return parts[0]
	}
	return hearth.Constraint{Kind: hearth.ConstrainChoice, Parts: parts}
}

func optional(part hearth.Constraint) hearth.Constraint {
	return hearth.Constraint{Kind: hearth.ConstrainRepeat, Parts: []hearth.Constraint{part}, Min: 0, Max: 1}
}

package prompt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// tags is how a call's arguments are written one by one, as they are: a text without
// quotes, anything else as JSON. The parser makes the object of them that clients want.
type tags struct {
	gap    string   // between what opens the call and what comes before the name
	before string   // the name
	after  []string // the name: the first is dropped, the others begin what follows

	key    [2]string // around a key
	values []opening // what may stand between a key and its value
	ends   []string  // what ends a value; the last is the way without a line break
	line   string    // before what ends a value, where the model writes it
}

// opening is what a value begins with, and what that says of it.
type opening struct {
	text string
	kind valueKind
}

// valueKind is how a value is written.
type valueKind int

const (
	byType valueKind = iota // as the parameters of the tool say
	asText
	asJSON
)

// dsml is the token that DeepSeek's markup is made of.
const dsml = "｜DSML｜"

// dsmlCalls is the way of DeepSeek V3.2 and V4, which differ in the tag around all calls.
func dsmlCalls(list string) callSyntax {
	open, closing := "<"+dsml+list+">", "</"+dsml+list+">"
	return callSyntax{
		opens: []string{"\n\n" + open, "\n" + open, open}, list: open, open: "<" + dsml + `invoke name="`,
		closes: []string{"</" + dsml + "invoke>"}, end: closing,
		tags: &tags{
			after: []string{`">`}, key: [2]string{"<" + dsml + `parameter name="`, `" string="`},
			values: []opening{{`true">`, asText}, {`false">`, asJSON}}, ends: []string{"</" + dsml + "parameter>"},
		},
	}
}

// coderCalls is the way of Qwen3-Coder and Qwen3.5.
func coderCalls() callSyntax {
	s := hermesCalls()
	s.closes = []string{"</function>", "</tool_call>"}
	s.tags = &tags{
		gap: "\n", before: "<function=", after: []string{">"}, key: [2]string{"<parameter=", ">"}, line: "\n",
		values: []opening{{"\n", byType}, {"", byType}}, ends: []string{"\n</parameter>", "</parameter>"},
	}
	return s
}

// glmCalls is the way of GLM-4.5 and 4.6.
func glmCalls() callSyntax {
	s := hermesCalls()
	s.tags = &tags{
		after: []string{"\n", "<arg_key>", "</tool_call>"}, key: [2]string{"<arg_key>", "</arg_key>"},
		values: []opening{{"\n<arg_value>", byType}, {"<arg_value>", byType}}, ends: []string{"</arg_value>"},
	}
	return s
}

// readName reads the name of a call, after what opens it.
func (t *tags) readName(c *cursor) string {
	c.skip(" \t\r\n")
	c.expect(t.before)
	name := strings.TrimSpace(c.before(t.after, nameMax))
	c.option(t.after[0])
	if c.ok() && (name == "" || strings.ContainsAny(name, "\n<{")) {
		c.fail()
	}
	return name
}

// betweenTags is before an argument, or the end of the call. Anything else ends the
// call as well, and is answer.
func betweenTags(p *parser) bool {
	if !p.dropAny(" \t\r\n") {
		return false
	}
	for _, m := range p.calls.closes {
		yes, unsure := p.begins(m)
		if unsure {
			return false
		}
		if yes {
			p.argue("}")
			return p.enter(afterTags)
		}
	}
	t, c := p.calls.tags, &cursor{s: p.buf}
	c.expect(t.key[0])
	key := c.until(t.key[1], nameMax)
	kind, found := byType, false
	for _, o := range t.values {
		if !found && c.option(o.text) {
			kind, found = o.kind, true
		}
	}
	if c.unsure && !p.final {
		return false
	}
	if !c.ok() || !found {
		p.argue("}")
		return p.enter(answer)
	}
	p.drop(c.at)
	p.openMember(key, kind)
	return p.enter(tagValue)
}

// openMember begins a member of the object that is made of the arguments.
func (p *parser) openMember(key string, kind valueKind) {
	if p.members > 0 {
		p.argue(", ")
	}
	p.members++
	p.argue(`"` + quotable(key) + `": `)
	p.own = p.types[key]
	if kind == byType {
		kind = p.own.kind()
	}
	p.value = kind
	if kind == asText {
		p.argue(`"`)
	}
}

// afterTags drops what closes a call, in its order.
func afterTags(p *parser) bool {
	for _, m := range p.calls.closes {
		if !p.dropAny(" \t\r\n") {
			return false
		}
		yes, unsure := p.begins(m)
		if unsure {
			return false
		}
		if yes {
			p.drop(len(m))
		}
	}
	return p.enter(betweenCalls)
}

// valueMax is how many bytes of a value that is no text are held back, to see whether
// it is JSON. What is longer is passed on as it comes.
const valueMax = 64 << 10

// tagValue is within a value.
func tagValue(p *parser) bool {
	ends := p.calls.tags.ends
	at, marker := p.find(ends)
	switch {
	case p.value == asText:
		p.argue(quotable(p.buf[:at]))
		p.drop(at + len(marker))
		if marker == "" {
			return false
		}
		p.argue(`"`)
		return p.enter(betweenTags)
	case marker != "" && at <= valueMax:
		p.argue(p.own.json(p.buf[:at]))
		p.drop(at + len(marker))
		return p.enter(betweenTags)
	case marker != "" || p.final || len(p.buf) >= valueMax+longest(ends):
		return p.enter(rawValue)
	}
	return false
}

// rawValue is within a value that is passed on as it comes.
func rawValue(p *parser) bool {
	at, marker := p.find(p.calls.tags.ends)
	p.argue(p.buf[:at])
	p.drop(at + len(marker))
	return marker != "" && p.enter(betweenTags)
}

// schemaType is what a tool says of a parameter: the types it may have, none if it may
// have any, and whether a text must be of a form.
type schemaType struct {
	names  []string
	formed bool
}

// typesOf are the types of a tool's parameters by name.
func typesOf(tools []hearth.Tool, name string) map[string]schemaType {
	i := slices.IndexFunc(tools, func(t hearth.Tool) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	var schema struct {
		Properties map[string]json.RawMessage
	}
	if json.Unmarshal(tools[i].Parameters, &schema) != nil {
		return nil
	}
	types := map[string]schemaType{}
	for key, raw := range schema.Properties {
		types[key] = typeOf(raw)
	}
	return types
}

func typeOf(schema []byte) schemaType {
	var s struct {
		Type            json.RawMessage
		Pattern, Format *string
	}
	if json.Unmarshal(schema, &s) != nil {
		return schemaType{}
	}
	t := schemaType{formed: s.Pattern != nil || s.Format != nil}
	var one string
	if json.Unmarshal(s.Type, &one) == nil && one != "" {
		t.names = []string{one}
	} else {
		_ = json.Unmarshal(s.Type, &t.names) // something else says nothing
	}
	return t
}

func (t schemaType) text() bool { return slices.Contains(t.names, "string") }

// kind is how a value of the type is written. A text of a form may come in quotes: it
// is then held to it, see [callSyntax.tagged].
func (t schemaType) kind() valueKind {
	if t.text() && len(t.names) == 1 && !t.formed {
		return asText
	}
	return asJSON
}

// json is a value as JSON: what it is if it is that, and of the type, and else a text.
// Templates show arguments as Python prints them, so models write that too.
func (t schemaType) json(value string) string {
	v := strings.TrimSpace(value)
	if python := map[string]string{"True": "true", "False": "false", "None": "null"}[v]; python != "" && !t.text() {
		v = python
	}
	if json.Valid([]byte(v)) && (!t.text() || slices.Contains(t.names, jsonType(v[0])) || jsonType(v[0]) == "number" && slices.Contains(t.names, "integer")) {
		return v
	}
	return `"` + quotable(value) + `"`
}

// jsonType is the type of the JSON that begins so.
func jsonType(b byte) string {
	switch b {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

// quotable is a piece of a text as it stands within quotes in JSON. Cut anywhere, the
// pieces make the same.
func quotable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }) {
		return s
	}
	var b bytes.Buffer
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// tagged is a call of a tool whose arguments stand in tags: those it must have and
// those it may have, in their order.
func (s callSyntax) tagged(t hearth.Tool, field string) (hearth.Constraint, error) {
	head := t.Name + s.tags.after[0]
	if s.tags.after[0] != "\n" {
		head += "\n"
	}
	parts := []hearth.Constraint{spelled(s.open), text(s.tags.gap + s.tags.before + head)}
	arguments, err := s.tags.arguments(t, field)
	if err != nil {
		return hearth.Constraint{}, err
	}
	parts = append(parts, arguments...)
	for i, m := range s.closes {
		if i > 0 {
			parts = append(parts, text("\n"))
		}
		parts = append(parts, spelled(m))
	}
	if s.list != "" {
		parts = append(parts, text("\n"))
	}
	return sequence(parts...), nil
}

// arguments are the arguments of a tool, each in its tags.
func (t *tags) arguments(tool hearth.Tool, field string) ([]hearth.Constraint, error) {
	if tool.Parameters == nil {
		return nil, nil
	}
	v, err := jinja.FromJSON(string(tool.Parameters))
	if err != nil {
		return nil, hearth.NewError(hearth.ConstraintInvalid, "field", field, "place", "", "detail", err).At(field)
	}
	schema := mapping(v)
	if tool.Strict {
		for key := range schema.All() {
			if !slices.Contains([]string{"type", "properties", "required", "additionalProperties", "$defs", "definitions", "title", "description", "$schema"}, key.String()) {
				return nil, hearth.NewError(hearth.ConstraintUnsupported, "field", field, "place", "", "what", "the keyword "+key.String()).At(field)
			}
		}
	}
	var parts []hearth.Constraint
	for key, v := range propertiesOf(schema).All() {
		property := mapping(v)
		for _, defs := range []string{"$defs", "definitions"} {
			if d := member(schema, defs); d != nil {
				property.Set(jinja.Own(defs), d)
			}
		}
		source, err := jinja.ToJSON(property, -1)
		if err != nil {
			return nil, err
		}
		one := t.argument(key.String(), source.String(), fmt.Sprintf("%s.properties.%s", field, key), !tool.Strict)
		if !required(schema, key) {
			one = optional(one)
		}
		parts = append(parts, one)
	}
	return parts, nil
}

// argument is one argument of a call.
func (t *tags) argument(key, schema, field string, loose bool) hearth.Constraint {
	value := hearth.Constraint{Kind: hearth.ConstrainSchema, Source: schema, Field: field, Loose: loose}
	kind := typeOf([]byte(schema)).kind()
	if kind == asText {
		value = t.text(schema)
	}
	open := t.values[0].text
	for _, o := range t.values {
		if o.kind == kind {
			open = o.text
		}
	}
	return sequence(spelled(t.key[0]+key+t.key[1]+open), value, spelled(t.line+t.ends[len(t.ends)-1]+"\n"))
}

// text is the texts that a schema of texts allows. Where they are counted, they have no
// tags in them.
func (t *tags) text(schema string) hearth.Constraint {
	var s struct {
		Enum      []string
		Const     *string
		MinLength int
		MaxLength *int
	}
	_ = json.Unmarshal([]byte(schema), &s) // what is no schema holds nobody
	switch {
	case s.Const != nil:
		return text(*s.Const)
	case len(s.Enum) > 0:
		var all []hearth.Constraint
		for _, v := range s.Enum {
			all = append(all, text(v))
		}
		return either(all...)
	case s.MinLength > 0 || s.MaxLength != nil:
		most := -1
		if s.MaxLength != nil {
			most = *s.MaxLength
		}
		letter := hearth.Constraint{Kind: hearth.ConstrainRegex, Source: `[^<]`}
		return hearth.Constraint{Kind: hearth.ConstrainRepeat, Parts: []hearth.Constraint{letter}, Min: s.MinLength, Max: most}
	}
	return without(t.ends[len(t.ends)-1])
}

// spelled is a text with tokens of the model's own in it.
func spelled(s string) hearth.Constraint {
	var parts []hearth.Constraint
	for s != "" {
		at, token := len(s), ""
		for _, m := range []string{dsml, "<tool_call>", "</tool_call>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"} {
			if i := strings.Index(s, m); i >= 0 && i < at {
				at, token = i, m
			}
		}
		if at > 0 {
			parts = append(parts, text(s[:at]))
		}
		if token != "" {
			parts = append(parts, marker(token))
		}
		s = s[at+len(token):]
	}
	return sequence(parts...)
}

func propertiesOf(schema *jinja.Dict) *jinja.Dict {
	v, _ := schema.Get("properties")
	return mapping(v)
}

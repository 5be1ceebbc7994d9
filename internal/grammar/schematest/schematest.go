// Package schematest makes JSON Schemas for tests: of all that the package grammar
// takes, nested and recursive, such that every one has a valid value.
package schematest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// Make is a schema, the same for the same numbers.
func Make(rng *rand.Rand) string {
	m := maker{rng}
	root := m.object(3)
	defs := map[string]any{"leaf": m.scalar(), "list": map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{"value", "next"},
		"properties": map[string]any{"value": m.scalar(), "next": map[string]any{"anyOf": []any{
			map[string]any{"type": "null"}, map[string]any{"$ref": "#/$defs/list"}}}}}}
	root["$defs"] = defs
	text, err := json.Marshal(root)
	if err != nil {
		panic(err) // all of it is ours
	}
	return string(text)
}

type maker struct{ *rand.Rand }

func (m maker) any(depth int) any {
	if depth == 0 {
		return m.scalar()
	}
	switch m.IntN(10) {
	case 0, 1, 2:
		return m.object(depth - 1)
	case 3, 4:
		return m.array(depth - 1)
	case 5:
		return map[string]any{"anyOf": []any{m.any(depth - 1), m.any(depth - 1)}, "description": "one of two"}
	case 6:
		return map[string]any{"$ref": "#/$defs/" + []string{"leaf", "list"}[m.IntN(2)]}
	}
	return m.scalar()
}

func (m maker) object(depth int) map[string]any {
	properties, required := map[string]any{}, []string{}
	for i := range 1 + m.IntN(4) {
		name := fmt.Sprintf([]string{"name%d", "值%d", "a \"b\" \\%d", "x-%d"}[m.IntN(4)], i)
		properties[name] = m.any(depth)
		if m.IntN(4) > 0 {
			required = append(required, name)
		}
	}
	o := map[string]any{"type": "object", "properties": properties, "required": required}
	if m.IntN(3) > 0 {
		o["additionalProperties"] = false
	}
	return o
}

func (m maker) array(depth int) any {
	least := m.IntN(3)
	a := map[string]any{"type": "array", "items": m.any(depth), "maxItems": least + m.IntN(3)}
	if least > 0 {
		a["minItems"] = least
	}
	return a
}

func (m maker) scalar() any {
	switch m.IntN(8) {
	case 0:
		return map[string]any{"type": []any{"boolean", "null"}}
	case 1:
		return map[string]any{"enum": []any{"one", "二", 3, 4.5, nil, true, []any{1, "x"}, map[string]any{"k": "v"}}[:1+m.IntN(8)]}
	case 2:
		return map[string]any{"const": []any{"fixed", 17, false}[m.IntN(3)]}
	case 3:
		return m.number("integer")
	case 4:
		return m.number("number")
	}
	return m.text()
}

func (m maker) number(of string) any {
	n := map[string]any{"type": of}
	low := float64(m.IntN(4000)-2000) / []float64{1, 10, 100}[m.IntN(3)]
	if of == "integer" {
		low = float64(int(low))
	}
	if m.IntN(2) == 0 {
		n[[]string{"minimum", "exclusiveMinimum"}[m.IntN(2)]] = low
	}
	if m.IntN(2) == 0 {
		n[[]string{"maximum", "exclusiveMaximum"}[m.IntN(2)]] = low + float64(2+m.IntN(500))
	}
	return n
}

func (m maker) text() any {
	t := map[string]any{"type": "string"}
	switch m.IntN(4) {
	case 0:
		t["pattern"] = []string{`^[a-z]{2,5}$`, `^\d{3}-\d{4}$`, `^(foo|bar)+["\\]?$`, `^[\x{4e00}-\x{9fff}]{1,4}$`, `[0-9]`, `^a.{0,3}`, `z$`}[m.IntN(7)]
	case 1:
		t["format"] = []string{"date", "time", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"}[m.IntN(10)]
	case 2:
		least := m.IntN(4)
		t["minLength"], t["maxLength"] = least, least+m.IntN(12)
	}
	return t
}

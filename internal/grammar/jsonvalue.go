package grammar

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// value is a JSON value with its members in their order.
type value struct {
	kind    kind
	text    string // of a string, or the number as it is written
	truth   bool
	items   []value
	keys    []string // of an object
	members []value  // beside keys
}

type kind string

const (
	isNull   kind = "null"
	isBool   kind = "boolean"
	isNumber kind = "number"
	isString kind = "string"
	isArray  kind = "array"
	isObject kind = "object"
)

// get is a member of an object, nil if there is none.
func (v *value) get(key string) *value {
	for i, k := range v.keys {
		if k == key {
			return &v.members[i]
		}
	}
	return nil
}

// parseJSON reads one JSON value.
func parseJSON(text string) (value, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, err := readValue(d, "#", 0)
	if err != nil {
		return v, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return v, invalid("#", "something follows the JSON value")
	}
	return v, nil
}

func readValue(d *json.Decoder, place string, depth int) (v value, err error) {
	if depth > depthMax {
		return v, tooLarge(place, "it is nested more than %d deep", depthMax)
	}
	t, err := d.Token()
	if err != nil {
		return v, invalid(place, "it is not valid JSON: %s", jsonTrouble(err))
	}
	switch t := t.(type) {
	case nil:
		return value{kind: isNull}, nil
	case bool:
		return value{kind: isBool, truth: t}, nil
	case json.Number:
		return value{kind: isNumber, text: t.String()}, nil
	case string:
		return value{kind: isString, text: t}, nil
	case json.Delim:
		if t == '[' {
			return readArray(d, place, depth)
		}
	}
	return readObject(d, place, depth)
}

func jsonTrouble(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too soon"
	}
	return err.Error()
}

func readArray(d *json.Decoder, place string, depth int) (value, error) {
	v := value{kind: isArray}
	for d.More() {
		item, err := readValue(d, at(place, len(v.items)), depth+1)
		if err != nil {
			return v, err
		}
		v.items = append(v.items, item)
	}
	return v, closing(d, place)
}

func readObject(d *json.Decoder, place string, depth int) (value, error) {
	v := value{kind: isObject}
	known := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return v, invalid(place, "it is not valid JSON: %s", jsonTrouble(err))
		}
		key := t.(string) // the decoder takes nothing else for a key
		if known[key] {
			return v, invalid(place, "%q is there twice", key)
		}
		known[key] = true
		member, err := readValue(d, at(place, key), depth+1)
		if err != nil {
			return v, err
		}
		v.keys, v.members = append(v.keys, key), append(v.members, member)
	}
	return v, closing(d, place)
}

func closing(d *json.Decoder, place string) error {
	if _, err := d.Token(); err != nil {
		return invalid(place, "it is not valid JSON: %s", jsonTrouble(err))
	}
	return nil
}

// write is a value as JSON, without spaces.
func (v *value) write(b *strings.Builder) {
	switch v.kind {
	case isArray:
		b.WriteByte('[')
		for i := range v.items {
			if i > 0 {
				b.WriteByte(',')
			}
			v.items[i].write(b)
		}
		b.WriteByte(']')
	case isObject:
		b.WriteByte('{')
		for i, key := range v.keys {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoted(key))
			b.WriteByte(':')
			v.members[i].write(b)
		}
		b.WriteByte('}')
	case isString:
		b.WriteString(quoted(v.text))
	case isNumber:
		b.WriteString(v.text)
	case isBool:
		if v.truth {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	default:
		b.WriteString("null")
	}
}

// quoted is a text as JSON writes it, nothing escaped that need not be.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(text) {
		if e := escapeOf(c); e != "" {
			b.WriteString(e)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// escapeOf is how JSON writes a byte within a string that may not stand there itself;
// empty for the others.
func escapeOf(b byte) string {
	const short, letters = "\"\\\b\f\n\r\t", `"\bfnrt`
	if i := strings.IndexByte(short, b); i >= 0 {
		return `\` + letters[i:i+1]
	}
	if b < ' ' {
		const digits = "0123456789abcdef"
		return `\u00` + digits[b>>4:b>>4+1] + digits[b&15:b&15+1]
	}
	return ""
}

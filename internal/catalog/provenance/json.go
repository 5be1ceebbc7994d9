package provenance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// nestingMax bounds the levels of a JSON text. The formats here have six.
const nestingMax = 32

// decode reads the one JSON value of a foreign text. Beyond what package json
// refuses, it refuses bytes that are not UTF-8, fields that v does not have, and
// objects that name a field twice, which two readers might read as two things.
func decode(data []byte, limit int, v any) error {
	if len(data) > limit {
		return fmt.Errorf("it has %d bytes and may have %d", len(data), limit)
	}
	if !utf8.Valid(data) {
		return errors.New("it is not UTF-8")
	}
	if err := singly(json.NewDecoder(bytes.NewReader(data)), 0); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows its JSON value")
	}
	return nil
}

// singly reads a value and refuses fields that are named twice. Case does not tell
// them apart, as it does not for package json.
func singly(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth == nestingMax {
		return fmt.Errorf("it nests deeper than %d levels", nestingMax)
	}
	seen := map[string]bool{}
	for d.More() {
		if delim == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			key := strings.ToLower(name.(string))
			if seen[key] {
				return fmt.Errorf("it names the field %q twice", name)
			}
			seen[key] = true
		}
		if err := singly(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// open is a value that may have fields nobody here knows.
type open[T any] struct{ value T }

// UnmarshalJSON reads what is known.
func (o *open[T]) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &o.value) }

// MarshalJSON writes the value.
func (o open[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

// encode writes a value without white space, and with the characters < > & as they
// are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

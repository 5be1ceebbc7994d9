package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// read parses a request's body into v, a pointer to a struct with JSON tags.
// Fields that v does not know can't change the answer as far as hearth knows; they
// are named in a header, in the order of their names, and so are those v itself
// has no use for.
func (x *exchange) read(v any) error {
	rc := http.NewResponseController(x.w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyMax))
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, x.BodyBytesMax))
	_ = rc.SetReadDeadline(time.Time{}) // from here on only the client's going away is of interest
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return hearth.NewError(hearth.BodyTooLarge, "limit_bytes", x.BodyBytesMax)
		}
		return hearth.NewError(hearth.Canceled).Because(err)
	}
	x.raw = body
	if x.comesBack() {
		x.digest = digest(body)
	}
	ignored, err := decode(body, v)
	if err != nil {
		return err
	}
	if i, ok := v.(interface{ ignored() []string }); ok {
		ignored = append(ignored, i.ignored()...)
	}
	if len(ignored) > 0 {
		x.w.Header().Set("X-Hearth-Ignored", strings.Join(ignored, ", "))
	}
	return nil
}

// bodyMax is how long a body may take to arrive, valuesMax how many JSON values it may
// hold: an empty object takes two bytes on the wire and a hundred times that here.
const (
	bodyMax   = 5 * time.Minute
	valuesMax = 200_000
)

// values counts the objects, arrays and commas of a JSON text, which bound the
// number of its values.
func values(body []byte) int {
	n, text := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case !text && (c == '{' || c == '[' || c == ','):
			n++
		}
	}
	return n
}

// decode parses JSON and lists the top-level fields it has no use for.
func decode(body []byte, v any) (ignored []string, err error) {
	if values(body) > valuesMax {
		return nil, outOfRangeIn("", "the number of JSON values in the body", 0, valuesMax)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, jsonError(body, err)
	}
	if fields == nil {
		return nil, hearth.NewError(hearth.InvalidJSON, "detail", hearth.Words{"the body is null, not an object", "请求体是 null，而不是对象"})
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(v); err != nil {
		return nil, jsonError(body, err)
	}
	known := jsonNames(reflect.TypeOf(v).Elem())
	for name, value := range fields {
		if string(value) == "null" {
			continue // which is to say that it is not set
		}
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) && headerSafe(name) {
			ignored = append(ignored, name)
		}
	}
	slices.Sort(ignored)
	return ignored[:min(len(ignored), 32)], nil
}

// headerSafe keeps what a client made up out of our headers.
func headerSafe(name string) bool {
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r == '_' || r == '-' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	})
}

func jsonNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			names = append(names, jsonNames(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// jsonError says where and what.
func jsonError(body []byte, err error) error {
	if e, ok := errors.AsType[*hearth.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field == "" {
			return hearth.NewError(hearth.InvalidJSON, "detail",
				hearth.Words{"the body must be an object, not " + article(e.Value), "请求体必须是对象，而不是 " + e.Value}).Because(err)
		}
		field := e.Field
		for _, embedded := range []string{"openAIDecoding.", "ollamaAsking.", "ollamaNamed."} { // Go types
			field = strings.TrimPrefix(field, embedded)
		}
		return hearth.NewError(hearth.WrongType, "field", field, "type", jsonType(e.Type)).At(field).Because(err)
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(body[:min(int(e.Offset), len(body))], []byte("\n"))
		return hearth.NewError(hearth.InvalidJSON, "detail", fmt.Sprintf("%v, at byte %d, line %d", e, e.Offset, line)).Because(err)
	}
	return hearth.NewError(hearth.InvalidJSON, "detail", err).Because(err)
}

func article(kind string) string {
	if strings.HasPrefix(kind, "a") {
		return "an " + kind
	}
	return "a " + kind
}

// jsonType is a Go type in JSON's words.
func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return jsonType(t.Elem())
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.String:
		return "string"
	case reflect.Slice:
		return "array"
	}
	return "object"
}

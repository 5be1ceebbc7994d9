package upstream_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/upstream"
)

// TestFormsOnTheWire: what OpenAI's API has words for is passed on, the rest is refused
// before anything is sent.
func TestFormsOnTheWire(t *testing.T) {
	var body map[string]json.RawMessage
	serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(&body)
		lines(`data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}`)(w, r)
	}, func(t *testing.T, u *upstream.Server) {
		u.Config.Models = map[string]string{"m": "m"}
		prompt := "x"
		for _, c := range []struct {
			request     hearth.Request
			field, want string
			refused     hearth.Code
		}{
			{hearth.Request{Decoding: held(hearth.ConstrainObject, "")}, "response_format", `{"type":"json_object"}`, ""},
			{hearth.Request{Decoding: held(hearth.ConstrainSchema, `{"type":"null"}`)}, "response_format",
				`{"json_schema":{"name":"answer","schema":{"type":"null"},"strict":true},"type":"json_schema"}`, ""},
			{hearth.Request{Calls: hearth.Calls{Required: true}}, "tool_choice", `"required"`, ""},
			{hearth.Request{Calls: hearth.Calls{Required: true, Name: "f"}}, "tool_choice", `{"function":{"name":"f"},"type":"function"}`, ""},
			{hearth.Request{Calls: hearth.Calls{Single: true}}, "parallel_tool_calls", `false`, ""},
			{hearth.Request{Decoding: held(hearth.ConstrainRegex, "a")}, "", "", hearth.Unsupported},
			{hearth.Request{Decoding: held(hearth.ConstrainGrammar, "a")}, "", "", hearth.Unsupported},
			{hearth.Request{Decoding: held(hearth.ConstrainSchema, "{")}, "", "", hearth.ConstraintInvalid},
			{hearth.Request{Prompt: &prompt, Decoding: held(hearth.ConstrainObject, "")}, "", "", hearth.Unsupported},
		} {
			c.request.Model, c.request.Tools = "m", []hearth.Tool{{Name: "f"}}
			body = nil
			_, _, err := collect(u, &c.request)
			switch {
			case c.refused != "":
				if err == nil || hearth.AsError(err).Code != c.refused || body != nil {
					t.Errorf("%+v: %v, sent %s", c.request.Constraint, err, body)
				}
			case err != nil || string(body[c.field]) != c.want:
				t.Errorf("%s: %v, sent %s", c.field, err, body[c.field])
			}
		}
	})
}

func held(kind hearth.ConstraintKind, source string) hearth.Decoding {
	return hearth.Decoding{Constraint: &hearth.Constraint{Kind: kind, Source: source, Field: "response_format"}}
}

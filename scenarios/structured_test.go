package scenarios

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/grammar/schematest"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestAnswersOfAForm: through the real binary and its own model, every answer that is
// to be JSON under a schema is, whichever door it is asked at.
func TestAnswersOfAForm(t *testing.T) {
	s := start(t, t.TempDir(), "starter=true")
	whole := 0
	for i := range 12 {
		schema := schematest.Make(rand.New(rand.NewPCG(uint64(i), 5)))
		text := s.said("/v1/chat/completions", fmt.Sprintf(`{"model":"hearth-starter","temperature":1.2,"seed":%d,"max_tokens":900,
			"messages":[{"role":"user","content":"an order"}],
			"response_format":{"type":"json_schema","json_schema":{"name":"order","strict":true,"schema":%s}}}`, i, schema))
		var answer struct {
			Choices []struct {
				Message struct{ Content string }
				Reason  string `json:"finish_reason"`
			}
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || len(answer.Choices) != 1 {
			t.Fatalf("schema %d: %.400s", i, text)
		}
		if answer.Choices[0].Reason == "length" {
			continue // its context is short, and it says that the answer is not whole
		}
		whole++
		if err := validates(schema, answer.Choices[0].Message.Content); err != nil {
			t.Errorf("%s\n%s\n%v", schema, answer.Choices[0].Message.Content, err)
		}
	}

	if whole < 6 {
		t.Errorf("only %d of 12 answers were whole", whole)
	}

	const loan = `{"type":"object","properties":{"name":{"type":"string","maxLength":20},"amount":{"type":"integer","minimum":1,"maximum":9000000}},"required":["name","amount"]}`
	for path, body := range map[string]string{
		"/api/chat":       `{"model":"hearth-starter","stream":false,"messages":[{"role":"user","content":"a loan"}],"format":` + loan + `}`,
		"/api/generate":   `{"model":"hearth-starter","stream":false,"prompt":"a loan","format":` + loan + `}`,
		"/v1/responses":   `{"model":"hearth-starter","input":"a loan","text":{"format":{"type":"json_schema","name":"loan","strict":true,"schema":` + loan + `}}}`,
		"/v1/messages":    `{"model":"hearth-starter","max_tokens":200,"messages":[{"role":"user","content":"a loan"}],"output_config":{"format":{"type":"json_schema","schema":` + loan + `}}}`,
		"/v1/completions": `{"model":"hearth-starter","max_tokens":200,"prompt":"a loan","structured_outputs":{"json":` + loan + `}}`,
	} {
		if text := s.said(path, body); validates(loan, jsonWithin(text)) != nil {
			t.Errorf("%s: %.500s", path, text)
		}
	}
	if text := s.said("/v1/completions", `{"model":"hearth-starter","prompt":"x","structured_outputs":{"choice":["left","right"]}}`); !strings.Contains(text, `"text":"left"`) && !strings.Contains(text, `"text":"right"`) {
		t.Error(text)
	}
}

// TestFormsThatAreRefused: before anything is generated, with the place.
func TestFormsThatAreRefused(t *testing.T) {
	s := start(t, t.TempDir(), "starter=true")
	for body, want := range map[string]string{
		`"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"a":{"oneOf":[]}}}}}`: `"code":"constraint_unsupported"`,
		`"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"text"}}}`:                                   `"code":"constraint_invalid"`,
		`"structured_outputs":{"regex":"((a{0,99}b?){9}){9}("}`:                                                                          `"code":"constraint_invalid"`,
		`"grammar":"root ::= [a-z]{1,9} nothing"`:                                                                                        `line 1, column 21: there is no rule nothing`,
	} {
		status, text := s.ask("/v1/chat/completions", `{"model":"hearth-starter","messages":[{"role":"user","content":"x"}],`+body+`}`)
		if status != 400 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
}

// said is the answer to a request that is answered.
func (s *server) said(path, body string) string {
	s.t.Helper()
	status, text := s.ask(path, body)
	if status != 200 {
		s.t.Fatalf("%s: %d %s", path, status, text)
	}
	return text
}

// jsonWithin is the object that an answer holds, in whichever dialect.
func jsonWithin(text string) string {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return ""
	}
	found := ""
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, m := range v {
				look(m)
			}
		case []any:
			for _, m := range v {
				look(m)
			}
		case string:
			if strings.HasPrefix(v, "{") {
				found = v
			}
		}
	}
	look(v)
	return found
}

// validates asks another implementation.
func validates(schema, text string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("s.json", doc); err != nil {
		return err
	}
	compiled, err := c.Compile("s.json")
	if err != nil {
		return err
	}
	if doc, err = jsonschema.UnmarshalJSON(strings.NewReader(text)); err != nil {
		return err
	}
	return compiled.Validate(doc)
}

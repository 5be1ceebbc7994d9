package prompt

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// babbler is a model of random weights.
func babbler(t *testing.T) *engine.Model {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.gguf")
	shape := nntest.Shape{Vocabulary: true, Embedding: 64, FeedForward: 96, Heads: 4, KVHeads: 2, HeadDim: 16, Seed: 7}
	if err := os.WriteFile(path, nntest.Make(shape), 0o600); err != nil {
		t.Fatal(err)
	}
	w := engine.NewWorkers(2)
	m, err := engine.Open("m", path, engine.Options{Workers: w, CacheBytes: 1 << 25, ContextTokens: 8192, Sequences: 4, Waiting: 64})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		w.Stop()
	})
	return m
}

// babble asks for something that even random weights come to the end of, and do not
// begin to think before.
func babble(seed int64) *hearth.Request {
	r := ask("go on")
	r.Thinking = hearth.ThinkingOff
	r.Sampling.Seed = &seed
	r.Sampling.Bias = map[int]float64{'"': 5, '}': 4, ']': 4, '{': -1, 't': -9, 'h': -9, '\n': -9}
	return r
}

func weather() []hearth.Tool {
	schema := `{"type":"object","properties":{"city":{"type":"string","maxLength":9},"days":{"type":"integer","minimum":1,"maximum":14}},"required":["city","days"],"additionalProperties":false}`
	return []hearth.Tool{
		{Name: "weather", Strict: true, Parameters: json.RawMessage(schema)},
		{Name: `odd "name"`, Parameters: json.RawMessage(`{"oneOf":[{}]}`)}, // any object, as it is not strict
		{Name: "now"},
	}
}

// talk is everything a chat answers.
func talk(t *testing.T, c *Chat, r *hearth.Request) (a parsed, finish hearth.FinishReason) {
	t.Helper()
	chunks, err := collect(t, c, r)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		a.add(c)
		if c.Finish != "" {
			finish = c.Finish
		}
	}
	return a, finish
}

// callers are the families that write tool calls and do not always think first.
func callers() map[string]bool {
	out := map[string]bool{}
	for _, f := range families() {
		_, first, err := f.prompt(&Model{ID: "m"}, babble(1))
		if f.syntax.callsTools() && err == nil && !first.thinking {
			out[f.names[0]] = true
		}
	}
	return out
}

// TestForcedCallsAreCalls: whatever a model would write, in every family's syntax, what
// is forced comes out as calls with arguments that are valid, and nothing beside.
func TestForcedCallsAreCalls(t *testing.T) {
	m := babbler(t)
	for family := range callers() {
		for seed := range int64(4) {
			r := babble(seed)
			r.Tools, r.Calls = weather(), hearth.Calls{Required: true}
			if seed%2 == 0 {
				r.Calls = hearth.Calls{Required: true, Name: "weather"}
			}
			got, finish := talk(t, chatOf(family, m), r)
			if finish != hearth.FinishToolCalls || len(got.Calls) == 0 || got.Text != "" || got.Reasoning != "" {
				t.Errorf("%s: %+v, finish %s", family, got, finish)
				continue
			}
			for _, call := range got.Calls {
				var a struct {
					City *string
					Days int
				}
				err := json.Unmarshal([]byte(call.Arguments), &a)
				if err != nil || call.Name == "weather" && (a.City == nil || a.Days < 1 || a.Days > 14) || r.Calls.Name != "" && call.Name != r.Calls.Name {
					t.Errorf("%s: %+v: %v", family, call, err)
				}
			}
		}
	}
	if len(callers()) < 5 {
		t.Errorf("only %d families were tried", len(callers()))
	}
}

// TestFormatsOfAnswers: the format is the answer's, after what belongs to the family.
func TestFormatsOfAnswers(t *testing.T) {
	m := babbler(t)
	for _, f := range families() {
		r := babble(3)
		if _, first, err := f.prompt(&Model{ID: "m"}, r); err != nil || first.thinking {
			continue // it would have to come to the end of its thinking
		}
		r.Constraint = &hearth.Constraint{Kind: hearth.ConstrainSchema, Source: `{"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"],"additionalProperties":false}`}
		got, finish := talk(t, chatOf(f.names[0], m), r)
		var a struct{ OK *bool }
		if finish != hearth.FinishStop || json.Unmarshal([]byte(got.Text), &a) != nil || a.OK == nil || got.Text[0] != '{' {
			t.Errorf("%s: %+v, finish %s", f.names[0], got, finish)
		}
	}
}

// TestFormatBeginsAfterThinking: what is thought is free, if the model may think, and
// must be once it has begun to.
func TestFormatBeginsAfterThinking(t *testing.T) {
	lines := hearth.Constraint{Kind: hearth.ConstrainRegex, Source: `\n{0,2}`}
	thought := sequence(without("</think>"), marker("</think>"), lines)
	may := optional(sequence(lines, marker("<think>"), thought))
	for _, c := range []struct {
		family   string
		switched hearth.Thinking
		before   hearth.Constraint
	}{
		{"deepseek-r1-distill-qwen", hearth.ThinkingDefault, thought},
		{"qwq-open", hearth.ThinkingOff, thought},
		{"qwen3-revised", hearth.ThinkingDefault, may},
		{"qwen3-revised", hearth.ThinkingOff, text("")},
		{"qwen2.5", hearth.ThinkingDefault, text("")},
	} {
		s := &script{chunks: speaks("{}")}
		r := ask("?")
		r.Thinking = c.switched
		r.Constraint = &hearth.Constraint{Kind: hearth.ConstrainObject}
		if _, err := collect(t, chatOf(c.family, s), r); err != nil {
			t.Fatal(err)
		}
		want := sequence(c.before, optional(text("")), *r.Constraint)
		if !reflect.DeepEqual(*s.asked.Constraint, want) {
			t.Errorf("%s: %+v, want %+v", c.family, *s.asked.Constraint, want)
		}
	}
}

func TestFormatsThatCanNotBe(t *testing.T) {
	r := ask("?")
	r.Tools, r.Calls = weather(), hearth.Calls{Required: true}
	if _, err := collect(t, chatOf("plain", &script{}), r); hearth.AsError(err).Code != hearth.Unsupported {
		t.Errorf("forced a call of a model without calls: %v", err)
	}
	r = ask("?")
	r.Messages = append(r.Messages, hearth.Message{Role: hearth.RoleAssistant, Text: "begun"})
	r.Ending = hearth.InsideLast
	r.Constraint = &hearth.Constraint{Kind: hearth.ConstrainObject}
	if _, err := collect(t, chatOf("qwen2.5", &script{}), r); hearth.AsError(err).Code != hearth.Unsupported {
		t.Errorf("held an answer that was begun: %v", err)
	}
	// Tools that are strict are of no account to a model that is not shown them.
	r = ask("?")
	r.Tools = weather()
	s := &script{chunks: speaks("hi")}
	if _, err := collect(t, chatOf("plain", s), r); err != nil || s.asked.Constraint != nil {
		t.Errorf("%v, %+v", err, s.asked)
	}
}

// TestArgumentsInTagsAreValid: where arguments are written one by one, the object that
// is made of them is still valid under the tool's schema, whatever a model would write.
func TestArgumentsInTagsAreValid(t *testing.T) {
	schema := `{"type":"object","$defs":{"n":{"type":"integer","minimum":-5,"maximum":5}},"properties":{
		"name":{"type":"string","minLength":2,"maxLength":6},
		"kind":{"type":"string","enum":["a \"b\"","中文","c"]},
		"day":{"type":"string","format":"date"},
		"code":{"type":"string","pattern":"^[A-Z]{2}[0-9]$"},
		"number":{"$ref":"#/$defs/n"},
		"list":{"type":"array","items":{"$ref":"#/$defs/n"},"minItems":1,"maxItems":3},
		"either":{"type":["boolean","null"]},
		"maybe":{"type":"string","const":"yes"}},
		"required":["name","kind","day","code","number","list","either"],"additionalProperties":false}`
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	valid, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	m := babbler(t)
	for _, family := range []string{"deepseek-v3.2", "deepseek-v4", "qwen3-coder", "qwen3.5", "glm-4.6", "kimi-k2", "gpt-oss"} {
		for seed := range int64(3) {
			r := babble(seed)
			r.Tools = []hearth.Tool{{Name: "f", Strict: true, Parameters: json.RawMessage(schema)}}
			r.Calls = hearth.Calls{Required: true, Single: true}
			got, finish := talk(t, chatOf(family, m), r)
			if finish != hearth.FinishToolCalls || len(got.Calls) != 1 {
				t.Errorf("%s: %+v, finish %s", family, got, finish)
				continue
			}
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(got.Calls[0].Arguments))
			if err == nil {
				err = valid.Validate(value)
			}
			if err != nil {
				t.Errorf("%s: %s: %v", family, got.Calls[0].Arguments, err)
			}
		}
	}
	r := ask("?")
	r.Tools = []hearth.Tool{{Name: "f", Strict: true, Parameters: json.RawMessage(`{"type":"object","properties":{},"minProperties":1}`)}}
	r.Calls = hearth.Calls{Required: true}
	if _, err := collect(t, chatOf("qwen3-coder", &script{}), r); hearth.AsError(err).Code != hearth.ConstraintUnsupported {
		t.Errorf("a keyword of the whole object: %v", err)
	}
}

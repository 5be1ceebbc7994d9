package grammar_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/grammar"
	"github.com/hearthbox/hearth/internal/grammar/schematest"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// validator is what other people's implementation makes of a schema.
func validator(t testing.TB, schema string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("s.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("s.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func compile(t testing.TB, l grammar.Language, err error) *grammar.Grammar {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	g, err := grammar.Compile(l)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func compileSchema(t testing.TB, schema string) *grammar.Grammar {
	t.Helper()
	l, err := grammar.Schema(schema)
	return compile(t, l, err)
}

// walk writes a text of the language byte by byte, by chance, and more and more by
// what ends it soonest.
func walk(t testing.TB, g *grammar.Grammar, rng *rand.Rand) string {
	t.Helper()
	var text []byte
	for s := g.Start(); ; {
		if s.Done() && (s.Closed() || rng.IntN(3) == 0) {
			return string(text)
		}
		var fit []byte
		for _, b := range []byte("\"}],:0123456789truefalsn. {[-\\abzuDd中é\n") {
			if g.Step(s, b) != nil {
				fit = append(fit, b)
			}
		}
		for b := 0; b < 256 && (len(fit) == 0 || rng.IntN(8) == 0 && len(text) < 200); b++ {
			if g.Step(s, byte(b)) != nil {
				fit = append(fit, byte(b))
			}
		}
		if len(fit) == 0 {
			t.Fatalf("nothing follows %q", text)
		}
		b := fit[rng.IntN(len(fit))]
		if len(text) > 200 && rng.IntN(4) > 0 {
			b = fit[0]
		}
		text, s = append(text, b), g.Step(s, b)
		if len(text) > 20_000 {
			t.Fatalf("it does not end: %q", text[:300])
		}
	}
}

// TestWhatIsWrittenIsValid is G1, by the judgement of another implementation.
func TestWhatIsWrittenIsValid(t *testing.T) {
	schemas := 80
	if testing.Short() {
		schemas = 40
	}
	for seed := range uint64(schemas) {
		rng := rand.New(rand.NewPCG(seed, 2))
		schema := schematest.Make(rng)
		l, err := grammar.Schema(schema)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, schema)
		}
		g, err := grammar.Compile(l)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, schema)
		}
		v := validator(t, schema)
		for range 5 {
			text := walk(t, g, rng)
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err != nil {
				t.Fatalf("seed %d: %q: %v", seed, text, err)
			}
			if err := v.Validate(doc); err != nil {
				t.Fatalf("seed %d: %s\n%s\n%v", seed, schema, text, err)
			}
		}
	}
}

func TestSchemasTakeAndRefuse(t *testing.T) {
	for _, c := range []struct {
		schema      string
		takes, bars []string
	}{
		{`{}`, []string{`1`, `"x"`, `{"a": [1, {"b": null}]}`, "{\n  \"a\": 1,\n  \"b\": []\n}", `-0.5e+10`, `"\ud83d\ude00"`, `[]`},
			[]string{``, ` 1`, `01`, `1.`, `"\ud83d"`, `"`, `{"a":1,}`, `{a:1}`, `nul`, "\"\n\"", `1 `}},
		{`{"type":"object"}`, []string{`{}`, `{"a":{}}`, `{ }`}, []string{`[]`, `{"a"}`}},
		{`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a"],"additionalProperties":false}`,
			[]string{`{"a":1}`, `{"a":1,"b":"x"}`, `{"a": 1, "b": ""}`}, []string{`{}`, `{"b":"x"}`, `{"b":"x","a":1}`, `{"a":1,"c":2}`, `{"a":1,}`, `{,"a":1}`}},
		{`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"integer"}}}`,
			[]string{`{}`, `{"a":1}`, `{"b":1}`, `{"c":1}`, `{"a":1,"c":1}`, `{"b":1,"c":1}`, `{"a":1,"b":1,"c":1}`}, []string{`{"c":1,"a":1}`, `{"a":1,"a":1}`}},
		{`{"type":"object","additionalProperties":{"type":"integer"}}`, []string{`{}`, `{"x":1,"y":2}`}, []string{`{"x":"1"}`}},
		{`{"type":"array","items":{"type":"boolean"},"minItems":2,"maxItems":3}`, []string{`[true,false]`, `[true, false, true]`},
			[]string{`[]`, `[true]`, `[true,true,true,true]`}},
		{`{"type":"string","minLength":2,"maxLength":3}`, []string{`"ab"`, `"中文字"`, `"\n\u0041"`}, []string{`"a"`, `"abcd"`, `""`}},
		{`{"type":"string","maxLength":100000}`, []string{`""`, `"` + strings.Repeat("长", 900) + `"`}, []string{`"a`}},
		{`{"type":"string","pattern":"^a+b$"}`, []string{`"aab"`}, []string{`"b"`, `"aabb"`, `"xab"`}},
		{`{"type":"string","pattern":"b","maxLength":3}`, []string{`"b"`, `"abc"`, `"\"b"`}, []string{`"aaa"`, `"abcd"`}},
		{`{"type":"integer","minimum":-5,"maximum":12}`, []string{`-5`, `-1`, `0`, `7`, `12`}, []string{`-6`, `13`, `99`, `1.0`, `-0`, `007`}},
		{`{"type":"number","exclusiveMinimum":0.1,"maximum":2.5}`, []string{`0.11`, `0.100001`, `1`, `2.5`, `2.50`, `2.4999`}, []string{`0.1`, `0.10`, `0`, `2.51`, `3`, `1e0`}},
		{`{"type":"integer","exclusiveMaximum":-99}`, []string{`-100`, `-12345`}, []string{`-99`, `-5`, `5`}},
		{`{"enum":["a",1,null,{"k":[1]}]}`, []string{`"a"`, `1`, `null`, `{"k":[1]}`}, []string{`"b"`, `2`}},
		{`{"type":"string","enum":["a",1]}`, []string{`"a"`}, []string{`1`}},
		{`{"type":["string","null"]}`, []string{`"x"`, `null`}, []string{`1`}},
		{`{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["next"]}}}`,
			[]string{`{"next":null}`, `{"next":{"next":{"next":null}}}`}, []string{`{}`, `{"next":{}}`}},
		{`{"type":"object","properties":{"child":{"$ref":"#"}}}`, []string{`{}`, `{"child":{"child":{}}}`}, []string{`{"child":1}`}},
		{`{"type":"string","format":"date"}`, []string{`"2024-02-29"`, `"2000-02-29"`}, []string{`"2023-02-29"`, `"1900-02-29"`, `"2024-13-01"`}},
	} {
		g := compileSchema(t, c.schema)
		for _, text := range c.takes {
			if !g.Matches(text) {
				t.Errorf("%s does not take %s", c.schema, text)
			}
		}
		for _, text := range c.bars {
			if g.Matches(text) {
				t.Errorf("%s takes %s", c.schema, text)
			}
		}
	}
}

func TestRefusalsNameThePlace(t *testing.T) {
	for _, c := range []struct {
		schema  string
		trouble grammar.Trouble
		want    string
	}{
		{`{`, grammar.Invalid, "at #: it is not valid JSON: it ends too soon"},
		{`[]`, grammar.Invalid, "at #: a schema is an object or a boolean, not array"},
		{`{"a":1,"a":2}`, grammar.Invalid, `at #: "a" is there twice`},
		{`{"type":"object","properties":{"a/b":{"type":"array","uniqueItems":true}}}`, grammar.Unsupported, `at #/properties/a~1b/uniqueItems: the keyword "uniqueItems" is not supported`},
		{`{"oneOf":[{}]}`, grammar.Unsupported, `at #/oneOf: the keyword "oneOf" is not supported`},
		{`{"type":"integer","multipleOf":3}`, grammar.Unsupported, `at #/multipleOf: the keyword "multipleOf" is not supported`},
		{`{"allOf":[{},{}]}`, grammar.Unsupported, `at #/allOf: allOf of more than one schema is not supported`},
		{`{"anyOf":[{"type":"null"}],"minimum":1}`, grammar.Unsupported, `at #/minimum: the keyword "minimum" beside "anyOf" is not supported`},
		{`{"$ref":"other.json"}`, grammar.Unsupported, `at #/$ref: a $ref to another document is not supported`},
		{`{"$ref":"#/$defs/x"}`, grammar.Invalid, `at #/$ref: there is nothing at #/$defs/x`},
		{`{"$ref":"#"}`, grammar.Invalid, `no text is possible`},
		{`{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}`, grammar.Invalid, `no text is possible`},
		{`{"type":"string","format":"regex"}`, grammar.Unsupported, `at #/format: the format "regex" is not supported`},
		{`{"type":"string","pattern":"a(?=b)"}`, grammar.Invalid, "at #/pattern: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"},
		{`{"type":"string","pattern":"\\bx"}`, grammar.Unsupported, `at #/pattern: \b is not supported`},
		{`{"type":"text"}`, grammar.Invalid, "at #/type: type is one or several of null, boolean, integer, number, string, array, object"},
		{`{"type":"array","minItems":3,"maxItems":2}`, grammar.Invalid, "at #/maxItems: maxItems is below minItems"},
		{`{"type":"integer","minimum":3,"maximum":2}`, grammar.Invalid, "no text is possible"},
		{strings.Repeat(`{"items":`, 500) + `{}` + strings.Repeat(`}`, 500), grammar.TooLarge, ""},
		{`{"type":"string","pattern":"(((a{100}){10}b?){100}"}`, grammar.Invalid, ""},
		{`{"type":"string","pattern":"^(a?){1000}$","minLength":4000}`, grammar.TooLarge, ""},
		{bomb(40), grammar.Invalid, ""},
	} {
		l, err := grammar.Schema(c.schema)
		if err == nil {
			_, err = grammar.Compile(l)
		}
		var e *grammar.Error
		switch {
		case strings.HasPrefix(c.schema, `{"$defs":{"d00"`) && err == nil: // references cost nothing
		case !errors.As(err, &e):
			t.Errorf("%.80s: %v", c.schema, err)
		case e.Trouble != c.trouble || c.want != "" && e.Error() != c.want:
			t.Errorf("%.80s: %d %v", c.schema, e.Trouble, err)
		}
	}
}

// bomb is a schema that doubles at every level, if references are written out.
func bomb(levels int) string {
	var b strings.Builder
	b.WriteString(`{"$defs":{"d00":{"type":"null"}`)
	for i := range levels {
		b.WriteString(strings.NewReplacer("N", itoa(i+1), "M", itoa(i)).Replace(
			`,"dN":{"type":"array","items":{"anyOf":[{"$ref":"#/$defs/dM"},{"$ref":"#/$defs/dM"}]}}`))
	}
	b.WriteString(`},"$ref":"#/$defs/d` + itoa(levels) + `"}`)
	return b.String()
}

func itoa(i int) string { return string([]byte{'0' + byte(i/10), '0' + byte(i%10)}) }

package engine_test

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/grammar/schematest"
	"github.com/hearthbox/hearth/internal/nn/nntest"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// constrained asks for an answer of a kind. Models of random weights seldom end what
// they began, so that is made likelier.
func constrained(kind hearth.ConstraintKind, source string, seed int64) *hearth.Completion {
	c := ask("an answer:", 0, seed)
	c.Constraint = &hearth.Constraint{Kind: kind, Source: source}
	c.Sampling.Bias = map[int]float64{'"': 7, ']': 4, '}': 4, '{': -2, 'n': 2}
	return c
}

var schemasMax = flag.Int("schemas", 150, "how many schemas TestEveryAnswerIsValid makes")

// TestEveryAnswerIsValid asks a model of random weights for JSON under generated
// schemas. Another implementation must find every answer valid.
func TestEveryAnswerIsValid(t *testing.T) {
	schemas := *schemasMax
	path := write(t, nntest.Make(small))
	m := openFile(t, path, func(o *engine.Options) {
		o.Sequences, o.ContextTokens, o.CacheBytes = 8, 1<<14, 1<<26
	})
	next := make(chan int)
	var wg sync.WaitGroup
	tokens := 0
	var mu sync.Mutex
	for range 8 {
		wg.Go(func() {
			for i := range next {
				rng := rand.New(rand.NewPCG(uint64(i), 3))
				schema := schematest.Make(rng)
				c := constrained(hearth.ConstrainSchema, schema, int64(i))
				temperature := 1 + float64(rng.IntN(2))/2 // at 0 such a model repeats itself for ever
				c.Sampling.Temperature = &temperature
				c.Sampling.TopK = rng.IntN(2) * 40
				r, err := collect(m, c)
				if err != nil {
					t.Errorf("schema %d: %v\n%s", i, err, schema)
					continue
				}
				mu.Lock()
				tokens += r.usage.CompletionTokens
				mu.Unlock()
				if r.finish[0] != hearth.FinishStop {
					t.Errorf("schema %d: finish %s after %d tokens", i, r.finish[0], r.usage.CompletionTokens)
					continue
				}
				if err := validate(schema, r.text[0]); err != nil {
					t.Errorf("schema %d: %v\n%s\n%s", i, err, schema, r.text[0])
				}
			}
		})
	}
	for i := range schemas {
		next <- i
	}
	close(next)
	wg.Wait()
	t.Logf("%d schemas, %d tokens", schemas, tokens)
}

func validate(schema, text string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("s.json", doc); err != nil {
		return err
	}
	s, err := c.Compile("s.json")
	if err != nil {
		return err
	}
	if doc, err = jsonschema.UnmarshalJSON(strings.NewReader(text)); err != nil {
		return err
	}
	return s.Validate(doc)
}

func TestConstraintsOfEveryKind(t *testing.T) {
	m := open(t, small)
	part := func(k hearth.ConstraintKind, source string) hearth.Constraint {
		return hearth.Constraint{Kind: k, Source: source}
	}
	for _, c := range []struct {
		of   hearth.Constraint
		want string // what the answer matches
	}{
		{part(hearth.ConstrainObject, ""), `(?s)^\{.*\}$`},
		{part(hearth.ConstrainRegex, `[a-f]{3,8}-\d+(\.|!)`), `^[a-f]{3,8}-\d+(\.|!)$`},
		{part(hearth.ConstrainGrammar, "root ::= \"yes\" | \"no\" why?\nwhy ::= \", \" [a-z]{1,5} \".\""), `^(yes|no(, [a-z]{1,5}\.)?)$`},
		{part(hearth.ConstrainText, "exactly this"), `^exactly this$`},
		{hearth.Constraint{Kind: hearth.ConstrainChoice, Parts: []hearth.Constraint{part(hearth.ConstrainText, "left"), part(hearth.ConstrainText, "right")}}, `^(left|right)$`},
		{hearth.Constraint{Kind: hearth.ConstrainSequence, Parts: []hearth.Constraint{
			part(hearth.ConstrainWithout, "?"), part(hearth.ConstrainMarker, "?"),
			{Kind: hearth.ConstrainRepeat, Min: 2, Max: 3, Parts: []hearth.Constraint{part(hearth.ConstrainRegex, "[ab]")}}}}, `(?s)^[^?]*\?[ab]{2,3}$`},
	} {
		for seed := range int64(5) {
			r := ask("x", 450, seed)
			r.Constraint = &c.of
			r.Sampling.Bias = map[int]float64{'"': 3, '}': 4, ']': 3, '.': 3, '?': 4}
			got := mustCollect(t, m, r)
			if got.finish[0] != hearth.FinishStop || !regexp.MustCompile(c.want).MatchString(got.text[0]) {
				t.Errorf("%s: %q, finish %s", c.of.Kind, got.text[0], got.finish[0])
			}
		}
	}
}

// TestConstrainedInAnyCompany is invariant E1 with constraints: guesses, company and
// making room change no token.
func TestConstrainedInAnyCompany(t *testing.T) {
	path := write(t, nntest.Make(small))
	plain := openFile(t, path, func(o *engine.Options) { o.Plain = true })
	tight := openFile(t, path, func(o *engine.Options) {
		o.ContextTokens, o.CacheBytes, o.Sequences = 512, twentyPages(t), 6
	})
	var asked []*hearth.Completion
	for i := range 12 {
		c := constrained(hearth.ConstrainSchema, `{"type":"array","items":{"enum":["the same again","and again"]},"minItems":6,"maxItems":9}`, int64(i))
		c.MaxTokens = 20 + 20*i
		c.Choices = 1 + i%2
		c.LogProbs = i%3 == 0
		asked = append(asked, c, ask("free", 60, int64(i)))
	}
	var wg sync.WaitGroup
	for _, c := range asked {
		alone := mustCollect(t, plain, c)
		wg.Go(func() {
			got, err := collect(tight, c)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range alone.text {
				if got.text[i] != alone.text[i] || got.finish[i] != alone.finish[i] {
					t.Errorf("alone %q, in company %q", alone.text[i], got.text[i])
				}
			}
		})
	}
	wg.Wait()
	if s := tight.Stats(); s.Accepted == 0 {
		t.Error("no guess came true: nothing was tested of them")
	}
}

// TestCutAnswersSayLength: an answer that does not fit ends as one.
func TestCutAnswersSayLength(t *testing.T) {
	m := open(t, small)
	c := constrained(hearth.ConstrainSchema, `{"const":"a text of more than ten tokens"}`, 1)
	c.MaxTokens = 10
	r := mustCollect(t, m, c)
	if r.finish[0] != hearth.FinishLength || r.text[0] != `"a text of` {
		t.Errorf("%q, %s", r.text[0], r.finish[0])
	}
	c.MaxTokens = len(`"a text of more than ten tokens"`)
	if r = mustCollect(t, m, c); r.finish[0] != hearth.FinishStop || !json.Valid([]byte(r.text[0])) {
		t.Errorf("%q, %s", r.text[0], r.finish[0])
	}
}

func TestConstraintsAreRefusedBefore(t *testing.T) {
	m := open(t, small)
	for _, c := range []struct {
		of   hearth.Constraint
		code hearth.Code
		want string
	}{
		{hearth.Constraint{Kind: hearth.ConstrainSchema, Source: `{"oneOf":[]}`, Field: "response_format"}, hearth.ConstraintUnsupported,
			`response_format uses the keyword "oneOf" at #/oneOf, which answers can't be held to here`},
		{hearth.Constraint{Kind: hearth.ConstrainRegex, Source: `(`, Field: "r"}, hearth.ConstraintInvalid,
			"what r asks the answer to be is not valid: error parsing regexp: missing closing ): `(`"},
		{hearth.Constraint{Kind: hearth.ConstrainGrammar, Source: "root ::= other"}, hearth.ConstraintInvalid,
			"what grammar asks the answer to be is not valid at line 1, column 10: there is no rule other"},
		{hearth.Constraint{Kind: hearth.ConstrainRegex, Source: `((a{0,99}b?){9}){500}`}, hearth.ConstraintInvalid, ""},
		{hearth.Constraint{Kind: hearth.ConstrainGrammar, Source: "root ::= " + strings.Repeat("(", 500)}, hearth.ConstraintInvalid, ""},
	} {
		r := ask("x", 5, 1)
		r.Constraint = &c.of
		_, err := collect(m, r)
		e := hearth.AsError(err)
		if err == nil || e.Code != c.code || c.want != "" && e.Message(hearth.English) != c.want {
			t.Errorf("%s: %v", c.of.Source[:min(40, len(c.of.Source))], err)
		}
	}
	if s := m.Stats(); s.PromptTokens != 0 {
		t.Error("something was computed for what was refused")
	}
}

package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Set names the questions; it changes when they do.
const Set = 1

// Limits of a run: some fifty thousand tokens of prompts, most of them for the context, and
// a thousand of answers.
const (
	RunMax       = 15 * time.Minute
	answerTokens = 24
	toolTokens   = 300
	askMax       = 3 * time.Minute
	textMax      = 400 // characters of an answer that are kept
)

// Report is what was found out in one run.
type Report struct {
	Set      int       `json:"set"`
	At       time.Time `json:"at"`
	Upstream string    `json:"upstream"`
	Model    string    `json:"model"`

	// Tokens are how many the service counts for texts of several kinds.
	Tokens []int `json:"tokens"`

	// Answers are those without chance, and LogProbs what the model says of the odds of
	// their first tokens; none where it does not.
	Answers  []string             `json:"answers"`
	LogProbs []map[string]float64 `json:"log_probs,omitempty"`

	// Calls are which calls of tools were as their schemas ask.
	Calls []bool `json:"calls"`

	// Context are the long prompts it took.
	Context []Length `json:"context"`

	Asked int `json:"asked"` // requests
}

// Length is a long prompt.
type Length struct {
	Letters int    `json:"letters"`
	Tokens  int    `json:"tokens"`            // as the service counts
	Found   bool   `json:"found"`             // what stood at its beginning
	Refused string `json:"refused,omitempty"` // the code of the error, where it was
}

// Finding is a difference from the reference, or a sign by itself.
type Finding struct {
	Kind   string       `json:"kind"`  // tokenizer, answers, odds, tools, context
	Alarm  bool         `json:"alarm"` // and not only worth knowing
	Detail hearth.Words `json:"-"`
}

// Thresholds of findings, each beyond what servers that batch differently do to the same
// model: of eight answers of twenty-four tokens, chance changes the end of a few.
const (
	answersAlike = 0.5  // the part of the answers that is the same; less is another model
	answersNear  = 0.8  // less is worth knowing
	oddsShift    = 0.15 // nats between first tokens, on average: coarser weights shift them by more
	callsFewer   = 2    // that are as they shall be
	contextShort = 0.9  // of what it was
	contextThin  = 0.6  // tokens for each letter, of what it is with short prompts: the rest was cut
)

// Run asks the model of a generator.
func Run(ctx context.Context, g hearth.Generator, upstream, model string) (*Report, error) {
	ctx, cancel := context.WithTimeout(ctx, RunMax)
	defer cancel()
	v := &run{g: g, r: &Report{Set: Set, At: time.Now().UTC().Truncate(time.Second), Upstream: upstream, Model: model}}
	for _, step := range []func(context.Context) error{v.tokens, v.answers, v.calls, v.context} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return v.r, nil
}

type run struct {
	g      hearth.Generator
	r      *Report
	noOdds bool // it does not say them
}

// said is an answer.
type said struct {
	text  string
	calls []hearth.ToolCall
	odds  map[string]float64
	usage hearth.Usage
}

// ask asks one thing, without chance.
func (v *run) ask(ctx context.Context, words string, most int, with func(*hearth.Request)) (s said, err error) {
	ctx, cancel := context.WithTimeout(ctx, askMax)
	defer cancel()
	greedy, seed := 0.0, int64(1)
	r := &hearth.Request{Model: v.r.Model, Messages: []hearth.Message{{Role: hearth.RoleUser, Text: words}}}
	r.MaxTokens, r.Sampling.Temperature, r.Sampling.Seed = most, &greedy, &seed
	if with != nil {
		with(r)
	}
	v.r.Asked++
	for c, err := range v.g.Generate(ctx, r) {
		if err != nil {
			return s, err
		}
		s.text += c.Reasoning + c.Text
		for _, d := range c.ToolCalls {
			for len(s.calls) <= d.Index {
				s.calls = append(s.calls, hearth.ToolCall{})
			}
			s.calls[d.Index].Name += d.Name
			s.calls[d.Index].Arguments += d.Arguments
		}
		for _, p := range c.LogProbs {
			if s.odds == nil {
				s.odds = map[string]float64{}
				for _, o := range p.Top {
					s.odds[o.Token] = o.LogProb
				}
			}
		}
		if c.Usage != nil {
			s.usage = *c.Usage
		}
	}
	return s, nil
}

func (v *run) tokens(ctx context.Context) error {
	for _, text := range counted {
		s, err := v.ask(ctx, text, 1, nil)
		if err != nil {
			return err
		}
		v.r.Tokens = append(v.r.Tokens, s.usage.PromptTokens)
	}
	return nil
}

func (v *run) answers(ctx context.Context) error {
	for _, q := range questions {
		s, err := v.ask(ctx, q, answerTokens, func(r *hearth.Request) {
			if !v.noOdds {
				r.LogProbs, r.TopLogProbs = true, 5
			}
		})
		if e, ok := errors.AsType[*hearth.Error](err); ok && e.Kind() == hearth.KindInvalid && !v.noOdds {
			v.noOdds = true
			s, err = v.ask(ctx, q, answerTokens, nil)
		}
		if err != nil {
			return err
		}
		v.r.Answers = append(v.r.Answers, cut(s.text))
		if s.odds != nil {
			v.r.LogProbs = append(v.r.LogProbs, s.odds)
		}
	}
	if len(v.r.LogProbs) != len(questions) {
		v.r.LogProbs = nil
	}
	return nil
}

func cut(text string) string {
	if r := []rune(text); len(r) > textMax {
		return string(r[:textMax])
	}
	return text
}

func (v *run) calls(ctx context.Context) error {
	for _, c := range callings {
		s, err := v.ask(ctx, c.words, toolTokens, func(r *hearth.Request) {
			r.Tools = []hearth.Tool{{Name: "book_table", Description: "Books a table at a restaurant", Parameters: json.RawMessage(tableSchema)}}
		})
		if e, ok := errors.AsType[*hearth.Error](err); ok && e.Kind() == hearth.KindInvalid {
			return nil // it knows no tools
		}
		if err != nil {
			return err
		}
		v.r.Calls = append(v.r.Calls, len(s.calls) == 1 && s.calls[0].Name == "book_table" && c.as(s.calls[0].Arguments))
	}
	return nil
}

func (v *run) context(ctx context.Context) error {
	for _, letters := range lengths {
		var b strings.Builder
		b.WriteString("The code word is " + codeWord + ". Remember it.\n")
		for i := 0; b.Len() < letters; i++ {
			fmt.Fprintf(&b, filler, i, i*7%100)
		}
		b.WriteString("What is the code word? Answer with that word.")
		s, err := v.ask(ctx, b.String(), answerTokens, nil)
		l := Length{Letters: b.Len(), Tokens: s.usage.PromptTokens, Found: strings.Contains(s.text, codeWord)}
		if e, ok := errors.AsType[*hearth.Error](err); ok && (e.Kind() == hearth.KindInvalid || e.Kind() == hearth.KindTooLarge) {
			l.Refused = string(e.Code)
			v.r.Context = append(v.r.Context, l)
			return nil
		}
		if err != nil {
			return err
		}
		v.r.Context = append(v.r.Context, l)
	}
	return nil
}

// contextTokens is the longest prompt it took, as far as all of it was taken.
func (r *Report) contextTokens() (tokens int, cut bool) {
	for i, l := range r.Context {
		if l.Refused != "" {
			break
		}
		first := r.Context[0]
		if i > 0 && first.Tokens > 0 && float64(l.Tokens)/float64(l.Letters) < contextThin*float64(first.Tokens)/float64(first.Letters) {
			return tokens, true
		}
		tokens = max(tokens, l.Tokens)
	}
	return tokens, false
}

// Compare says what is different from a reference; nil is none, where only what is a sign
// by itself is found.
func (r *Report) Compare(reference *Report) (list []Finding) {
	add := func(kind string, alarm bool, english, chinese string, about ...any) {
		list = append(list, Finding{kind, alarm, hearth.Words{fmt.Sprintf(english, about...), fmt.Sprintf(chinese, about...)}})
	}
	tokens, thin := r.contextTokens()
	if thin {
		add("context", true, "of prompts longer than %d tokens, a part is cut without a word", "超过 %d 个词元的输入会被悄悄截断", tokens)
	}
	if reference == nil || reference.Set != r.Set {
		return list
	}
	if !slices.Equal(r.Tokens, reference.Tokens) {
		add("tokenizer", true, "the same texts have other numbers of tokens: %v, and had %v", "相同文本的词元数变为 %v，原为 %v", r.Tokens, reference.Tokens)
	}
	alike := similar(r.Answers, reference.Answers)
	shift, known := shifted(r.LogProbs, reference.LogProbs)
	switch {
	case alike < answersAlike:
		add("answers", true, "%.0f%% of what it answers without chance is as it was: this is another model", "确定性回答仅 %.0f%% 与原来相同：这是另一个模型", 100*alike)
	case alike < answersNear:
		add("answers", false, "%.0f%% of what it answers without chance is as it was", "确定性回答有 %.0f%% 与原来相同", 100*alike)
	}
	if known && shift > oddsShift && alike >= answersAlike {
		add("odds", true, "the odds of first tokens have shifted by %.2f on average while answers are much the same: its weights may have become coarser", "回答基本相同，但首个词元的概率平均偏移 %.2f：其权重可能被进一步量化", shift)
	}
	if now, before := passed(r.Calls), passed(reference.Calls); now+callsFewer <= before {
		add("tools", true, "%d calls of tools are as their schema asks, of %d before", "符合参数定义的工具调用为 %d 个，原为 %d 个", now, before)
	}
	if before, _ := reference.contextTokens(); float64(tokens) < contextShort*float64(before) && !thin {
		add("context", true, "it takes %d tokens, and took %d", "可接受的输入为 %d 个词元，原为 %d 个", tokens, before)
	}
	return list
}

func passed(list []bool) (n int) {
	for _, ok := range list {
		if ok {
			n++
		}
	}
	return n
}

// similar is the part of texts that is the same from their beginning on.
func similar(a, b []string) float64 {
	if len(a) == 0 || len(a) != len(b) {
		return 0
	}
	sum := 0.0
	for i := range a {
		x, y := []rune(a[i]), []rune(b[i])
		n := 0
		for n < min(len(x), len(y)) && x[n] == y[n] {
			n++
		}
		if longest := max(len(x), len(y)); longest > 0 {
			sum += float64(n) / float64(longest)
		} else {
			sum++
		}
	}
	return sum / float64(len(a))
}

// shifted is by how much log-probabilities differ, over the tokens that both name.
func shifted(a, b []map[string]float64) (float64, bool) {
	sum, n := 0.0, 0
	for i := range min(len(a), len(b)) {
		for token, p := range a[i] {
			if q, ok := b[i][token]; ok {
				sum += math.Abs(p - q)
				n++
			}
		}
	}
	return sum / float64(max(1, n)), n > 0 && len(a) == len(b)
}

// Summary is what a report comes to.
type Summary struct{ ContextTokens, CallsRight, CallsAsked int }

// Summary is what the report comes to.
func (r *Report) Summary() Summary {
	tokens, _ := r.contextTokens()
	return Summary{tokens, passed(r.Calls), len(r.Calls)}
}

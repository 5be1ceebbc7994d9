package engine

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/grammar"
	"github.com/hearthbox/hearth/internal/tokenizer"
)

// constraintsMax is how many compiled constraints a model remembers.
const constraintsMax = 32

// constraints are those that were asked for lately, compiled, and the vocabulary as
// they see it, made for the first.
type constraints struct {
	tokens     *tokenizer.Tokenizer
	vocabulary func() *grammar.Vocabulary

	mu    sync.Mutex
	known []compiled // the latest last
}

type compiled struct {
	key   string
	masks *grammar.Masks
}

func newConstraints(t *tokenizer.Tokenizer) *constraints {
	return &constraints{tokens: t, vocabulary: sync.OnceValue(func() *grammar.Vocabulary { return vocabularyOf(t) })}
}

// vocabularyOf says what tokens mean in a constrained text. Tokens that steer the
// model come where their marker is wanted, and nowhere else.
func vocabularyOf(t *tokenizer.Tokenizer) *grammar.Vocabulary {
	tokens := make([]grammar.Token, t.Size())
	for id := range tokens {
		text := t.Piece(int32(id))
		switch {
		case t.IsEnd(int32(id)):
		case t.IsControl(int32(id)):
			tokens[id].Marker = text
		case t.IsUserDefined(int32(id)):
			tokens[id].Text, tokens[id].Marker = text, text
		case !t.IsUnknown(int32(id)):
			tokens[id].Text = text
		}
	}
	return grammar.NewVocabulary(tokens)
}

// compile makes masks of a constraint, or takes those it made before.
func (c *constraints) compile(of *hearth.Constraint) (*grammar.Masks, error) {
	key, err := json.Marshal(of)
	if err != nil {
		return nil, err
	}
	if m := c.find(string(key)); m != nil {
		return m, nil
	}
	l, err := language(of)
	if err != nil {
		return nil, err
	}
	g, err := grammar.Compile(l)
	if err != nil {
		return nil, constraintError(of, err)
	}
	v := c.vocabulary()
	if b, lacks := v.Lacks(g); lacks {
		return nil, hearth.NewError(hearth.ConstraintUnsupported, "field", cmp.Or(of.Field, string(of.Kind)), "place", "",
			"what", fmt.Sprintf("byte %#02x, for which the model has no token,", b))
	}
	m := grammar.Bind(g, v)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) == constraintsMax {
		c.known = slices.Delete(c.known, 0, 1)
	}
	c.known = append(c.known, compiled{string(key), m})
	return m, nil
}

func (c *constraints) find(key string) *grammar.Masks {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.known, func(k compiled) bool { return k.key == key })
	if i < 0 {
		return nil
	}
	found := c.known[i]
	c.known = append(slices.Delete(c.known, i, i+1), found)
	return found.masks
}

// language puts a constraint in the words of the package grammar.
func language(c *hearth.Constraint) (l grammar.Language, err error) {
	var parts []grammar.Language
	for i := range c.Parts {
		part, err := language(&c.Parts[i])
		if err != nil {
			return l, err
		}
		parts = append(parts, part)
	}
	switch c.Kind {
	case hearth.ConstrainObject:
		return grammar.JSONObject(), nil
	case hearth.ConstrainSchema:
		l, err = schema(c)
	case hearth.ConstrainRegex:
		l, err = grammar.Regex(c.Source)
	case hearth.ConstrainGrammar:
		l, err = grammar.Notation(c.Source)
	case hearth.ConstrainText:
		return grammar.Literal(c.Source), nil
	case hearth.ConstrainMarker:
		return grammar.Marker(c.Source), nil
	case hearth.ConstrainWithout:
		return grammar.Without(c.Source), nil
	case hearth.ConstrainSequence:
		return grammar.Sequence(parts...), nil
	case hearth.ConstrainChoice:
		return grammar.Choice(parts...), nil
	case hearth.ConstrainRepeat:
		return grammar.Repeat(grammar.Sequence(parts...), c.Min, c.Max), nil
	default:
		err = fmt.Errorf("there is no constraint %q", c.Kind)
	}
	return l, constraintError(c, err)
}

// schema is the language of a schema, compiled by itself first where anything may
// stand in its place.
func schema(c *hearth.Constraint) (grammar.Language, error) {
	l, err := grammar.Schema(c.Source)
	if c.Loose && err == nil {
		_, err = grammar.Compile(l)
	}
	if c.Loose && err != nil {
		return grammar.JSONObject(), nil
	}
	return l, err
}

// constraintError says what is wrong with a constraint, and where.
func constraintError(c *hearth.Constraint, err error) error {
	e, ok := errors.AsType[*grammar.Error](err)
	if !ok {
		return err
	}
	field := cmp.Or(c.Field, string(c.Kind))
	place := any("")
	if e.Place != "" {
		place = hearth.Words{" at " + e.Place, "（" + e.Place + "）"}
	}
	code := hearth.ConstraintInvalid
	switch e.Trouble {
	case grammar.Unsupported:
		code = hearth.ConstraintUnsupported
	case grammar.TooLarge:
		code = hearth.ConstraintTooLarge
	}
	return hearth.NewError(code, "field", field, "place", place, "what", e.What, "detail", e.What).At(field).Because(err)
}

// held keeps one answer to a constraint. The zero value holds it to nothing.
type held struct {
	*grammar.Masks
	state  *grammar.State
	set    []uint64
	nevers []float32
}

func hold(m *grammar.Masks) held {
	if m == nil {
		return held{}
	}
	return held{Masks: m, state: m.Start(), set: make([]uint64, m.Words()), nevers: neversOf(4096)}
}

// mask takes from logits what may not come next. An end of the text may come where
// the text may end, if ends are wanted.
func (h *held) mask(logits []float32, ends []int32) {
	if h.Masks == nil {
		return
	}
	h.Mask(h.state, h.set)
	if h.state.Done() {
		for _, id := range ends {
			h.set[id>>6] |= 1 << (id & 63)
		}
	}
	forbid(logits, h.set, h.nevers)
}

// take goes on by a token, and reports whether the text is complete with it and
// nothing may follow.
func (h *held) take(id int) (closed bool, err error) {
	if h.Masks == nil {
		return false, nil
	}
	h.state = h.Take(h.state, int32(id))
	if h.state == nil {
		return false, hearth.NewError(hearth.ConstraintTooLarge, "field", "grammar", "place", "", "detail",
			hearth.Words{"it can be read in too many ways at once", "同一文本的解析方式过多"})
	}
	return h.state.Closed(), nil
}

// fitting is how many of the tokens, one after the other, fit.
func (h *held) fitting(tokens []int) int {
	if h.Masks == nil {
		return len(tokens)
	}
	s := h.state
	for i, id := range tokens {
		if s = h.Take(s, int32(id)); s == nil {
			return i
		}
	}
	return len(tokens)
}

// forbid makes tokens that are not in the set impossible. nevers is some of the logit
// that says so: a whole row is copied faster than written.
func forbid(logits []float32, set []uint64, nevers []float32) {
	for i := 0; i < len(set); i++ {
		from := i * 64
		switch word := set[i]; word {
		case 0:
			for i+1 < len(set) && set[i+1] == 0 {
				i++
			}
			refuse(logits[from:min(i*64+64, len(logits))], nevers)
		case ^uint64(0):
		default:
			row := logits[from:min(from+64, len(logits))]
			for word = ^word; word != 0; word &= word - 1 {
				if j := bits.TrailingZeros64(word); j < len(row) {
					row[j] = nevers[0]
				}
			}
		}
	}
	if n := len(set) * 64; n < len(logits) {
		refuse(logits[n:], nevers)
	}
}

func refuse(logits, nevers []float32) {
	for len(logits) > 0 {
		logits = logits[copy(logits, nevers):]
	}
}

// neversOf is a row of the logit of what can't be.
func neversOf(n int) []float32 {
	return slices.Repeat([]float32{float32(math.Inf(-1))}, n)
}

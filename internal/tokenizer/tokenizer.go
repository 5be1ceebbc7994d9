package tokenizer

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// A Tokenizer encodes and decodes with one vocabulary. It never changes, and any
// number of goroutines may use it at once.
type Tokenizer struct {
	model  model
	pieces *pieces
	tokens []string // as the vocabulary writes them
	ids    map[string]int32
	ends   []int32 // sorted

	never  *specials // none
	always *specials // the user-defined texts
	asked  *specials // and the control and unknown ones

	bos, eos         int32
	addBOS, addEOS   bool
	opening, closing []int32
	artificialSpace  bool // a decoded text begins with a space that was not in it
}

// model encodes a text that holds no special text. It is given valid UTF-8, padded.
type model interface {
	append(dst []int32, text []byte) []int32
}

// New checks a vocabulary and makes ready to use it. An error names the field at
// fault.
func New(v Vocabulary) (*Tokenizer, error) {
	v.Tokens = slices.Clone(v.Tokens)
	ids, err := check(&v)
	if err != nil {
		return nil, err
	}
	named := endTokens(ids, v.Types)
	p, err := newPieces(&v, named)
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{pieces: p, tokens: v.Tokens, ids: ids}
	switch v.Model {
	case "gpt2":
		t.model, err = newBPE(&v, p)
	case "llama":
		t.model, err = newSPM(&v, p)
	case "bert":
		t.model = newWordPiece(&v, p)
	case "t5":
		t.model, err = newUnigram(&v, p)
	default:
		err = fmt.Errorf(`tokenizer.ggml.model: %.40q is none of "gpt2", "llama", "bert" and "t5"`, v.Model)
	}
	if err != nil {
		return nil, err
	}
	t.setRoles(&v, named)
	if err := t.findSpecials(); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Tokenizer) setRoles(v *Vocabulary, ends []int32) {
	for _, id := range []int{v.EOS, v.EOT, v.EOM} {
		if id != None {
			ends = append(ends, int32(id))
		}
	}
	slices.Sort(ends)
	t.ends = slices.Compact(ends)

	t.bos, t.eos = int32(v.BOS), int32(v.EOS)
	t.addBOS, t.addEOS = v.AddBOS && v.BOS != None, v.AddEOS && v.EOS != None
	t.artificialSpace = v.Model == "llama" && v.AddSpacePrefix || v.Model == "t5" && (v.AddSpacePrefix || v.RemoveExtraSpaces) || v.Model == "bert"
	if v.Model == "bert" {
		t.opening, t.closing = present(v.CLS, v.BOS), present(v.SEP, v.EOS)
		return
	}
	if t.addBOS {
		t.opening = []int32{t.bos}
	}
	if t.addEOS {
		t.closing = []int32{t.eos}
	}
}

// present returns the first id that there is.
func present(ids ...int) []int32 {
	for _, id := range ids {
		if id != None {
			return []int32{int32(id)}
		}
	}
	return nil
}

func (t *Tokenizer) findSpecials() error {
	texts, ids := t.ofType(UserDefined, Control, Unknown)
	if size(texts) > specialBytesMax {
		return fmt.Errorf("tokenizer.ggml.token_type: special tokens of more than %d bytes", specialBytesMax)
	}
	for i, text := range texts {
		if len(text) > specialTextMax {
			return fmt.Errorf("tokenizer.ggml.tokens[%d]: a special token of more than %d bytes", ids[i], specialTextMax)
		}
	}
	t.asked = newSpecials(texts, ids)
	t.always = newSpecials(t.ofType(UserDefined))
	t.never = newSpecials(nil, nil)
	return nil
}

func (t *Tokenizer) ofType(types ...Type) (texts []string, ids []int32) {
	for i, token := range t.tokens {
		if token != "" && slices.Contains(types, t.pieces.types[i]) {
			texts, ids = append(texts, token), append(ids, int32(i))
		}
	}
	return texts, ids
}

// Append adds the ids of a text to dst. With control, the texts of control tokens
// become those tokens, which is for prompts that the appliance wrote; without, they
// are text like any other. User-defined tokens are found either way: see
// [Tokenizer.AppendLiteral]. Nothing is put before or after: see [Tokenizer.Opening].
func (t *Tokenizer) Append(dst []int32, text string, control bool) []int32 {
	if control {
		return t.append(dst, text, t.asked)
	}
	return t.append(dst, text, t.always)
}

// AppendLiteral adds the ids of a text in which nothing is special, not even the
// texts of user-defined tokens: for what people write that spells a marker.
func (t *Tokenizer) AppendLiteral(dst []int32, text string) []int32 {
	return t.append(dst, text, t.never)
}

func (t *Tokenizer) append(dst []int32, text string, find *specials) []int32 {
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	raw := padded(text)
	from := 0
	for _, s := range slices.Backward(find.find(text)) {
		if s.at < from {
			continue // begins within the one before
		}
		if s.at > from {
			dst = t.model.append(dst, raw[from:s.at])
		}
		dst = append(dst, s.id)
		from = s.at + len(t.tokens[s.id])
	}
	if from < len(text) {
		dst = t.model.append(dst, raw[from:])
	}
	return dst
}

// Opening returns the ids that the model expects before a text; the caller must
// not change them. A chat template may have written them into the text already.
func (t *Tokenizer) Opening() []int32 { return t.opening }

// Closing returns the ids that the model expects after a text; the caller must not
// change them.
func (t *Tokenizer) Closing() []int32 { return t.closing }

// BOS returns the token that begins a text, or None.
func (t *Tokenizer) BOS() int32 { return t.bos }

// EOS returns the token that ends a text, or None. It is not the only one to end a
// generation: see [Tokenizer.IsEnd].
func (t *Tokenizer) EOS() int32 { return t.eos }

// Size returns how many tokens there are.
func (t *Tokenizer) Size() int { return len(t.tokens) }

// Lookup returns the token that the vocabulary writes so, "<|im_end|>" for one.
func (t *Tokenizer) Lookup(token string) (int32, bool) {
	id, ok := t.ids[token]
	return id, ok
}

// IsControl tells whether a token steers the model and is no part of a text.
func (t *Tokenizer) IsControl(id int32) bool {
	return t.valid(id) && t.pieces.types[id] == Control
}

// IsUnknown tells whether a token stands for what the vocabulary cannot spell.
func (t *Tokenizer) IsUnknown(id int32) bool {
	return t.valid(id) && t.pieces.types[id] == Unknown
}

// IsUserDefined tells whether a token stands for its text wherever that occurs.
func (t *Tokenizer) IsUserDefined(id int32) bool {
	return t.valid(id) && t.pieces.types[id] == UserDefined
}

// Ends are the tokens with which a generation is over; the caller must not change them.
func (t *Tokenizer) Ends() []int32 { return t.ends }

// IsEnd tells whether a generation is over with this token.
func (t *Tokenizer) IsEnd(id int32) bool {
	_, ok := slices.BinarySearch(t.ends, id)
	return ok
}

func (t *Tokenizer) valid(id int32) bool { return id >= 0 && int(id) < len(t.tokens) }

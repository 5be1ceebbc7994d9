package tokenizer

// None is the id of a token that a vocabulary does not have.
const None = -1

// Type is what a vocabulary says a token is for (tokenizer.ggml.token_type).
type Type int32

const (
	Normal      Type = 1
	Unknown     Type = 2 // stands for what the vocabulary cannot spell
	Control     Type = 3 // steers the model; never part of a text
	UserDefined Type = 4 // a text that is one token wherever it occurs
	Unused      Type = 5
	Byte        Type = 6 // <0x0A>: one byte of a character without a token
)

// Vocabulary is what a model file says about its tokens, under the names of GGUF.
// [Defaults] gives the answers for a file that leaves some of it out.
type Vocabulary struct {
	Model string // tokenizer.ggml.model: "gpt2", "llama", "bert" or "t5"
	Pre   string // tokenizer.ggml.pre: how a "gpt2" text is split into words; "" is "default"

	Tokens []string  // tokenizer.ggml.tokens, each once
	Types  []Type    // tokenizer.ggml.token_type; nil if every token is normal
	Scores []float32 // tokenizer.ggml.scores; "llama" merges by them, "t5" adds them up
	Merges []string  // tokenizer.ggml.merges, "left right", first merged first; for "gpt2"

	// Ids of the tokens with a role, [None] where there is none. 4294967295, which
	// some writers put for "none", is read so.
	BOS, EOS, EOT, EOM, UNK, SEP, PAD, CLS, MASK int

	AddBOS bool // the model expects BOS before a text; ignored without one
	AddEOS bool // the model expects EOS after a text; ignored without one

	AddSpacePrefix bool // "llama", "t5": a text starts with a space that is not its own
	Lowercase      bool // "bert": case is folded
	StripAccents   bool // "bert": accents are dropped

	// RemoveExtraSpaces is for "t5": words have one space before them, whatever the text
	// has. Charsmap is too: tokenizer.ggml.precompiled_charsmap, nil if no character is
	// to be replaced.
	RemoveExtraSpaces bool
	Charsmap          []byte
}

// Defaults returns a vocabulary without tokens, filled with what llama.cpp takes
// for granted when a file does not say; size is how many tokens there will be, and
// a customary id beyond it is None. For "gpt2" all ids are None: the customary
// 11 for BOS and EOS is a comma in most vocabularies, and generation would end there.
func Defaults(model, pre string, size int) Vocabulary {
	id := func(i int) int {
		if i < size {
			return i
		}
		return None
	}
	v := Vocabulary{
		Model: model, Pre: pre,
		BOS: None, EOS: None, EOT: None, EOM: None, UNK: None, SEP: None, PAD: None, CLS: None, MASK: None,
	}
	switch model {
	case "gpt2":
		v.AddBOS = pretokenizers()[pre].addBOS
	case "llama":
		v.UNK, v.BOS, v.EOS = id(0), id(1), id(2)
		v.AddBOS, v.AddSpacePrefix = true, true
	case "t5":
		v.EOS, v.UNK = id(1), id(2)
		v.AddEOS, v.AddSpacePrefix = true, true
	case "bert":
		v.PAD, v.UNK, v.BOS, v.CLS, v.SEP, v.MASK = id(0), id(100), id(101), id(101), id(102), id(103)
		v.AddBOS, v.Lowercase, v.StripAccents = true, true, true
	}
	return v
}

package library

import (
	"path"
	"strings"

	"github.com/hearthbox/hearth"
)

// Kind is what a model is for.
type Kind string

// The kinds of models.
const (
	Chat      Kind = "chat"
	Embedding Kind = "embedding"
	Reranker  Kind = "reranker"
	Guard     Kind = "guard" // says whether a text is safe
)

// Text is a sentence in every language the appliance speaks.
type Text struct{ ZH, EN string }

// In is the text in a language.
func (t Text) In(l hearth.Language) string {
	if l == hearth.Chinese {
		return t.ZH
	}
	return t.EN
}

// Model is an entry of the library.
type Model struct {
	ID        string // as users write it, lower case
	Name      string // as its publisher writes it
	Publisher string
	Family    string
	Kind      Kind

	// Architecture is general.architecture of its GGUF files, "" if not established.
	Architecture string

	// Template is the family of package prompt that its publisher's template is of;
	// "" where the template has to be read from the file.
	Template string

	Parameters int64 // each matrix once
	Active     int64 // used for one token; 0 for all
	Shape      Shape
	Context    int // tokens, as trained or as its files declare

	Summary Text
	Tags    []string // in both languages
	Files   []File   // smallest first
	Sources []string // where the facts were found, by the names of the table

	LicenceID string  `yaml:"licence"`
	Licence   Licence `yaml:"-"`
	Native    bool    `yaml:"-"` // the engine runs at least one of the files
}

// Shape is what the memory of a model depends on.
type Shape struct {
	Vocabulary, Width int64
	Tied              bool // one matrix is embedding and output

	// Keys and values: KVHeads heads of HeadDim numbers each, in every layer; or,
	// with latent attention (MLA), Latent numbers for keys and values together. All
	// zero for encoders, which keep nothing, and where it is not established.
	Layers  int64
	KVHeads int64 `yaml:"kv_heads"`
	HeadDim int64 `yaml:"head_dim"`
	Latent  int64

	// AttentionLayers are those of a hybrid that keep keys and values; the other
	// layers keep State numbers each, however long the text is.
	AttentionLayers int64 `yaml:"attention_layers"`
	State           int64
}

// File is a model's weights in one quantisation.
type File struct {
	Quantization string
	HuggingFace  string // repository there, "" if it is not known to be there
	ModelScope   string // repository there, likewise
	Path         string // in the repository; "{part}" stands for "00001-of-00002" and so on
	PartCount    int    `yaml:"parts"`

	// Untied files hold the output matrix of a tied model beside the embedding.
	Untied bool

	Bytes     int64
	Estimated bool     `yaml:"-"`   // Bytes is rounded or computed, not exact
	Listed    float64  `yaml:"gib"` // the size a listing shows, GiB, rounded; 0 if unknown
	SHA256    []string // of every part in order, or none

	Types  []string `yaml:"-"` // tensor types it may hold; none if not established
	Native bool     `yaml:"-"` // the engine runs it
}

// File finds a file by its quantisation. Case does not matter.
func (m Model) File(quantization string) (File, bool) {
	for _, f := range m.Files {
		if strings.EqualFold(f.Quantization, quantization) {
			return f, true
		}
	}
	return File{}, false
}

// Name is what the file is called, without its folder.
func (f File) Name() string { return path.Base(f.Path) }

// Commercial says whether a licence lets a business use a model.
type Commercial string

// What licences say of commercial use.
const (
	CommercialYes        Commercial = "yes"
	CommercialNo         Commercial = "no"
	CommercialConditions Commercial = "conditions"
)

// Licence is the terms a model comes under.
type Licence struct {
	Name       string
	SPDX       string // "" if it has no SPDX identifier
	URL        string
	Commercial Commercial
	Condition  Text // empty when commercial use is free
}

// Quantization is how many bits a weight takes, on average.
type Quantization struct {
	Layers    float64
	Embedding float64
	Output    float64 // and an embedding that is the output too
	Types     []string
}

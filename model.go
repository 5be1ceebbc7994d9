package hearth

import (
	"slices"
	"strings"
	"time"
)

// SourceNative is the [Model.Source] of the engine in this process.
const SourceNative = "native"

// How the appliance came to know a model.
const (
	OriginImported    = "imported"
	OriginFolder      = "folder"
	OriginOllama      = "ollama"
	OriginHuggingFace = "huggingface"
	OriginModelScope  = "modelscope"
	OriginLMStudio    = "lmstudio"
	OriginStarter     = "starter" // in the binary
	OriginUpstream    = "upstream"
	OriginGroup       = "group" // of models, by a name of its own
)

// What a model is for.
const (
	TaskChat      = "chat"      // answers
	TaskEmbedding = "embedding" // makes vectors of texts
	TaskReranking = "reranker"  // says how well texts answer a query
)

// Model is a model that can be asked.
type Model struct {
	ID string // the name clients use

	// Base is the model that an adapter changes; empty for what is a model by itself. The
	// ID is then Base:ADAPTER, the adapter's own name being what its file is called.
	Base string

	Task string // one of the Task constants; empty where nobody said

	// Source is where answers come from: [SourceNative], "upstream/NAME" for a remote
	// engine, or "group/NAME" for whichever of its members.
	Source string

	Origin string // one of the Origin constants

	Path string // of the first file, for local models

	Architecture  string // as general.architecture names it
	Quantization  string // the type of most weights, for example "Q4_K"
	Parameters    uint64 // weights, 0 if unknown
	ContextTokens int    // as trained, 0 if unknown
	FileBytes     int64  // of all files, 0 for remote models
	Added         time.Time

	// Problem says why a listed model can't be served; empty when it can.
	Problem *Error
}

// Adapter is the adapter's own name; empty for what is a model by itself.
func (m *Model) Adapter() string {
	if m.Base == "" {
		return ""
	}
	return strings.TrimPrefix(m.ID, m.Base+":")
}

// FindModel looks a model up by name. Case does not matter. An adapter's own name will do
// where it is on one model only.
func FindModel(list []Model, id string) (Model, bool) {
	if i := slices.IndexFunc(list, func(m Model) bool { return strings.EqualFold(m.ID, id) }); i >= 0 {
		return list[i], true
	}
	own := func(m Model) bool { return m.Base != "" && strings.EqualFold(m.Adapter(), id) }
	i := slices.IndexFunc(list, own)
	if i < 0 || slices.ContainsFunc(list[i+1:], own) {
		return Model{}, false
	}
	return list[i], true
}

package hearth

import "time"

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

package hearth

import "time"

// Model is a model that can be asked.
type Model struct {
	ID string // the name clients use

	// Source is where answers come from: "native" for the engine in this
	// process, "upstream/NAME" for a remote one.
	Source string

	// Origin is how the appliance came to know the model: "imported", "folder",
	// "ollama", "huggingface", "modelscope", "lmstudio", "upstream".
	Origin string

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

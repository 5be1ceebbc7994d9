package starter

import _ "embed"

// ModelFile is what the model's file is called, and by that the model.
const ModelFile = "hearth-starter.gguf"

// Model is the starter model as a GGUF file. Its card is models/README.md, its recipe
// tools/starter.
//
//go:embed hearth-starter.gguf
var Model []byte

package upstream

// ollama is Ollama, asked by its own API: that nothing shall be cut to fit, and whether to
// think, can only be said there.
// https://github.com/ollama/ollama/blob/main/docs/api.md
var ollama = Kind{
	Name: "ollama", Mark: "Ollama",
	wire: ollamaWire, paths: paths{embeddings: "/api/embed"},
	sort: full503,
}

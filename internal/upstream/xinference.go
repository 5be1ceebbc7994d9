package upstream

// Xinference starts engines of its own behind one address. Its list says what each model
// is for in model_type, and its errors are FastAPI's.
// https://inference.readthedocs.io/en/latest/user_guide/client_api.html
var xinference = Kind{
	Name: "xinference", Mark: "Xinference",
	wire: openAIWire, paths: usual,
	chat: chatKind{
		extras:  []string{"top_k", "min_p", "repetition_penalty"},
		think:   thinkInTemplate,
		schemas: true,
	},
	sort: full503,
}

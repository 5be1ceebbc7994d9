package upstream

// transformers is `transformers serve`: for trying models out. It refuses fields that it
// does not know, usage in streams among them, and says nothing of what an answer cost.
// https://huggingface.co/docs/transformers/main/serving
var transformers = Kind{
	Name: "transformers", Mark: "transformers serve",
	wire: openAIWire,
	chat: chatKind{usageUnasked: true, thoughts: noThoughts},
}

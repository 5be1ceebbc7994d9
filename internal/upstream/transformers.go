package upstream

// transformers is `transformers serve`: for trying models out. It refuses fields that it
// does not know; usage comes of itself. Its list is of what it has downloaded, so a model in
// a folder has to be named.
// https://huggingface.co/docs/transformers/main/serving
var transformers = Kind{
	Name: "transformers", Mark: "transformers serve",
	wire: openAIWire,
	chat: chatKind{usageUnasked: true, thoughts: noThoughts},
}

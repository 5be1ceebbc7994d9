package upstream

import "github.com/hearthbox/hearth"

// deepSeek is DeepSeek's own service. While a request waits there it sends comments
// (": keep-alive") and blank lines. It knows JSON objects and no schemas, refuses the
// thinking of finished turns, and wants that of a turn in which tools were called. Going
// on with a message, and plain texts, are of its beta.
// https://api-docs.deepseek.com/
var deepSeek = Kind{
	Name: "deepseek", Mark: "DeepSeek", URL: "https://api.deepseek.com",
	wire: openAIWire,
	chat: chatKind{
		think: thinkTyped,
		resume: func(b *chatBody) {
			b.path, b.Messages[len(b.Messages)-1].Prefix = root+"/beta/chat/completions", true
		},
		thoughts: freshThoughts,
		last: func(b *chatBody, _ *hearth.Request) {
			if b.Prompt != nil {
				b.path = root + "/beta/completions"
			}
		},
	},
}

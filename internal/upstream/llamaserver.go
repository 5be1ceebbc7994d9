package upstream

import "github.com/hearthbox/hearth"

// llama-server, and what is built on llama.cpp and speaks like it (llama-cpp-python). It
// goes on with a last message that is the assistant's of itself, and says that it loads
// its model with a 503. It may send comments, every second, while it reads a prompt.
// https://github.com/ggml-org/llama.cpp/tree/master/tools/server
var llamaServer = Kind{
	Name: "llama-server", Mark: "llama-server", Resident: true,
	wire: openAIWire, paths: usual,
	chat: chatKind{
		extras:  []string{"top_k", "min_p", "repeat_penalty", "ignore_eos"},
		think:   thinkInTemplate,
		resume:  func(*chatBody) {},
		schemas: true,
		constrain: func(b *chatBody, c *hearth.Constraint) bool {
			if c.Kind != hearth.ConstrainGrammar {
				return false
			}
			b.Grammar = c.Source
			return true
		},
	},
	gauges: gauges{path: "/metrics", running: "llamacpp:requests_processing", waiting: "llamacpp:requests_deferred",
		cache: []string{"llamacpp:kv_cache_usage_ratio"}},
}

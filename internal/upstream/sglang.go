package upstream

import "github.com/hearthbox/hearth"

// SGLang says in matched_stop what vLLM says in stop_reason. Adapters are asked for as
// MODEL:ADAPTER, and are not in its list: the operator names them.
// https://docs.sglang.ai/basic_usage/openai_api_completions.html
var sgLang = Kind{
	Name: "sglang", Mark: "SGLang", Resident: true,
	wire: openAIWire, paths: paths{embeddings: "/embeddings", rerank: "/rerank"},
	chat: chatKind{
		extras:  []string{"top_k", "min_p", "repetition_penalty", "ignore_eos"},
		think:   thinkInTemplate,
		resume:  func(b *chatBody) { b.ContinueLast = true },
		schemas: true,
		constrain: func(b *chatBody, c *hearth.Constraint) bool {
			switch c.Kind {
			case hearth.ConstrainRegex:
				b.Regex = c.Source
			case hearth.ConstrainGrammar:
				b.EBNF = c.Source
			default:
				return false
			}
			return true
		},
	},
	gauges: gauges{path: "/metrics", running: "sglang:num_running_reqs", waiting: "sglang:num_queue_reqs", cache: []string{"sglang:token_usage"}},
	sort:   full503,
}

package upstream

import "github.com/hearthbox/hearth"

// vLLM names adapters (LoRA) as models of their own in its list. The thinking of earlier
// turns is called reasoning there since 0.12, and reasoning_content before.
// https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
var vLLM = Kind{
	Name: "vllm", Mark: "vLLM", Resident: true,
	wire: openAIWire, paths: usual,
	chat: chatKind{
		extras:  []string{"top_k", "min_p", "repetition_penalty", "ignore_eos", "add_generation_prompt"},
		think:   thinkInTemplate,
		resume:  continueFinal,
		schemas: true,
		constrain: func(b *chatBody, c *hearth.Constraint) bool {
			switch c.Kind {
			case hearth.ConstrainRegex:
				b.Structured = map[string]any{"regex": c.Source}
			case hearth.ConstrainGrammar:
				b.Structured = map[string]any{"grammar": c.Source}
			case hearth.ConstrainChoice:
				texts, ok := textsOf(c)
				if !ok {
					return false
				}
				b.Structured = map[string]any{"choice": texts}
			default:
				return false
			}
			return true
		},
		last: func(b *chatBody, _ *hearth.Request) {
			for i := range b.Messages {
				b.Messages[i].ReasoningToo = b.Messages[i].Reasoning
			}
		},
	},
	gauges: gauges{path: "/metrics", running: "vllm:num_requests_running", waiting: "vllm:num_requests_waiting",
		cache: []string{"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"}},
	sort: full503,
}

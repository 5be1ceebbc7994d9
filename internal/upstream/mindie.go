package upstream

// MindIE, Huawei's engine for Ascend. Usage comes of itself with the last chunk. Its
// metrics are at a port of their own (metrics_url), and only if it was started with
// MIES_SERVICE_MONITOR_MODE=1. It asks for client certificates rather than keys
// (tls in the configuration of the upstream).
// https://www.hiascend.com/document/detail/zh/mindie/latest/mindiellm/llmdev/mindie_llm0055.html
var mindIE = Kind{
	Name: "mindie", Mark: "MindIE", Resident: true,
	wire: openAIWire,
	chat: chatKind{
		extras:       []string{"top_k", "repetition_penalty", "ignore_eos"},
		think:        thinkInTemplate,
		usageUnasked: true,
		thoughts:     noThoughts,
	},
	gauges: gauges{path: "/metrics", running: "num_requests_running", waiting: "num_requests_waiting", cache: []string{"npu_cache_usage_perc"}},
	sort:   full503,
}

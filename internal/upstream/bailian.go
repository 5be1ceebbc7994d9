package upstream

import "github.com/hearthbox/hearth"

// bailian is Alibaba's Model Studio (DashScope) in its compatible mode. Rankings are
// below another path. What it calls insufficient_quota passes within the minute.
// https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope
var bailian = Kind{
	Name: "bailian", Mark: "Alibaba Bailian", URL: "https://dashscope.aliyuncs.com/compatible-mode/v1",
	wire: openAIWire, paths: paths{embeddings: "/embeddings", rerank: root + "/compatible-api/v1/reranks"},
	chat: chatKind{
		extras:  []string{"top_k", "repetition_penalty"},
		think:   thinkEnabled,
		resume:  func(b *chatBody) { b.Messages[len(b.Messages)-1].Partial = true },
		schemas: true,
	},
	sort: func(_ int, codes []string) hearth.Code {
		for _, c := range codes {
			switch c {
			case "Arrearage", "AllocationQuota.FreeTierOnly":
				return hearth.UpstreamRefused
			}
		}
		return ""
	},
}

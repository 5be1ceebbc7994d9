package upstream

// siliconFlow hosts many models. Usage comes with every chunk; errors are a code and a
// message, or a text alone.
// https://docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions
var siliconFlow = Kind{
	Name: "siliconflow", Mark: "SiliconFlow", URL: "https://api.siliconflow.cn/v1",
	wire: openAIWire, paths: usual,
	chat: chatKind{
		extras:  []string{"top_k", "min_p"},
		think:   thinkEnabled,
		schemas: true,
	},
}

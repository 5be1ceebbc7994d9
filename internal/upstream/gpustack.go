package upstream

// GPUStack places engines on machines and passes requests on to them: what they know, it
// does. Its base address ends in /v1, in /v1-openai before version 0.7.
// https://docs.gpustack.ai/latest/user-guide/openai-compatible-apis/
var gpuStack = Kind{
	Name: "gpustack", Mark: "GPUStack",
	wire: openAIWire, paths: usual,
	chat: chatKind{
		extras:  []string{"top_k", "min_p", "repetition_penalty", "ignore_eos", "add_generation_prompt"},
		think:   thinkInTemplate,
		resume:  continueFinal,
		schemas: true,
	},
}

package upstream

import "github.com/hearthbox/hearth"

// openAI is OpenAI's own service. It refuses fields it does not know, which those of the
// engines are, and a quota that is used up looks like a limit that will pass.
// https://platform.openai.com/docs/api-reference/chat
var openAI = Kind{
	Name: "openai", Mark: "OpenAI", URL: "https://api.openai.com/v1",
	wire: openAIWire, paths: paths{embeddings: "/embeddings"},
	chat:   chatKind{schemas: true, thoughts: noThoughts, maxCompletion: true},
	limits: openAILimits,
	sort:   spentQuota,
}

// spentQuota tells a limit that passes from one that somebody has to pay for.
func spentQuota(status int, codes []string) hearth.Code {
	for _, c := range codes {
		if c == "insufficient_quota" || c == "billing_hard_limit_reached" {
			return hearth.UpstreamRefused
		}
	}
	return ""
}

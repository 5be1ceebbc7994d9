package upstream

import "github.com/hearthbox/hearth"

// ark is Volcengine's service. Models are asked for by name, or by the id of an endpoint
// (ep-…), which no list shows.
// https://www.volcengine.com/docs/82379/1494384
var ark = Kind{
	Name: "ark", Mark: "Volcengine Ark", URL: "https://ark.cn-beijing.volces.com/api/v3", Named: true,
	wire: openAIWire, paths: paths{embeddings: "/embeddings"},
	chat: chatKind{think: thinkTyped, schemas: true},
	sort: func(_ int, codes []string) hearth.Code {
		for _, c := range codes {
			switch c {
			case "AccountOverdueError", "QuotaExceeded", "SetLimitExceeded":
				return hearth.UpstreamRefused
			case "ServerOverloaded":
				return hearth.UpstreamBusy
			}
		}
		return ""
	},
}

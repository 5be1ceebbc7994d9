package upstream

import "github.com/hearthbox/hearth"

// tencent is Tencent's Hunyuan; its other service, LKEAP, speaks likewise at an address of
// its own. Errors may come with status 200, in the form of Tencent's older APIs.
// https://cloud.tencent.com/document/product/1729/111007
var tencent = Kind{
	Name: "tencent", Mark: "Tencent Hunyuan", URL: "https://api.hunyuan.cloud.tencent.com/v1", Named: true,
	wire: openAIWire, paths: paths{embeddings: "/embeddings"},
	chat: chatKind{think: thinkEnabled, thoughts: noThoughts},
	sort: func(_ int, codes []string) hearth.Code {
		for _, c := range codes {
			switch c {
			case "LimitExceeded", "RequestLimitExceeded", "RequestLimitExceeded.UinLimitExceeded", "2003":
				return hearth.UpstreamBusy
			case "FailedOperation.ResourcePackExhausted", "FailedOperation.FreeResourcePackExhausted", "ResourceUnavailable.InArrears":
				return hearth.UpstreamRefused
			}
		}
		return ""
	},
}

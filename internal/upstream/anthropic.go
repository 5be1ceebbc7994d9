package upstream

import (
	"net/http"

	"github.com/hearthbox/hearth"
)

// anthropicVersion is the version of the API that is spoken here.
const anthropicVersion = "2023-06-01"

// anthropic is Anthropic's own service, or one that speaks its Messages API.
// https://docs.anthropic.com/en/api/messages
var anthropic = Kind{
	Name: "anthropic", Mark: "Anthropic", URL: "https://api.anthropic.com/v1",
	wire: anthropicWire,
	header: func(h http.Header, c *Config) {
		h.Set("X-Api-Key", c.Key)
		h.Set("Anthropic-Version", anthropicVersion)
	},
	limits: limitKind{reset: []string{"Anthropic-Ratelimit-Requests-Reset", "Anthropic-Ratelimit-Tokens-Reset", "Anthropic-Ratelimit-Input-Tokens-Reset", "Anthropic-Ratelimit-Output-Tokens-Reset"},
		remaining: []string{"Anthropic-Ratelimit-Requests-Remaining", "Anthropic-Ratelimit-Tokens-Remaining", "Anthropic-Ratelimit-Input-Tokens-Remaining", "Anthropic-Ratelimit-Output-Tokens-Remaining"}},
	sort: func(_ int, codes []string) hearth.Code {
		for _, c := range codes {
			switch c {
			case "overloaded_error", "rate_limit_error":
				return hearth.UpstreamBusy
			case "api_error":
				return hearth.UpstreamFailed
			case "invalid_request_error", "request_too_large":
				return hearth.UpstreamRejected
			case "authentication_error", "permission_error", "not_found_error", "billing_error":
				return hearth.UpstreamRefused
			}
		}
		return ""
	},
}

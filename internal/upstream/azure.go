package upstream

import (
	"net/http"
	"net/url"
	"strings"
)

// azure is OpenAI's models at Microsoft's. Models there are deployments, which its list
// does not show. The URL is that of the resource: with an api_version deployments are
// part of the path, as they were first; without one it is the newer form, which ends in
// /openai/v1.
// https://learn.microsoft.com/azure/ai-foundry/openai/reference
var azure = Kind{
	Name: "azure", Mark: "Azure OpenAI", Named: true,
	wire: openAIWire, paths: paths{embeddings: "/embeddings"},
	header: func(h http.Header, c *Config) { h.Set("Api-Key", c.Key) },
	at: func(c *Config, path string) string {
		base := strings.TrimSuffix(strings.TrimSuffix(c.URL, "/openai/v1"), "/openai")
		if c.Version == "" {
			return base + "/openai/v1" + path
		}
		return base + "/openai/deployments/{model}" + path + "?api-version=" + url.QueryEscape(c.Version)
	},
	chat:   openAI.chat,
	limits: openAILimits,
	sort:   spentQuota,
}

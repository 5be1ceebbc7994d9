package gateway

import "net/http"

var openAIRoutes = []route{
	{http.MethodGet, "/v1/models", (*exchange).listModels},
	{http.MethodGet, "/v1/models/*", (*exchange).showModel},
	{http.MethodPost, "/v1/chat/completions", (*exchange).chat},
	{http.MethodPost, "/v1/completions", (*exchange).complete},
	{http.MethodPost, "/v1/embeddings", (*exchange).embeddings},
	{http.MethodPost, "/v1/rerank", (*exchange).rerank},
}

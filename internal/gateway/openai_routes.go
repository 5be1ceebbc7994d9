package gateway

import (
	"net/http"

	"github.com/hearthbox/hearth"
)

var openAIRoutes = []route{
	{http.MethodGet, "/v1/models", hearth.RightAsk, (*exchange).listModels},
	{http.MethodGet, "/v1/models/*", hearth.RightAsk, (*exchange).showModel},
	{http.MethodPost, "/v1/chat/completions", hearth.RightAsk, (*exchange).chat},
	{http.MethodPost, "/v1/completions", hearth.RightAsk, (*exchange).complete},
	{http.MethodPost, "/v1/embeddings", hearth.RightAsk, (*exchange).embeddings},
	{http.MethodPost, "/v1/rerank", hearth.RightAsk, (*exchange).rerank},
}

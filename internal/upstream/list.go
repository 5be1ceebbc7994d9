package upstream

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/hearthbox/hearth"
)

// Models lists what the upstream offers. A list that is known is given at once, and
// learnt anew meanwhile if it is old; when that failed the error says so. The server
// is asked by one caller for all, and left in peace for a while after it failed.
func (u *Server) Models(ctx context.Context) ([]hearth.Model, error) {
	u.mu.Lock()
	if u.asking == nil && time.Now().After(u.askAgain) {
		u.asking = make(chan struct{})
		go u.learn(context.WithoutCancel(ctx), u.asking)
	}
	models, err, asking := u.models, u.askErr, u.asking
	u.mu.Unlock()
	if models != nil || asking == nil {
		return models, err
	}
	select {
	case <-asking:
	case <-ctx.Done():
		return nil, hearth.NewError(hearth.UpstreamUnreachable, "upstream", u.Name).Because(ctx.Err())
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.models, u.askErr
}

// Offers reports whether a model of that name was in the last list. It does not ask.
func (u *Server) Offers(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.ContainsFunc(u.models, func(m hearth.Model) bool { return m.ID == id })
}

// Relist has the list asked for anew the next time somebody wants it.
func (u *Server) Relist() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.askAgain = time.Time{}
}

// learn asks for the list of models and remembers it, or that there was none.
func (u *Server) learn(ctx context.Context, asked chan struct{}) {
	models, err := u.list(ctx)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.askErr, u.askAgain = err, time.Now().Add(failedFresh)
	if err == nil {
		u.models, u.askAgain = models, time.Now().Add(listFresh)
	}
	u.asking = nil
	close(asked)
}

func (u *Server) model(id string) hearth.Model {
	return hearth.Model{ID: id, Source: u.Source(), Origin: hearth.OriginUpstream}
}

// configured are the models that the operator has named.
func (u *Server) configured() []hearth.Model {
	var models []hearth.Model
	for _, name := range slices.Sorted(maps.Keys(u.Config.Models)) {
		models = append(models, u.model(name))
	}
	return models
}

func (u *Server) list(ctx context.Context) ([]hearth.Model, error) {
	if len(u.Config.Models) > 0 {
		return u.configured(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, listMax)
	defer cancel()
	body, err := u.do(ctx, http.MethodGet, u.address(u.kind.wire.list(), ""), nil)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, listBytesMax))
	if err == nil {
		var models []hearth.Model
		if models, err = u.kind.wire.models(u, text); err == nil {
			return models, nil
		}
	}
	return nil, u.protocol("its list of models is not readable", err)
}

// modelList is the answer of /models.
type modelList struct {
	Data []struct {
		ID            string `json:"id"`
		Created       any    `json:"created"`        // seconds, but for Anthropic
		MaxModelLen   int    `json:"max_model_len"`  // vLLM, SGLang
		ContextLength int    `json:"context_length"` // Xinference, Bailian
		ContextTokens int    `json:"context_tokens"` // hearth
		Task          string `json:"task"`           // the same
		Type          string `json:"model_type"`     // Xinference
		Meta          struct {
			ContextTrained int `json:"n_ctx_train"` // llama-server
			Context        int `json:"n_ctx"`       // GPUStack
		} `json:"meta"`
	} `json:"data"`
}

func (openAIFormat) list() string { return "/models" }

func (openAIFormat) models(u *Server, body []byte) ([]hearth.Model, error) {
	var list modelList
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	models := []hearth.Model{}
	for _, m := range list.Data {
		model := u.model(m.ID)
		model.ContextTokens = max(m.MaxModelLen, m.ContextTokens, m.ContextLength, m.Meta.ContextTrained, m.Meta.Context)
		model.Task = taskOf(m.Task, m.Type)
		if seconds, ok := m.Created.(float64); ok && seconds > 0 {
			model.Added = time.Unix(int64(seconds), 0)
		}
		models = append(models, model)
	}
	return models, nil
}

// taskOf is what a model is for, in hearth's words or in Xinference's.
func taskOf(task, kind string) string {
	switch task {
	case hearth.TaskChat, hearth.TaskEmbedding, hearth.TaskReranking:
		return task
	}
	switch kind {
	case "LLM":
		return hearth.TaskChat
	case "embedding":
		return hearth.TaskEmbedding
	case "rerank":
		return hearth.TaskReranking
	}
	return ""
}

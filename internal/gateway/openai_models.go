package gateway

import (
	"net/http"
	"slices"

	"github.com/hearthbox/hearth"
)

// openAIModel is an entry of OpenAI's model list, with what hearth knows beyond it.
type openAIModel struct {
	ID            string  `json:"id"`
	Object        string  `json:"object"`
	Created       int64   `json:"created"`
	OwnedBy       string  `json:"owned_by"`
	Source        string  `json:"source,omitempty"`
	Parent        string  `json:"parent,omitempty"` // that an adapter changes, as vLLM has it
	Task          string  `json:"task,omitempty"`   // chat, embedding, reranker
	Architecture  string  `json:"architecture,omitempty"`
	Quantization  string  `json:"quantization,omitempty"`
	ContextTokens int     `json:"context_tokens,omitempty"`
	Problem       *string `json:"problem,omitempty"`
}

// listModels offers what can be asked; models with a problem are the console's
// business.
func (x *exchange) listModels() error {
	all, err := x.Models.List(x.r.Context())
	if err != nil {
		return err
	}
	models := slices.DeleteFunc(slices.Clone(all), func(m hearth.Model) bool { return m.Problem != nil })
	if x.dialect == &anthropic {
		x.listAnthropic(models)
		return nil
	}
	list := struct {
		Object string        `json:"object"`
		Data   []openAIModel `json:"data"`
	}{"list", []openAIModel{}}
	for _, m := range models {
		list.Data = append(list.Data, x.openAIModel(m))
	}
	x.writeJSON(http.StatusOK, list)
	return nil
}

func (x *exchange) showModel() error {
	m, err := x.Models.Find(x.r.Context(), x.id)
	if err != nil {
		return err
	}
	if x.dialect == &anthropic {
		x.writeJSON(http.StatusOK, anthropicModelOf(m))
		return nil
	}
	x.writeJSON(http.StatusOK, x.openAIModel(m))
	return nil
}

func (x *exchange) openAIModel(m hearth.Model) openAIModel {
	out := openAIModel{ID: m.ID, Object: "model", Created: m.Added.Unix(), OwnedBy: "hearth", Source: m.Source, Parent: m.Base,
		Task: m.Task, Architecture: m.Architecture, Quantization: m.Quantization, ContextTokens: m.ContextTokens}
	if m.Added.IsZero() {
		out.Created = 0
	}
	if m.Problem != nil {
		text := m.Problem.Message(x.lang)
		out.Problem = &text
	}
	return out
}

package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

type statusOutput struct {
	Body struct {
		Version       string   `json:"version"`
		UptimeSeconds float64  `json:"uptime_seconds"`
		Machine       Machine  `json:"machine"`
		Loaded        []Loaded `json:"loaded" doc:"Models in memory"`
	}
}

func (a *Admin) statusRoutes() {
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "status", Method: http.MethodGet, Path: "/status", Summary: "State of the appliance", Tags: []string{"Appliance"}},
		func(_ context.Context, _ *Language) (*statusOutput, error) {
			out := &statusOutput{}
			out.Body.Version, out.Body.Machine, out.Body.Loaded = a.Version, a.Machine, a.Models.Loaded()
			out.Body.UptimeSeconds = time.Since(a.Started).Seconds()
			return out, nil
		})
}

// Model is a model as this door shows it.
type Model struct {
	ID            string `json:"id"`
	Source        string `json:"source" doc:"native, or upstream/NAME"`
	Origin        string `json:"origin" enum:"imported,folder,ollama,huggingface,modelscope,lmstudio,starter,upstream,group"`
	Path          string `json:"path,omitempty"`
	Task          string `json:"task,omitempty" enum:"chat,embedding,reranker" doc:"What it is for; missing where an upstream does not say"`
	Architecture  string `json:"architecture,omitempty"`
	Quantization  string `json:"quantization,omitempty"`
	Parameters    uint64 `json:"parameters,omitempty"`
	ContextTokens int    `json:"context_tokens,omitempty" doc:"As trained"`
	FileBytes     int64  `json:"file_bytes,omitempty"`
	Problem       string `json:"problem,omitempty" doc:"Why it can't be served"`
	Remedy        string `json:"remedy,omitempty"`
}

// NewModel shows a model in a language.
func NewModel(m hearth.Model, l hearth.Language) Model {
	out := Model{ID: m.ID, Source: m.Source, Origin: m.Origin, Path: m.Path, Task: m.Task, Architecture: m.Architecture, Quantization: m.Quantization,
		Parameters: m.Parameters, ContextTokens: m.ContextTokens, FileBytes: m.FileBytes}
	if m.Problem != nil {
		out.Problem, out.Remedy = m.Problem.Message(l), m.Problem.Remedy(l)
	}
	return out
}

type modelsOutput struct {
	Body struct {
		Models []Model `json:"models"`
	}
}

type modelInput struct {
	Language
	Body struct {
		Model string `json:"model" minLength:"1" doc:"Name of the model"`
	}
}

func (in *modelInput) object() string { return in.Body.Model }

func (a *Admin) modelRoutes() {
	tags := []string{"Models"}
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "list-models", Method: http.MethodGet, Path: "/models", Summary: "Models at hand, and what keeps some from being served", Tags: tags},
		func(ctx context.Context, in *Language) (*modelsOutput, error) {
			models, err := a.Models.List(ctx)
			out := &modelsOutput{}
			out.Body.Models = []Model{}
			for _, m := range models {
				out.Body.Models = append(out.Body.Models, NewModel(m, hearth.ParseLanguage(in.AcceptLanguage)))
			}
			return out, err
		})
	handle(a, hearth.RightServe, huma.Operation{OperationID: "load-model", Method: http.MethodPost, Path: "/models/load", Summary: "Load a model into memory", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *modelInput) (*struct{}, error) {
			return nil, a.Models.Load(ctx, in.Body.Model)
		})
	handle(a, hearth.RightServe, huma.Operation{OperationID: "unload-model", Method: http.MethodPost, Path: "/models/unload", Summary: "Let go of a model that nobody is using", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *modelInput) (*struct{}, error) {
			return nil, a.Models.Unload(ctx, in.Body.Model)
		})
}

type libraryInput struct {
	Language
	Search     string `query:"search" maxLength:"200" doc:"Words of a name, a publisher, a family"`
	Kind       string `query:"kind" maxLength:"20" doc:"What it is for: chat, embedding, …; empty for all"`
	Fits       bool   `query:"fits" doc:"Only what fits into the memory for models"`
	Commercial bool   `query:"commercial" doc:"Only what a business may use"`
	Native     bool   `query:"native" doc:"Only what the engine of the appliance runs"`
}

type libraryOutput struct {
	Body struct {
		Models      []LibraryModel `json:"models" doc:"The best match first"`
		Recommended string         `json:"recommended,omitempty" doc:"The model to begin with on this machine"`
		Reason      string         `json:"reason,omitempty" doc:"Why that one"`
	}
}

func (a *Admin) libraryRoutes() {
	handle(a, hearth.RightServe, huma.Operation{OperationID: "search-library", Method: http.MethodGet, Path: "/library", Summary: "Models that could be downloaded; nothing is sent anywhere", Tags: []string{"Models"}},
		func(_ context.Context, in *libraryInput) (*libraryOutput, error) {
			lang := hearth.ParseLanguage(in.AcceptLanguage)
			list, err := a.Library.Search(in.Search, LibraryFilter{Kind: in.Kind, Fits: in.Fits, Commercial: in.Commercial, Native: in.Native}, lang)
			out := &libraryOutput{}
			out.Body.Models = list
			out.Body.Recommended, out.Body.Reason = a.Library.Recommended(lang)
			return out, err
		})
}

package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

// Workshop makes models here: of larger ones, or of folders as they are published. It makes
// one at a time.
type Workshop interface {
	Sources(ctx context.Context) (ModelSources, error)
	Quantize(ctx context.Context, by hearth.Record, o QuantizeOrder) (ModelJob, error)
	Convert(ctx context.Context, by hearth.Record, o ConvertOrder) (ModelJob, error)
	Pull(ctx context.Context, by hearth.Record, o PullOrder) (ModelJob, error)
	Jobs() []ModelJob // the latest first
	Job(id string) (ModelJob, error)
	Cancel(id string) error
}

// ModelSources is what models can be made of, and how.
type ModelSources struct {
	Folders  []string `json:"folders" doc:"With safetensors files, in the folders where models are looked for"`
	Recipes  []string `json:"recipes" doc:"To quantize by, those of small files first"`
	Types    []string `json:"types" doc:"That the weights of a folder can be written in"`
	Families []string `json:"families" doc:"That can be converted, as config.json calls them"`
}

// QuantizeOrder says which model to write in fewer bits.
type QuantizeOrder struct {
	Model  string `json:"model" minLength:"1" maxLength:"200" doc:"Name of one in F32, F16 or BF16"`
	Recipe string `json:"recipe" minLength:"1" maxLength:"20" doc:"As in the sources' recipes, such as Q4_K_M"`
	Name   string `json:"name,omitempty" maxLength:"128" doc:"Of what is made; the model's and the recipe's, if absent"`
	Tokens int    `json:"tokens,omitempty" minimum:"0" maximum:"1048576" default:"512" doc:"Of the manual that both models are compared on afterwards; 0 is none"`
}

// ConvertOrder says which folder to write as GGUF.
type ConvertOrder struct {
	Folder  string `json:"folder" minLength:"1" maxLength:"4096" doc:"One of the sources' folders"`
	Type    string `json:"type,omitempty" maxLength:"20" doc:"Of the weights; as they are, if absent"`
	Pooling string `json:"pooling,omitempty" enum:"mean,cls,last" doc:"How an encoder makes a vector, where its folder does not say"`
	Name    string `json:"name,omitempty" maxLength:"128" doc:"Of what is made; the folder's, if absent"`
}

// PullOrder says which model of the library to fetch.
type PullOrder struct {
	Model string `json:"model" minLength:"1" maxLength:"200" doc:"Of the library: ID or ID:QUANTIZATION; without a quantisation the one that suits this machine's memory"`
	Name  string `json:"name,omitempty" maxLength:"128" doc:"To offer it under; the library's, if absent"`
}

// ModelJob is the making of a model. It is forgotten when the appliance stops; what was
// not complete then is not there.
type ModelJob struct {
	ID          string       `json:"id"`
	Kind        string       `json:"kind" enum:"quantize,convert,pull"`
	Source      string       `json:"source" doc:"The model, or the folder, that it is made of"`
	Name        string       `json:"name" doc:"Of the model that is made"`
	Recipe      string       `json:"recipe,omitempty"`
	State       string       `json:"state" enum:"running,done,failed,cancelled"`
	Phase       string       `json:"phase,omitempty" enum:"writing,comparing,fetching" doc:"What is going on; absent until it has begun"`
	Done        int64        `json:"done" doc:"Of the phase: bytes that were written, or fetched, or tokens compared"`
	Total       int64        `json:"total"`
	LeftSeconds float64      `json:"left_seconds,omitempty" doc:"Until the phase ends, at the speed so far; absent when not known"`
	Started     time.Time    `json:"started"`
	Ended       *time.Time   `json:"ended,omitempty"`
	Problem     *JobProblem  `json:"problem,omitempty" doc:"Why it failed"`
	Result      *ModelResult `json:"result,omitempty"`

	Err error `json:"-"` // what Problem is made of
}

// JobProblem is an error of something that went on when nobody waited for it.
type JobProblem struct {
	Code    string `json:"code" doc:"For machines; the list is in docs/errors.md"`
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

// ModelResult is a model that was made.
type ModelResult struct {
	Model       string         `json:"model"`
	FileBytes   int64          `json:"file_bytes"`
	SourceBytes int64          `json:"source_bytes,omitempty" doc:"Of what was quantized"`
	Formats     map[string]int `json:"formats" doc:"Which formats, of how many tensors"`
	Loss        *ModelLoss     `json:"loss,omitempty" doc:"Absent where it was not compared"`
	Uncompared  string         `json:"uncompared,omitempty" doc:"Why it was not"`
}

// ModelLoss is how far a model is from the one it was made of.
type ModelLoss struct {
	Tokens     int     `json:"tokens" doc:"Compared"`
	Mean       float64 `json:"kl_mean,omitempty" doc:"KL divergence of what may come next, in nats"`
	P99        float64 `json:"kl_p99,omitempty"`
	SameTop    float64 `json:"same_top,omitempty" doc:"Share of places where the likeliest token is the same"`
	Perplexity float64 `json:"perplexity,omitempty"`
	Before     float64 `json:"perplexity_before,omitempty"`
	Cosine     float64 `json:"cosine,omitempty" doc:"Of models that make vectors: the least"`
}

// in tells the job to a reader.
func (j ModelJob) in(l hearth.Language) ModelJob {
	if j.Err != nil {
		e := hearth.AsError(j.Err)
		j.Problem = &JobProblem{string(e.Code), e.Message(l), e.Remedy(l)}
	}
	return j
}

type sourcesOutput struct{ Body ModelSources }

type quantizeInput struct {
	Language
	Body QuantizeOrder
}

type convertInput struct {
	Language
	Body ConvertOrder
}

type pullInput struct {
	Language
	Body PullOrder
}

type modelJobInput struct {
	Language
	ID string `path:"id"`
}

type modelJobOutput struct{ Body ModelJob }

type modelJobs struct {
	Jobs []ModelJob `json:"jobs" doc:"The latest first; the last twenty since the start"`
}

type modelJobsOutput struct{ Body modelJobs }

func (a *Admin) modelJobs(l *Language) modelJobs {
	out := modelJobs{Jobs: []ModelJob{}}
	for _, j := range a.Workshop.Jobs() {
		out.Jobs = append(out.Jobs, j.in(hearth.ParseLanguage(l.AcceptLanguage)))
	}
	return out
}

func (in *quantizeInput) object() string   { return in.Body.Model }
func (in *convertInput) object() string    { return in.Body.Folder }
func (in *pullInput) object() string       { return in.Body.Model }
func (in *modelJobInput) object() string   { return in.ID }
func (out *modelJobOutput) object() string { return out.Body.Name }

// makingRoutes are about models that are made here.
func (a *Admin) makingRoutes() {
	tags := []string{"Models"}
	begun := func(l Language, j ModelJob, err error) (*modelJobOutput, error) {
		return &modelJobOutput{j.in(hearth.ParseLanguage(l.AcceptLanguage))}, err
	}
	handle(a, hearth.RightServe, huma.Operation{OperationID: "list-model-sources", Method: http.MethodGet, Path: "/models/sources", Summary: "What models can be made of here, and how", Tags: tags},
		func(ctx context.Context, _ *Language) (*sourcesOutput, error) {
			s, err := a.Workshop.Sources(ctx)
			return &sourcesOutput{s}, err
		})
	handle(a, hearth.RightServe, huma.Operation{OperationID: "quantize-model", Method: http.MethodPost, Path: "/models/quantize", Summary: "Begin to write a model in fewer bits", Tags: tags, DefaultStatus: http.StatusAccepted},
		func(ctx context.Context, in *quantizeInput) (*modelJobOutput, error) {
			j, err := a.Workshop.Quantize(ctx, passing(ctx), in.Body)
			return begun(in.Language, j, err)
		})
	handle(a, hearth.RightServe, huma.Operation{OperationID: "convert-model", Method: http.MethodPost, Path: "/models/convert", Summary: "Begin to write a folder of safetensors as GGUF", Tags: tags, DefaultStatus: http.StatusAccepted},
		func(ctx context.Context, in *convertInput) (*modelJobOutput, error) {
			j, err := a.Workshop.Convert(ctx, passing(ctx), in.Body)
			return begun(in.Language, j, err)
		})
	handle(a, hearth.RightServe, huma.Operation{OperationID: "pull-model", Method: http.MethodPost, Path: "/models/pull", Summary: "Begin to fetch a model of the library, or go on where an earlier fetch stopped", Tags: tags, DefaultStatus: http.StatusAccepted},
		func(ctx context.Context, in *pullInput) (*modelJobOutput, error) {
			j, err := a.Workshop.Pull(ctx, passing(ctx), in.Body)
			return begun(in.Language, j, err)
		})
	feed(a, hearth.RightServe, huma.Operation{OperationID: "watch-model-jobs", Path: "/models/jobs/events", Summary: "The jobs, as they change", Tags: tags},
		func(_ context.Context, in *Language) (modelJobs, bool, error) { return a.modelJobs(in), true, nil })
	handle(a, hearth.RightServe, huma.Operation{OperationID: "list-model-jobs", Method: http.MethodGet, Path: "/models/jobs", Summary: "Models that are being made, or were", Tags: tags},
		func(_ context.Context, in *Language) (*modelJobsOutput, error) {
			return &modelJobsOutput{a.modelJobs(in)}, nil
		})
	handle(a, hearth.RightServe, huma.Operation{OperationID: "show-model-job", Method: http.MethodGet, Path: "/models/jobs/{id}", Summary: "How far a model is that is being made", Tags: tags},
		func(_ context.Context, in *modelJobInput) (*modelJobOutput, error) {
			j, err := a.Workshop.Job(in.ID)
			return begun(in.Language, j, err)
		})
	handle(a, hearth.RightServe, huma.Operation{OperationID: "cancel-model-job", Method: http.MethodDelete, Path: "/models/jobs/{id}", Summary: "Stop making a model; nothing is left of what is not complete", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(_ context.Context, in *modelJobInput) (*struct{}, error) {
			return nil, a.Workshop.Cancel(in.ID)
		})
}

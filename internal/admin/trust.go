package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/trust"
)

// Trust finds advertising and steering.
type Trust interface {
	Inspect(c trust.Case, l hearth.Language) (trust.Inspection, error)
	// Crosscheck asks several models as somebody; without names, the first there are.
	Crosscheck(ctx context.Context, models []string, r hearth.Request, l hearth.Language) ([]trust.ShownStep, error)

	ProbeSets() []trust.ProbeSet
	// StartProbes begins to ask a model a set, in the background; one at a time.
	StartProbes(ctx context.Context, by hearth.Principal, set, model string) error
	Probing() Probing
	ProbeRuns(ctx context.Context, q hearth.ProbeQuery) ([]hearth.ProbeRun, error)

	Policies(ctx context.Context) (usual trust.Action, list []hearth.TrustPolicy, err error)
	SetPolicy(ctx context.Context, whose, action string) (hearth.TrustPolicy, error)
	RemovePolicy(ctx context.Context, whose string) error

	Report(ctx context.Context, month string) (*trust.Report, error)
}

// Probing is what runs in the background.
type Probing struct {
	Running bool      `json:"running"`
	Set     string    `json:"set,omitempty"`
	Model   string    `json:"model,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	Failed  string    `json:"failed,omitempty" doc:"Why the last one did not come to an end"`
}

type inspectInput struct {
	Language
	Body trust.Case
}

type inspectOutput struct{ Body trust.Inspection }

type crosscheckInput struct {
	Language
	Body struct {
		Question  string   `json:"question" minLength:"1" maxLength:"20000"`
		Models    []string `json:"models,omitempty" maxItems:"8" doc:"Two to eight; the first there are if not given"`
		System    string   `json:"system,omitempty" maxLength:"20000" doc:"What the models are told first"`
		MaxTokens int      `json:"max_tokens,omitempty" minimum:"0" maximum:"8192" doc:"Of each answer; 1024 if not given"`
	}
}

// CrosscheckTokens is how long each answer may become, unless said otherwise.
const CrosscheckTokens = 1024

type crosscheckOutput struct {
	Body struct {
		Answers    []trust.ShownAnswer `json:"answers" doc:"In the order in which they ended"`
		Comparison *trust.Comparison   `json:"comparison,omitempty" doc:"Of all that did not fail; missing if fewer than two"`
	}
}

type probeSetsOutput struct {
	Body struct {
		Sets []ProbeSet `json:"sets"`
	}
}

// ProbeSet is a set of probes.
type ProbeSet struct {
	Name      string `json:"name"`
	Title     string `json:"title"`
	Language  string `json:"language" enum:"zh,en"`
	Version   int    `json:"version"`
	Items     int    `json:"items"`
	Questions int    `json:"questions" doc:"That a run asks a model"`
}

type probesInput struct {
	Language
	Set   string `query:"set" doc:"Only of this set"`
	Model string `query:"model" doc:"Only of this model"`
	Limit int    `query:"limit" minimum:"1" maximum:"400" default:"50"`
}

// ProbeRun is what came of a run.
type ProbeRun struct {
	ID     string            `json:"id"`
	At     time.Time         `json:"at"`
	Result trust.ProbeResult `json:"result"`
}

type probesOutput struct {
	Body struct {
		Probing Probing    `json:"probing"`
		Runs    []ProbeRun `json:"runs" doc:"The latest first"`
	}
}

type runProbesInput struct {
	Language
	Body struct {
		Set   string `json:"set" minLength:"1"`
		Model string `json:"model" minLength:"1"`
	}
}

func (in *runProbesInput) object() string { return in.Body.Set + " " + in.Body.Model }

// TrustPolicy is what is done about advertising in the answers to somebody.
type TrustPolicy struct {
	Whose   string    `json:"whose" doc:"key:ID (an app), person:ID, department:ID or tenant:ID; the narrowest counts"`
	Action  string    `json:"action" enum:"off,label,strip,block"`
	Changed time.Time `json:"changed"`
}

// NewTrustPolicy shows one.
func NewTrustPolicy(p hearth.TrustPolicy) TrustPolicy {
	return TrustPolicy{string(p.Scope.Kind) + ":" + p.Scope.ID, p.Action, p.Changed}
}

type policiesOutput struct {
	Body struct {
		Usual    string        `json:"usual" enum:"off,label,strip,block" doc:"Where there is no policy: trust.advertising of the settings"`
		Policies []TrustPolicy `json:"policies"`
	}
}

type setPolicyInput struct {
	Language
	Body struct {
		Whose  string `json:"whose" minLength:"3" maxLength:"250"`
		Action string `json:"action" enum:"off,label,strip,block"`
	}
}

type policyOutput struct{ Body TrustPolicy }

type removePolicyInput struct {
	Language
	Whose string `query:"whose" required:"true" doc:"As it is listed"`
}

func (in *setPolicyInput) object() string    { return in.Body.Whose + " " + in.Body.Action }
func (in *removePolicyInput) object() string { return in.Whose }

type reportInput struct {
	Language
	Month string `query:"month" required:"true" doc:"Like 2026-11, in the appliance's time zone"`
}

type reportOutput struct{ Body *trust.Report }

type reportPageOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *Admin) trustRoutes() {
	tags := []string{"Trust"}
	handle(a, hearth.RightAsk|hearth.RightWatch, huma.Operation{OperationID: "inspect-answer", Method: http.MethodPost, Path: "/trust/inspect", Summary: "Find advertising in an answer; nothing is kept", Tags: tags, MaxBodyBytes: 4 << 20},
		func(_ context.Context, in *inspectInput) (*inspectOutput, error) {
			found, err := a.Trust.Inspect(in.Body, hearth.ParseLanguage(in.AcceptLanguage))
			return &inspectOutput{found}, err
		})
	handle(a, hearth.RightAsk, huma.Operation{OperationID: "crosscheck", Method: http.MethodPost, Path: "/trust/crosscheck", Summary: "Ask several models the same and compare what they claim; /v1/crosscheck streams it", Tags: tags},
		func(ctx context.Context, in *crosscheckInput) (*crosscheckOutput, error) {
			return a.crosscheck(ctx, in)
		})
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "list-probe-sets", Method: http.MethodGet, Path: "/trust/probe-sets", Summary: "Sets of probes there are", Tags: tags},
		func(_ context.Context, _ *Language) (*probeSetsOutput, error) {
			out := &probeSetsOutput{}
			out.Body.Sets = []ProbeSet{}
			for _, s := range a.Trust.ProbeSets() {
				out.Body.Sets = append(out.Body.Sets, ProbeSet{s.Name, s.Title, s.Language, s.Version, len(s.Items), s.Questions()})
			}
			return out, nil
		})
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "list-probes", Method: http.MethodGet, Path: "/trust/probes", Summary: "Runs of probes there were: effects, favoured brands, drift", Tags: tags},
		func(ctx context.Context, in *probesInput) (*probesOutput, error) { return a.probes(ctx, in) })
	handle(a, hearth.RightServe|hearth.RightGuard, huma.Operation{OperationID: "run-probes", Method: http.MethodPost, Path: "/trust/probes", Summary: "Ask a model a set of probes, in the background", Tags: tags, DefaultStatus: http.StatusAccepted},
		func(ctx context.Context, in *runProbesInput) (*struct{}, error) {
			return nil, a.Trust.StartProbes(ctx, asking(ctx), in.Body.Set, in.Body.Model)
		})
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "list-trust-policies", Method: http.MethodGet, Path: "/trust/policies", Summary: "What is done about advertising in answers, and for whom", Tags: tags},
		func(ctx context.Context, _ *Language) (*policiesOutput, error) {
			usual, list, err := a.Trust.Policies(ctx)
			out := &policiesOutput{}
			out.Body.Usual, out.Body.Policies = string(usual), []TrustPolicy{}
			for _, p := range list {
				out.Body.Policies = append(out.Body.Policies, NewTrustPolicy(p))
			}
			return out, err
		})
	handle(a, hearth.RightGuard, huma.Operation{OperationID: "set-trust-policy", Method: http.MethodPut, Path: "/trust/policies", Summary: "Set a policy, in the place of the one for the same", Tags: tags},
		func(ctx context.Context, in *setPolicyInput) (*policyOutput, error) {
			p, err := a.Trust.SetPolicy(ctx, in.Body.Whose, in.Body.Action)
			return &policyOutput{NewTrustPolicy(p)}, err
		})
	handle(a, hearth.RightGuard, huma.Operation{OperationID: "remove-trust-policy", Method: http.MethodDelete, Path: "/trust/policies", Summary: "End a policy", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *removePolicyInput) (*struct{}, error) {
			return nil, a.Trust.RemovePolicy(ctx, in.Whose)
		})
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "show-trust-report", Method: http.MethodGet, Path: "/trust/report", Summary: "The report of a month, by model and app, made of the audit record", Tags: tags},
		func(ctx context.Context, in *reportInput) (*reportOutput, error) {
			r, err := a.Trust.Report(ctx, in.Month)
			return &reportOutput{r}, err
		})
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "export-trust-report", Method: http.MethodGet, Path: "/trust/report.html", Summary: "The same as a page to print", Tags: tags},
		func(ctx context.Context, in *reportInput) (*reportPageOutput, error) {
			r, err := a.Trust.Report(ctx, in.Month)
			if err != nil {
				return nil, err
			}
			var page bytes.Buffer
			err = r.WriteHTML(&page, hearth.ParseLanguage(in.AcceptLanguage))
			return &reportPageOutput{"text/html; charset=utf-8", `attachment; filename="trust-` + r.Month + `.html"`, page.Bytes()}, err
		})
}

func (a *Admin) crosscheck(ctx context.Context, in *crosscheckInput) (*crosscheckOutput, error) {
	zero := 0.0
	r := hearth.Request{By: asking(ctx), ID: requestID(ctx), From: address(ctx)}
	r.Decoding = hearth.Decoding{MaxTokens: in.Body.MaxTokens, Sampling: hearth.Sampling{Temperature: &zero}}
	if r.MaxTokens == 0 {
		r.MaxTokens = CrosscheckTokens
	}
	if in.Body.System != "" {
		r.Messages = append(r.Messages, hearth.Message{Role: hearth.RoleSystem, Text: in.Body.System})
	}
	r.Messages = append(r.Messages, hearth.Message{Role: hearth.RoleUser, Text: in.Body.Question})
	steps, err := a.Trust.Crosscheck(ctx, in.Body.Models, r, hearth.ParseLanguage(in.AcceptLanguage))
	if err != nil {
		return nil, err
	}
	out := &crosscheckOutput{}
	out.Body.Answers = []trust.ShownAnswer{}
	for _, s := range steps {
		out.Body.Answers = append(out.Body.Answers, s.Answer)
		if s.Comparison != nil {
			out.Body.Comparison = s.Comparison
		}
	}
	return out, nil
}

func (a *Admin) probes(ctx context.Context, in *probesInput) (*probesOutput, error) {
	runs, err := a.Trust.ProbeRuns(ctx, hearth.ProbeQuery{Set: in.Set, Model: in.Model, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &probesOutput{}
	out.Body.Probing, out.Body.Runs = a.Trust.Probing(), []ProbeRun{}
	for _, r := range runs {
		x, err := NewProbeRun(r)
		if err != nil {
			return nil, err
		}
		out.Body.Runs = append(out.Body.Runs, x)
	}
	return out, nil
}

// NewProbeRun shows one, without the choices one by one.
func NewProbeRun(r hearth.ProbeRun) (ProbeRun, error) {
	out := ProbeRun{ID: r.ID, At: r.At}
	err := json.Unmarshal(r.Result, &out.Result)
	out.Result.Choices = nil
	return out, err
}

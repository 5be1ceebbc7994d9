package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

// Upstreams knows the engines and services elsewhere, and the engines started here.
// Whatever takes a name has an error of code [hearth.NoSuchUpstream] for those there are not.
type Upstreams interface {
	Upstreams(l hearth.Language) []Upstream
	Drain(name string, on bool) error
	Probe(ctx context.Context, name string) error
	Restart(name string) error
}

// Upstream is an engine or service, and how it is.
type Upstream struct {
	Name      string `json:"name"`
	Kind      string `json:"kind" doc:"What it is: vllm, ollama, deepseek, …"`
	URL       string `json:"url" doc:"Where its API begins, without anything secret"`
	DataClass string `json:"data_class" enum:"public,internal,confidential,secret" doc:"The closest class of data that it is given"`

	State        string           `json:"state" enum:"up,down,starting,resting,drained" doc:"down: it is asked for a token until it makes one; starting: an engine of this appliance that has made none yet; resting: it wants to be left alone for a while; drained: it is given nothing new"`
	Failures     int              `json:"failures" doc:"In a row; it is down from the third on, or when it can't be reached"`
	WorkedAt     *time.Time       `json:"worked_at,omitempty" doc:"When it did last what it was asked"`
	Trouble      *UpstreamTrouble `json:"trouble,omitempty" doc:"The last there was with it, mended or not"`
	RestsSeconds float64          `json:"rests_seconds,omitempty" doc:"How long it is still left alone, because it wants that or was full"`

	Running  int           `json:"running" doc:"Answers it is giving to this appliance"`
	Waiting  int           `json:"waiting" doc:"Requests in line that may go to it; some may go to others too"`
	Slots    int           `json:"slots" doc:"Answers it is given at once; 0 before it was asked anything"`
	Found    bool          `json:"slots_found" doc:"Nobody said so: it is what was found out so far"`
	Answers  int64         `json:"answers" doc:"That came to their end, since the appliance was started or its settings changed"`
	Troubles int64         `json:"troubles" doc:"Requests that came to nothing in that time, through no fault of theirs"`
	Load     *UpstreamLoad `json:"load,omitempty" doc:"How busy it is as it says itself, with what others ask"`

	Models []string `json:"models" doc:"That it offers, as known last"`
	Engine *Engine  `json:"engine,omitempty" doc:"For an engine that the appliance starts"`
}

// UpstreamTrouble is an error that came up.
type UpstreamTrouble struct {
	At      time.Time `json:"at"`
	Code    string    `json:"code"`
	Message string    `json:"message"`
	Remedy  string    `json:"remedy"`
}

// NewTrouble shows an error in a language; nil for none.
func NewTrouble(e *hearth.Error, at time.Time, l hearth.Language) *UpstreamTrouble {
	if e == nil {
		return nil
	}
	return &UpstreamTrouble{at, string(e.Code), e.Message(l), e.Remedy(l)}
}

// UpstreamLoad is what an engine says of itself.
type UpstreamLoad struct {
	Running int     `json:"running"`
	Waiting int     `json:"waiting"`
	Cache   float64 `json:"cache" doc:"The part of its cache in use, from 0 to 1"`
}

// Engine is what the appliance does about an engine that it starts.
type Engine struct {
	Template string    `json:"template"`
	Model    string    `json:"model,omitempty" doc:"The file or folder"`
	Devices  []string  `json:"devices" doc:"Accelerators it may use; empty is all"`
	State    string    `json:"state" enum:"starting,ready,pausing,stopped" doc:"pausing: it ended, and is started again after a while"`
	Since    time.Time `json:"since" doc:"It is in that state"`
	Starts   int       `json:"starts" doc:"How often it was started"`
	Why      string    `json:"why,omitempty" doc:"It ended last, with the last line it printed"`
}

type upstreamsOutput struct {
	Body struct {
		Upstreams []Upstream `json:"upstreams" doc:"As they are configured, and then the engines that are started here"`
	}
}

type upstreamInput struct {
	Language
	Body struct {
		Upstream string `json:"upstream" minLength:"1" maxLength:"250" doc:"Its name"`
	}
}

func (in *upstreamInput) object() string { return in.Body.Upstream }

func (a *Admin) upstreamRoutes() {
	tags := []string{"Upstreams"}
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "list-upstreams", Method: http.MethodGet, Path: "/upstreams", Summary: "Engines and services behind the appliance, and how they are; none of them is asked for this", Tags: tags},
		func(_ context.Context, in *Language) (*upstreamsOutput, error) {
			out := &upstreamsOutput{}
			out.Body.Upstreams = a.Upstreams.Upstreams(hearth.ParseLanguage(in.AcceptLanguage))
			return out, nil
		})
	act := func(id, path, summary string, f func(ctx context.Context, name string) error) {
		handle(a, hearth.RightServe, huma.Operation{OperationID: id, Method: http.MethodPost, Path: "/upstreams/" + path, Summary: summary, Tags: tags, DefaultStatus: http.StatusNoContent},
			func(ctx context.Context, in *upstreamInput) (*struct{}, error) { return nil, f(ctx, in.Body.Upstream) })
	}
	act("drain-upstream", "drain", "Give it nothing new; what it is giving goes on, and requests wait or go elsewhere. Until it is to be asked again, or the appliance's next start",
		func(_ context.Context, name string) error { return a.Upstreams.Drain(name, true) })
	act("undrain-upstream", "undrain", "Let it be asked again",
		func(_ context.Context, name string) error { return a.Upstreams.Drain(name, false) })
	act("probe-upstream", "probe", "Have it make one token, which a service elsewhere may charge for; the error says what came of it",
		func(ctx context.Context, name string) error { return a.Upstreams.Probe(ctx, name) })
	act("restart-engine", "restart", "End an engine that the appliance starts, and start it again at once. Answers it is giving break off or are finished elsewhere: drain it first",
		func(_ context.Context, name string) error { return a.Upstreams.Restart(name) })
}

package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

// Measuring finds out how fast models answer here, through everything that clients pass, and
// one model at a time.
type Measuring interface {
	Begin(by hearth.Principal, o MeasureOrder) (Measurement, error)
	// Running is the one that goes on; ok is false if none does.
	Running() (m Measurement, ok bool)
	Stop() error
	// Past are the last so many, the latest first.
	Past(ctx context.Context, most int, l hearth.Language) ([]Measurement, error)
}

// MeasureOrder says what to measure.
type MeasureOrder struct {
	Model    string `json:"model" minLength:"1" maxLength:"200"`
	Clients  []int  `json:"clients,omitempty" minItems:"1" maxItems:"6" doc:"How many ask at once, one level after the other, each from 1 to 64; 1, 2 and 4 if absent"`
	Prompt   int    `json:"prompt_tokens,omitempty" minimum:"16" maximum:"8192" default:"128" doc:"Of each question"`
	Generate int    `json:"answer_tokens,omitempty" minimum:"8" maximum:"1024" default:"64" doc:"Of each answer"`
}

// Measurement is what was measured of a model.
type Measurement struct {
	Model    string      `json:"model"`
	State    string      `json:"state" enum:"running,done,failed,cancelled"`
	By       string      `json:"by" doc:"Name of who began it"`
	Started  time.Time   `json:"started"`
	Ended    *time.Time  `json:"ended,omitempty"`
	Prompt   int         `json:"prompt_tokens"`
	Generate int         `json:"answer_tokens"`
	Done     int         `json:"done" doc:"Requests that were answered"`
	Total    int         `json:"total"`
	Levels   []Level     `json:"levels" doc:"One for each number of clients"`
	Speed    float64     `json:"tokens_per_second" doc:"Of all answers together at the best level; 0 while there is none"`
	People   int         `json:"people" doc:"Who can work with the model, if each asks 12 times an hour, answers have 300 tokens, and four tenths are kept in reserve"`
	Problem  *JobProblem `json:"problem,omitempty" doc:"Why it failed"`
}

// Level is what was measured with so many clients.
type Level struct {
	Clients  int     `json:"clients"`
	Requests int     `json:"requests"`
	Failed   int     `json:"failed"`
	Answers  float64 `json:"answer_tokens_per_second" doc:"Of all answers together"`
	Stream   float64 `json:"stream_tokens_per_second" doc:"Of one answer, in the middle"`
	TTFT     float64 `json:"ttft_seconds" doc:"Wait for the beginning of an answer, in the middle"`
	TTFT95   float64 `json:"ttft_p95_seconds" doc:"That 95 of 100 do not exceed"`
	Gap95    float64 `json:"gap_p95_seconds" doc:"Pause in an answer that 95 of 100 do not exceed"`
}

type measureInput struct {
	Language
	Body MeasureOrder
}

func (in *measureInput) object() string { return in.Body.Model }

type measurementOutput struct{ Body Measurement }

// measurementsMost is how many are shown.
const measurementsMost = 20

// Measurements are those there are.
type Measurements struct {
	Running *Measurement  `json:"running,omitempty"`
	Past    []Measurement `json:"past" doc:"The latest first; the last twenty"`
}

type measurementsOutput struct{ Body Measurements }

func (a *Admin) measurements(ctx context.Context, in *Language) (m Measurements, err error) {
	m.Past, err = a.Measuring.Past(ctx, measurementsMost, hearth.ParseLanguage(in.AcceptLanguage))
	if now, ok := a.Measuring.Running(); ok {
		m.Running = &now
	}
	return m, err
}

func (a *Admin) measuringRoutes() {
	tags := []string{"Measuring"}
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "list-measurements", Method: http.MethodGet, Path: "/measurements", Summary: "How fast models answer, as was measured", Tags: tags},
		func(ctx context.Context, in *Language) (*measurementsOutput, error) {
			m, err := a.measurements(ctx, in)
			return &measurementsOutput{m}, err
		})
	feed(a, hearth.RightWatch, huma.Operation{OperationID: "watch-measurements", Path: "/measurements/events", Summary: "The same, as it changes", Tags: tags},
		func(ctx context.Context, in *Language) (Measurements, bool, error) {
			m, err := a.measurements(ctx, in)
			return m, true, err
		})
	handle(a, hearth.RightServe, huma.Operation{OperationID: "measure-model", Method: http.MethodPost, Path: "/measurements", Summary: "Begin to measure a model: it is asked as clients ask, on the account of who begins it, and others wait with it", Tags: tags, DefaultStatus: http.StatusAccepted},
		func(ctx context.Context, in *measureInput) (*measurementOutput, error) {
			by := asking(ctx)
			if err := by.Check(hearth.RightAsk); err != nil {
				return nil, err
			}
			m, err := a.Measuring.Begin(by, in.Body)
			return &measurementOutput{m}, err
		})
	handle(a, hearth.RightServe, huma.Operation{OperationID: "stop-measuring", Method: http.MethodDelete, Path: "/measurements/running", Summary: "Stop measuring", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(context.Context, *Language) (*struct{}, error) { return nil, a.Measuring.Stop() })
}

package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

// Queue knows who waits.
type Queue interface {
	// Line shows the requests that by may see, no more than so many.
	Line(by hearth.Principal, most int) hearth.Line
}

// queueMost is how many requests of the line are shown.
const queueMost = 500

// Waiting is who waits, and who is being answered.
type Waiting struct {
	Waiting  int      `json:"waiting"`
	Running  int      `json:"running"`
	Requests []Queued `json:"requests" doc:"Those that run, and then the others by their places; 500 at most"`
}

// Queued is a request that waits for its turn or has it.
type Queued struct {
	State       string    `json:"state" enum:"waiting,running"`
	Position    int       `json:"position,omitempty" doc:"1 is next; absent for one whose client is gone"`
	WaitSeconds float64   `json:"wait_seconds,omitempty" doc:"Until it runs; absent where that is not known"`
	Why         string    `json:"why,omitempty" enum:"full,room,resting,down,away" doc:"Why it waits. full: all there is room for are being answered; room: it is longer than what is free of the cache; resting: whatever answers wants to be left alone for a while; down: whatever answers is out of order or drained; away: its client is gone, and its place is kept"`
	Slots       int       `json:"slots,omitempty" doc:"Answers at once there is room for where it may go"`
	Model       string    `json:"model"`
	Class       string    `json:"class" enum:"system,interactive,default,bulk"`
	Since       time.Time `json:"since"`
	Key         string    `json:"key" doc:"Id"`
	Name        string    `json:"name" doc:"Of the person, or of a key that is nobody's"`
	Person      string    `json:"person,omitempty" doc:"Id"`
	Department  string    `json:"department,omitempty" doc:"Id"`
	ServedBy    string    `json:"served_by,omitempty" doc:"Where it runs"`
}

// NewWaiting shows a line.
func NewWaiting(l hearth.Line) Waiting {
	out := Waiting{Waiting: l.Waiting, Running: l.Running, Requests: []Queued{}}
	for _, q := range l.Requests {
		r := Queued{State: "waiting", Position: q.Place.Position, WaitSeconds: q.Place.Wait.Round(time.Second).Seconds(), Why: string(q.Why), Slots: q.Slots,
			Model: q.Model, Class: string(q.Class), Since: q.Arrived.Truncate(time.Second), Key: q.By.KeyID, Name: q.By.Name, Person: q.By.Person, Department: q.By.Department, ServedBy: q.ServedBy}
		if q.ServedBy != "" {
			r.State = "running"
		}
		out.Requests = append(out.Requests, r)
	}
	return out
}

type lineOutput struct{ Body Waiting }

func (a *Admin) queueRoutes() {
	tags := []string{"Queue"}
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "show-queue", Method: http.MethodGet, Path: "/queue", Summary: "Who waits for an answer, why, and for how long", Tags: tags},
		func(ctx context.Context, _ *Language) (*lineOutput, error) {
			return &lineOutput{NewWaiting(a.Queue.Line(asking(ctx), queueMost))}, nil
		})
	feed(a, hearth.RightWatch, huma.Operation{OperationID: "watch-queue", Path: "/queue/events", Summary: "The same, as it changes", Tags: tags},
		func(ctx context.Context, _ *Language) (Waiting, bool, error) {
			return NewWaiting(a.Queue.Line(asking(ctx), queueMost)), true, nil
		})
}

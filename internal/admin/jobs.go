package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

// Work is what is done whoever still listens, of everybody.
type Work interface {
	// AllBatches and AllTickets list so many, the newest first, after the one of that id.
	AllBatches(ctx context.Context, after string, most int) ([]hearth.Batch, error)
	AllTickets(ctx context.Context, after string, most int) ([]hearth.Job, error)
	// Withdraw ends a batch, a ticket or an answer in the background. What is not there is an
	// error of code [hearth.NoSuchTicket].
	Withdraw(ctx context.Context, id string) error
}

// Batch is many requests that are answered when there is time.
type Batch struct {
	ID      string     `json:"id"`
	Key     string     `json:"key" doc:"Id, of whose it is"`
	KeyName string     `json:"key_name,omitempty"`
	Path    string     `json:"path" doc:"Where its requests would have gone"`
	State   string     `json:"state" enum:"validating,failed,in_progress,completed,expired,cancelling,cancelled"`
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires" doc:"When what is not done is given up"`
	Ended   *time.Time `json:"ended,omitempty"`
	Total   int        `json:"total" doc:"Requests"`
	Done    int        `json:"done" doc:"Answered"`
	Failed  int        `json:"failed" doc:"Not answered as was asked"`
}

// Ticket is one request that is answered when there is time.
type Ticket struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind" enum:"ticket,response" doc:"ticket: it could not be answered in time; response: it was to be answered in the background"`
	Key     string     `json:"key" doc:"Id, of whose it is"`
	KeyName string     `json:"key_name,omitempty"`
	Path    string     `json:"path"`
	State   string     `json:"state" enum:"waiting,running,done"`
	Status  int        `json:"status,omitempty" doc:"Of the answer, as HTTP has it"`
	Tries   int        `json:"tries" doc:"How often it was begun"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty" doc:"When it is forgotten"`
}

// Page says which part of a list is wanted.
type Page struct {
	After string `query:"after" maxLength:"250" doc:"Id of the last one of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many"`
}

type pageInput struct {
	Language
	Page
}

type batchesOutput struct {
	Body struct {
		Batches []Batch `json:"batches" doc:"The newest first"`
		More    bool    `json:"more,omitempty" doc:"There are others after these"`
	}
}

type ticketsOutput struct {
	Body struct {
		Tickets []Ticket `json:"tickets" doc:"The newest first"`
		More    bool     `json:"more,omitempty" doc:"There are others after these"`
	}
}

type jobInput struct {
	Language
	ID string `path:"id"`
}

func (in *jobInput) object() string { return in.ID }

// keyNames are the names of keys by their ids.
func (a *Admin) keyNames(ctx context.Context) (map[string]string, error) {
	keys, err := a.Access.List(ctx)
	names := map[string]string{}
	for _, k := range keys {
		names[k.ID] = k.Name
	}
	return names, err
}

var jobStates = map[hearth.JobState]string{hearth.JobWaiting: "waiting", hearth.JobHeld: "waiting", hearth.JobRunning: "running", hearth.JobDone: "done"}

func (a *Admin) jobRoutes() {
	tags := []string{"Batches and tickets"}
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "list-batches", Method: http.MethodGet, Path: "/batches", Summary: "Batches of everybody; nothing of what is asked in them", Tags: tags},
		func(ctx context.Context, in *pageInput) (*batchesOutput, error) {
			list, err := a.Work.AllBatches(ctx, in.After, in.Limit+1)
			if err != nil {
				return nil, err
			}
			names, err := a.keyNames(ctx)
			out := &batchesOutput{}
			out.Body.Batches, out.Body.More = []Batch{}, len(list) > in.Limit
			for _, b := range list[:min(len(list), in.Limit)] {
				out.Body.Batches = append(out.Body.Batches, Batch{b.ID, b.Owner, names[b.Owner], b.Path, string(b.State), b.Created, b.Expires, moment(b.Ended), b.Total, b.Done, b.Failed})
			}
			return out, err
		})
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "list-tickets", Method: http.MethodGet, Path: "/tickets", Summary: "Tickets and answers in the background of everybody; nothing of what is asked", Tags: tags},
		func(ctx context.Context, in *pageInput) (*ticketsOutput, error) {
			list, err := a.Work.AllTickets(ctx, in.After, in.Limit+1)
			if err != nil {
				return nil, err
			}
			names, err := a.keyNames(ctx)
			out := &ticketsOutput{}
			out.Body.Tickets, out.Body.More = []Ticket{}, len(list) > in.Limit
			for _, j := range list[:min(len(list), in.Limit)] {
				out.Body.Tickets = append(out.Body.Tickets, Ticket{j.ID, string(j.Kind), j.Owner, names[j.Owner], j.Path, jobStates[j.State], j.Status, j.Tries, j.Created, moment(j.Expires)})
			}
			return out, err
		})
	cancel := func(id, path, summary string) {
		handle(a, hearth.RightServe, huma.Operation{OperationID: id, Method: http.MethodDelete, Path: path + "/{id}", Summary: summary, Tags: tags, DefaultStatus: http.StatusNoContent},
			func(ctx context.Context, in *jobInput) (*struct{}, error) { return nil, a.Work.Withdraw(ctx, in.ID) })
	}
	cancel("cancel-batch", "/batches", "Withdraw what is not answered yet of a batch; what was answered is kept for its owner")
	cancel("cancel-ticket", "/tickets", "Withdraw a ticket or an answer in the background; its owner does not get it any more")
}

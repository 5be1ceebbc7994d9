package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/audit"
)

type auditInput struct {
	Language
	Before  uint64    `query:"before" doc:"Only records older than the one of this number; the next of the page before"`
	Limit   int       `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"Records on a page"`
	Kind    string    `query:"kind" enum:"request,access,admin,audit" doc:"What sort of event"`
	Act     string    `query:"act" doc:"What was done, such as chat or create-key"`
	Key     string    `query:"key" doc:"Id of the key that did it"`
	Person  string    `query:"person" doc:"Id of the person who did it, with whatever key or session"`
	Request string    `query:"request" doc:"Id of the request"`
	Result  string    `query:"result" doc:"Code of the error it ended with"`
	Object  string    `query:"object" doc:"What it was done to"`
	Since   time.Time `query:"since" doc:"Not before this time"`
	Until   time.Time `query:"until" doc:"Before this time"`
}

// AuditRecord is a record as this door shows it; docs/audit.md explains the fields.
type AuditRecord struct {
	N                uint64         `json:"n" doc:"Its number in the log"`
	Time             string         `json:"time"`
	Kind             string         `json:"kind" enum:"request,access,admin,audit"`
	Act              string         `json:"act"`
	Stage            string         `json:"stage,omitempty" enum:"begun,ended"`
	Request          string         `json:"request,omitempty"`
	Key              string         `json:"key,omitempty"`
	Name             string         `json:"name,omitempty" doc:"Of the person, or of a key that is nobody's"`
	Person           string         `json:"person,omitempty" doc:"Id of the person"`
	From             string         `json:"from,omitempty"`
	Object           string         `json:"object,omitempty"`
	Model            string         `json:"model,omitempty"`
	ServedBy         string         `json:"served_by,omitempty"`
	Result           string         `json:"result,omitempty"`
	Finish           string         `json:"finish,omitempty"`
	PromptTokens     int            `json:"prompt_tokens,omitempty"`
	CompletionTokens int            `json:"completion_tokens,omitempty"`
	WaitMS           float64        `json:"wait_ms,omitempty"`
	FirstMS          float64        `json:"first_ms,omitempty"`
	TookMS           float64        `json:"took_ms,omitempty"`
	DataClass        string         `json:"data_class,omitempty"`
	Verdicts         []AuditVerdict `json:"verdicts,omitempty"`
	Detail           string         `json:"detail,omitempty"`
	Times            int            `json:"times,omitempty"`
	Content          bool           `json:"content,omitempty" doc:"What was said was kept, encrypted"`
}

// AuditVerdict is what somebody who looked at a text decided.
type AuditVerdict struct {
	By     string `json:"by"`
	Class  string `json:"class"`
	Action string `json:"action"`
	Times  int    `json:"times,omitempty"`
}

// NewAuditRecord shows a record.
func NewAuditRecord(e audit.Entry) AuditRecord {
	out := AuditRecord{N: e.N, Time: e.Time, Kind: e.Kind, Act: e.Act, Stage: e.Stage, Request: e.Request, Key: e.Key, Name: e.Name, Person: e.Person, From: e.From,
		Object: e.Object, Model: e.Model, ServedBy: e.ServedBy, Result: e.Result, Finish: e.Finish, PromptTokens: e.PromptTokens,
		CompletionTokens: e.CompletionTokens, WaitMS: e.WaitMS, FirstMS: e.FirstMS, TookMS: e.TookMS, DataClass: e.DataClass,
		Detail: e.Detail, Times: e.Times, Content: e.Content != nil}
	for _, v := range e.Verdicts {
		out.Verdicts = append(out.Verdicts, AuditVerdict(v))
	}
	return out
}

type auditOutput struct {
	Body struct {
		Records []AuditRecord `json:"records" doc:"Newest first"`
		Next    uint64        `json:"next,omitempty" doc:"The before of the page that follows; absent on the last"`
	}
}

func (a *Admin) auditRoutes() {
	handle(a, hearth.RightAudit, huma.Operation{OperationID: "list-audit", Method: http.MethodGet, Path: "/audit", Summary: "What was recorded, newest first; looking is recorded too", Tags: []string{"Audit"}},
		func(ctx context.Context, in *auditInput) (*auditOutput, error) {
			page, err := a.Audit.Find(ctx, audit.Query{Before: in.Before, Limit: in.Limit, Kind: in.Kind, Act: in.Act, Key: in.Key, Person: in.Person,
				Request: in.Request, Result: in.Result, Object: in.Object, Since: in.Since, Until: in.Until})
			if err != nil {
				return nil, err
			}
			out := &auditOutput{}
			out.Body.Records, out.Body.Next = []AuditRecord{}, page.Next
			for _, e := range page.Entries {
				out.Body.Records = append(out.Body.Records, NewAuditRecord(e))
			}
			return out, nil
		})
}

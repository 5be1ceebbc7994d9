package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
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
	Request string    `query:"request" doc:"Id of the request"`
	Result  string    `query:"result" doc:"Code of the error it ended with"`
	Object  string    `query:"object" doc:"What it was done to"`
	Text    string    `query:"text" maxLength:"200" doc:"In one of its words: who, from where, what, with which result; whatever the case"`
	Failed  bool      `query:"failed" doc:"Only what did not succeed"`
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

type auditRecordInput struct {
	Language
	N uint64 `path:"n" doc:"Number of the record"`
}

func (in *auditRecordInput) object() string { return strconv.FormatUint(in.N, 10) }

type auditContentOutput struct {
	Body struct {
		Content any `json:"content" doc:"What was asked and answered"`
	}
}

// AuditReport is what verifying the record has found.
type AuditReport struct {
	Whole    bool           `json:"whole" doc:"Nothing is wrong"`
	Log      string         `json:"log" doc:"Name of the log"`
	First    uint64         `json:"first" doc:"The oldest record that is kept"`
	Records  uint64         `json:"records" doc:"The number that the next one will have"`
	Vouched  uint64         `json:"vouched" doc:"Records that checkpoints of a witness cover; 0 without one"`
	Witness  bool           `json:"witness" doc:"The log was held against a witness"`
	Findings []AuditFinding `json:"findings"`
	More     int            `json:"more,omitempty" doc:"Findings beyond those that are listed"`
	Notes    []string       `json:"notes" doc:"Worth knowing, and not wrong"`
	Seconds  float64        `json:"seconds" doc:"How long it took"`
}

// AuditFinding is one thing that is wrong with the record.
type AuditFinding struct {
	Fault  string `json:"fault" enum:"changed,deleted,inserted,moved,truncated,rewritten,forked,segment,checkpoint,content,expired"`
	From   uint64 `json:"from" doc:"The first record it is about"`
	To     uint64 `json:"to" doc:"The first it is not about any more"`
	Detail string `json:"detail"`
}

type auditReportOutput struct{ Body AuditReport }

// AuditCheckpoint is a signed state of the record.
type AuditCheckpoint struct {
	Records    uint64   `json:"records" doc:"That there were"`
	Root       string   `json:"root" doc:"Of the tree over them"`
	Time       string   `json:"time"`
	Signatures []string `json:"signatures" doc:"Algorithm, and the beginning of the key's SHA-256"`
}

type auditCheckpointsOutput struct {
	Body struct {
		Checkpoints []AuditCheckpoint `json:"checkpoints" doc:"The newest first"`
		Total       int               `json:"total"`
		Witnesses   int               `json:"witnesses" doc:"Places elsewhere that get them too"`
	}
}

// auditCheckpointsMax is how many checkpoints are shown.
const auditCheckpointsMax = 200

// newAuditCheckpoints shows the newest of a list.
func newAuditCheckpoints(list []audit.Checkpoint) []AuditCheckpoint {
	out := []AuditCheckpoint{}
	for i := len(list) - 1; i >= max(0, len(list)-auditCheckpointsMax); i-- {
		c := AuditCheckpoint{Records: list[i].Size, Root: list[i].Root.String(), Time: list[i].Time, Signatures: []string{}}
		for _, s := range list[i].Signatures {
			c.Signatures = append(c.Signatures, string(s.Algorithm)+" "+s.Key[:min(len(s.Key), 16)])
		}
		out = append(out, c)
	}
	return out
}

// auditExportOutput streams an archive.
type auditExportOutput struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        func(huma.Context)
}

// checked verifies the record.
func (a *Admin) checked(ctx context.Context) (*auditReportOutput, error) {
	begun := time.Now()
	r, witness, err := a.Audit.Verify(ctx)
	if err != nil {
		return nil, err
	}
	out := AuditReport{Whole: r.Whole(), Log: r.Log, First: r.First, Records: r.Records, Vouched: r.Vouched, Witness: witness,
		Findings: []AuditFinding{}, More: r.More, Notes: append([]string{}, r.Notes...), Seconds: time.Since(begun).Seconds()}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, AuditFinding{string(f.Fault), f.From, f.To, f.Detail})
	}
	return &auditReportOutput{out}, nil
}

func (a *Admin) auditRoutes() {
	tags := []string{"Audit"}
	handle(a, hearth.RightAudit, huma.Operation{OperationID: "read-content", Method: http.MethodGet, Path: "/audit/{n}/content", Summary: "What was said in a request, where that was kept; reading it is recorded", Tags: tags},
		func(ctx context.Context, in *auditRecordInput) (*auditContentOutput, error) {
			text, err := a.Audit.ReadContent(ctx, in.N)
			if err != nil {
				return nil, err
			}
			out := &auditContentOutput{}
			if err := json.Unmarshal(text, &out.Body.Content); err != nil {
				return nil, hearth.NewError(hearth.AuditDamaged, "detail", err).Because(err)
			}
			return out, nil
		})
	handle(a, hearth.RightAudit, huma.Operation{OperationID: "verify-audit", Method: http.MethodPost, Path: "/audit/verify", Summary: "Verify the whole record now, against its witness where it has one", Tags: tags},
		func(ctx context.Context, _ *Language) (*auditReportOutput, error) { return a.checked(ctx) })
	handle(a, hearth.RightAudit, huma.Operation{OperationID: "list-checkpoints", Method: http.MethodGet, Path: "/audit/checkpoints", Summary: "Signed states of the record, the newest first", Tags: tags},
		func(ctx context.Context, _ *Language) (*auditCheckpointsOutput, error) {
			list, witnesses, err := a.Audit.Checkpoints(ctx)
			out := &auditCheckpointsOutput{}
			out.Body.Checkpoints, out.Body.Total, out.Body.Witnesses = newAuditCheckpoints(list), len(list), witnesses
			return out, err
		})
	handle(a, hearth.RightAudit, huma.Operation{OperationID: "export-audit", Method: http.MethodGet, Path: "/audit/export.zip", Summary: "The record as an archive, for others to verify: without the keys of what was said", Tags: tags},
		func(ctx context.Context, _ *Language) (*auditExportOutput, error) {
			return &auditExportOutput{"application/zip", `attachment; filename="hearth-audit.zip"`, func(c huma.Context) {
				if err := a.Audit.Export(ctx, c.BodyWriter()); err != nil {
					a.Log.Warn("the audit record was not exported whole", "error", err)
					panic(http.ErrAbortHandler) // an archive that is cut has to look cut
				}
			}}, nil
		})
	handle(a, hearth.RightAudit, huma.Operation{OperationID: "list-audit", Method: http.MethodGet, Path: "/audit", Summary: "What was recorded, newest first; looking is recorded too", Tags: tags},
		func(ctx context.Context, in *auditInput) (*auditOutput, error) {
			page, err := a.Audit.Find(ctx, audit.Query{Before: in.Before, Limit: in.Limit, Kind: in.Kind, Act: in.Act, Key: in.Key,
				Request: in.Request, Result: in.Result, Object: in.Object, Text: in.Text, Failed: in.Failed, Since: in.Since, Until: in.Until})
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

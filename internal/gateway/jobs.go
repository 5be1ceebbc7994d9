package gateway

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// Jobs does what is to be answered whoever still listens, by asking the Gateway to
// [Gateway.Work]. Jobs that are not there are errors of code [hearth.NoSuchTicket].
type Jobs interface {
	// Add takes a job in. It is done from then on, whatever happens.
	Add(ctx context.Context, j hearth.Job) error
	Job(ctx context.Context, owner, id string) (hearth.Job, error)
	// Cancel returns when the job neither waits nor is done.
	Cancel(ctx context.Context, owner, id string) error
}

// Holders says who asks with a key, by its id. The context ends once they may no longer;
// release is called at the end.
type Holders interface {
	HoldKey(ctx context.Context, keyID string) (_ context.Context, by hearth.Principal, release func(), err error)
}

// jobMax is how long a job may wait to be done, and its result to be fetched.
const jobMax = 7 * 24 * time.Hour

// paper is where the answer to a job is written.
type paper struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (p *paper) Header() http.Header { return p.header }

func (p *paper) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

func (p *paper) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.body.Write(b)
}

// Work does a job: the request that it is goes the way of any other, but that nobody waits
// at the end of it.
func (g *Gateway) Work(ctx context.Context, j hearth.Job) hearth.Outcome {
	start := time.Now()
	ctx, by, release, err := g.Holders.HoldKey(ctx, j.Owner)
	defer release()
	x, p, bad := g.taken(ctx, j)
	x.by, x.Models = by, permitted{g.Models, by}
	if err == nil {
		err = bad
	}
	if err == nil {
		err = by.Check(hearth.RightAsk)
	}
	if err != nil {
		return g.concluded(ctx, x, p, j, start, err)
	}
	if j.Kind == hearth.JobResponse {
		o := x.remake(ctx, j)
		g.logJob(x, j, start, nil)
		return o
	}
	h, err := x.route()
	if err == nil {
		err = door.Contained(func() error { return h(x) })
	}
	return g.concluded(ctx, x, p, j, start, err)
}

// taken is the exchange that a job is.
func (g *Gateway) taken(ctx context.Context, j hearth.Job) (*exchange, *paper, error) {
	p := &paper{header: http.Header{}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, j.Path, bytes.NewReader(j.Body))
	x := &exchange{Gateway: g, w: p, r: r, lang: j.Lang, request: cmp.Or(j.Request, "req_"+rand.Text()), from: j.From, once: j.ID, job: &j, dialect: &openAI}
	if err == nil {
		x.dialect = dialectOf(r)
	}
	p.header.Set("X-Request-Id", x.request)
	return x, p, err
}

// concluded is what becomes of a job that was answered, or not.
func (g *Gateway) concluded(ctx context.Context, x *exchange, p *paper, j hearth.Job, start time.Time, err error) hearth.Outcome {
	g.logJob(x, j, start, err)
	if ctx.Err() != nil && p.status == 0 {
		return hearth.Outcome{Again: unavailableAfter} // unless nobody wants it any more
	}
	if err != nil {
		if o, again := later(j, err); again {
			return o
		}
		if j.Kind == hearth.JobResponse {
			g.GiveUp(j, hearth.AsError(err).Code)
			return hearth.Outcome{Forget: true}
		}
		x.fail(err)
	}
	o := hearth.Outcome{Status: p.status, Result: bytes.TrimSpace(p.body.Bytes())}
	if j.Kind == hearth.JobLine {
		o.Result = line(j, &batchAnswer{p.status, x.request, o.Result}, nil)
	}
	return o
}

// logJob leaves the line in the log that a request leaves.
func (g *Gateway) logJob(x *exchange, j hearth.Job, start time.Time, err error) {
	attrs := []slog.Attr{slog.String("request", x.request), slog.String("job", j.ID), slog.String("path", j.Path), slog.String("key", j.Owner),
		slog.Duration("took", time.Since(start).Round(time.Millisecond))}
	if err != nil {
		attrs = append(attrs, slog.String("code", string(hearth.AsError(err).Code)), slog.Any("error", quiet(err)))
	}
	g.Log.LogAttrs(context.Background(), slog.LevelInfo, "job", attrs...)
}

// After how long a job is tried again that could not be done: where a limit is reached, and
// where something is not there, each time for twice as long and only so often.
const (
	exhaustedAfter   = 5 * time.Second
	exhaustedMost    = 10 * time.Minute
	unavailableAfter = 2 * time.Second
	unavailableTries = 8
)

// later reports whether a job that failed is to be tried again, and when.
func later(j hearth.Job, err error) (hearth.Outcome, bool) {
	e := hearth.AsError(err)
	switch e.Kind() {
	case hearth.KindExhausted:
		return hearth.Outcome{Again: min(exhaustedMost, max(exhaustedAfter, e.Retry)), Owner: true}, true
	case hearth.KindUnavailable:
		if j.Tries < unavailableTries {
			return hearth.Outcome{Again: unavailableAfter << max(0, j.Tries-1)}, true
		}
	}
	return hearth.Outcome{}, false
}

// GiveUp is the result of a job that was not done.
func (g *Gateway) GiveUp(j hearth.Job, why hearth.Code) []byte {
	e := hearth.NewError(why)
	switch j.Kind {
	case hearth.JobLine:
		return line(j, nil, &batchError{string(e.Code), e.Message(j.Lang), e.Remedy(j.Lang)})
	case hearth.JobResponse:
		ctx, cancel := context.WithTimeout(context.Background(), keepMax)
		defer cancel()
		x, _, err := g.taken(ctx, j)
		if err == nil {
			x.by.KeyID = j.Owner
			if _, l, _ := x.revive(j, true); l != nil {
				l.add(l.s.broken(e), l.s.object, true)
			}
		}
		return []byte("{}")
	}
	x, _, _ := g.taken(context.Background(), j)
	body, _ := encode(x.dialect.errorBody(x, e))
	return bytes.TrimSpace(body)
}

var ticketRoutes = []route{
	{http.MethodGet, "/v1/tickets/*", hearth.RightAsk, (*exchange).showTicket},
	{http.MethodDelete, "/v1/tickets/*", hearth.RightAsk, (*exchange).deleteTicket},
}

const ticketID = "ticket_"

// ticket stands for an answer that could not begin in time and is made when there is.
type ticket struct {
	ID       string `json:"id"`
	Object   string `json:"object"`
	Status   string `json:"status"` // queued, in_progress
	Path     string `json:"path"`
	Created  int64  `json:"created_at"`
	Expected int64  `json:"expected_at,omitempty"` // absent where it is not known
	Expires  int64  `json:"expires_at"`
	URL      string `json:"url"`
}

// takesTicket reports whether the client would rather have a ticket than be refused, and
// what it asks is of a kind that can be answered so.
func (x *exchange) takesTicket() bool {
	if x.Jobs == nil || x.job != nil || x.raw == nil {
		return false
	}
	switch wish := x.r.Header.Get("X-Hearth-Ticket"); wish {
	case "":
		return x.Tickets
	default:
		yes, _ := strconv.ParseBool(wish)
		return yes
	}
}

// forgetBody lets go of the body of a request that waits, unless a ticket may be made of it.
func (x *exchange) forgetBody() {
	if !x.takesTicket() {
		x.raw = nil
	}
}

// instead gives a ticket to a client that would else be refused because its answer can't
// begin in time.
func (x *exchange) instead(err error) error {
	e := hearth.AsError(err)
	if e.Code != hearth.DeadlineUnreachable || !x.takesTicket() || x.padded {
		return err
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(x.raw, &fields) != nil {
		return err
	}
	fields["stream"] = json.RawMessage("false") // there will be nobody to stream it to
	delete(fields, "stream_options")
	body, failed := encode(fields)
	if failed != nil {
		return err
	}
	now := time.Now()
	j := hearth.Job{ID: ticketID + rand.Text(), Owner: x.by.KeyID, Kind: hearth.JobTicket, Path: x.r.URL.Path, From: x.from, Request: x.request, Lang: x.lang, Class: hearth.ClassBulk,
		Data: hearth.DataClass(x.r.Header.Get("X-Hearth-Data-Class")), // as x.wishes found it
		Body: body, Created: now, Expires: now.Add(jobMax)}
	if failed := x.Jobs.Add(x.r.Context(), j); failed != nil {
		x.Log.Error("a ticket can't be given", "key", x.by.KeyID, "error", failed)
		return err
	}
	t := ticketOf(j)
	if e.Retry > 0 {
		t.Expected = now.Add(e.Retry).Unix()
		x.w.Header().Set("Retry-After", strconv.Itoa(int(e.Retry.Seconds())+1))
	}
	x.w.Header().Set("Location", t.URL)
	x.writeJSON(http.StatusAccepted, t)
	return &begunError{err} // there is nothing more to say
}

func ticketOf(j hearth.Job) ticket {
	t := ticket{ID: j.ID, Object: "ticket", Status: stageQueued, Path: j.Path, Created: j.Created.Unix(), Expires: j.Expires.Unix(), URL: "/v1/tickets/" + j.ID}
	if j.State == hearth.JobRunning {
		t.Status = stageInProgress
	}
	return t
}

// ticketJob finds the job of a ticket.
func (x *exchange) ticketJob() (hearth.Job, error) {
	if x.Jobs == nil || len(x.id) > modelBytesMax {
		return hearth.Job{}, hearth.NewError(hearth.NoSuchTicket, "ticket", x.id[:min(len(x.id), modelBytesMax)])
	}
	j, err := x.Jobs.Job(x.r.Context(), x.by.KeyID, x.id)
	if err == nil && j.Kind != hearth.JobTicket {
		err = hearth.NewError(hearth.NoSuchTicket, "ticket", x.id)
	}
	return j, err
}

// showTicket answers GET /v1/tickets/ID: with the answer, as it would have come, or with
// how far it is.
func (x *exchange) showTicket() error {
	j, err := x.ticketJob()
	if err != nil {
		return err
	}
	if j.State != hearth.JobDone {
		x.w.Header().Set("Retry-After", "5")
		x.writeJSON(http.StatusAccepted, ticketOf(j))
		return nil
	}
	x.writeJSON(j.Status, json.RawMessage(j.Result))
	return nil
}

// deleteTicket answers DELETE /v1/tickets/ID: nobody wants the answer any more.
func (x *exchange) deleteTicket() error {
	j, err := x.ticketJob()
	if err == nil {
		err = x.Jobs.Cancel(x.r.Context(), x.by.KeyID, j.ID)
	}
	if err != nil && !errors.Is(err, hearth.NewError(hearth.NoSuchTicket)) || j.ID == "" {
		return err
	}
	x.writeJSON(http.StatusOK, deleted{j.ID, "ticket", true})
	return nil
}

// deleted says that something is gone.
type deleted struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

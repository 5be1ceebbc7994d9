package gateway

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/hearthbox/hearth"
)

// Batches keeps batches and has them done. What is not there is an error of code
// [hearth.NoSuchBatch].
type Batches interface {
	// AddBatch takes a batch in, with its lines, or as one that has failed.
	AddBatch(ctx context.Context, b hearth.Batch, lines iter.Seq2[hearth.Job, error]) error
	Batch(ctx context.Context, owner, id string) (hearth.Batch, error)
	Batches(ctx context.Context, owner, after string, most int) ([]hearth.Batch, error)
	CancelBatch(ctx context.Context, owner, id string) (hearth.Batch, error)
}

var batchRoutes = []route{
	{http.MethodPost, "/v1/batches", hearth.RightAsk, (*exchange).createBatch},
	{http.MethodGet, "/v1/batches", hearth.RightAsk, (*exchange).listBatches},
	{http.MethodPost, "/v1/batches/*/cancel", hearth.RightAsk, (*exchange).cancelBatch},
	{http.MethodGet, "/v1/batches/*", hearth.RightAsk, (*exchange).showBatch},
}

// Limits of a batch, as OpenAI has them.
const (
	linesMax    = 50_000
	nameMax     = 512 // bytes of a custom_id
	problemsMax = 100 // that are told
	batchWindow = 24 * time.Hour
)

// batchPaths are where a batch's requests may go.
var batchPaths = []string{"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/rerank"}

type batchRequest struct {
	Input    string            `json:"input_file_id"`
	Endpoint string            `json:"endpoint"`
	Window   string            `json:"completion_window"`
	Metadata map[string]string `json:"metadata"`
	Keep     *struct {
		Anchor  string `json:"anchor"`
		Seconds int    `json:"seconds"`
	} `json:"output_expires_after"`
}

// How long the files of a batch's results may be kept at a client's wish, in seconds, as
// OpenAI has it; no longer than batches.keep_for.
const (
	keepLeast = 3600
	keepMost  = 30 * 24 * 3600
)

// batchObject is a batch as OpenAI writes it.
type batchObject struct {
	ID         string           `json:"id"`
	Object     string           `json:"object"`
	Endpoint   string           `json:"endpoint"`
	Errors     *batchProblems   `json:"errors"`
	Input      string           `json:"input_file_id"`
	Window     string           `json:"completion_window"`
	Status     string           `json:"status"`
	Output     *string          `json:"output_file_id"`
	ErrorFile  *string          `json:"error_file_id"`
	Created    int64            `json:"created_at"`
	InProgress *int64           `json:"in_progress_at"`
	Expires    int64            `json:"expires_at"`
	Finalizing *int64           `json:"finalizing_at"`
	Completed  *int64           `json:"completed_at"`
	Failed     *int64           `json:"failed_at"`
	Expired    *int64           `json:"expired_at"`
	Cancelling *int64           `json:"cancelling_at"`
	Cancelled  *int64           `json:"cancelled_at"`
	Counts     batchCounts      `json:"request_counts"`
	Metadata   *json.RawMessage `json:"metadata"`
}

type batchCounts struct {
	Total     int `json:"total"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
}

type batchProblems struct {
	Object string         `json:"object"`
	Data   []batchProblem `json:"data"`
}

type batchProblem struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Param   *string `json:"param"`
	Line    *int    `json:"line"` // from 1
}

// batchLine is a line of the file that a batch is made from.
type batchLine struct {
	Name   string          `json:"custom_id"`
	Method string          `json:"method"`
	URL    string          `json:"url"`
	Body   json.RawMessage `json:"body"`
}

// batchResult is a line of the files that come of it.
type batchResult struct {
	ID       string       `json:"id"`
	Name     string       `json:"custom_id"`
	Response *batchAnswer `json:"response"`
	Error    *batchError  `json:"error"`
}

type batchAnswer struct {
	Status    int             `json:"status_code"`
	RequestID string          `json:"request_id"`
	Body      json.RawMessage `json:"body"`
}

type batchError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

// line is what became of a job that is one.
func line(j hearth.Job, a *batchAnswer, e *batchError) []byte {
	b, err := encode(batchResult{j.ID, j.Name, a, e})
	if err != nil {
		panic(err) // a value of ours that is no JSON
	}
	return bytes.TrimSpace(b)
}

func batchOf(b hearth.Batch) batchObject {
	at := func(t time.Time, when bool) *int64 {
		if t.IsZero() || !when {
			return nil
		}
		s := t.Unix()
		return &s
	}
	named := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	begun := b.State != hearth.BatchFailed
	out := batchObject{ID: b.ID, Object: "batch", Endpoint: b.Path, Input: b.Input, Window: b.Window, Status: string(b.State), Output: named(b.Output),
		ErrorFile: named(b.Errors), Created: b.Created.Unix(), InProgress: at(b.Created, begun), Expires: b.Expires.Unix(), Finalizing: at(b.Ended, begun),
		Completed: at(b.Ended, b.State == hearth.BatchCompleted), Failed: at(b.Ended, b.State == hearth.BatchFailed), Expired: at(b.Ended, b.State == hearth.BatchExpired),
		Cancelling: at(b.Cancelled, true), Cancelled: at(b.Ended, b.State == hearth.BatchCancelled), Counts: batchCounts{b.Total, b.Done, b.Failed}}
	if b.Metadata != nil {
		out.Metadata = &b.Metadata
	}
	if b.Problems != nil {
		out.Errors = &batchProblems{Object: "list"}
		_ = json.Unmarshal(b.Problems, &out.Errors.Data) // which were written here
	}
	return out
}

// createBatch answers POST /v1/batches. The file is checked before, line by line; what is
// wrong with it is told in the batch, which has then failed.
func (x *exchange) createBatch() error {
	if x.Batches == nil {
		return hearth.NewError(hearth.NoSuchRoute, "method", x.r.Method, "path", x.r.URL.Path)
	}
	var c batchRequest
	if err := x.read(&c); err != nil {
		return err
	}
	window, err := c.check()
	if err != nil {
		return err
	}
	data, err := x.dataClass()
	if err != nil {
		return err
	}
	ctx := x.r.Context()
	f, err := x.Files.File(ctx, x.by.KeyID, c.Input)
	if err != nil {
		return at("input_file_id", err)
	}
	now := time.Now()
	b := hearth.Batch{ID: "batch_" + rand.Text(), Owner: x.by.KeyID, Path: c.Endpoint, Input: f.ID, Window: c.Window, State: hearth.BatchInProgress,
		Created: now, Expires: now.Add(window)}
	if c.Keep != nil {
		b.Keep = time.Duration(c.Keep.Seconds) * time.Second
	}
	if c.Metadata != nil {
		if b.Metadata, err = encode(c.Metadata); err != nil {
			return err
		}
	}
	var problems []batchProblem
	if b.Total, problems, err = x.inspectLines(ctx, f.ID, c.Endpoint); err != nil {
		return err
	}
	if f.Purpose != purposeBatch {
		problems = []batchProblem{{Code: "invalid_file_purpose", Message: "the file was not uploaded with the purpose batch"}}
	}
	if len(problems) > 0 {
		b.State, b.Ended = hearth.BatchFailed, now
		if b.Problems, err = encode(problems); err != nil {
			return err
		}
	}
	if err := x.filed("create-batch", b.ID, func(*hearth.Record) error { return x.Batches.AddBatch(ctx, b, x.batchJobs(ctx, b, data)) }); err != nil {
		return err
	}
	x.writeJSON(http.StatusOK, batchOf(b))
	return nil
}

// check refuses what is not a batch, and reads how long it may take: 24h, as OpenAI has it,
// or another number of hours up to seven days.
func (c *batchRequest) check() (window time.Duration, err error) {
	k := checks{}
	if c.Input == "" {
		k.fail(missing("input_file_id"))
	}
	if len(c.Input) > modelBytesMax {
		k.fail(outOfRangeIn("input_file_id", "the length of input_file_id", 1, modelBytesMax))
	}
	if !slices.Contains(batchPaths, c.Endpoint) {
		k.fail(hearth.NewError(hearth.NotOneOf, "field", "endpoint", "choices", fmt.Sprint(batchPaths)).At("endpoint"))
	}
	if window, err = time.ParseDuration(c.Window); err != nil || window < time.Minute || window > 7*batchWindow {
		k.fail(hearth.NewError(hearth.InvalidValue, "field", "completion_window", "detail",
			hearth.Words{"it is not a time such as 24h, up to 168h", "不是 24h 这样的时长（最长 168h）"}).At("completion_window"))
	}
	if c.Keep != nil && c.Keep.Anchor != "created_at" {
		k.fail(hearth.NewError(hearth.NotOneOf, "field", "output_expires_after.anchor", "choices", "created_at").At("output_expires_after.anchor"))
	}
	if c.Keep != nil && (c.Keep.Seconds < keepLeast || c.Keep.Seconds > keepMost) {
		k.fail(outOfRange("output_expires_after.seconds", keepLeast, keepMost))
	}
	if len(c.Metadata) > metadataMax {
		k.fail(outOfRangeIn("metadata", "the number of keys in metadata", 0, metadataMax))
	}
	for name, value := range c.Metadata {
		if len(name)+len(value) > 2*metadataBytesMax {
			k.fail(outOfRangeIn("metadata", "the length of an entry in metadata", 0, metadataBytesMax))
		}
	}
	return window, k.err
}

// lines reads a file line by line; blank ones count and are skipped.
func (x *exchange) lines(ctx context.Context, file string) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		from, err := x.Files.OpenFile(ctx, x.by.KeyID, file)
		if err != nil {
			yield(-1, []byte(err.Error()))
			return
		}
		in := bufio.NewScanner(from)
		in.Buffer(nil, int(x.BodyBytesMax))
		for n := 0; in.Scan(); n++ {
			text := bytes.TrimSpace(bytes.TrimPrefix(in.Bytes(), []byte("\ufeff")))
			if len(text) > 0 && !yield(n, text) {
				return
			}
		}
		if err := in.Err(); err != nil {
			yield(-1, []byte(err.Error()))
		}
	}
}

// inspectLines counts the lines of a batch, and says what is wrong with them.
func (x *exchange) inspectLines(ctx context.Context, file, endpoint string) (total int, problems []batchProblem, err error) {
	names := map[string]bool{}
	for n, text := range x.lines(ctx, file) {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		var l batchLine
		what := ""
		switch {
		case n < 0:
			what = "a line is longer than " + strconv.FormatInt(x.BodyBytesMax, 10) + " bytes, or the file can't be read"
		case total >= linesMax:
			return total, []batchProblem{{Code: "too_many_tasks", Message: fmt.Sprintf("a batch has at most %d requests", linesMax)}}, nil
		default:
			l, what = parseLine(text, endpoint)
		}
		if what == "" && names[l.Name] {
			what = "custom_id " + strconv.Quote(l.Name) + " is there twice"
		}
		total++
		if what == "" {
			names[l.Name] = true
			continue
		}
		if len(problems) < problemsMax {
			at := n + 1
			problems = append(problems, batchProblem{Code: "invalid_line", Message: what, Line: &at})
		}
	}
	if total == 0 {
		problems = append(problems, batchProblem{Code: "empty_file", Message: "the file has no requests"})
	}
	return total, problems, nil
}

// parseLine reads a line; what says what is wrong with it.
func parseLine(text []byte, endpoint string) (l batchLine, what string) {
	if values(text) > valuesMax {
		return l, "it has too many JSON values"
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, "it is not a JSON object with custom_id, method, url and body"
	}
	var body map[string]json.RawMessage
	switch {
	case l.Name == "" || len(l.Name) > nameMax:
		return l, fmt.Sprintf("custom_id must have 1 to %d bytes", nameMax)
	case l.Method != http.MethodPost:
		return l, "method must be POST"
	case l.URL != endpoint:
		return l, "url must be the batch's endpoint, " + endpoint
	case json.Unmarshal(l.Body, &body) != nil || body == nil:
		return l, "body must be an object"
	case string(body["stream"]) == "true":
		return l, "stream must not be set: nobody listens"
	case string(body["background"]) == "true":
		return l, "background must not be set: a batch is in the background"
	}
	return l, ""
}

// batchJobs are the lines of a batch as jobs, of data of a class.
func (x *exchange) batchJobs(ctx context.Context, b hearth.Batch, data hearth.DataClass) iter.Seq2[hearth.Job, error] {
	return func(yield func(hearth.Job, error) bool) {
		n := 0
		for at, text := range x.lines(ctx, b.Input) {
			l, what := parseLine(text, b.Path)
			if at < 0 || what != "" {
				yield(hearth.Job{}, errors.New("a file changed while it was read")) // it was inspected
				return
			}
			j := hearth.Job{ID: "batch_req_" + rand.Text(), Owner: b.Owner, Kind: hearth.JobLine, Batch: b.ID, Line: n, Name: l.Name, Path: b.Path, From: x.from, Lang: x.lang,
				Class: hearth.ClassBulk, Data: data, Body: l.Body, Created: b.Created, Expires: b.Expires}
			if n++; !yield(j, nil) {
				return
			}
		}
	}
}

// batch finds the batch that the path names.
func (x *exchange) batch() (hearth.Batch, error) {
	if x.Batches == nil || len(x.id) > modelBytesMax {
		return hearth.Batch{}, hearth.NewError(hearth.NoSuchBatch, "batch", x.id[:min(len(x.id), modelBytesMax)])
	}
	return x.Batches.Batch(x.r.Context(), x.by.KeyID, x.id)
}

// showBatch answers GET /v1/batches/ID.
func (x *exchange) showBatch() error {
	b, err := x.batch()
	if err == nil {
		x.writeJSON(http.StatusOK, batchOf(b))
	}
	return err
}

// cancelBatch answers POST /v1/batches/ID/cancel. What was answered by then is kept.
func (x *exchange) cancelBatch() error {
	b, err := x.batch()
	if err != nil {
		return err
	}
	if b.State != hearth.BatchInProgress && b.State != hearth.BatchCancelling {
		return hearth.NewError(hearth.InvalidValue, "field", "batch_id", "detail",
			hearth.Words{"the batch has ended as " + string(b.State), "该批处理任务已结束（" + string(b.State) + "）"}).At("batch_id")
	}
	err = x.filed("cancel-batch", b.ID, func(*hearth.Record) (err error) {
		b, err = x.Batches.CancelBatch(x.r.Context(), x.by.KeyID, b.ID)
		return err
	})
	if err == nil {
		x.writeJSON(http.StatusOK, batchOf(b))
	}
	return err
}

// listBatches answers GET /v1/batches, the newest first.
func (x *exchange) listBatches() error {
	if x.Batches == nil {
		return hearth.NewError(hearth.NoSuchRoute, "method", x.r.Method, "path", x.r.URL.Path)
	}
	limit, after, err := x.paged(20, pageMax)
	if err != nil {
		return err
	}
	list, err := x.Batches.Batches(x.r.Context(), x.by.KeyID, after, limit+1)
	if err != nil {
		return err
	}
	var all []batchObject
	for _, b := range list {
		all = append(all, batchOf(b))
	}
	x.writeJSON(http.StatusOK, pageOf(all, limit, func(b batchObject) string { return b.ID }))
	return nil
}

// paged reads which page of a list is wanted.
func (x *exchange) paged(usual, most int) (limit int, after string, err error) {
	q := x.r.URL.Query()
	limit, after = usual, q.Get("after")
	if text := q.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > most {
			return 0, "", outOfRange("limit", 1, most)
		}
	}
	if len(after) > modelBytesMax {
		return 0, "", outOfRangeIn("after", "the length of after", 0, modelBytesMax)
	}
	return limit, after, nil
}

// page is a part of a list.
type page[T any] struct {
	Object  string  `json:"object"`
	Data    []T     `json:"data"`
	FirstID *string `json:"first_id"`
	LastID  *string `json:"last_id"`
	HasMore bool    `json:"has_more"`
}

// pageOf is a page of a list of which one more than fits was asked for.
func pageOf[T any](list []T, limit int, id func(T) string) page[T] {
	p := page[T]{Object: "list", Data: append([]T{}, list[:min(limit, len(list))]...), HasMore: len(list) > limit}
	if n := len(p.Data); n > 0 {
		first, last := id(p.Data[0]), id(p.Data[n-1])
		p.FirstID, p.LastID = &first, &last
	}
	return p
}

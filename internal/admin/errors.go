package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// ErrorBody is an error as this door writes it: the fields that OpenAI's errors
// have too, and the remedy; and what RFC 9457 calls problem details, for who knows these.
type ErrorBody struct {
	Error struct {
		Code    string `json:"code" doc:"For machines; the list is in docs/errors.md"`
		Message string `json:"message"`
		Remedy  string `json:"remedy" doc:"What to do about it"`
		Param   string `json:"param,omitempty" doc:"The part of the request at fault"`
	} `json:"error"`
	Title  string `json:"title" doc:"What the status means"`
	Status int    `json:"status" doc:"Of the answer, as HTTP has it"`
	Detail string `json:"detail" doc:"The message"`
}

const problemJSON = "application/problem+json"

func makeError(err error, l hearth.Language) *ErrorBody {
	e := hearth.AsError(err)
	b := &ErrorBody{Status: door.Status(e)}
	b.Title, b.Detail = http.StatusText(b.Status), e.Message(l)
	b.Error.Code, b.Error.Message, b.Error.Remedy, b.Error.Param = string(e.Code), e.Message(l), e.Remedy(l), e.Field
	return b
}

// writeError answers before huma does.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	b := makeError(err, hearth.ParseLanguage(r.Header.Get("Accept-Language")))
	w.Header().Set("Content-Type", problemJSON)
	w.WriteHeader(b.Status)
	_ = json.NewEncoder(w).Encode(b)
}

// passage is one request on its way: who asks, and the error that huma writes, kept for
// the log.
type passage struct {
	record hearth.Record
	origin string // where the browser came to
	err    error
}

type passageKey struct{}

// passing is what a record says of the request: its id, who asks, and from where.
func passing(ctx context.Context) hearth.Record {
	if p, ok := ctx.Value(passageKey{}).(*passage); ok {
		return p.record
	}
	return hearth.Record{}
}

// asking is who asks.
func asking(ctx context.Context) hearth.Principal { return passing(ctx).By }

// origin is where the browser of who asks came to.
func origin(ctx context.Context) string {
	if p, ok := ctx.Value(passageKey{}).(*passage); ok {
		return p.origin
	}
	return ""
}

// about is what names the thing that an operation is about.
type about interface{ object() string }

// answerable lets huma write an error of ours.
type answerable struct{ *ErrorBody }

// Error is the message.
func (a answerable) Error() string { return a.ErrorBody.Error.Message }

// GetStatus is the HTTP status.
func (a answerable) GetStatus() int { return a.Status }

// ContentType is that of the body.
func (a answerable) ContentType(string) string { return problemJSON }

// MarshalJSON writes the body.
func (a answerable) MarshalJSON() ([]byte, error) { return json.Marshal(a.ErrorBody) }

// Language carries what the client reads to where texts are made.
type Language struct {
	AcceptLanguage string `header:"Accept-Language" hidden:"true"`
}

// fail is what a handler returns for an error.
func (l Language) fail(err error) error {
	return answerable{makeError(err, hearth.ParseLanguage(l.AcceptLanguage))}
}

// plainErrors turns huma's own errors, about what a request looks like, into ours.
func plainErrors(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	var details []string
	for _, d := range m.Errors {
		details = append(details, strings.TrimSpace(fmt.Sprintf("%s %s", d.Location, d.Message)))
	}
	if len(details) == 0 {
		details = append(details, m.Detail)
	}
	err := hearth.NewError(hearth.InvalidValue, "field", "the request", "detail", strings.Join(details, "; "))
	b := makeError(err, hearth.ParseLanguage(ctx.Header("Accept-Language")))
	b.Status, b.Title = m.Status, http.StatusText(m.Status)
	return b, nil
}

// handle registers an operation for whoever has one of the rights, whose errors are
// hearth's.
func handle[I interface{ fail(error) error }, O any](a *Admin, may hearth.Rights, op huma.Operation, f func(context.Context, *I) (*O, error)) {
	op.Path = Prefix + op.Path
	op.Extensions = map[string]any{"x-hearth-rights": may.Names()}
	a.may[op.Method+" "+op.Path] = may
	schema := a.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[ErrorBody](), true, "Error")
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = &huma.Response{Description: "An error, in the language of Accept-Language",
		Content: map[string]*huma.MediaType{problemJSON: {Schema: schema}}}
	huma.Register(a.api, op, func(ctx context.Context, in *I) (*O, error) {
		p, ok := ctx.Value(passageKey{}).(*passage)
		if !ok {
			p = &passage{}
		}
		out, err := recorded(ctx, a.Recorder, op, p.record, in, f)
		if err != nil {
			p.err = err
			return nil, (*in).fail(err)
		}
		return out, nil
	})
}

// recorded does what changes something between two records, one that it is begun and
// one of how it ended; what can't be recorded is not begun. Reading is not recorded,
// but for reading the record itself.
func recorded[I, O any](ctx context.Context, to hearth.Recorder, op huma.Operation, r hearth.Record, in *I, f func(context.Context, *I) (*O, error)) (*O, error) {
	if to == nil || op.Method == http.MethodGet && !slices.Contains(op.Tags, "Audit") || slices.Contains(unrecorded, op.OperationID) {
		return f(ctx, in)
	}
	r.Kind, r.Act, r.Stage = hearth.RecordAdmin, op.OperationID, hearth.StageBegun
	if x, ok := any(in).(about); ok {
		r.Object = x.object()
	}
	if op.Method == http.MethodGet {
		r.Stage = ""
	}
	if err := to.Record(ctx, r); err != nil {
		return nil, err
	}
	out, err := f(ctx, in)
	if op.Method == http.MethodGet {
		return out, err
	}
	r.Stage = hearth.StageEnded
	if x, ok := any(out).(about); ok && err == nil {
		r.Object = x.object()
	}
	if err != nil {
		r.Result = hearth.AsError(err).Code
	}
	// It is done: whoever asked has to know, also if the second record fails.
	if late := to.Record(context.WithoutCancel(ctx), r); late != nil && err == nil {
		err = late
	}
	return out, err
}

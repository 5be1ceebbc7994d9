package gateway

import (
	"cmp"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// dialect is how an ecosystem's clients are told of trouble.
type dialect struct {
	requestID string // the header its clients take a request's id from, if not X-Request-Id
	status    func(*hearth.Error) int
	errorBody func(*exchange, *hearth.Error) any
	left      func(x *exchange, name string, l *hearth.Left) // says what is left of a quota
}

// dialectOf is the one a request is made in, which is known before its route is, so
// that a stranger too is refused in words of their own.
func dialectOf(r *http.Request) *dialect {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/api/"):
		return &ollama
	case path == "/v1/messages", strings.HasPrefix(path, "/v1/messages/"), r.Header.Get("Anthropic-Version") != "":
		return &anthropic
	}
	return &openAI
}

// After how long a client may ask again, if nothing is known, and for how long official
// clients wait before they do.
const (
	retryUsual = 5 * time.Second
	retryMost  = time.Minute
)

// fail answers with an error. If the answer has begun, D2 has been taken care of by
// who began it, and there is nothing left to say.
func (x *exchange) fail(err error) {
	if _, begun := errors.AsType[*begunError](err); begun {
		return
	}
	x.identify()
	e := x.explain(err)
	h := x.w.Header()
	h.Del(labelHeader) // nothing was made
	switch e.Kind() {
	case hearth.KindUnauthenticated:
		h.Set("WWW-Authenticate", `Bearer realm="hearth"`)
	case hearth.KindExhausted:
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(cmp.Or(e.Retry, retryUsual).Seconds()))))
	case hearth.KindInvalid, hearth.KindTooLarge:
		h.Set("X-Should-Retry", "false")
	}
	switch e.Code {
	case hearth.NoModels, hearth.ModelMemory, hearth.UpstreamRefused: // time alone mends none of them
		h.Set("X-Should-Retry", "false")
	case hearth.QuotaExceeded: // nor these, as they are, unless it is about the minute
		h.Set("X-Should-Retry", strconv.FormatBool(e.Retry > 0 && e.Retry <= retryMost))
		x.allow()
	case hearth.DeadlineUnreachable:
		h.Set("X-Should-Retry", "false")
	case hearth.PlaceKept:
		h.Set("Retry-After", "1")
		h.Set("X-Should-Retry", "true")
	}
	x.writeJSON(x.dialect.status(e), x.dialect.errorBody(x, e))
}

// identify repeats the request's id where the client looks for it.
func (x *exchange) identify() {
	if h := x.w.Header(); x.dialect.requestID != "" {
		h.Set(x.dialect.requestID, h.Get("X-Request-Id"))
	}
}

// explain is the error as the client may see it. A context that ended because the
// server stops, or because the client may no longer, says so.
func (x *exchange) explain(err error) *hearth.Error {
	if why := x.ended(); why != nil {
		return why
	}
	return hearth.AsError(err)
}

func (x *exchange) writeJSON(status int, v any) {
	b, err := encode(v)
	if err != nil {
		panic(err) // a value of ours that is no JSON
	}
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(x.WriteMax))
	if !x.padded {
		x.w.Header().Set("Content-Type", "application/json; charset=utf-8")
		x.w.WriteHeader(status)
	}
	_, _ = x.w.Write(b) // a client that went away is no news
}

// begunError is trouble in an answer that has begun, which has been told in band.
type begunError struct{ err error }

func (e *begunError) Error() string { return e.err.Error() }
func (e *begunError) Unwrap() error { return e.err }

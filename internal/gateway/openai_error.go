package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// openAIError is an error as OpenAI writes it, with hearth's remedy added.
type openAIError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    string  `json:"code"`
	Remedy  string  `json:"remedy"`
}

type openAIErrorBody struct {
	Error openAIError `json:"error"`
}

// errorTypes are OpenAI's, by kind of trouble.
var errorTypes = map[hearth.Kind]string{
	hearth.KindInternal:        "server_error",
	hearth.KindInvalid:         "invalid_request_error",
	hearth.KindUnauthenticated: "invalid_request_error", // as OpenAI has it
	hearth.KindForbidden:       "permission_error",
	hearth.KindNotFound:        "invalid_request_error",
	hearth.KindConflict:        "invalid_request_error",
	hearth.KindTooLarge:        "invalid_request_error",
	hearth.KindExhausted:       "rate_limit_error",
	hearth.KindUnavailable:     "server_error",
	hearth.KindCanceled:        "invalid_request_error",
}

// fail answers with an error. If the answer has begun, D2 has been taken care of by
// who began it, and there is nothing left to say.
func (x *exchange) fail(err error) {
	if _, begun := errors.AsType[*begunError](err); begun {
		return
	}
	e := x.explain(err)
	h := x.w.Header()
	switch e.Kind() {
	case hearth.KindUnauthenticated:
		h.Set("WWW-Authenticate", `Bearer realm="hearth"`)
	case hearth.KindExhausted:
		h.Set("Retry-After", "5")
	case hearth.KindInvalid, hearth.KindTooLarge:
		h.Set("X-Should-Retry", "false")
	}
	switch e.Code {
	case hearth.NoModels, hearth.ModelMemory, hearth.UpstreamRefused: // time alone mends none of them
		h.Set("X-Should-Retry", "false")
	}
	x.writeJSON(door.Status(e), openAIErrorBody{x.openAI(e)})
}

// explain is the error as the client may see it. A context that ended because the
// server stops says so.
func (x *exchange) explain(err error) *hearth.Error {
	if stop, ok := errors.AsType[*hearth.Error](context.Cause(x.r.Context())); ok && x.r.Context().Err() != nil {
		return stop
	}
	return hearth.AsError(err)
}

func (x *exchange) openAI(e *hearth.Error) openAIError {
	out := openAIError{Message: e.Message(x.lang), Type: errorTypes[e.Kind()], Code: string(e.Code), Remedy: e.Remedy(x.lang)}
	if e.Field != "" {
		out.Param = &e.Field
	}
	return out
}

func (x *exchange) writeJSON(status int, v any) {
	x.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(x.WriteMax))
	x.w.WriteHeader(status)
	enc := json.NewEncoder(x.w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // a client that went away is no news
}

// begunError is trouble in an answer that has begun, which has been told in band.
type begunError struct{ err error }

func (e *begunError) Error() string { return e.err.Error() }
func (e *begunError) Unwrap() error { return e.err }

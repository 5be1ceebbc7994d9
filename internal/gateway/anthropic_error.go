package gateway

import (
	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

var anthropic = dialect{requestID: "Request-Id", status: door.Status, errorBody: anthropicError, left: anthropicLeft}

// anthropicErrorBody is an error as Anthropic writes it, with hearth's code and remedy
// added.
type anthropicErrorBody struct {
	Type  string `json:"type"`
	Error struct {
		Type    string `json:"type"`
		Message string `json:"message"`
		Code    string `json:"code"`
		Field   string `json:"field,omitempty"`
		Remedy  string `json:"remedy"`
	} `json:"error"`
	RequestID string `json:"request_id"`
}

// anthropicErrorTypes are Anthropic's, by kind of trouble.
var anthropicErrorTypes = map[hearth.Kind]string{
	hearth.KindInternal:        "api_error",
	hearth.KindInvalid:         "invalid_request_error",
	hearth.KindUnauthenticated: "authentication_error",
	hearth.KindForbidden:       "permission_error",
	hearth.KindNotFound:        "not_found_error",
	hearth.KindConflict:        "invalid_request_error",
	hearth.KindStale:           "invalid_request_error",
	hearth.KindTooLarge:        "request_too_large",
	hearth.KindExhausted:       "rate_limit_error",
	hearth.KindUnavailable:     "overloaded_error",
	hearth.KindCanceled:        "invalid_request_error",
}

func anthropicError(x *exchange, e *hearth.Error) any {
	out := anthropicErrorBody{Type: "error", RequestID: x.w.Header().Get("X-Request-Id")}
	out.Error.Type, out.Error.Code = anthropicErrorTypes[e.Kind()], string(e.Code)
	out.Error.Message, out.Error.Remedy, out.Error.Field = e.Message(x.lang), e.Remedy(x.lang), e.Field
	return out
}

package gateway

import (
	"fmt"
	"math"

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
	hearth.KindStale:           "invalid_request_error",
	hearth.KindTooLarge:        "invalid_request_error",
	hearth.KindExhausted:       "rate_limit_error",
	hearth.KindUnavailable:     "server_error",
	hearth.KindCanceled:        "invalid_request_error",
}

var openAI = dialect{status: door.Status, left: openAILeft, errorBody: func(x *exchange, e *hearth.Error) any { return openAIErrorBody{x.openAI(e)} }}

func (x *exchange) openAI(e *hearth.Error) openAIError {
	out := openAIError{Message: e.Message(x.lang), Type: errorTypes[e.Kind()], Code: string(e.Code), Remedy: e.Remedy(x.lang)}
	if e.Field != "" {
		out.Param = &e.Field
	}
	return out
}

// openAIStream is what streams of OpenAI's older endpoints share.
type openAIStream struct{ x *exchange }

// openAIDone is the last line.
const openAIDone = raw("[DONE]")

func (openAIStream) waiting(p *hearth.Place) []any { return []any{standing(p)} }

func (s openAIStream) broken(e *hearth.Error) []any {
	return []any{openAIErrorBody{s.x.openAI(e)}, openAIDone}
}

// standing is a comment that tells where a request stands in line, where that is known.
func standing(p *hearth.Place) comment {
	switch {
	case p == nil, p.Position == 0:
		return "waiting"
	case p.Wait == 0:
		return comment(fmt.Sprintf("queued position=%d", p.Position))
	}
	return comment(fmt.Sprintf("queued position=%d eta=%ds", p.Position, waitSeconds(p)))
}

// waitSeconds is the expected wait in whole seconds, rounded up.
func waitSeconds(p *hearth.Place) int { return int(math.Ceil(p.Wait.Seconds())) }

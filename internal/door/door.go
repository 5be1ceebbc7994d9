// Package door holds what the doors of the appliance share: who asks, what happens
// to every request on its way through, and which HTTP status an error has. Each door
// has its own routes and writes errors in its own dialect.
//
// Invariants:
//
//   - O1. No request is answered before it is known who asks.
//   - O2. What is done for somebody ends once they may no longer do it.
//   - O3. Every request leaves one log line, with the id its client got and the
//     cause of its failure, and nothing of what was said.
package door

import (
	"context"
	"net/http"

	"github.com/hearthbox/hearth"
)

// Authoriser says who asks, by a request's headers, of which header gives all
// values by name.
type Authoriser interface {
	Authenticate(ctx context.Context, header func(name string) []string) (hearth.Principal, error)

	// Hold is a context that ends once whoever was let in may no longer do what they
	// could then, with an error for them as its cause. release is called at the end.
	Hold(ctx context.Context, by hearth.Principal, header func(name string) []string) (_ context.Context, release func())
}

// statusClosed is nginx's "client closed request".
const statusClosed = 499

// Status is the HTTP status of an error.
func Status(e *hearth.Error) int {
	if e.Code == hearth.BadMethod {
		return http.StatusMethodNotAllowed
	}
	switch e.Kind() {
	case hearth.KindInvalid:
		return http.StatusBadRequest
	case hearth.KindUnauthenticated:
		return http.StatusUnauthorized
	case hearth.KindForbidden:
		return http.StatusForbidden
	case hearth.KindNotFound:
		return http.StatusNotFound
	case hearth.KindConflict:
		return http.StatusConflict
	case hearth.KindStale:
		return http.StatusPreconditionFailed
	case hearth.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case hearth.KindExhausted:
		return http.StatusTooManyRequests
	case hearth.KindUnavailable:
		return http.StatusServiceUnavailable
	case hearth.KindCanceled:
		return statusClosed
	}
	return http.StatusInternalServerError
}

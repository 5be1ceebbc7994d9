package upstream_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"

	"github.com/hearthbox/hearth/internal/pipenet"
)

var quiet = slog.New(slog.DiscardHandler)

func newHost(t *testing.T, h http.Handler) *pipenet.Host {
	t.Helper()
	return pipenet.Serve(h)
}

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}

package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// Models lists what can be asked.
type Models interface {
	List(ctx context.Context) ([]hearth.Model, error)
	Find(ctx context.Context, id string) (hearth.Model, error)
}

// Config is what a Gateway is made of.
type Config struct {
	Generator  hearth.Generator
	Models     Models
	Authoriser door.Authoriser
	Log        *slog.Logger

	// Fingerprint changes when the same seed may give another answer.
	Fingerprint string

	BodyBytesMax int64         // of a request
	FirstByteMax time.Duration // how long a stream may keep its client without a status
	Heartbeat    time.Duration // between signs of life while a stream waits
	WriteMax     time.Duration // how long a client may take to accept a piece
}

// Gateway serves the dialects.
type Gateway struct {
	Config
	routes map[string]map[string]handler // by path, by method
}

type handler func(*exchange) error

// exchange is one request on its way through.
type exchange struct {
	*Gateway
	w    http.ResponseWriter
	r    *http.Request
	id   string
	by   hearth.Principal
	lang hearth.Language
}

// New makes a Gateway.
func New(c Config) *Gateway {
	g := &Gateway{Config: c}
	g.routes = map[string]map[string]handler{
		"/v1/models":           {http.MethodGet: (*exchange).listModels},
		"/v1/models/…":         {http.MethodGet: (*exchange).showModel},
		"/v1/chat/completions": {http.MethodPost: (*exchange).chat},
		"/v1/completions":      {http.MethodPost: (*exchange).complete},
	}
	return g
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Gateway: g, w: w, r: r, id: requestID(), lang: hearth.ParseLanguage(r.Header.Get("Accept-Language"))}
	w.Header().Set("X-Request-Id", x.id)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	start := time.Now()
	err := x.serve()
	if err != nil {
		x.fail(err)
	}
	x.log(time.Since(start), err)
}

// serve turns a panic into an error: one request's bad luck is not everyone's.
func (x *exchange) serve() (err error) {
	defer func() {
		if v := recover(); v != nil {
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	by, err := x.Authoriser.Authenticate(x.r.Context(), x.r.Header.Values)
	if err != nil {
		return err
	}
	x.by = by
	h, err := x.route()
	if err != nil {
		return err
	}
	return h(x)
}

func (x *exchange) route() (handler, error) {
	path := x.r.URL.Path
	if strings.HasPrefix(path, "/v1/models/") && len(path) > len("/v1/models/") {
		path = "/v1/models/…"
	}
	methods, ok := x.routes[path]
	if !ok {
		return nil, hearth.NewError(hearth.NoSuchRoute, "method", x.r.Method, "path", x.r.URL.Path)
	}
	h, ok := methods[x.r.Method]
	if !ok {
		var allowed []string
		for m := range methods {
			allowed = append(allowed, m)
		}
		x.w.Header().Set("Allow", strings.Join(allowed, ", "))
		return nil, hearth.NewError(hearth.BadMethod, "path", x.r.URL.Path, "method", x.r.Method, "allowed", strings.Join(allowed, ", "))
	}
	return h, nil
}

// log writes one line per request: who, what, how long, and why not. Nothing of
// what was said.
func (x *exchange) log(took time.Duration, err error) {
	attrs := []slog.Attr{
		slog.String("request", x.id), slog.String("method", x.r.Method), slog.String("path", x.r.URL.Path),
		slog.String("key", x.by.KeyID), slog.Duration("took", took.Round(time.Millisecond)),
	}
	level := slog.LevelInfo
	if err != nil {
		e := hearth.AsError(err)
		attrs = append(attrs, slog.String("code", string(e.Code)), slog.String("error", err.Error()))
		if e.Kind() == hearth.KindInternal || e.Kind() == hearth.KindUnavailable {
			level = slog.LevelError
		}
	}
	x.Log.LogAttrs(context.WithoutCancel(x.r.Context()), level, "request", attrs...)
}

func requestID() string { return "req_" + rand.Text() }

// gone reports whether the client itself ended the exchange.
func (x *exchange) gone(err error) bool {
	return x.r.Context().Err() != nil && !errors.Is(context.Cause(x.r.Context()), hearth.NewError(hearth.ServerStop)) &&
		(errors.Is(err, context.Canceled) || hearth.AsError(err).Code == hearth.Canceled)
}

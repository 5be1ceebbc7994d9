package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
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
	Recorder   hearth.Recorder // of those who are not let in

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
	x := &exchange{Gateway: g, w: w, r: r, lang: hearth.ParseLanguage(r.Header.Get("Accept-Language"))}
	door.Door{Authoriser: g.Authoriser, Log: g.Log, Recorder: g.Recorder}.Serve(w, r, x.serve, x.fail)
}

func (x *exchange) serve(by hearth.Principal) error {
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

// asked says of a request who asks, and with which request from where.
func (x *exchange) asked(r *hearth.Request) {
	r.By, r.ID, r.From = x.by, door.RequestID(x.w), door.Address(x.r)
}

// gone reports whether the client itself ended the exchange.
func (x *exchange) gone(err error) bool {
	return x.r.Context().Err() != nil && !errors.Is(context.Cause(x.r.Context()), hearth.NewError(hearth.ServerStop)) &&
		(errors.Is(err, context.Canceled) || hearth.AsError(err).Code == hearth.Canceled)
}

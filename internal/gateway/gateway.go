package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
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

	// What not every appliance has; nil where it has not.
	Queue    Queue
	Counter  Counter
	Embedder hearth.Embedder
	Memory   Memory
	Puller   Puller
	Archive  Archive

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
	routes []route
	jobs   jobs
}

// exchange is one request on its way through.
type exchange struct {
	*Gateway
	w       http.ResponseWriter
	r       *http.Request
	by      hearth.Principal
	lang    hearth.Language
	dialect *dialect
	id      string // what the path names, where its pattern has a star
	asked   string // the field that holds the conversation, if not "messages"
	oneCall bool   // the client takes one tool call at a time
	digest  string // of the body, where the client may send it again
	padded  bool   // a status of 200 was sent before the answer was there
}

// New makes a Gateway.
func New(c Config) *Gateway {
	return &Gateway{Config: c, routes: slices.Concat(openAIRoutes, anthropicRoutes, ollamaRoutes, responsesRoutes, queueRoutes)}
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Gateway: g, w: w, r: r, lang: hearth.ParseLanguage(r.Header.Get("Accept-Language")), dialect: dialectOf(r)}
	door.Door{Authoriser: g.Authoriser, Log: g.Log}.Serve(w, r, x.serve, x.fail)
}

func (x *exchange) serve(by hearth.Principal) error {
	x.by = by
	x.identify()
	h, err := x.route()
	if err != nil {
		return err
	}
	return h(x)
}

// gone reports whether the client itself ended the exchange.
func (x *exchange) gone(err error) bool {
	return x.r.Context().Err() != nil && !errors.Is(context.Cause(x.r.Context()), hearth.NewError(hearth.ServerStop)) &&
		(errors.Is(err, context.Canceled) || hearth.AsError(err).Code == hearth.Canceled)
}

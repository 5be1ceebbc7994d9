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
	Trust      Trust
	Authoriser door.Authoriser
	Log        *slog.Logger
	Recorder   hearth.Recorder // of those who are not let in, and of what asks no Generator; nil is none

	// What not every appliance has; nil where it has not.
	Queue   Queue
	Account Account
	Counter Counter
	Memory  Memory
	Puller  Puller
	Archive Archive
	Jobs    Jobs // with Holders; set before the first request
	Holders Holders
	Batches Batches
	Files   Files

	ToolServers ToolServers

	// Fingerprint changes when the same seed may give another answer.
	Fingerprint string

	BodyBytesMax int64         // of a request
	Tickets      bool          // given to whoever would else be refused because of a deadline, asked for or not
	FirstByteMax time.Duration // how long a stream may keep its client without a status
	Heartbeat    time.Duration // between signs of life while a stream waits
	WriteMax     time.Duration // how long a client may take to accept a piece
}

// Gateway serves the dialects.
type Gateway struct {
	Config
	routes []route
	lives  lives
}

// exchange is one request on its way through.
type exchange struct {
	*Gateway
	w       http.ResponseWriter
	r       *http.Request
	by      hearth.Principal
	request string // its id
	from    string // the address of the client
	lang    hearth.Language
	dialect *dialect
	Models  permitted
	id      string      // what the path names, where its pattern has a star
	asked   string      // the field that holds the conversation, if not "messages"
	oneCall bool        // the client takes one tool call at a time
	toolbox *toolbox    // tools that are run here; nil is none
	digest  string      // of the body, where the client may send it again
	raw     []byte      // the body, as long as it may be wanted
	job     *hearth.Job // that is being done; nil if a client waits
	once    string      // names the request across restarts, if it is made again after one
	padded  bool        // a status of 200 was sent before the answer was there
}

// New makes a Gateway.
func New(c Config) *Gateway {
	return &Gateway{Config: c, routes: routes()}
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Gateway: g, w: w, r: r, lang: hearth.ParseLanguage(r.Header.Get("Accept-Language")), dialect: dialectOf(r)}
	door.Door{Authoriser: g.Authoriser, Log: g.Log, Recorder: g.Recorder}.Serve(w, r, x.serve, x.fail)
}

func (x *exchange) serve(r *http.Request, by hearth.Principal) error {
	x.r, x.by, x.request, x.from = r, by, door.RequestID(x.w), door.Address(r)
	x.Models = permitted{x.Gateway.Models, by}
	x.identify()
	h, err := x.route()
	if err != nil {
		return err
	}
	return h(x)
}

// sign says in a request who asks, and with which request from where.
func (x *exchange) sign(r *hearth.Request) {
	r.By, r.ID, r.From, r.Once = x.by, x.request, x.from, x.once
}

// gone reports whether the client itself ended the exchange. The server's stop, and the end
// of what the client may do, have to be said.
func (x *exchange) gone(err error) bool {
	return x.r.Context().Err() != nil && x.ended() == nil && (errors.Is(err, context.Canceled) || hearth.AsError(err).Code == hearth.Canceled)
}

// ended says why the exchange was ended from this side; nil if it was not.
func (x *exchange) ended() *hearth.Error {
	why, ok := errors.AsType[*hearth.Error](context.Cause(x.r.Context()))
	if !ok || x.r.Context().Err() == nil {
		return nil
	}
	return why
}

// permitted are the models that somebody may use. Others are not there for them.
type permitted struct {
	all Models
	by  hearth.Principal
}

// List lists them.
func (p permitted) List(ctx context.Context) ([]hearth.Model, error) {
	all, err := p.all.List(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(m hearth.Model) bool { return !p.by.MayUse(m.ID) }), err
}

// Find finds one.
func (p permitted) Find(ctx context.Context, id string) (hearth.Model, error) {
	if err := p.permit(id); err != nil {
		return hearth.Model{}, err
	}
	m, err := p.all.Find(ctx, id)
	if err == nil {
		err = p.permit(m.ID) // an adapter is also known by its own name
	}
	if err != nil {
		return hearth.Model{}, err
	}
	return m, nil
}

// permit refuses a name as if there were no such model.
func (p permitted) permit(id string) error {
	if p.by.MayUse(id) {
		return nil
	}
	return hearth.NewError(hearth.NoSuchModel, "model", id).At("model")
}

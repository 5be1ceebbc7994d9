package upstream

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hearthbox/hearth"
)

// Limits of a conversation with an upstream.
const (
	dialMax      = 5 * time.Second
	listMax      = 5 * time.Second  // for the list of models
	listFresh    = 30 * time.Second // how long it is believed
	failedFresh  = 5 * time.Second  // how long a failure is
	idleMaxUsual = 5 * time.Minute  // between two signs of life in an answer
	quietMax     = 30 * time.Minute // between two pieces of an answer, whatever signs of life there are
	listBytesMax = 8 << 20
	errorBytes   = 64 << 10 // of an error's body that are read
)

// Config says where an upstream is.
type Config struct {
	Name string // what the operator calls it
	Kind string // one of [Kinds]; empty is the first
	URL  string // where its API begins; empty for a service that is in one place
	Key  string // empty for none

	// Models maps names offered here to the upstream's own. If it is empty, every
	// model the upstream lists is offered under its own name.
	Models map[string]string

	Version    string            // of the API, where the kind has several
	Headers    map[string]string // sent with every request
	MetricsURL string            // where its metrics are, if not where the kind has them

	TLS      *tls.Config     // what to trust, and who we are; nil for what the system trusts
	Language hearth.Language // for errors, which another hearth gives in it
	IdleMax  time.Duration   // 0 means five minutes
}

// Server is an engine or a service elsewhere.
type Server struct {
	Config
	kind   *Kind
	client *http.Client

	mu       sync.Mutex
	models   []hearth.Model // nil before any are known
	askErr   error          // of the last time the server was asked for them
	askAgain time.Time
	asking   chan struct{} // closed when the server has answered; nil while it is not asked

	running atomic.Int32 // answers

	health health
	rest   rest
	load   loadSeen
}

var _ hearth.Generator = (*Server)(nil)

// New prepares to ask a server. It does not connect.
func New(c Config) (*Server, error) {
	k, ok := KindNamed(c.Kind)
	if !ok {
		return nil, wrong(c, "there is no kind "+c.Kind, "没有种类 "+c.Kind)
	}
	if c.URL == "" {
		c.URL = k.URL
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, wrong(c, "its url is not an http(s) address", "其 url 不是 http(s) 地址").Because(err)
	}
	if k.Named && len(c.Models) == 0 {
		return nil, wrong(c, k.Mark+" has no list of models that says what can be asked; name them under models", k.Mark+" 没有可用的模型列表，请在 models 中写明")
	}
	c.URL = strings.TrimRight(c.URL, "/")
	if c.IdleMax == 0 {
		c.IdleMax = idleMaxUsual
	}
	return &Server{Config: c, kind: k, health: newHealth(), client: &http.Client{
		// Following a redirect would carry the key, and the conversation, to a
		// place nobody configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: dialMax}).DialContext,
			TLSHandshakeTimeout: dialMax,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     90 * time.Second,
			ForceAttemptHTTP2:   true,
			DisableCompression:  true, // which holds back the pieces of an answer
			TLSClientConfig:     c.TLS,
		},
	}}, nil
}

func wrong(c Config, english, chinese string) *hearth.Error {
	return hearth.NewError(hearth.ConfigInvalid, "detail", hearth.Words{"upstream " + c.Name + ": " + english, "上游 " + c.Name + "：" + chinese})
}

// Close lets go of idle connections.
func (u *Server) Close() { u.client.CloseIdleConnections() }

// Running is how many answers it is giving.
func (u *Server) Running() int { return int(u.running.Load()) }

// Kind is what make of server it is.
func (u *Server) Kind() *Kind { return u.kind }

// Source is how the upstream's models and answers name it: upstream/NAME.
func (u *Server) Source() string { return "upstream/" + u.Name }

// Generate asks the upstream.
func (u *Server) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		if err := u.generate(ctx, r, func(c hearth.Chunk) bool { return yield(c, nil) }); err != nil {
			yield(hearth.Chunk{}, err)
		}
	}
}

// generate and answer return nil when the answer is complete or the caller has had enough.
func (u *Server) generate(ctx context.Context, r *hearth.Request, emit func(hearth.Chunk) bool) error {
	if err := u.unasked(); err != nil {
		return err
	}
	return u.counted(ctx, u.answer(ctx, r, emit))
}

func (u *Server) answer(ctx context.Context, r *hearth.Request, emit func(hearth.Chunk) bool) error {
	if err := u.resting(); err != nil {
		return err
	}
	u.running.Add(1)
	defer u.running.Add(-1)
	watched, dog := watch(ctx, u.IdleMax, quietMax)
	defer dog.stop()
	stream, err := u.ask(watched, r)
	if err != nil {
		return u.note(dog.explain(u, ctx, err))
	}
	defer stream.Close()
	dog.pat()
	a := newAnswer(u, r, func(c hearth.Chunk) bool {
		if c.Place == nil {
			dog.progress()
			u.health.sign()
		}
		return emit(c)
	})
	err = a.readAll(living{stream, dog.pat})
	if errors.Is(err, errEnough) {
		return nil
	}
	return u.note(dog.explain(u, ctx, err))
}

// ask begins an answer. Servers refuse a limit that is larger than what the context leaves;
// where it may be, they are asked again without one, which then is no more than it.
func (u *Server) ask(ctx context.Context, r *hearth.Request) (io.ReadCloser, error) {
	q, err := u.kind.wire.ask(u, r)
	if err != nil {
		return nil, err
	}
	model := u.upstreamName(r.Model)
	stream, err := u.post(ctx, q.path, model, q.body)
	if e, ok := errors.AsType[*hearth.Error](err); !ok || e.Kind() != hearth.KindInvalid || q.shorter == nil {
		return stream, err
	}
	q.shorter()
	if stream, again := u.post(ctx, q.path, model, q.body); again == nil {
		return stream, nil
	}
	return nil, err // which the limit was not the cause of
}

func (u *Server) post(ctx context.Context, path, model string, body any) (io.ReadCloser, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return u.do(ctx, http.MethodPost, u.address(path, model), text)
}

// do sends a request and returns the body of a good answer.
func (u *Server) do(ctx context.Context, method, address string, body []byte) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	u.introduce(req.Header)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := u.client.Do(req)
	if err != nil {
		return nil, hearth.NewError(hearth.UpstreamUnreachable, "upstream", u.Name).Because(err)
	}
	resp.Body, err = unpacked(resp)
	if err != nil {
		_ = resp.Body.Close()
		return nil, u.protocol("it sent a compression nobody asked for", err)
	}
	wait := u.kind.limits.wait(resp, time.Now())
	u.rest.take(wait)
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, u.refused(resp, wait)
	}
	return resp.Body, nil
}

// introduce sets the headers of every request.
func (u *Server) introduce(h http.Header) {
	h.Set("Accept-Language", u.Language.String())
	// An idle connection may turn out to be closed when it is used again. Nothing was
	// generated then, so net/http may try another; the empty value, which is not
	// sent, tells it so.
	h["Idempotency-Key"] = []string{}
	for name, value := range u.Headers {
		h.Set(name, value)
	}
	switch {
	case u.Key == "":
	case u.kind.header != nil:
		u.kind.header(h, &u.Config)
	default:
		h.Set("Authorization", "Bearer "+u.Key)
	}
}

// unpacked is the body of an answer that some proxies compress unasked.
func unpacked(resp *http.Response) (io.ReadCloser, error) {
	switch how := strings.ToLower(resp.Header.Get("Content-Encoding")); how {
	case "", "identity":
		return resp.Body, nil
	case "gzip", "x-gzip":
		return &unzipped{packed: resp.Body}, nil
	default:
		return resp.Body, errors.New("content encoding " + how)
	}
}

// unzipped reads what was compressed; its header is read when the body is, which may be
// much later than the status.
type unzipped struct {
	packed io.ReadCloser
	zip    *gzip.Reader
}

func (z *unzipped) Read(p []byte) (n int, err error) {
	if z.zip == nil {
		if z.zip, err = gzip.NewReader(z.packed); err != nil {
			return 0, err
		}
	}
	return z.zip.Read(p)
}

func (z *unzipped) Close() error { return z.packed.Close() }

// living is a body whose every piece is a sign of life.
type living struct {
	io.Reader
	alive func()
}

func (l living) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if n > 0 {
		l.alive()
	}
	return n, err
}

func (u *Server) protocol(detail string, cause error) error {
	return hearth.NewError(hearth.UpstreamProtocol, "upstream", u.Name, "detail", detail).Because(cause)
}

// hostOf is an address without its path.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

func escape(s string) string { return url.PathEscape(s) }

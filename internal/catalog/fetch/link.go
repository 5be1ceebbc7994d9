package fetch

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/hearthbox/hearth/internal/egress"
)

// Limits of a conversation with a mirror.
const (
	redirectsMax   = 10
	dialMax        = 15 * time.Second
	headerBytesMax = 256 << 10
	bufferBytes    = 256 << 10 // of each connection
)

// link is the way out: what all connections of a call share.
type link struct {
	client    http.Client
	own       bool
	authorize func(*http.Request)
	limiter   *rate.Limiter
	stall     time.Duration
}

func newLink(o Options, door *egress.Door) *link {
	l := &link{authorize: o.Authorize, limiter: o.limiter(), stall: o.StallTimeout, own: o.Client == nil}
	if l.own {
		transport := &http.Transport{
			DialContext:            door.DialContext,
			TLSHandshakeTimeout:    dialMax,
			MaxIdleConnsPerHost:    o.Parallel,
			MaxResponseHeaderBytes: headerBytesMax,
			ReadBufferSize:         64 << 10,
			IdleConnTimeout:        90 * time.Second,
		}
		l.client.Transport = door.Following(transport)
	} else {
		l.client = *o.Client
		l.client.Timeout = 0 // would cut long answers; a stall is noticed here
	}
	l.client.CheckRedirect = redirect
	return l
}

func (l *link) close() {
	if l.own {
		l.client.CloseIdleConnections()
	}
}

// redirect decides about the next hop: not too many, none from https to http, and
// to another host nothing but what the request is about, since what else stands in
// the header may be a secret of the first host's, as may the query in Referer.
func redirect(next *http.Request, via []*http.Request) error {
	if len(via) > redirectsMax {
		return faultf("it redirects more than %d times", redirectsMax).dropping()
	}
	if next.URL.Scheme != "https" && via[len(via)-1].URL.Scheme == "https" {
		return faultf("it redirects from https to %s", next.URL.Scheme).dropping()
	}
	if next.URL.Host == via[0].URL.Host {
		return nil
	}
	kept := http.Header{}
	for _, k := range []string{"Range", "If-Range", "Accept-Encoding", "User-Agent"} {
		if v, ok := next.Header[k]; ok {
			kept[k] = v
		}
	}
	next.Header = kept
	return nil
}

// get asks a mirror for a span, or for the whole file if it is nil. The answer's
// status and header are not looked at yet.
func (l *link) get(ctx context.Context, m *mirror, s *span, ifRange string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "hearth")
	req.Header.Set("Accept-Encoding", "identity") // else ranges would be of compressed bytes
	if s != nil {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", s.start, s.end-1))
	}
	if ifRange != "" {
		req.Header.Set("If-Range", ifRange)
	}
	if l.authorize != nil {
		l.authorize(req)
	}
	return l.client.Do(req)
}

// conn is one connection at work: a context that ends when it stalls.
type conn struct {
	*link
	ctx   context.Context
	timer *time.Timer
}

// connect begins with the clock running. end must be called.
func (l *link) connect(ctx context.Context) (c *conn, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	c = &conn{link: l, ctx: ctx}
	c.timer = time.AfterFunc(l.stall, func() { cancel(errStall) })
	return c, func() {
		c.timer.Stop()
		cancel(nil)
	}
}

// ask sends the request and waits for the header of the answer.
func (c *conn) ask(m *mirror, s *span, ifRange string) (*http.Response, error) {
	defer c.timer.Stop()
	resp, err := c.get(c.ctx, m, s, ifRange)
	if err != nil {
		return nil, networkFault(c.ctx, err)
	}
	return resp, nil
}

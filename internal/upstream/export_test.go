package upstream

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/hearthbox/hearth"
)

// DialWith replaces the network, so that tests can run in virtual time.
func (u *Server) DialWith(dial func() (net.Conn, error)) {
	u.client.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) { return dial() }
}

// ReadAnswer reads an answer without a server, for the fuzzer.
func ReadAnswer(k *Kind, text []byte) (all hearth.Chunk, err error) {
	a := newAnswer(&Server{kind: k}, &hearth.Request{}, func(c hearth.Chunk) bool {
		all.Text += c.Text
		all.Reasoning += c.Reasoning
		all.ToolCalls = append(all.ToolCalls, c.ToolCalls...)
		if c.Usage != nil {
			all.Usage, all.Finish = c.Usage, c.Finish
		}
		return true
	})
	return all, a.readAll(bytes.NewReader(text))
}

// Moment reads what servers say of when.
func Moment(text string, now time.Time) (time.Duration, bool) { return moment(text, now) }

// ReadGauges reads metrics as those of the kind.
func ReadGauges(k *Kind, r io.Reader) (Load, bool) { return k.gauges.read(r) }

// Resting is for how long the server is left alone.
func (u *Server) Resting() time.Duration { return u.rest.left() }

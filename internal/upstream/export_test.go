package upstream

import (
	"bytes"
	"context"
	"net"
	"net/http"

	"github.com/hearthbox/hearth"
)

// DialWith replaces the network, so that tests can run in virtual time.
func (u *OpenAI) DialWith(dial func() (net.Conn, error)) {
	u.client.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) { return dial() }
}

// ReadAnswer reads an event stream without a server, for the fuzzer.
func ReadAnswer(text []byte) {
	a := newAnswer(&OpenAI{}, 1, func(hearth.Chunk) bool { return true })
	_ = a.read(bytes.NewReader(text), func() {})
}

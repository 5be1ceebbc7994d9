// Package pipenet is a network inside the process, for tests in virtual time: HTTP
// servers whose connections are pipes. Waiting on a pipe lets the clock of
// testing/synctest move on; waiting on a socket does not. No product code uses it.
package pipenet

import (
	"io"
	"log"
	"net"
	"net/http"
)

// Host is a server.
type Host struct {
	server *http.Server
	conns  chan net.Conn
	closed chan struct{}
}

// Serve answers with h until the host is closed.
func Serve(h http.Handler) *Host {
	p := &Host{conns: make(chan net.Conn), closed: make(chan struct{})}
	p.server = &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = p.server.Serve((*listener)(p)) }()
	return p
}

// Dial connects; it waits until the connection is accepted.
func (p *Host) Dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the host and its connections.
func (p *Host) Close() error { return p.server.Close() }

// listener is a host as its server sees it.
type listener Host

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error   { close(l.closed); return nil }
func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }

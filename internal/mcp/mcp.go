package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/hearthbox/hearth"
)

// Limits of what servers may be and send.
const (
	toolsMax      = 128
	listBytesMax  = 256 << 10 // names, descriptions and schemas of a server's tools
	frameBytesMax = 4 << 20   // of one message
	beginMax      = 20 * time.Second
	listFresh     = 5 * time.Minute
	callsAtOnce   = 8
	dialMax       = 5 * time.Second

	// CallUsual and ResultUsual are limits of a call where the operator sets none.
	CallUsual   = 30 * time.Second
	ResultUsual = 64 << 10
)

// Server is one that the operator declares.
type Server struct {
	Name    string
	URL     string            // of its streamable HTTP endpoint; empty for one that is a program
	Headers map[string]string // sent with every request to it
	Tools   []string          // that may be called; empty is all
	Ask     bool              // every call has to be approved, whatever a client says
	Allow   []string          // ids or names of keys, ids of people or tenants; empty is all

	CallMax     time.Duration
	ResultBytes int
}

// Start starts a program that is a server, and is what it reads and writes. Closing both
// ends it.
type Start func(name string) (io.ReadCloser, io.WriteCloser, error)

// Client knows the servers.
type Client struct {
	servers []*server
	start   Start
	log     *slog.Logger
	sdk     *sdk.Client
}

// server is one with its session, if there is any.
type server struct {
	Server
	places chan struct{}

	mu      sync.Mutex
	session *sdk.ClientSession
	tools   []hearth.Tool
	listed  time.Time
}

// New knows servers, and does not connect.
func New(version string, list []Server, start Start, log *slog.Logger) *Client {
	c := &Client{start: start, log: log}
	for _, s := range list {
		c.servers = append(c.servers, &server{Server: s, places: make(chan struct{}, callsAtOnce)})
	}
	c.sdk = sdk.NewClient(&sdk.Implementation{Name: "hearth", Version: version}, &sdk.ClientOptions{
		Capabilities: &sdk.ClientCapabilities{},
		ToolListChangedHandler: func(_ context.Context, r *sdk.ToolListChangedRequest) {
			c.stale(r.Session)
		}})
	return c
}

// stale has the list of a session's tools asked for again.
func (c *Client) stale(session *sdk.ClientSession) {
	for _, s := range c.servers {
		s.mu.Lock()
		if s.session == session {
			s.listed = time.Time{}
		}
		s.mu.Unlock()
	}
}

// Close ends all sessions, and the programs they are with.
func (c *Client) Close() {
	for _, s := range c.servers {
		s.mu.Lock()
		s.drop()
		s.mu.Unlock()
	}
}

// Find is the declared server of that name, or if an address is given of that address, for
// one who may use it.
func (c *Client) Find(by hearth.Principal, name, address string) (*Tools, error) {
	for _, s := range c.servers {
		if s.allows(by) && (address == "" && s.Name == name || address != "" && s.URL != "" && strings.TrimRight(address, "/") == strings.TrimRight(s.URL, "/")) {
			return &Tools{c, s}, nil
		}
	}
	if address == "" {
		address = name
	}
	return nil, hearth.NewError(hearth.NoSuchToolServer, "server", address)
}

func (s *server) allows(by hearth.Principal) bool {
	return len(s.Allow) == 0 || slices.ContainsFunc([]string{by.KeyID, by.Name, by.Tenant, by.Person}, func(who string) bool { return who != "" && slices.Contains(s.Allow, who) })
}

// Tools are those of one server.
type Tools struct {
	client *Client
	server *server
}

// Server is the one they are of.
func (t *Tools) Server() Server { return t.server.Server }

// List are the tools that may be called.
func (t *Tools) List(ctx context.Context) ([]hearth.Tool, error) {
	s := t.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session != nil && time.Since(s.listed) < listFresh {
		return s.tools, nil
	}
	ctx, cancel := context.WithTimeout(ctx, beginMax)
	defer cancel()
	fresh := s.session == nil
	list, err := t.client.list(ctx, s)
	if err != nil && !fresh { // the session may be what is broken
		s.drop()
		list, err = t.client.list(ctx, s)
	}
	if err != nil {
		s.drop()
		return nil, s.unavailable(err)
	}
	s.tools, s.listed = list, time.Now()
	return list, nil
}

func (s *server) unavailable(cause error) error {
	if e, ok := errors.AsType[*hearth.Error](cause); ok {
		return e
	}
	return hearth.NewError(hearth.ToolServerUnavailable, "server", s.Name).Because(cause)
}

// list begins a session if there is none, and asks for the tools.
func (c *Client) list(ctx context.Context, s *server) ([]hearth.Tool, error) {
	if s.session == nil {
		transport, err := c.transport(s)
		if err != nil {
			return nil, err
		}
		if s.session, err = c.sdk.Connect(ctx, transport, nil); err != nil {
			s.session = nil
			return nil, err
		}
	}
	var tools []hearth.Tool
	size := 0
	for x, err := range s.session.Tools(ctx, nil) {
		if err != nil {
			return nil, err
		}
		if len(s.Tools) > 0 && !slices.Contains(s.Tools, x.Name) {
			continue
		}
		schema, err := json.Marshal(x.InputSchema)
		if err != nil {
			return nil, err
		}
		if size += len(x.Name) + len(x.Description) + len(schema); size > listBytesMax || len(tools) == toolsMax {
			return nil, hearth.NewError(hearth.ToolsTooMany, "server", s.Name, "tools", toolsMax, "bytes", listBytesMax)
		}
		tools = append(tools, hearth.Tool{Name: x.Name, Description: x.Description, Parameters: schema})
	}
	return tools, nil
}

// drop ends the session; the lock is held.
func (s *server) drop() {
	if s.session != nil {
		_ = s.session.Close()
		s.session, s.tools = nil, nil
	}
}

// Call calls a tool and returns what it says. That it failed, by its own account or
// because nothing came, is an error of code [hearth.ToolFailed].
func (t *Tools) Call(ctx context.Context, name, arguments string) (string, error) {
	s := t.server
	failed := func(why hearth.Words, cause error) error {
		return hearth.NewError(hearth.ToolFailed, "server", s.Name, "tool", name, "detail", why).Because(cause)
	}
	if arguments = strings.TrimSpace(arguments); arguments == "" {
		arguments = "{}"
	}
	if arguments[0] != '{' || !json.Valid([]byte(arguments)) {
		return "", failed(hearth.Words{"its arguments are no JSON object", "参数不是 JSON 对象"}, nil)
	}
	list, err := t.List(ctx)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(list, func(x hearth.Tool) bool { return x.Name == name }) {
		return "", failed(hearth.Words{"there is no such tool", "没有该工具"}, nil)
	}
	limited, cancel := context.WithTimeout(ctx, s.CallMax)
	defer cancel()
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-limited.Done():
		return "", failed(hearth.Words{"it has too much to do", "繁忙"}, limited.Err())
	}
	s.mu.Lock()
	session := s.session
	s.mu.Unlock()
	if session == nil {
		return "", s.unavailable(errors.New("the session has ended"))
	}
	r, err := session.CallTool(limited, &sdk.CallToolParams{Name: name, Arguments: json.RawMessage(arguments)})
	var said *jsonrpc.Error
	switch {
	case ctx.Err() != nil:
		return "", hearth.NewError(hearth.Canceled).Because(context.Cause(ctx))
	case limited.Err() != nil:
		within := s.CallMax.String()
		return "", failed(hearth.Words{"no answer within " + within, within + " 内没有应答"}, err)
	case errors.As(err, &said):
		return "", failed(hearth.Words{said.Message, said.Message}, nil)
	case err != nil: // it is not called again, as nobody knows what it has done
		s.mu.Lock()
		if s.session == session {
			s.drop()
		}
		s.mu.Unlock()
		return "", s.unavailable(err)
	}
	text := words(r)
	if len(text) > s.ResultBytes {
		return "", failed(hearth.Words{fmt.Sprintf("its result has %d bytes, and may have %d: ask for less", len(text), s.ResultBytes),
			fmt.Sprintf("结果有 %d 字节，超过上限 %d：请缩小范围", len(text), s.ResultBytes)}, nil)
	}
	if r.IsError {
		return "", failed(hearth.Words{text, text}, nil)
	}
	return text, nil
}

// words are what a result says: its texts, the names of what is no text, or where there is
// neither its structure.
func words(r *sdk.CallToolResult) string {
	var parts []string
	for _, c := range r.Content {
		switch x := c.(type) {
		case *sdk.TextContent:
			parts = append(parts, x.Text)
		case *sdk.ImageContent:
			parts = append(parts, "["+x.MIMEType+"]")
		case *sdk.AudioContent:
			parts = append(parts, "["+x.MIMEType+"]")
		case *sdk.ResourceLink:
			parts = append(parts, x.Name+" "+x.URI)
		case *sdk.EmbeddedResource:
			if x.Resource != nil && x.Resource.Text != "" {
				parts = append(parts, x.Resource.Text)
			} else if x.Resource != nil {
				parts = append(parts, "["+x.Resource.MIMEType+" "+x.Resource.URI+"]")
			}
		}
	}
	if len(parts) == 0 && r.StructuredContent != nil {
		text, err := json.Marshal(r.StructuredContent)
		if err == nil {
			return string(text)
		}
	}
	return strings.Join(parts, "\n")
}

// transport is how a server is reached.
func (c *Client) transport(s *server) (sdk.Transport, error) {
	if s.URL == "" {
		in, out, err := c.start(s.Name)
		if err != nil {
			return nil, err
		}
		return &sdk.IOTransport{Reader: in, Writer: out, MaxLineLength: frameBytesMax}, nil
	}
	where, err := url.Parse(s.URL)
	if err != nil {
		return nil, err
	}
	return &sdk.StreamableClientTransport{Endpoint: s.URL, MaxRetries: -1, DisableStandaloneSSE: true, MaxEventSize: frameBytesMax,
		HTTPClient: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &bound{host: where.Host, headers: s.Headers, next: &http.Transport{
				DialContext:         (&net.Dialer{Timeout: dialMax}).DialContext,
				TLSHandshakeTimeout: dialMax, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true}},
		}}, nil
}

// bound asks one host and no other, says who asks, and takes no more than it may.
type bound struct {
	host    string
	headers map[string]string
	next    http.RoundTripper
}

// RoundTrip sends a request to the one host.
func (b *bound) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != b.host {
		return nil, fmt.Errorf("%s is not the declared address", r.URL.Host)
	}
	r = r.Clone(r.Context())
	for name, value := range b.headers {
		r.Header.Set(name, value)
	}
	resp, err := b.next.RoundTrip(r)
	if err == nil && !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") { // whose events have a bound of their own
		resp.Body = http.MaxBytesReader(nil, resp.Body, frameBytesMax)
	}
	return resp, err
}

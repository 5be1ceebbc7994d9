package mcp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/mcp"
)

func served(tools int, description string) *sdk.Server {
	s := sdk.NewServer(&sdk.Implementation{Name: "s", Version: "1"}, nil)
	for i := range tools {
		sdk.AddTool(s, &sdk.Tool{Name: fmt.Sprintf("t%d", i), Description: description}, func(context.Context, *sdk.CallToolRequest, struct{}) (*sdk.CallToolResult, any, error) {
			return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: "done"}, &sdk.ImageContent{MIMEType: "image/png", Data: []byte("x")}}}, nil, nil
		})
	}
	return s
}

func web(t *testing.T, s *sdk.Server) *httptest.Server {
	t.Helper()
	h := httptest.NewServer(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return s }, nil))
	t.Cleanup(h.Close)
	return h
}

func client(t *testing.T, s mcp.Server) (*mcp.Client, *mcp.Tools) {
	t.Helper()
	if s.CallMax == 0 {
		s.CallMax = 5 * time.Second
	}
	s.Name, s.ResultBytes = "s", 1000
	c := mcp.New("1", []mcp.Server{s}, func(string) (io.ReadCloser, io.WriteCloser, error) { return nil, nil, errors.New("none") }, slog.New(slog.DiscardHandler))
	t.Cleanup(c.Close)
	tools, err := c.Find(hearth.Principal{KeyID: "k"}, "s", "")
	if err != nil {
		t.Fatal(err)
	}
	return c, tools
}

func codeOf(err error) hearth.Code {
	if err == nil {
		return ""
	}
	return hearth.AsError(err).Code
}

// TestLimits: of servers, of their tools, and of who may use them.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name  string
		tools int
		said  string
		only  []string
		want  hearth.Code
		count int
	}{
		{"a few", 3, "does", nil, "", 3},
		{"some of them", 3, "does", []string{"t1", "other"}, "", 1},
		{"too many", 129, "does", nil, hearth.ToolsTooMany, 0},
		{"too much said", 3, strings.Repeat("x", 100<<10), nil, hearth.ToolsTooMany, 0},
		{"many, of which few are wanted", 129, "does", []string{"t5"}, "", 1},
	} {
		_, tools := client(t, mcp.Server{URL: web(t, served(c.tools, c.said)).URL, Tools: c.only})
		list, err := tools.List(t.Context())
		if codeOf(err) != c.want || len(list) != c.count {
			t.Errorf("%s: %d tools, %v", c.name, len(list), err)
		}
	}
	c, _ := client(t, mcp.Server{URL: "http://127.0.0.1:1/mcp"})
	for name, address := range map[string]string{"other": "", "s": "http://127.0.0.1:1/other", "": "https://example.com"} {
		if _, err := c.Find(hearth.Principal{}, name, address); codeOf(err) != hearth.NoSuchToolServer {
			t.Errorf("%q %q: %v", name, address, err)
		}
	}
	if _, err := c.Find(hearth.Principal{}, "whatever it is called", "http://127.0.0.1:1/mcp/"); err != nil {
		t.Error(err)
	}
	c = mcp.New("1", []mcp.Server{{Name: "s", Allow: []string{"tenant-a", "k1"}}}, nil, slog.New(slog.DiscardHandler))
	for by, want := range map[hearth.Principal]bool{{Tenant: "tenant-a"}: true, {KeyID: "k1"}: true, {Tenant: "tenant-b", KeyID: "k2"}: false, {}: false} {
		if _, err := c.Find(by, "s", ""); (err == nil) != want {
			t.Errorf("%+v: %v", by, err)
		}
	}
}

// TestCalls: what a tool says, and a server that comes back after it was gone.
func TestCalls(t *testing.T) {
	server := served(1, "does")
	var down atomic.Bool
	h := sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return server }, nil)
	w := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		h.ServeHTTP(w, r)
	}))
	defer w.Close()
	_, tools := client(t, mcp.Server{URL: w.URL})
	if text, err := tools.Call(t.Context(), "t0", ""); text != "done\n[image/png]" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	if _, err := tools.Call(t.Context(), "t9", "{}"); codeOf(err) != hearth.ToolFailed {
		t.Errorf("a tool that is not there: %v", err)
	}
	down.Store(true)
	if _, err := tools.Call(t.Context(), "t0", "{}"); codeOf(err) != hearth.ToolServerUnavailable && codeOf(err) != hearth.ToolFailed {
		t.Errorf("a server that is down: %v", err)
	}
	down.Store(false)
	if text, err := tools.Call(t.Context(), "t0", "{}"); err != nil {
		t.Errorf("when it is back: %q %v", text, err)
	}
}

// TestEgress: nothing is asked but the declared address, and its headers go nowhere else.
func TestEgress(t *testing.T) {
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer elsewhere.Close()
	var key atomic.Value
	here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key.Store(r.Header.Get("X-Key"))
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	defer here.Close()
	_, tools := client(t, mcp.Server{URL: here.URL, Headers: map[string]string{"X-Key": "secret"}})
	if _, err := tools.List(t.Context()); codeOf(err) != hearth.ToolServerUnavailable || asked.Load() > 0 || key.Load() != "secret" {
		t.Errorf("%v, %d requests elsewhere, the key %v", err, asked.Load(), key.Load())
	}
	huge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range 6 << 10 {
			_, _ = w.Write([]byte(strings.Repeat(" ", 1024)))
		}
	}))
	defer huge.Close()
	_, tools = client(t, mcp.Server{URL: huge.URL})
	if _, err := tools.List(t.Context()); codeOf(err) != hearth.ToolServerUnavailable {
		t.Errorf("an answer without end: %v", err)
	}
}

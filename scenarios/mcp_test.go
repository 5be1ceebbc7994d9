package scenarios

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// asTools is the variable with which this test's own program is an MCP server over its
// input and output.
const asTools = "SCRIPTED_TOOLS"

type numbers struct {
	A int `json:"a"`
	B int `json:"b"`
}

// newTools is an MCP server with the official SDK: one tool that adds, and others that
// misbehave.
func newTools() *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "tools", Version: "1"}, nil)
	text := func(t string) *mcp.CallToolResult {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: t}}}
	}
	mcp.AddTool(s, &mcp.Tool{Name: "add", Description: "Adds two numbers"}, func(_ context.Context, _ *mcp.CallToolRequest, n numbers) (*mcp.CallToolResult, any, error) {
		return text(fmt.Sprintf("%d from %d", n.A+n.B, os.Getpid())), nil, nil
	})
	mcp.AddTool(s, &mcp.Tool{Name: "fail", Description: "Fails"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		return nil, nil, fmt.Errorf("the shelf is empty")
	})
	mcp.AddTool(s, &mcp.Tool{Name: "long", Description: "Says much"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		return text(strings.Repeat("much ", 4000)), nil, nil
	})
	mcp.AddTool(s, &mcp.Tool{Name: "slow", Description: "Takes its time"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		select {
		case <-ctx.Done():
		case <-time.After(time.Minute):
		}
		return text("at last"), nil, nil
	})
	mcp.AddTool(s, &mcp.Tool{Name: "secret", Description: "Not for models"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		return text("secret"), nil, nil
	})
	return s
}

func toolsMain() {
	_, _ = fmt.Fprintln(os.Stderr, "serving with key", os.Getenv("SHOP_KEY"))
	_ = newTools().Run(context.Background(), &mcp.StdioTransport{})
}

// withTools is a server with an engine that calls what it is told to, an MCP server that
// is a program, and one over HTTP that wants a header.
func withTools(t *testing.T, more string) (s *server, data, url string) {
	t.Helper()
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return newTools() }, nil)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer shop-key" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key")
	put(t, key, []byte("Bearer shop-key\n"))
	s, data = withEngine(t, fmt.Sprintf(`upstreams: [{name: engine, url: %q, models: {script: script}}]
mcp:
  - {name: shop, command: [%q], env: {%s: '1', SHOP_KEY: key-123456}, tools: [add, fail, long, slow], approval: client, timeout: 2s, result_bytes: 4KiB}
  - {name: web, url: %q, header_files: {Authorization: %q}}
  - {name: theirs, url: %q, allow: [somebody]}
%s`, scripted(t), self, asTools, web.URL+"/mcp", key, web.URL+"/theirs", more))
	return s, data, web.URL + "/mcp"
}

// item is one of an answer.
type item struct {
	ID, Type, Name, Arguments, Output, Error, Status string
	Server                                           string `json:"server_label"`
	Approval                                         string `json:"approval_request_id"`
	Tools                                            []struct{ Name string }
	Content                                          []struct{ Text string }
}

type toolAnswer struct {
	ID, Status string
	Output     []item
	Error      *struct{ Code, Message string }
	Usage      struct {
		Input int `json:"input_tokens"`
	}
}

func (s *server) respond(body string) (a toolAnswer, status int) {
	s.t.Helper()
	status, text := s.ask("/v1/responses", body)
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		s.t.Fatalf("%d %s", status, text)
	}
	return a, status
}

// told is an answer in short.
func (a toolAnswer) told() string {
	var lines []string
	for _, i := range a.Output {
		name, content := i.Name, ""
		for _, t := range i.Tools {
			name += t.Name + ","
		}
		for _, c := range i.Content {
			content += c.Text
		}
		parts := slices.DeleteFunc([]string{i.Type, i.Server, name + i.Arguments, i.Output + i.Error, content}, func(s string) bool { return s == "" })
		lines = append(lines, strings.Join(parts, " "))
	}
	return strings.Join(lines, "\n")
}

// TestToolsOfServers: a model is offered the tools of an MCP server that is a program, they
// are run, and it goes on with what they say; what is wrong with one it is told.
func TestToolsOfServers(t *testing.T) {
	s, data, _ := withTools(t, "")
	const tools = `"tools":[{"type":"mcp","server_label":"shop","require_approval":"never"}]`
	a, status := s.respond(`{"model":"script","input":"use shop__add {\"a\":2,\"b\":3}",` + tools + `}`)
	if status != 200 || a.Status != "completed" || !strings.HasPrefix(a.told(), "mcp_list_tools shop add,fail,long,slow,\nmcp_call shop add{\"a\":2,\"b\":3} 5 from ") || !strings.Contains(a.told(), "\nmessage I see: 5 from ") {
		t.Fatalf("%d %s\n%+v", status, a.told(), a.Error)
	}
	if a.Usage.Input != 14 {
		t.Errorf("of two rounds of 7 tokens each, %d are told", a.Usage.Input)
	}
	b, _ := s.respond(`{"model":"script","previous_response_id":"` + a.ID + `","input":"use shop__add {\"a\":4,\"b\":4}",` + tools + `}`)
	if !strings.HasPrefix(b.told(), "mcp_call shop add{\"a\":4,\"b\":4} 8 from ") {
		t.Errorf("in the next turn, the tools of which are known:\n%s", b.told())
	}
	for call, want := range map[string]string{
		`fail {}`:           "fail of shop failed: the shelf is empty",
		`long {}`:           "its result has 20000 bytes, and may have 4096",
		`slow {}`:           "no answer within 2s",
		`add nothing`:       "its arguments are no JSON object",
		`add {\"a\":\"x\"}`: "add of shop failed",
	} {
		a, _ := s.respond(`{"model":"script","input":"use shop__` + call + `",` + tools + `}`)
		if last := a.Output[len(a.Output)-1]; a.Status != "completed" || len(a.Output) != 3 || a.Output[1].Status != "failed" || !strings.Contains(a.Output[1].Error, want) || !strings.HasPrefix(last.Content[0].Text, "I see: error: ") {
			t.Errorf("%s: %s", call, a.told())
		}
	}
	a, _ = s.respond(`{"model":"script","input":"use shop__secret {}",` + tools + `}`)
	if !strings.HasPrefix(a.told(), "function_call") && !strings.Contains(a.told(), "\nfunction_call") {
		t.Errorf("a tool that is not declared is run: %s", a.told())
	}
	a, _ = s.respond(`{"model":"script","input":"echo","tools":[{"type":"mcp","server_label":"shop","allowed_tools":["add"]}]}`)
	if !strings.Contains(a.told(), "shop__add") || strings.Contains(a.told(), "shop__fail") {
		t.Errorf("of one tool that is allowed, the model is told %s", a.told())
	}
	log, err := os.ReadFile(filepath.Join(data, "mcp", "shop.log"))
	if err != nil || !strings.Contains(string(log), "serving with key ***") {
		t.Errorf("its log (%v): %s", err, log)
	}
	if n := len(marked(data)); n != 1 {
		t.Errorf("%d processes of the server that is a program", n)
	}
	s.kill()
	if !within(10*time.Second, func() bool { return len(marked(data)) == 0 }) {
		t.Errorf("%v live on", marked(data))
	}
}

// TestToolsNeedApproval: calls wait for somebody to approve them, and are made or not made
// as they say; the operator's wish counts more than the client's.
func TestToolsNeedApproval(t *testing.T) {
	s, _, url := withTools(t, "")
	const tools = `"tools":[{"type":"mcp","server_label":"w","server_url":"URL","require_approval":"never"}]`
	mine := strings.Replace(tools, "URL", url, 1)
	a, status := s.respond(`{"model":"script","input":"use w__add {\"a\":2,\"b\":3}",` + mine + `}`)
	if len(a.Output) != 2 || a.told() != "mcp_list_tools w add,fail,long,secret,slow,\nmcp_approval_request w add{\"a\":2,\"b\":3}" {
		t.Fatalf("%d %s\n%+v", status, a.told(), a.Error)
	}
	wish := a.Output[1].ID
	b, _ := s.respond(`{"model":"script","previous_response_id":"` + a.ID + `","input":[{"type":"mcp_approval_response","approval_request_id":"` + wish + `","approve":true}],` + mine + `}`)
	if len(b.Output) != 2 || b.Output[0].Type != "mcp_call" || b.Output[0].Approval != wish || !strings.HasPrefix(b.Output[0].Output, "5 from ") || !strings.HasPrefix(b.Output[1].Content[0].Text, "I see: 5 from") {
		t.Errorf("approved: %s", b.told())
	}
	c, _ := s.respond(`{"model":"script","previous_response_id":"` + b.ID + `","input":"echo",` + mine + `}`)
	if got := c.told(); strings.Count(got, "5 from") < 1 || strings.Contains(got, "mcp_call") {
		t.Errorf("afterwards: %s %+v", got, c.Error)
	}
	no, _ := s.respond(`{"model":"script","previous_response_id":"` + a.ID + `","input":[{"type":"mcp_approval_response","approval_request_id":"` + wish + `","approve":false,"reason":"too dear"}],` + mine + `}`)
	if no.told() != "message I see: error: the call was not approved: too dear" {
		t.Errorf("not approved: %s", no.told())
	}
	for body, want := range map[string]string{
		`"input":[{"type":"mcp_approval_response","approval_request_id":"mcpr_x","approve":true}],` + mine:                                     "no such wish",
		`"input":"hi","tools":[{"type":"mcp","server_label":"theirs"}]`:                                                                        "no MCP server theirs that you may use",
		`"input":"hi","tools":[{"type":"mcp","server_label":"x","server_url":"https://example.com/mcp"}]`:                                      "no MCP server https://example.com/mcp that you may use",
		`"input":"hi","tools":[{"type":"mcp","server_label":"web","headers":{"A":"b"}}]`:                                                       "headers for a server",
		`"input":"hi","tools":[{"type":"mcp"}]`:                                                                                                "server_label",
		`"previous_response_id":"` + a.ID + `","input":[{"type":"mcp_approval_response","approval_request_id":"` + wish + `","approve":true}]`: "tools",
		`"input":"hi","tools":[{"type":"mcp","server_label":"web"},{"type":"mcp","server_label":"web"}]`:                                       "two tools are called",
	} {
		if got, status := s.respond(`{"model":"script",` + body + `}`); status != 400 || got.Error == nil || !strings.Contains(got.Error.Message, want) {
			t.Errorf("%s: %d %+v", body, status, got.Error)
		}
	}
}

// TestToolsInAStream: events come in the order the libraries know, whatever is called.
func TestToolsInAStream(t *testing.T) {
	s, _, _ := withTools(t, "")
	resp, err := s.post(t.Context(), "/v1/responses", `{"model":"script","stream":true,"input":"use shop__add {\"a\":2,\"b\":3}","tools":[{"type":"mcp","server_label":"shop","require_approval":"never"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "event: response."); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	got := strings.Join(names, " ")
	want := "created in_progress output_item.added mcp_list_tools.in_progress mcp_list_tools.completed output_item.done " +
		"output_item.added mcp_call.in_progress mcp_call_arguments.delta mcp_call_arguments.done mcp_call.completed output_item.done " +
		"output_item.added content_part.added output_text.delta output_text.delta output_text.done content_part.done output_item.done completed"
	if got != want || resp.Header.Get("X-Hearth-Served-By") == "" {
		t.Errorf("got\n%s\nwant\n%s\n%v", got, want, resp.Header)
	}
}

// TestToolsOfEverything runs tools of the reference server that the protocol's authors
// publish for testing clients.
func TestToolsOfEverything(t *testing.T) {
	program := "sdk/node/node_modules/@modelcontextprotocol/server-everything/dist/index.js"
	if _, err := os.Stat(program); err != nil {
		t.Skip("it is not installed: make deps")
	}
	s, _, _ := withTools(t, fmt.Sprintf("  - {name: everything, command: [node, %q, stdio], approval: client}\n", absolute(t, program)))
	const tools = `"tools":[{"type":"mcp","server_label":"everything","require_approval":"never"}]`
	a, status := s.respond(`{"model":"script","input":"use everything__echo {\"message\":\"hello there\"}",` + tools + `}`)
	if status != 200 || len(a.Output) != 3 || !strings.Contains(a.Output[1].Output, "hello there") || !strings.Contains(a.Output[2].Content[0].Text, "hello there") {
		t.Fatalf("%d %s %+v", status, a.told(), a.Error)
	}
	a, _ = s.respond(`{"model":"script","input":"use everything__get-sum {\"a\":20,\"b\":22}",` + tools + `}`)
	if !strings.Contains(a.told(), "42") {
		t.Errorf("%s %+v", a.told(), a.Error)
	}
}

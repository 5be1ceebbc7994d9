package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"

	"github.com/hearthbox/hearth"
)

// ToolServers are those whose tools the appliance runs itself, for clients that name them
// in a request.
type ToolServers interface {
	// Find is the server of that name, or of that address if one is given, if this caller
	// may use it and data of the class may go there.
	Find(by hearth.Principal, class hearth.DataClass, name, address string) (ToolServer, error)
}

// ToolServer is one of them.
type ToolServer interface {
	List(ctx context.Context) ([]hearth.Tool, error)
	Call(ctx context.Context, name, arguments string) (string, error)
	Asks() bool // every call has to be approved, whatever the client says
}

// Limits of what is done for one answer.
const (
	toolRoundsMax  = 16  // of asking the model
	toolCallsMax   = 128 // of all its rounds
	toolServersMax = 8
	toolNameMax    = 64 // of a function's name, as models know them
)

// toolServer is one that a request names, as it may be used in it.
type toolServer struct {
	label, url string
	allowed    []string // nil is all
	always     bool     // calls have to be approved
	except     []string // tools of which the opposite holds
}

// toolbox is what the appliance itself has run for an answer.
type toolbox struct {
	servers  []toolServer
	told     []string   // labels whose tools were told in an earlier turn
	approved []approval // calls that are to be made first
	callsMax int

	found map[string]*foundTool // by the name that the model calls
	calls int                   // that were made
}

// approval is a call that somebody has approved.
type approval struct{ id, server, tool, arguments string }

// foundTool is a tool, and where it is.
type foundTool struct {
	ToolServer
	label, name string
	approve     bool
}

// toolServerOf reads a tool of type mcp.
func toolServerOf(k *checks, at string, raw json.RawMessage) (s toolServer) {
	var t struct {
		Label         string          `json:"server_label"`
		URL           string          `json:"server_url"`
		Allowed       json.RawMessage `json:"allowed_tools"`
		Approval      json.RawMessage `json:"require_approval"`
		Headers       json.RawMessage `json:"headers"`
		Authorization json.RawMessage `json:"authorization"`
		Connector     json.RawMessage `json:"connector_id"`
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		k.fail(jsonErrorIn(at, raw, err))
		return s
	}
	switch {
	case t.Label == "":
		k.fail(missing(at + ".server_label"))
	case given(t.Headers) && string(t.Headers) != "{}":
		k.fail(unsupported(at+".headers", "headers for a server, which the operator declares,"))
	case given(t.Authorization):
		k.fail(unsupported(at+".authorization", "authorization at a server, which the operator declares,"))
	case given(t.Connector):
		k.fail(unsupported(at+".connector_id", "a connector"))
	}
	s = toolServer{label: t.Label, url: t.URL, always: true}
	names := func(field string, raw json.RawMessage) (list []string) {
		var filter struct {
			Names    []string `json:"tool_names"`
			ReadOnly *bool    `json:"read_only"`
		}
		if json.Unmarshal(raw, &list) != nil && json.Unmarshal(raw, &filter) != nil {
			k.fail(hearth.NewError(hearth.WrongType, "field", field, "type", "array or object").At(field))
		}
		if filter.ReadOnly != nil {
			k.fail(unsupported(field+".read_only", "a choice of tools by what they say of themselves"))
		}
		return append(list, filter.Names...)
	}
	if given(t.Allowed) {
		s.allowed = append([]string{}, names(at+".allowed_tools", t.Allowed)...)
	}
	switch string(t.Approval) {
	case "", "null", `"always"`:
	case `"never"`:
		s.always = false
	default:
		var by struct{ Always, Never json.RawMessage }
		if json.Unmarshal(t.Approval, &by) != nil {
			k.fail(hearth.NewError(hearth.NotOneOf, "field", at+".require_approval", "choices", "always, never, {always, never}").At(at + ".require_approval"))
		}
		if given(by.Never) {
			s.except = names(at+".require_approval.never", by.Never)
		} else if given(by.Always) {
			s.always, s.except = false, names(at+".require_approval.always", by.Always)
		}
	}
	return s
}

// toolName is the name by which a model calls a tool of a server.
func toolName(label, tool string) string {
	name := []byte(inNamespace(label, tool))
	for i, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			name[i] = '_'
		}
	}
	if len(name) > toolNameMax {
		h := fnv.New32a()
		_, _ = h.Write(name)
		return fmt.Sprintf("%s_%08x", name[:toolNameMax-9], h.Sum32())
	}
	return string(name)
}

// open finds the tools of the servers, and offers them to the model.
func (b *toolbox) open(ctx context.Context, x *exchange, r *hearth.Request) (told []*hearth.ToolRun, err error) {
	b.found, b.calls = map[string]*foundTool{}, 0
	names := map[string]bool{}
	for _, t := range r.Tools {
		names[t.Name] = true
	}
	for _, s := range b.servers {
		if x.ToolServers == nil {
			return nil, hearth.NewError(hearth.NoSuchToolServer, "server", s.label).At("tools")
		}
		server, err := x.ToolServers.Find(x.by, r.DataClass, s.label, s.url)
		if err != nil {
			return nil, at("tools", err)
		}
		all, err := server.List(ctx)
		if err != nil {
			return nil, at("tools", err)
		}
		run := &hearth.ToolRun{Stage: hearth.ToolsListed, Server: s.label}
		for _, t := range all {
			if s.allowed != nil && !slices.Contains(s.allowed, t.Name) {
				continue
			}
			run.Tools = append(run.Tools, t)
			f := &foundTool{server, s.label, t.Name, server.Asks() || s.always != slices.Contains(s.except, t.Name)}
			t.Name = toolName(s.label, t.Name)
			if names[t.Name] {
				return nil, hearth.NewError(hearth.InvalidValue, "field", "tools", "detail",
					hearth.Words{"two tools are called " + t.Name, "有两个工具都叫 " + t.Name}).At("tools")
			}
			names[t.Name], b.found[t.Name] = true, f
			r.Tools = append(r.Tools, t)
		}
		if !slices.Contains(b.told, s.label) {
			told = append(told, run)
		}
	}
	return told, nil
}

// toolRounds is an answer for which tools are run.
type toolRounds struct {
	*exchange
	*toolbox
	r     *hearth.Request
	early []*hearth.ToolRun // that is told when the answer begins
	emit  func(hearth.Chunk) bool
	usage hearth.Usage
}

// errEnough is that the caller has had enough.
var errEnough = errors.New("the caller has had enough")

// withTools asks the model, runs the tools that it calls, and asks it again with what they
// say, until it calls none, or one that is not to be run here or not yet. Each time is a
// request like any other: screened, in line, on record and counted.
func (x *exchange) withTools(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		own := *r
		own.Messages, own.Tools = slices.Clone(r.Messages), slices.Clone(r.Tools)
		t := &toolRounds{exchange: x, toolbox: x.toolbox, r: &own, emit: func(c hearth.Chunk) bool { return yield(c, nil) }}
		if err := t.answer(ctx); err != nil && !errors.Is(err, errEnough) {
			yield(hearth.Chunk{}, err)
		}
	}
}

func (t *toolRounds) answer(ctx context.Context) (err error) {
	if t.early, err = t.open(ctx, t.exchange, t.r); err != nil {
		return err
	}
	for _, a := range t.approved {
		call := hearth.ToolCall{ID: a.id, Name: toolName(a.server, a.tool), Arguments: a.arguments}
		if t.found[call.Name] == nil {
			return hearth.NewError(hearth.InvalidValue, "field", "tools", "detail",
				hearth.Words{"the server of an approved call is not among the tools", "tools 中没有已批准的调用所属的服务器"}).At("tools")
		}
		if err := t.run(ctx, call, a.id); err != nil {
			return err
		}
	}
	for round := 1; ; round++ {
		if round == toolRoundsMax || t.calls >= t.callsMax {
			t.r.Tools, t.r.Calls = nil, hearth.Calls{} // so that it says something now
		}
		c, own, err := t.round(ctx)
		if err != nil {
			return err
		}
		again := len(own) > 0 && len(own) == len(c.calls)
		if len(own) > 0 {
			t.r.Messages = append(t.r.Messages, hearth.Message{Role: hearth.RoleAssistant, Text: c.text.String(), TextAbsent: c.text.Len() == 0, Reasoning: c.reasoning.String(), ToolCalls: own})
		}
		for _, call := range own {
			if t.found[call.Name].approve {
				again = false
				if err := t.tell(&hearth.ToolRun{Stage: hearth.ToolAsked, Server: t.found[call.Name].label, Tool: t.found[call.Name].name, Arguments: call.Arguments}); err != nil {
					return err
				}
			} else if err := t.call(ctx, call, ""); err != nil {
				return err
			}
		}
		if !again {
			if !t.emit(hearth.Chunk{Finish: c.finish, StopString: c.stop, Usage: &t.usage}) {
				return errEnough
			}
			return nil
		}
		t.r.Ticket, t.r.Calls = "", hearth.Calls{Single: t.r.Calls.Single}
		if t.once != "" {
			t.r.Once = fmt.Sprintf("%s#%d", t.once, round)
		}
	}
}

// round asks the model once, and passes on what it thinks and says, and calls that are the
// client's to make.
func (t *toolRounds) round(ctx context.Context) (c collected, own []hearth.ToolCall, err error) {
	mine := map[int]bool{}
	for chunk, err := range t.generated(ctx, t.r) {
		if err != nil {
			return c, nil, err
		}
		if chunk.Place == nil {
			if err := t.flush(chunk); err != nil {
				return c, nil, err
			}
		}
		c.add(chunk)
		var theirs []hearth.ToolCallDelta
		for _, d := range chunk.ToolCalls {
			if mine[d.Index] = mine[d.Index] || t.found[c.calls[d.Index].Name] != nil; !mine[d.Index] {
				theirs = append(theirs, d)
			}
		}
		chunk.ToolCalls, chunk.Finish, chunk.StopString, chunk.Usage = theirs, "", "", nil
		if !t.emit(chunk) {
			return c, nil, errEnough
		}
	}
	t.usage.PromptTokens += c.usage.PromptTokens
	t.usage.CachedTokens += c.usage.CachedTokens
	t.usage.CompletionTokens += c.usage.CompletionTokens
	t.usage.ReasoningTokens += c.usage.ReasoningTokens
	for i, call := range c.calls {
		if mine[i] {
			own = append(own, call)
		}
	}
	return c, own, nil
}

// flush tells of the tools, once, and by what the answer is that begins with them.
func (t *toolRounds) flush(first hearth.Chunk) error {
	early := t.early
	t.early = nil
	for _, run := range early {
		if !t.emit(hearth.Chunk{Run: run, ServedBy: first.ServedBy, Waited: first.Waited, Expected: first.Expected}) {
			return errEnough
		}
	}
	return nil
}

func (t *toolRounds) tell(run *hearth.ToolRun) error {
	if err := t.flush(hearth.Chunk{}); err != nil {
		return err
	}
	if !t.emit(hearth.Chunk{Run: run}) {
		return errEnough
	}
	return nil
}

// run makes a call that the model made in an earlier turn.
func (t *toolRounds) run(ctx context.Context, call hearth.ToolCall, approval string) error {
	t.r.Messages = append(t.r.Messages, hearth.Message{Role: hearth.RoleAssistant, TextAbsent: true, ToolCalls: []hearth.ToolCall{call}})
	return t.call(ctx, call, approval)
}

// call has a tool run, and puts into the conversation what it says.
func (t *toolRounds) call(ctx context.Context, call hearth.ToolCall, approval string) error {
	f := t.found[call.Name]
	run := hearth.ToolRun{Stage: hearth.ToolBegun, Server: f.label, Tool: f.name, Arguments: call.Arguments, Approval: approval}
	if err := t.tell(&run); err != nil {
		return err
	}
	ended := run
	ended.Stage = hearth.ToolEnded
	var err error
	if t.calls++; t.calls > t.callsMax {
		err = hearth.NewError(hearth.ToolFailed, "server", f.label, "tool", f.name, "detail", hearth.Words{"no more calls are made for this answer", "本次回答不再调用工具"})
	} else {
		err = t.recorded(ctx, hearth.Record{Kind: hearth.RecordRequest, Act: "tool", Object: f.label + "/" + f.name}, func(*hearth.Record) (err error) {
			ended.Output, err = f.Call(ctx, f.name, call.Arguments)
			return err
		})
	}
	text := ended.Output
	if err != nil {
		e := hearth.AsError(err)
		switch e.Code {
		case hearth.ToolFailed, hearth.ToolServerUnavailable, hearth.ToolsTooMany:
		default: // the answer can't go on
			return err
		}
		t.Log.Warn("a tool failed", "request", t.request, "server", f.label, "tool", f.name, "error", e.Code)
		ended.Failed, text = e, "error: "+e.Message(hearth.English)
	}
	t.r.Messages = append(t.r.Messages, hearth.Message{Role: hearth.RoleTool, ToolCallID: call.ID, Name: call.Name, Text: text})
	return t.tell(&ended)
}

// approvals takes out of items what was decided about calls, and what is to be done of it:
// calls that are approved and not made yet are noted, those that are not approved stand
// for themselves as calls that failed. All are the items in which the calls themselves are
// looked for; now says that the decisions are of this turn.
func (c *responsesRequest) approvals(list, all []json.RawMessage, now bool) ([]json.RawMessage, error) {
	wishes, made := map[string]*inputItem{}, map[string]bool{}
	for _, raw := range all {
		var i inputItem
		if json.Unmarshal(raw, &i) != nil {
			continue // which is said where it is read
		}
		switch i.Type {
		case itemToolWish:
			wishes[i.ID] = &i
		case itemToolRun:
			made[i.Approval] = true
		case itemToolList:
			if c.toolbox != nil {
				c.toolbox.told = append(c.toolbox.told, i.Server)
			}
		}
	}
	var out []json.RawMessage
	for n, raw := range list {
		var i inputItem
		if json.Unmarshal(raw, &i) != nil || i.Type != itemToolApproval {
			out = append(out, raw)
			continue
		}
		field := fmt.Sprintf("input[%d].approval_request_id", n)
		wish := wishes[i.Approval]
		switch {
		case wish == nil:
			return nil, hearth.NewError(hearth.InvalidValue, "field", field, "detail",
				hearth.Words{"there is no such wish in this conversation", "本次对话中没有该审批请求"}).At(field)
		case made[wish.ID]:
		case !i.Approve:
			why := "the call was not approved"
			if i.Reason != "" {
				why += ": " + i.Reason
			}
			none, err := encode(outputItem{ID: wish.ID, Type: itemToolRun, Status: stageFailed, Server: wish.Server, Name: wish.Name, Arguments: &wish.Arguments, Failed: &why})
			if err != nil {
				return nil, err
			}
			out = append(out, none)
		case !now: // it was to be made in a turn that failed
		case c.toolbox == nil:
			return nil, missing("tools")
		default:
			c.toolbox.approved = append(c.toolbox.approved, approval{wish.ID, wish.Server, wish.Name, wish.Arguments})
			made[wish.ID] = true
		}
	}
	return out, nil
}

// ran appends a call that was made here, and what came of it.
func (i *inputItem) ran(out []hearth.Message) []hearth.Message {
	out = assistantTurn(out, func(*hearth.Message) bool { return true })
	m := &out[len(out)-1]
	m.ToolCalls = append(m.ToolCalls, hearth.ToolCall{ID: i.ID, Name: toolName(i.Server, i.Name), Arguments: i.Arguments})
	text := i.Output.text
	if given(i.Failed) {
		why := string(i.Failed)
		_ = json.Unmarshal(i.Failed, &why)
		text = "error: " + why
	}
	return append(out, hearth.Message{Role: hearth.RoleTool, ToolCallID: i.ID, Name: toolName(i.Server, i.Name), Text: text})
}

// ran tells of a step.
func (s *responseStream) ran(run *hearth.ToolRun) {
	n := len(s.object.Output)
	id := fmt.Sprintf("%s_%d", s.object.ID[len(responseID):], n)
	switch run.Stage {
	case hearth.ToolsListed:
		s.leave(stageCompleted)
		list := []listedTool{}
		for _, t := range run.Tools {
			list = append(list, listedTool{t.Name, t.Description, t.Parameters})
		}
		s.start(outputItem{ID: "mcpl_" + id, Type: itemToolList, Server: run.Server, Tools: &list})
		s.event(s.about(responseEvent{Type: "response.mcp_list_tools.in_progress"}))
		s.event(s.about(responseEvent{Type: "response.mcp_list_tools.completed"}))
		s.leave(stageCompleted)
	case hearth.ToolAsked:
		s.leave(stageCompleted)
		s.start(outputItem{ID: "mcpr_" + id, Type: itemToolWish, Server: run.Server, Name: run.Tool, Arguments: &run.Arguments})
		s.leave(stageCompleted)
	case hearth.ToolBegun:
		s.leave(stageCompleted)
		item := outputItem{ID: "mcp_" + id, Type: itemToolRun, Server: run.Server, Name: run.Tool, Arguments: new(string)}
		if run.Approval != "" {
			item.Approval = &run.Approval
		}
		s.start(item)
		s.event(s.about(responseEvent{Type: "response.mcp_call.in_progress"}))
		s.event(s.about(responseEvent{Type: "response.mcp_call_arguments.delta", Delta: &run.Arguments}))
		s.event(s.about(responseEvent{Type: "response.mcp_call_arguments.done", Arguments: &run.Arguments}))
		s.open.Arguments = &run.Arguments
	case hearth.ToolEnded:
		if s.open == nil {
			return
		}
		if run.Failed != nil {
			why := run.Failed.Message(s.lang)
			s.open.Failed = &why
			s.event(s.about(responseEvent{Type: "response.mcp_call.failed"}))
			s.leave(stageFailed)
			return
		}
		s.open.Output = &run.Output
		s.event(s.about(responseEvent{Type: "response.mcp_call.completed"}))
		s.leave(stageCompleted)
	}
}

// start opens an item that has no parts.
func (s *responseStream) start(item outputItem) {
	n := len(s.object.Output)
	item.Status = stageInProgress
	s.open = &item
	added := item
	s.event(responseEvent{Type: "response.output_item.added", OutputIndex: &n, Item: &added})
}

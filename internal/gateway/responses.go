package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

var responsesRoutes = []route{
	{http.MethodPost, "/v1/responses", hearth.RightAsk, (*exchange).respond},
	{http.MethodPost, "/v1/responses/*/cancel", hearth.RightAsk, (*exchange).cancelResponse},
	{http.MethodGet, "/v1/responses/*/input_items", hearth.RightAsk, (*exchange).inputItems},
	{http.MethodGet, "/v1/responses/*", hearth.RightAsk, (*exchange).showResponse},
	{http.MethodDelete, "/v1/responses/*", hearth.RightAsk, (*exchange).deleteResponse},
}

// Archive keeps answers for the keys they were made for, within bounds of its own. What is
// not there, for whatever reason, is an error of code [hearth.NoSuchResponse].
type Archive interface {
	// Keep remembers an answer, in the place of one with its id. It reports whether
	// there is room for it. The parent is the answer before it in the conversation.
	Keep(ctx context.Context, owner, id, parent string, body []byte) (bool, error)
	Kept(ctx context.Context, owner, id string) ([]byte, error)
	// Conversation is an answer and those before it, the newest first, at most so many.
	Conversation(ctx context.Context, owner, id string, most int) ([][]byte, error)
	Forget(ctx context.Context, owner, id string) error
}

// keptResponse is what is remembered of an answer.
type keptResponse struct {
	Response responseObject    `json:"response"`
	Input    []json.RawMessage `json:"input"` // of this turn
}

const (
	responseID = "resp_"
	turnsMax   = 1000 // of a conversation that goes on from earlier answers
	keepMax    = 10 * time.Second
)

// respond answers POST /v1/responses.
func (x *exchange) respond() error {
	var c responsesRequest
	if err := x.read(&c); err != nil {
		return err
	}
	x.asked, x.oneCall = "input", c.ParallelCalls != nil && !*c.ParallelCalls
	r, err := c.request()
	if err != nil {
		return err
	}
	input, err := x.conversation(&c, r)
	if err != nil {
		return err
	}
	x.toolbox = c.toolbox
	s := &responseStream{lang: x.lang, namespaces: c.namespaces, object: x.responseObject(&c)}
	s.keep = func(o *responseObject) { x.keep(o, input) }
	switch {
	case c.Background && x.job == nil:
		return x.background(r, s, c.Stream)
	case c.Stream:
		return x.send(r, sse, s)
	}
	if err := x.collect(r, func(c hearth.Chunk) { s.chunk(c) }); err != nil {
		return err
	}
	s.last()
	x.writeJSON(http.StatusOK, s.object)
	return nil
}

// conversation fills in what is said: the instructions, what is kept of earlier turns,
// and the input, whose items it returns.
func (x *exchange) conversation(c *responsesRequest, r *hearth.Request) ([]json.RawMessage, error) {
	input, err := items(c.Input)
	if err != nil {
		return nil, err
	}
	for i := range input {
		if input[i], err = identified(input[i]); err != nil {
			return nil, err
		}
	}
	var history []json.RawMessage
	if c.PreviousID != nil {
		if history, err = x.history(*c.PreviousID); err != nil {
			return nil, err
		}
	}
	if input, err = x.referred(input); err != nil {
		return nil, err
	}
	return input, c.converse(r, history, input)
}

// converse puts into a request what is said: the instructions, what was said before, and
// the input.
func (c *responsesRequest) converse(r *hearth.Request, history, input []json.RawMessage) error {
	history, err := c.approvals(history, history, false)
	if err != nil {
		return err
	}
	if input, err = c.approvals(input, append(slices.Clone(history), input...), true); err != nil {
		return err
	}
	before, err := conversation(history)
	if err != nil {
		return err
	}
	if c.Instructions != nil && *c.Instructions != "" {
		r.Messages = append(r.Messages, hearth.Message{Role: hearth.RoleSystem, Text: *c.Instructions})
	}
	r.Messages = append(r.Messages, before...)
	r.Messages, err = conversation(input, r.Messages...)
	if err == nil && len(r.Messages) == 0 {
		err = missing("input")
	}
	return err
}

// history is what an earlier answer and those before it were about, the oldest first.
func (x *exchange) history(id string) ([]json.RawMessage, error) {
	bodies, err := x.kept().Conversation(x.r.Context(), x.by.KeyID, id, turnsMax)
	if err != nil {
		return nil, at("previous_response_id", err)
	}
	var all []json.RawMessage
	for _, body := range slices.Backward(bodies) {
		k, err := parseKept(body)
		if err != nil {
			return nil, err
		}
		if k.Response.unfinished() && x.working(k.Response.ID) {
			return nil, hearth.NewError(hearth.InvalidValue, "field", "previous_response_id", "detail",
				hearth.Words{"that answer is still being made", "该响应仍在生成"}).At("previous_response_id")
		}
		all = append(all, k.Input...)
		for _, item := range k.Response.Output {
			raw, err := encode(item)
			if err != nil {
				return nil, err
			}
			all = append(all, raw)
		}
	}
	return all, nil
}

// referred puts kept items in the place of references to them: an item's id holds its
// answer's.
func (x *exchange) referred(input []json.RawMessage) ([]json.RawMessage, error) {
	for i, raw := range input {
		var ref struct{ Type, ID string }
		if json.Unmarshal(raw, &ref) != nil || ref.Type != "item_reference" {
			continue
		}
		_, rest, _ := strings.Cut(ref.ID, "_")
		answer, _, _ := strings.Cut(rest, "_")
		k, err := x.keptResponse(responseID + answer)
		if err != nil {
			return nil, at("input", err)
		}
		found := slices.IndexFunc(k.Response.Output, func(o outputItem) bool { return o.ID == ref.ID })
		if found < 0 {
			return nil, hearth.NewError(hearth.NoSuchResponse, "response", ref.ID).At("input")
		}
		if input[i], err = encode(k.Response.Output[found]); err != nil {
			return nil, err
		}
	}
	return input, nil
}

// at blames a part of the request for an error of the catalogue.
func at(field string, err error) error {
	if e, ok := errors.AsType[*hearth.Error](err); ok {
		return e.At(field)
	}
	return err
}

// responseObject is the answer before it has begun.
func (x *exchange) responseObject(c *responsesRequest) responseObject {
	o := responseObject{ID: responseID + rand.Text(), Object: "response", CreatedAt: time.Now().Unix(), Status: stageQueued,
		Background: c.Background, Instructions: c.Instructions, MaxTokens: c.MaxTokens, Model: c.Model, Output: []outputItem{},
		ParallelCalls: !x.oneCall, PreviousID: c.PreviousID, Store: c.stored() && x.Archive != nil, Temperature: c.Temperature,
		TopP: c.TopP, ToolChoice: "auto", Tools: c.Tools, Truncation: "disabled", User: c.User, Metadata: c.Metadata, System: x.Fingerprint}
	o.Text.Format.Type = "text"
	if c.Text != nil && c.Text.Format != nil {
		o.Text.Format = responseFormat{c.Text.Format.Type, c.Text.Format.Name, c.Text.Format.Schema}
	}
	if c.TopLogProbs != nil {
		o.TopLogProbs = *c.TopLogProbs
	}
	if c.Reasoning != nil {
		o.Reasoning.Effort = c.Reasoning.Effort
	}
	if string(c.ToolChoice) == `"none"` {
		o.ToolChoice = "none"
	}
	if o.Tools == nil {
		o.Tools = []json.RawMessage{}
	}
	if o.Metadata == nil {
		o.Metadata = map[string]string{}
	}
	return o
}

// keep remembers an answer, and notes in it whether that could be done. It is done when
// the answer is whole, whoever still listens.
func (x *exchange) keep(o *responseObject, input []json.RawMessage) {
	if !o.Store {
		return
	}
	body, err := encode(keptResponse{*o, input})
	if err == nil {
		parent := ""
		if o.PreviousID != nil {
			parent = *o.PreviousID
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(x.r.Context()), keepMax)
		defer cancel()
		o.Store, err = x.Archive.Keep(ctx, x.by.KeyID, o.ID, parent, body)
	}
	if err != nil {
		o.Store = false
		x.Log.Error("an answer can't be stored", "response", o.ID, "error", err)
	}
}

// kept is the archive; one where nothing is, if there is none.
func (x *exchange) kept() Archive {
	if x.Archive == nil {
		return nothingKept{}
	}
	return x.Archive
}

type nothingKept struct{}

func (nothingKept) Keep(context.Context, string, string, string, []byte) (bool, error) {
	return false, nil
}

func (nothingKept) Kept(_ context.Context, _, id string) ([]byte, error) {
	return nil, hearth.NewError(hearth.NoSuchResponse, "response", id)
}

func (n nothingKept) Conversation(ctx context.Context, owner, id string, _ int) ([][]byte, error) {
	_, err := n.Kept(ctx, owner, id)
	return nil, err
}

func (n nothingKept) Forget(ctx context.Context, owner, id string) error {
	_, err := n.Kept(ctx, owner, id)
	return err
}

func parseKept(body []byte) (*keptResponse, error) {
	var k keptResponse
	err := json.Unmarshal(body, &k)
	return &k, err
}

// keptResponse finds an answer. One that nobody makes any more is told to have failed of
// that.
func (x *exchange) keptResponse(id string) (*keptResponse, error) {
	if len(id) > modelBytesMax {
		return nil, hearth.NewError(hearth.NoSuchResponse, "response", id[:modelBytesMax])
	}
	body, err := x.kept().Kept(x.r.Context(), x.by.KeyID, id)
	if err != nil {
		return nil, err
	}
	k, err := parseKept(body)
	if err != nil {
		return nil, err
	}
	if k.Response.unfinished() && !x.working(id) {
		k.Response.Status, k.Response.Error = stageFailed, responseErrorOf(hearth.NewError(hearth.ServerStop), x.lang)
	}
	return k, nil
}

func (o *responseObject) unfinished() bool {
	return o.Status == stageQueued || o.Status == stageInProgress
}

// working reports whether an answer in the background waits or is being made.
func (x *exchange) working(id string) bool {
	if x.Jobs == nil {
		return false
	}
	j, err := x.Jobs.Job(x.r.Context(), x.by.KeyID, id)
	return err == nil && j.State != hearth.JobDone
}

package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// An answer in the background is a job (jobs.go). Beside it stands, in memory, what is told
// of it to those who follow it: a live answer. It is gone some minutes after its end, and
// with the process; the job is not, and begins a new one.

// Limits of live answers.
const (
	livesMax   = 1024            // beside those that are being made, which have bounds of their own
	liveLinger = 5 * time.Minute // after its end, for who was cut off and comes back
)

// lives are the live answers.
type lives struct {
	mu   sync.Mutex
	byID map[string]*live
}

// live is one of them.
type live struct {
	id, owner string

	mu      sync.Mutex
	s       *responseStream
	events  []any
	object  responseObject // as it stands
	ended   bool
	changed chan struct{} // closed when there is more
	endedAt time.Time
}

func newLive(owner string, s *responseStream) *live {
	l := &live{id: s.object.ID, owner: owner, s: s, object: s.object, changed: make(chan struct{})}
	l.add(s.waiting(nil), s.object, false)
	return l
}

// add takes a live answer in, or finds the one that is there. It is nil if there are too
// many, unless it has to be there.
func (ls *lives) add(l *live, must bool) *live {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.byID == nil {
		ls.byID = map[string]*live{}
	}
	for id, old := range ls.byID {
		if old.gone(liveLinger) || len(ls.byID) >= livesMax && old.gone(0) {
			delete(ls.byID, id)
		}
	}
	if there := ls.byID[l.id]; there != nil && !there.gone(0) {
		return there
	}
	if len(ls.byID) >= livesMax && !must {
		return nil
	}
	ls.byID[l.id] = l
	return l
}

func (ls *lives) drop(id string) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	delete(ls.byID, id)
}

// find returns a live answer to its owner; nil if there is none.
func (ls *lives) find(owner, id string) *live {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if l := ls.byID[id]; l != nil && l.owner == owner && !l.gone(liveLinger) {
		return l
	}
	return nil
}

// gone reports whether it has ended so long ago.
func (l *live) gone(linger time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended && time.Since(l.endedAt) >= linger
}

// now is the answer as it stands.
func (l *live) now() responseObject {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.object
}

// add tells of events.
func (l *live) add(events []any, o responseObject, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		if _, comments := e.(comment); !comments {
			l.events = append(l.events, e)
		}
	}
	l.object, l.ended, l.endedAt = o, ended, time.Now()
	close(l.changed)
	l.changed = make(chan struct{})
}

// since returns the events from one on, whether they are all, and what tells of more.
func (l *live) since(from int) (events []any, ended bool, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events[min(from, len(l.events)):], l.ended, l.changed
}

// background has an answer made, and shows it as it stands, or follows it.
func (x *exchange) background(r *hearth.Request, s *responseStream, stream bool) error {
	if err := x.wishes(r); err != nil {
		return err
	}
	if s.object.Store && x.Jobs != nil {
		s.keep(&s.object) // which may have no room for it
	}
	if !s.object.Store || x.Jobs == nil {
		return unsupported("background", "an answer in the background where none are stored")
	}
	l := x.lives.add(newLive(x.by.KeyID, s), false)
	first := s.object
	now := time.Now()
	err := x.Jobs.Add(x.r.Context(), hearth.Job{ID: s.object.ID, Owner: x.by.KeyID, Kind: hearth.JobResponse, Path: x.r.URL.Path, From: x.from, Request: x.request, Lang: x.lang, Class: r.Class, Data: r.DataClass,
		Body: x.raw, Created: now, Expires: now.Add(jobMax)})
	if err != nil {
		x.lives.drop(first.ID)
		_ = x.Archive.Forget(context.WithoutCancel(x.r.Context()), x.by.KeyID, first.ID)
		return err
	}
	if stream && l != nil {
		return x.follow(l, 0)
	}
	x.writeJSON(http.StatusOK, first)
	return nil
}

// revive is the request of an answer in the background, as it was kept, and its live answer.
// It is nil if it was not kept, or has ended.
func (x *exchange) revive(j hearth.Job, must bool) (*hearth.Request, *live, error) {
	body, err := x.kept().Kept(x.r.Context(), x.by.KeyID, j.ID)
	if errors.Is(err, hearth.NewError(hearth.NoSuchResponse)) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	k, err := parseKept(body)
	if err != nil || !k.Response.unfinished() {
		return nil, nil, err
	}
	var c responsesRequest
	if err := json.Unmarshal(j.Body, &c); err != nil {
		return nil, nil, jsonError(j.Body, err)
	}
	x.asked, x.oneCall = "input", c.ParallelCalls != nil && !*c.ParallelCalls
	s := &responseStream{lang: x.lang, object: k.Response}
	s.keep = func(o *responseObject) { x.keep(o, k.Input) }
	s.object.Output, s.object.Status = []outputItem{}, stageQueued
	r, err := c.request()
	s.namespaces, x.toolbox = c.namespaces, c.toolbox
	l := x.lives.add(newLive(x.by.KeyID, s), must)
	if err != nil {
		return nil, l, err
	}
	r.Class = j.Class
	var history []json.RawMessage
	if c.PreviousID != nil {
		if history, err = x.history(*c.PreviousID); err != nil {
			return nil, l, err
		}
	}
	return r, l, c.converse(r, history, k.Input)
}

// remake makes an answer in the background.
func (x *exchange) remake(ctx context.Context, j hearth.Job) hearth.Outcome {
	r, l, err := x.revive(j, true)
	if l == nil { // it was deleted, or ended before it could be said that the job is done
		if err != nil {
			return hearth.Outcome{Again: unavailableAfter}
		}
		return hearth.Outcome{Forget: true}
	}
	s, begun := l.s, false
	if err == nil {
		err = door.Contained(func() error {
			for c, err := range x.answer(ctx, r) {
				if err != nil {
					return x.fieldOf(r, err)
				}
				if c.Place == nil {
					begun = true
					l.add(s.chunk(c), s.object, false)
				}
			}
			return ctx.Err()
		})
	}
	var events []any
	switch cause := context.Cause(ctx); {
	case err == nil:
		events = s.last()
	case errors.Is(cause, hearth.NewError(hearth.ServerStop)): // it is made again after the next start
		x.lives.drop(j.ID)
		return hearth.Outcome{}
	case errors.Is(cause, hearth.NewError(hearth.Canceled)):
		events = s.cancelled()
	case cause != nil: // who asked for it may no longer
		events = s.broken(hearth.AsError(cause))
	default:
		if o, again := later(j, err); again && !begun {
			return o
		}
		e := hearth.AsError(err)
		x.Log.Error("an answer in the background failed", "response", j.ID, "key", j.Owner, "code", e.Code, "error", quiet(err))
		events = s.broken(e)
	}
	l.add(events, s.object, true)
	return hearth.Outcome{Forget: true, Event: "response." + s.object.Status}
}

// quiet is an error for the log, unless it may quote the request.
func quiet(err error) error {
	if hearth.AsError(err).Kind() == hearth.KindInvalid {
		return nil
	}
	return err
}

// cancelled ends an answer that nobody wants any more, with what there is of it. The API
// has no event for that.
func (s *responseStream) cancelled() []any {
	s.out = nil
	s.leave(stageIncomplete)
	s.object.Status = stageCancelled
	s.keep(&s.object)
	return s.out
}

// withdraw ends an answer in the background, if it has not ended: then it neither waits nor
// is made any more.
func (x *exchange) withdraw(id string) error {
	if x.Jobs == nil {
		return nil
	}
	err := x.Jobs.Cancel(x.r.Context(), x.by.KeyID, id)
	if errors.Is(err, hearth.NewError(hearth.NoSuchTicket)) {
		return nil
	}
	return err
}

// follow streams the events of a live answer from one on, and signs of life between them.
func (x *exchange) follow(l *live, from int) error {
	s := x.stream(sse)
	for {
		events, ended, more := l.since(from)
		if err := s.send(events); err != nil {
			return &begunError{err}
		}
		from += len(events)
		if ended {
			s.begin() // even if there was nothing left to say
			return nil
		}
		select {
		case <-more:
		case <-time.After(x.Heartbeat):
			if err := s.send([]any{standing(nil)}); err != nil {
				return &begunError{err}
			}
		case <-x.r.Context().Done():
			return x.left(s, l, from)
		}
	}
}

// left ends a stream whose client went away, while the answer goes on; or whose server
// stops, or whose client may no longer, which has to be said.
func (x *exchange) left(s *stream, l *live, from int) error {
	err := context.Cause(x.r.Context())
	if !s.begun {
		return err
	}
	if events, ended, _ := l.since(from); ended {
		_ = s.send(events)
	} else if _, told := errors.AsType[*hearth.Error](err); told {
		e := x.explain(err)
		_ = s.send([]any{event{"error", responseEvent{Type: "error", Sequence: from, Code: string(e.Code), Message: e.Message(x.lang), Remedy: e.Remedy(x.lang)}}})
	}
	return &begunError{err}
}

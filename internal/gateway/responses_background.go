package gateway

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// Limits of answers in the background.
const (
	jobsMax   = 64              // being made, or ended moments ago
	jobsOfKey = 16              // of these, a key's own
	jobLinger = 5 * time.Minute // after its end, for who was cut off and comes back
)

var errCancelled = errors.New("cancelled by the client")

// jobs are the answers that are made in the background, whoever listens.
type jobs struct {
	mu      sync.Mutex
	byID    map[string]*job
	running sync.WaitGroup
	stopped bool
}

// job is one of them. Its events are kept in memory until a while after its end.
type job struct {
	id, owner string
	cancel    context.CancelCauseFunc

	mu      sync.Mutex
	events  []any
	object  responseObject // as it stands
	ended   bool
	changed chan struct{} // closed when there is more
	done    chan struct{} // closed at the end
	endedAt time.Time
}

// add takes a job in, unless there are too many.
func (js *jobs) add(j *job) error {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.stopped {
		return hearth.NewError(hearth.ServerStop)
	}
	if js.byID == nil {
		js.byID = map[string]*job{}
	}
	own := 0
	for id, old := range js.byID {
		switch {
		case old.gone(jobLinger):
			delete(js.byID, id)
		case old.owner == j.owner:
			own++
		}
	}
	if own >= jobsOfKey && !js.dropEnded(j.owner) || len(js.byID) >= jobsMax && !js.dropEnded("") {
		return hearth.NewError(hearth.TooManyJobs, "jobs", jobsOfKey)
	}
	js.byID[j.id] = j
	js.running.Add(1)
	return nil
}

// dropEnded makes room, if some job of the owner, or of anybody, has ended.
func (js *jobs) dropEnded(owner string) bool {
	for id, j := range js.byID {
		if j.gone(0) && (owner == "" || j.owner == owner) {
			delete(js.byID, id)
			return true
		}
	}
	return false
}

func (js *jobs) drop(j *job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	delete(js.byID, j.id)
}

// find returns a job to its owner; nil if there is none.
func (js *jobs) find(owner, id string) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	if j := js.byID[id]; j != nil && j.owner == owner && !j.gone(jobLinger) {
		return j
	}
	return nil
}

// Stop takes no more answers in the background, and waits for those that are being made
// until ctx ends. What is not done then is cut, and remembered as failed of that.
func (g *Gateway) Stop(ctx context.Context) {
	js := &g.jobs
	js.mu.Lock()
	js.stopped = true
	js.mu.Unlock()
	done := make(chan struct{})
	go func() {
		js.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	js.mu.Lock()
	for _, j := range js.byID {
		j.cancel(hearth.NewError(hearth.ServerStop))
	}
	js.mu.Unlock()
	<-done
}

// gone reports whether the job has ended so long ago.
func (j *job) gone(linger time.Duration) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.ended && time.Since(j.endedAt) >= linger
}

// running reports whether there is a job, and it has not ended.
func (j *job) running() bool { return j != nil && !j.gone(0) }

// now is the answer as it stands.
func (j *job) now() responseObject {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.object
}

// stop ends the job and waits for its end.
func (j *job) stop(why error) {
	j.cancel(why)
	<-j.done
}

// add tells of events.
func (j *job) add(events []any, o responseObject, ended bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range events {
		if _, comments := e.(comment); !comments {
			j.events = append(j.events, e)
		}
	}
	j.object, j.ended, j.endedAt = o, ended, time.Now()
	close(j.changed)
	j.changed = make(chan struct{})
}

// since returns the events from one on, whether they are all, and what tells of more.
func (j *job) since(from int) (events []any, ended bool, more <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.events[min(from, len(j.events)):], j.ended, j.changed
}

// background has an answer made, and shows it as it stands, or follows it.
func (x *exchange) background(r *hearth.Request, s *responseStream, stream bool) error {
	if !s.object.Store {
		return unsupported("background", "an answer in the background where none are stored")
	}
	// It goes on without the client, and no longer than the client may ask.
	ctx, release := x.Authoriser.Hold(context.WithoutCancel(x.r.Context()), x.by, x.r.Header.Values)
	ctx, cancel := context.WithCancelCause(ctx)
	j := &job{id: s.object.ID, owner: x.by.KeyID, cancel: cancel, object: s.object, changed: make(chan struct{}), done: make(chan struct{})}
	if err := x.jobs.add(j); err != nil {
		release()
		return err
	}
	j.add(s.waiting(nil), s.object, false)
	s.keep(&s.object)
	first := j.now()
	go func() {
		defer x.jobs.running.Done()
		defer close(j.done)
		defer release()
		defer cancel(nil)
		x.make(ctx, j, r, s)
	}()
	if stream {
		return x.follow(j, 0)
	}
	x.writeJSON(http.StatusOK, first)
	return nil
}

// make runs the answer to its end.
func (x *exchange) make(ctx context.Context, j *job, r *hearth.Request, s *responseStream) {
	err := door.Contained(func() error {
		for c, err := range x.answer(ctx, r) {
			if err != nil {
				return x.fieldOf(r, err)
			}
			if c.Place == nil {
				j.add(s.chunk(c), s.object, false)
			}
		}
		return ctx.Err()
	})
	var events []any
	switch cause := context.Cause(ctx); {
	case err == nil:
		events = s.last()
	case errors.Is(cause, errCancelled):
		events = s.cancelled()
	case cause != nil:
		events = s.broken(hearth.AsError(cause))
	default:
		e := hearth.AsError(err)
		x.Log.Error("an answer in the background failed", "response", j.id, "key", j.owner, "code", e.Code, "error", quiet(err))
		events = s.broken(e)
	}
	j.add(events, s.object, true)
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

// follow streams the events of a job from one on, and signs of life between them.
func (x *exchange) follow(j *job, from int) error {
	s := x.stream(sse)
	for {
		events, ended, more := j.since(from)
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
			return x.left(s, j, from)
		}
	}
}

// left ends a stream whose client went away, while the answer goes on; or whose server
// stops, or whose client may no longer, which has to be said.
func (x *exchange) left(s *stream, j *job, from int) error {
	err := context.Cause(x.r.Context())
	if !s.begun {
		return err
	}
	if events, ended, _ := j.since(from); ended {
		_ = s.send(events)
	} else if _, told := errors.AsType[*hearth.Error](err); told {
		e := x.explain(err)
		_ = s.send([]any{event{"error", responseEvent{Type: "error", Sequence: from, Code: string(e.Code), Message: e.Message(x.lang), Remedy: e.Remedy(x.lang)}}})
	}
	return &begunError{err}
}

package upstream

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hearthbox/hearth"
)

// A server is taken to be down when it can't be reached, or has failed so often in a row;
// and to be up again when it has made a token. Lists and pages of health say nothing: an
// engine whose scheduler hangs answers them for hours.
const (
	failuresMost = 3
	probeMax     = 30 * time.Second // for the token
	probeIdle    = 30 * time.Second // between signs of life of a server that is up, before it is asked for one
	probeFirst   = time.Second      // after it went down; each time twice as long
	probeLast    = 30 * time.Second
)

// health is what is known of whether a server works.
type health struct {
	mu       sync.Mutex
	down     bool
	failures int           // in a row
	changed  chan struct{} // has an element when down has become true
	held     atomic.Bool   // it is being started
	drained  atomic.Bool   // the operator wants it to be given nothing
	turned   chan struct{} // has an element when drained has changed
	alive    atomic.Int64  // when it last made something, Unix nanoseconds

	worked   time.Time     // when it did last what it was asked
	trouble  *hearth.Error // the last there was with it
	troubled time.Time

	answers, troubles atomic.Int64
}

func newHealth() health {
	return health{changed: make(chan struct{}, 1), turned: make(chan struct{}, 1)}
}

// sign notes that the server made something.
func (h *health) sign() { h.alive.Store(time.Now().UnixNano()) }

// silence is for how long it has made nothing.
func (h *health) silence() time.Duration { return time.Since(time.Unix(0, h.alive.Load())) }

// Up reports whether the server is taken to work, and may be asked.
func (u *Server) Up() bool {
	u.health.mu.Lock()
	defer u.health.mu.Unlock()
	return !u.health.down && !u.health.drained.Load()
}

// note takes what became of a request, and hands the error on.
func (u *Server) note(err error) error {
	h := &u.health
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		h.failures, h.down = 0, false
		h.held.Store(false)
		h.sign()
		h.worked = time.Now()
		return nil
	}
	if troubled(err) && !h.held.Load() { // an engine that starts is not in trouble
		h.trouble, h.troubled = hearth.AsError(err), time.Now()
	}
	switch hearth.AsError(err).Code {
	case hearth.UpstreamUnreachable:
		h.failures = max(h.failures+1, failuresMost)
	case hearth.UpstreamFailed, hearth.UpstreamProtocol, hearth.UpstreamRefused:
		h.failures++
	default: // it was busy, or the request at fault, or nobody
		return err
	}
	if h.failures >= failuresMost && !h.down {
		h.down = true
		select {
		case h.changed <- struct{}{}:
		default:
		}
	}
	return err
}

// Hold takes the server to be down until it makes a token: one that is being started. Who
// asks it meanwhile is told that it is busy, so that the request waits.
func (u *Server) Hold() {
	u.health.held.Store(true)
	_ = u.note(hearth.NewError(hearth.UpstreamUnreachable, "upstream", u.Name))
}

// heldFor is how soon a server that is being started is asked again.
const heldFor = 2 * time.Second

// Probe has the server make a token, of whatever model it has for that. One that has
// models only for other things is asked for its list.
func (u *Server) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeMax)
	defer cancel()
	models, err := u.Models(ctx)
	if len(models) == 0 {
		return u.note(err)
	}
	i := slices.IndexFunc(models, func(m hearth.Model) bool { return m.Task == "" || m.Task == hearth.TaskChat })
	if i < 0 {
		_, err := u.list(ctx)
		return u.note(err)
	}
	r := &hearth.Request{Model: models[i].ID, Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "hi"}}}
	r.MaxTokens, r.MayFallShort = 1, true
	err = u.answer(ctx, r, func(hearth.Chunk) bool { return true })
	if errors.Is(err, hearth.NewError(hearth.Canceled)) {
		// Ours was the deadline; only it was too slow.
		return u.note(u.protocol("it made no token within "+probeMax.String(), err))
	}
	return err
}

// Watch keeps what is known of the server true until ctx ends: it is asked for a token
// when it is down, and when it is of a kind that costs nothing and has been silent; and
// for its metrics. changed is called when any of that may have changed.
func (u *Server) Watch(ctx context.Context, log *slog.Logger, changed func()) {
	u.health.sign()
	again := probeFirst
	tick := time.NewTimer(metricsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-u.health.changed:
			log.Warn("an upstream is down; it is asked for a token until it makes one", "upstream", u.Name)
			again = probeFirst
			changed()
		case <-u.health.turned:
			changed()
		case <-tick.C:
		}
		switch next := metricsEvery; {
		case u.health.drained.Load():
			tick.Reset(next)
			continue
		case !u.Up():
			if u.Probe(ctx) == nil {
				log.Info("an upstream is up", "upstream", u.Name)
				u.Relist()
				again = probeFirst
				changed()
			} else {
				next, again = again, min(probeLast, 2*again)
			}
			tick.Reset(next)
			continue
		case u.kind.Resident && u.health.silence() >= probeIdle && u.rest.left() == 0:
			if err := u.Probe(ctx); err != nil && ctx.Err() == nil {
				log.Debug("an upstream made no token", "upstream", u.Name, "error", err)
			} else {
				u.health.sign()
			}
		}
		if u.scrape(ctx) {
			changed()
		}
		tick.Reset(metricsEvery)
	}
}

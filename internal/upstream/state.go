package upstream

import (
	"context"
	"time"

	"github.com/hearthbox/hearth"
)

// State is what a server is taken to be fit for.
type State string

// The states.
const (
	StateUp       State = "up"
	StateDown     State = "down"     // it is asked for a token until it makes one
	StateStarting State = "starting" // by us, and has made no token yet
	StateResting  State = "resting"  // it wants to be left alone for a while
	StateDrained  State = "drained"  // by the operator
)

// Status is what is known of a server. Times that are zero are not known.
type Status struct {
	State    State
	Failures int // in a row
	Worked   time.Time
	Trouble  *hearth.Error // the last; nil if there was none
	Troubled time.Time
	Rests    time.Duration // for how long it is still left alone
	Running  int
	Answers  int64 // that came to their end, since the start
	Troubles int64 // answers that did not, or were not begun, the request not being at fault
	Load     *Load // as it says itself; nil if it does not
	Models   []hearth.Model
}

// Status is what is known of the server; it is not asked.
func (u *Server) Status() Status {
	h := &u.health
	s := Status{Rests: u.rest.left(), Running: u.Running(), Answers: h.answers.Load(), Troubles: h.troubles.Load()}
	if l, ok := u.Load(); ok {
		s.Load = &l
	}
	u.mu.Lock()
	s.Models = u.models
	u.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	s.Failures, s.Worked, s.Trouble, s.Troubled = h.failures, h.worked, h.trouble, h.troubled
	switch {
	case h.drained.Load():
		s.State = StateDrained
	case h.held.Load():
		s.State = StateStarting
	case h.down:
		s.State = StateDown
	case s.Rests > 0:
		s.State = StateResting
	default:
		s.State = StateUp
	}
	return s
}

// Drain has the server given nothing new, or lets it be asked again. What it is giving goes
// on. Who asks it meanwhile is told that it is busy, so that the request waits or goes
// elsewhere; it isn't asked for signs of life either.
func (u *Server) Drain(on bool) {
	if u.health.drained.Swap(on) == on {
		return
	}
	select {
	case u.health.turned <- struct{}{}:
	default:
	}
}

// unasked is why the server is not given a request now; nil if it may be.
func (u *Server) unasked() error {
	switch {
	case u.health.drained.Load():
		return u.busy(hearth.Words{"it is given nothing new for now", "已暂停接收新请求"}, heldFor)
	case u.health.held.Load():
		return u.busy(hearth.Words{"it is being started", "正在启动"}, heldFor)
	}
	return u.resting()
}

// resting is that it wants to be left alone; nil if it doesn't.
func (u *Server) resting() error {
	if left := u.rest.left(); left > 0 {
		return u.busy(hearth.Words{"it wants to be left alone", "要求暂停请求"}, left)
	}
	return nil
}

func (u *Server) busy(why hearth.Words, after time.Duration) error {
	return hearth.NewError(hearth.UpstreamBusy, "upstream", u.Name, "detail", why).After(after)
}

// counted takes what became of a request of somebody.
func (u *Server) counted(ctx context.Context, err error) error {
	switch {
	case err == nil:
		u.health.answers.Add(1)
	case ctx.Err() == nil && troubled(err):
		u.health.troubles.Add(1)
	}
	return err
}

// troubled reports whether an error is the server's.
func troubled(err error) bool {
	switch hearth.AsError(err).Code {
	case hearth.UpstreamUnreachable, hearth.UpstreamFailed, hearth.UpstreamProtocol, hearth.UpstreamRefused, hearth.UpstreamBusy:
		return true
	}
	return false
}

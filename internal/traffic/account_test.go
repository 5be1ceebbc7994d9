package traffic_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/traffic"
)

// accountant notes what is reserved, settled and closed.
type accountant struct {
	mu     sync.Mutex
	notes  []string
	refuse error

	refuseMove error
}

func (a *accountant) note(format string, about ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.notes = append(a.notes, fmt.Sprintf(format, about...))
}

func (a *accountant) Open(_ context.Context, r *hearth.Request, model string, u hearth.Usage) (hearth.Bill, error) {
	if a.refuse != nil {
		return nil, a.refuse
	}
	a.note("open %s %s out=%d", *r.Prompt, model, u.CompletionTokens)
	return &noted{a: a, name: *r.Prompt}, nil
}

type noted struct {
	a      *accountant
	name   string
	closed bool
}

func (n *noted) Settle(by string, u hearth.Usage) {
	n.a.note("settle %s by %s in=%d out=%d", n.name, by, u.PromptTokens, u.CompletionTokens)
}

func (n *noted) Move(model string, u hearth.Usage) error {
	if n.a.refuseMove != nil {
		return n.a.refuseMove
	}
	n.a.note("move %s to %s out=%d", n.name, model, u.CompletionTokens)
	return nil
}

func (n *noted) Close() {
	if !n.closed {
		n.closed = true
		n.a.note("close %s", n.name)
	}
}

// TestBills: what is reserved is settled when an answer ends, however it does, and given
// back if there is none.
func TestBills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &accountant{}
		p := &plant{backends: []traffic.Backend{{Source: "gpu", Slots: 1}}}
		g := p.traffic()
		g.Account = a
		if l := listen(t.Context(), g, ask("k", "whole", 3)); l.err != nil {
			t.Error(l.err)
		}
		// A caller who leaves: what he was given is settled.
		short, leave := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer leave()
		listen(short, g, ask("k", "left", 10))
		// One who leaves the line, behind another.
		go listen(t.Context(), g, ask("k", "first", 20))
		time.Sleep(100 * time.Millisecond)
		short, leave = context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer leave()
		listen(short, g, ask("k", "waits", 10))
		time.Sleep(time.Minute)
		// One who is sent away with the place kept, and comes back, has one bill.
		kept, away := context.WithCancelCause(t.Context())
		r := ask("k", "kept", 4)
		r.Ticket = "t"
		time.AfterFunc(1500*time.Millisecond, func() { away(hearth.NewError(hearth.PlaceKept)) })
		listen(kept, g, r)
		time.Sleep(time.Second)
		if l := listen(t.Context(), g, r); l.err != nil {
			t.Error(l.err)
		}
		a.refuse = hearth.NewError(hearth.QuotaExceeded)
		if l := listen(t.Context(), g, ask("k", "refused", 1)); !errors.Is(l.err, a.refuse) {
			t.Error(l.err)
		}
		synctest.Wait()
		want := []string{
			"open whole m out=3", "settle whole by gpu in=1 out=3", "close whole",
			"open left m out=10", "settle left by gpu in=1 out=2", "close left",
			"open first m out=20", "open waits m out=10", "close waits", "settle first by gpu in=1 out=20", "close first",
			"open kept m out=4", "settle kept by gpu in=1 out=4", "close kept",
		}
		for i := range max(len(want), len(a.notes)) {
			if i >= len(want) || i >= len(a.notes) || a.notes[i] != want[i] {
				t.Fatalf("at %d:\n%q\nwant\n%q", i, a.notes, want)
			}
		}
	})
}

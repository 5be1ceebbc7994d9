package access

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/hearthbox/hearth"
)

// lookEvery is how often it is looked at whether somebody's rights have changed; what is
// under way for them ends within twice that.
const lookEvery = 250 * time.Millisecond

// hold is something that is under way for somebody.
type hold struct {
	credential string
	by         hearth.Principal
	end        context.CancelCauseFunc
}

// Hold is a context for what is done for somebody who was let in: it ends, with the reason
// as its cause, once what they came with does not make them the same principal any more.
// header is as [Access.Authenticate] had it. release is called when it is done.
func (a *Access) Hold(ctx context.Context, by hearth.Principal, header func(name string) []string) (_ context.Context, release func()) {
	credential, err := carried(header)
	ctx, end := context.WithCancelCause(ctx)
	if err != nil {
		end(err) // nobody was let in
		return ctx, func() {}
	}
	h := &hold{credential: credential, by: by, end: end}
	a.mu.Lock()
	a.under[h] = struct{}{}
	a.mu.Unlock()
	// Once more, now that changes are looked out for: there may have been one since.
	ends, err := a.still(ctx, credential, by)
	if err != nil {
		end(err)
	}
	stop := func() bool { return true }
	if !ends.IsZero() {
		stop = time.AfterFunc(time.Until(ends), func() { end(hearth.NewError(hearth.NoSession)) }).Stop
	}
	return ctx, func() {
		stop()
		a.mu.Lock()
		delete(a.under, h)
		a.mu.Unlock()
		end(nil)
	}
}

// still fails if a credential does not make its bearer that principal any more, and says
// until when it does by itself.
func (a *Access) still(ctx context.Context, credential string, by hearth.Principal) (ends time.Time, err error) {
	h, ends, err := a.holding(ctx, credential)
	if err == nil && a.principal(h) != by {
		err = hearth.NewError(hearth.NoSession)
	}
	return ends, err
}

// Watch ends what is under way for those who may no longer, until ctx ends: keys that are
// revoked, sessions, people and tenants that are disabled, standings that change, here or
// by another process.
func (a *Access) Watch(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var seen int64
	for first := true; ; first = false {
		// What can't be looked up now is at the next tick.
		if changes, err := a.store.AccessChanges(ctx); err == nil && (first || changes != seen) {
			seen = changes
			a.look(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look asks of all that is under way whether it still may be. A credential is looked up once
// for each principal it has made.
func (a *Access) look(ctx context.Context) {
	a.mu.Lock()
	all := slices.Collect(maps.Keys(a.under))
	a.mu.Unlock()
	type who struct {
		credential string
		by         hearth.Principal
	}
	looked := map[who]error{}
	for _, h := range all {
		w := who{h.credential, h.by}
		err, ok := looked[w]
		if !ok {
			_, err = a.still(ctx, w.credential, w.by)
			looked[w] = err
		}
		if err != nil && ctx.Err() == nil {
			h.end(err)
		}
	}
}

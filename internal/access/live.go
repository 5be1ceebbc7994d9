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
	use        use
	key        string // the id of one, where there is no credential
	by         hearth.Principal
	end        context.CancelCauseFunc
}

// Hold is a context for what is done for somebody who was let in: it ends, with the reason
// as its cause, once what they came with does not make them the same principal any more.
// header is as [Access.Authenticate] had it. release is called when it is done.
func (a *Access) Hold(ctx context.Context, by hearth.Principal, header func(name string) []string) (_ context.Context, release func()) {
	credential, err := carried(header)
	if err != nil {
		ctx, end := context.WithCancelCause(ctx)
		end(err) // nobody was let in
		return ctx, func() {}
	}
	u := underWay
	if background(header) {
		u = looked
	}
	return a.hold(ctx, &hold{credential: credential, use: u, by: by})
}

// hold keeps an eye on it.
func (a *Access) hold(ctx context.Context, h *hold) (_ context.Context, release func()) {
	ctx, end := context.WithCancelCause(ctx)
	h.end = end
	a.mu.Lock()
	a.under[h] = struct{}{}
	a.mu.Unlock()
	// Once more, now that changes are looked out for: there may have been one since.
	ends, err := a.still(ctx, h)
	if err != nil {
		end(err)
	}
	if !ends.IsZero() {
		var clock *time.Timer
		armed := make(chan struct{})
		clock = time.AfterFunc(time.Until(ends), func() {
			<-armed
			if ctx.Err() != nil {
				return
			}
			ends, err := a.still(ctx, h)
			if err == nil && !ends.IsZero() { // it was used meanwhile
				clock.Reset(time.Until(ends))
				return
			}
			end(err)
		})
		close(armed)
		context.AfterFunc(ctx, func() { clock.Stop() })
	}
	return ctx, func() {
		a.mu.Lock()
		delete(a.under, h)
		a.mu.Unlock()
		end(nil)
	}
}

// still fails if a credential does not make its bearer that principal any more, and says
// until when it does by itself.
func (a *Access) still(ctx context.Context, x *hold) (ends time.Time, err error) {
	var now hearth.Principal
	if x.key != "" {
		now, ends, err = a.ofKey(ctx, x.key)
	} else {
		var h hearth.Holding
		h, ends, err = a.holding(ctx, x.credential, x.use)
		now = a.principal(h)
	}
	if err == nil && now != x.by {
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
		credential, key string
		use             use
		by              hearth.Principal
	}
	looked := map[who]error{}
	for _, h := range all {
		w := who{h.credential, h.key, h.use, h.by}
		err, ok := looked[w]
		if !ok {
			_, err = a.still(ctx, h)
			looked[w] = err
		}
		if err != nil && ctx.Err() == nil {
			h.end(err)
		}
	}
}

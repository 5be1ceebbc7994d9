package audit

import (
	"context"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
)

// Limits of the refused sign-ins that are recorded one by one.
const (
	refusalsMax   = 60
	refusalsEvery = time.Minute
)

// Doorkeeper records for the doors. Sign-ins that are refused can be had for nothing by
// anyone; so that nobody fills the disk with them, at most 60 a minute are recorded one
// by one and the others counted in the next.
type Doorkeeper struct {
	Log *Log

	mu       sync.Mutex
	since    time.Time
	recorded int
	counted  int
}

var _ hearth.Recorder = (*Doorkeeper)(nil)

// Record records an event at a door.
func (d *Doorkeeper) Record(ctx context.Context, r hearth.Record) error {
	if r.Kind == hearth.RecordAccess && r.Result != "" && !d.counts(&r) {
		return nil
	}
	return d.Log.Record(ctx, r)
}

// counts reports whether a refusal is recorded by itself.
func (d *Doorkeeper) counts(r *hearth.Record) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); now.Sub(d.since) >= refusalsEvery {
		d.since, d.recorded = now, 0
	}
	if d.recorded >= refusalsMax {
		d.counted++
		return false
	}
	d.recorded++
	if d.counted > 0 {
		r.Times, r.Detail = d.counted+1, "with those since the one before that were only counted"
		d.counted = 0
	}
	return true
}

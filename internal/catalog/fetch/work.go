package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"slices"
	"time"
)

// faultsSpare is how many more failures a download may have than twice its chunks.
const faultsSpare = 64

// fruitful is the part of a chunk that makes an attempt more than a failure.
const fruitful = 16

// work is what is being done for a download right now. It belongs to the goroutine
// that runs it; attempts run beside and report their outcome.
type work struct {
	pending  []*task
	outcomes chan outcome
	active   int     // attempts
	busy     int     // of them, those with a task
	faults   int     // since the work began
	picks    int     // of mirrors
	trusted  *mirror // the only one to be asked, in a repair
}

// task is a chunk to be fetched. While an attempt is at it, it belongs to that.
type task struct {
	chunk   int
	compare bool // with what is there, without touching it
	expect  *sum // what the mirror sent before, in a repair

	// What has been received of it, from one mirror.
	have int64
	hash hash.Hash
	from *mirror
}

// outcome is the end of an attempt.
type outcome struct {
	mirror *mirror
	task   *task // nil if the mirror was asked about the file
	epoch  int   // of the mirror, when the attempt began
	about  about
	sum    sum
	got    int64
	took   time.Duration
	err    error
}

// complete fetches the chunks that are not there.
func (d *download) complete(ctx context.Context, p Phase) error {
	d.phase(p, d.doneBytes(), d.bytes)
	d.pending = nil
	for _, i := range d.missing() {
		d.pending = append(d.pending, &task{chunk: i})
	}
	return d.run(ctx)
}

// run does what is pending. All attempts have ended when it returns.
func (d *download) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer d.drain()
	defer cancel()
	d.faults = 0
	for len(d.pending) > 0 || d.busy > 0 {
		now := time.Now()
		d.start(ctx, now)
		wake := d.wake(now)
		if d.active == 0 && wake.IsZero() || d.trusted != nil && d.trusted.gone != nil {
			return d.exhausted()
		}
		var alarm <-chan time.Time
		if !wake.IsZero() {
			alarm = time.After(wake.Sub(now))
		}
		select {
		case o := <-d.outcomes:
			if err := d.settle(o); err != nil {
				return err
			}
		case <-alarm:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// drain waits for the attempts, whose context has ended. What arrived nevertheless
// counts.
func (d *download) drain() {
	for d.active > 0 {
		_ = d.settle(<-d.outcomes)
	}
}

// exhausted is the error of work that no mirror is left for.
func (d *download) exhausted() error {
	if d.SHA256 == "" && slices.ContainsFunc(d.mirrors, func(m *mirror) bool { return m.gone != nil && m.gone.changed }) {
		return errChanged
	}
	return d.failure()
}

// start begins as many attempts as there are connections and mirrors for.
func (d *download) start(ctx context.Context, now time.Time) {
	for _, m := range d.mirrors {
		if d.active < d.Parallel && !m.asked && m.active == 0 && m.rested(now) {
			d.attempt(ctx, m, nil)
		}
	}
	for d.active < d.Parallel && len(d.pending) > 0 {
		t := d.pending[0]
		m := d.pick(t, now)
		if m == nil {
			return
		}
		d.pending = d.pending[1:]
		d.attempt(ctx, m, t)
	}
}

// wake is when the next mirror has rested; zero if none has to.
func (d *download) wake(now time.Time) (at time.Time) {
	for _, m := range d.mirrors {
		if m.gone == nil && m.until.After(now) && (at.IsZero() || m.until.Before(at)) {
			at = m.until
		}
	}
	return at
}

// pick chooses the mirror for a task: the one that has begun it, else the fastest.
// Before there are measurements that is the one preferred, and now and then it is the
// one asked least, or its speed would never be known.
func (d *download) pick(t *task, now time.Time) *mirror {
	var ready []*mirror
	for _, m := range d.mirrors {
		if m.ready(now) && (d.trusted == nil || m == d.trusted) {
			ready = append(ready, m)
		}
	}
	if len(ready) == 0 {
		return nil
	}
	d.picks++
	best := ready[0]
	for _, m := range ready {
		switch {
		case m == t.from && t.have > 0:
			return m
		case d.picks%exploreEvery == 0 && m.picks < best.picks, d.picks%exploreEvery != 0 && m.rate > best.rate:
			best = m
		}
	}
	best.picks++
	return best
}

// attempt asks a mirror for a task's chunk, or about the file, beside.
func (d *download) attempt(ctx context.Context, m *mirror, t *task) {
	d.active++
	m.active++
	if t != nil {
		d.busy++
		d.assign(t, m)
	}
	o := outcome{mirror: m, task: t, epoch: m.epoch}
	go func() {
		began := time.Now()
		if t == nil {
			o.about, o.err = d.inquire(ctx, m)
		} else {
			o.sum, o.got, o.err = d.receive(ctx, m, t)
		}
		o.took = time.Since(began)
		d.outcomes <- o
	}()
}

// assign gives a task to a mirror. What another has begun is begun again.
func (d *download) assign(t *task, m *mirror) {
	if t.from == m && t.hash != nil {
		return
	}
	d.add(-t.have)
	t.from, t.have, t.hash = m, 0, sha256.New()
}

// settle takes in an outcome. Its error ends the work.
func (d *download) settle(o outcome) error {
	d.active--
	o.mirror.active--
	if o.task == nil {
		return d.heard(o.mirror, o.about, o.err, o.epoch)
	}
	d.busy--
	f, isFault := errors.AsType[*fault](o.err)
	switch {
	case o.err != nil && !isFault:
		return o.err
	case isFault:
		return d.failed(o, f)
	}
	o.mirror.praise(o.got, o.took)
	o.mirror.slots = min(d.Parallel, o.mirror.slots+1)
	d.from(o.mirror.name)
	if o.task.compare {
		d.compared(o)
		return nil
	}
	return d.received(o)
}

// failed puts a task back in front.
func (d *download) failed(o outcome, f *fault) error {
	if o.got >= d.chunk/fruitful {
		o.mirror.praise(o.got, o.took)
	}
	o.mirror.blame(f, o.epoch, d.Retries, time.Now())
	d.pending = slices.Insert(d.pending, 0, o.task)
	if d.faults++; d.faults > faultsSpare+2*d.count() {
		return &mirrorsError{"too many failures in all; " + d.failure().Error()}
	}
	return nil
}

// received notes a chunk that is on disk and in the journal.
func (d *download) received(o outcome) error {
	t := o.task
	d.chunks[t.chunk] = chunk{true, o.sum, o.mirror.name}
	if t.expect == nil || *t.expect == o.sum {
		return nil
	}
	d.chunks[t.chunk] = chunk{}
	again := o
	again.task, again.got = &task{chunk: t.chunk, expect: &o.sum}, 0
	return d.failed(again, faultf("it served different bytes of chunk %d each time", t.chunk))
}

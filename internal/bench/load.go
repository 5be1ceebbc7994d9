package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hearthbox/hearth"
)

// Limits of a run.
const (
	RequestsMax = 100_000
	ClientsMax  = 4096     // closed loop, and requests under way in an open one
	SamplesMax  = 16 << 20 // pauses between tokens that are kept
	errorPause  = 100 * time.Millisecond
	watchEvery  = 200 * time.Millisecond
)

// Why a run ended before everything asked for was sent.
const (
	StoppedInterrupted = "interrupted"
	StoppedRequests    = "requests_max"
	StoppedSamples     = "samples_max"
	StoppedOutstanding = "outstanding_max"
)

// Load measures a server that many ask: either so many clients, each of which asks
// again when it has its answer (closed loop), or requests that arrive at a rate
// whatever happens to the earlier ones (open loop).
type Load struct {
	Generator hearth.Generator
	Model     string

	Clients int     // closed loop
	Rate    float64 // requests per second; open loop if not 0

	Requests int           // to send; 0 is no limit but RequestsMax
	Duration time.Duration // nothing is started after it; 0 is no limit

	Prompts      []int // tokens, without those of the shared prefix; of several lengths, each request draws one
	SharedPrefix int   // tokens of a system prompt that all requests have in common
	Generate     int   // tokens of each answer
	IgnoreEnd    bool
	Temperature  float64
	Seed         uint64

	SLOTTFT time.Duration // wait for the first token that is still good; 0 is any
	SLOGap  time.Duration // longest pause in an answer that is still good; 0 is any
}

// Progress is how far a run is.
type Progress struct {
	Done, Running int // requests
	Tokens        int // of answers, in pieces as they came
	Elapsed       time.Duration
}

// Run asks until everything is sent and answered, or ctx ends; what is under way then
// is cut and counts as unfinished. watch, if not nil, is told five times a second how
// far it is. An error means that the server does not answer even one request.
func (l *Load) Run(ctx context.Context, watch func(Progress)) (*LoadReport, error) {
	scale, err := l.warmUp(ctx)
	if err != nil {
		return nil, err
	}
	r := &run{Load: l, scale: scale, began: time.Now(), prefix: words(draw(l.Seed, prefixStream, 0), scale.words(l.SharedPrefix, 0))}
	stop := r.tell(watch)
	if l.Rate > 0 {
		r.open(ctx)
	} else {
		r.closed(ctx)
	}
	r.ended = time.Now()
	stop()
	if ctx.Err() != nil {
		r.stop(StoppedInterrupted)
	}
	return r.report(), nil
}

// run is a run under way.
type run struct {
	*Load
	scale        scale
	prefix       string
	began, ended time.Time

	started, running, done, tokens, gaps atomic.Int64

	mu      sync.Mutex
	records []record
	stopped string // why nothing more is started
	err     error  // the first a request failed with
}

// closed lets every client ask until there is nothing left to ask.
func (r *run) closed(ctx context.Context) {
	var clients sync.WaitGroup
	for range r.Clients {
		clients.Go(func() {
			for {
				i, ok := r.next(ctx, time.Since(r.began))
				if !ok {
					return
				}
				q := r.request(i)
				r.running.Add(1)
				answered := r.ask(ctx, i, q, time.Now())
				r.running.Add(-1)
				if !answered {
					pause(ctx, errorPause) // a server that refuses at once is not hammered
				}
			}
		})
	}
	clients.Wait()
}

// open starts every request when it is due.
func (r *run) open(ctx context.Context) {
	var asked sync.WaitGroup
	for at := range arrivals(r.Rate, r.Seed) {
		if r.running.Load() >= ClientsMax {
			r.stop(StoppedOutstanding)
			break
		}
		i, ok := r.next(ctx, at)
		if !ok {
			break
		}
		q := r.request(i)
		due := r.began.Add(at)
		if !pause(ctx, time.Until(due)) {
			break
		}
		r.running.Add(1) // here, so that the limit sees those not yet scheduled
		asked.Go(func() {
			defer r.running.Add(-1)
			r.ask(ctx, i, q, due)
		})
	}
	asked.Wait()
}

// next numbers the request that is due so long after the beginning; ok is false when
// none is to be sent any more.
func (r *run) next(ctx context.Context, at time.Duration) (i int, ok bool) {
	i = int(r.started.Add(1)) - 1
	switch {
	case ctx.Err() != nil, r.Requests > 0 && i >= r.Requests, r.Duration > 0 && at >= r.Duration:
		return 0, false
	case i >= RequestsMax:
		r.stop(StoppedRequests)
		return 0, false
	case r.gaps.Load() >= SamplesMax:
		r.stop(StoppedSamples)
		return 0, false
	}
	return i, true
}

// stop remembers the first reason for starting nothing more.
func (r *run) stop(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped == "" {
		r.stopped = why
	}
}

// tell calls watch now and then, until the function it returns is called.
func (r *run) tell(watch func(Progress)) (stop func()) {
	if watch == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var told sync.WaitGroup
	told.Go(func() {
		for pause(ctx, watchEvery) {
			watch(r.progress())
		}
	})
	return func() {
		cancel()
		told.Wait()
		watch(r.progress())
	}
}

func (r *run) progress() Progress {
	return Progress{Done: int(r.done.Load()), Running: int(r.running.Load()), Tokens: int(r.tokens.Load()), Elapsed: time.Since(r.began)}
}

// pause waits; it is false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

package engine

import (
	"runtime/debug"
	"slices"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/nn"
)

// Limits of a batch of texts. One that is longer is a batch by itself where all of it
// must be computed at once, and else computed in parts.
const (
	encodeTokens = 512
	encodeTexts  = 64
)

// encoding is what an encoder's goroutine alone touches.
type encoding struct {
	cache  *nn.Cache
	runner *nn.Runner
	batch  []nn.Token
	texts  []*text // of the batch, in its order
	begun  *text   // whose first tokens are in the cache, and the others to come
}

// init settles how long a text can be, and makes room for batches.
func (l *encoding) init(e *Encoder) error {
	each, room := int64(e.nn.KVBytes()), encodeTexts+nn.Pages(encodeTokens)
	if e.nn.BothWays {
		each += e.nn.StepBytes()
	}
	affordable := max(0, int(min(e.limit.CacheBytes/each, 1<<40))-room*nn.PageTokens)
	if affordable < min(e.context, contextMin) {
		need := each * int64(min(e.context, contextMin)+room*nn.PageTokens)
		return hearth.NewError(hearth.ModelMemory, "model", e.id, "need_bytes", need, "have_bytes", e.limit.CacheBytes)
	}
	e.context = min(e.context, affordable)
	l.cache = nn.NewCache(e.nn, (nn.Pages(e.context)+room)*nn.PageTokens)
	tokens := encodeTokens
	if e.nn.BothWays {
		tokens = max(tokens, e.context)
	}
	l.runner = nn.NewRunner(e.nn, l.cache, e.limit.Workers, tokens, e.context)
	return nil
}

// run is the encoder's goroutine.
func (e *Encoder) run() {
	defer close(e.done)
	debug.SetPanicOnFault(true)
	for {
		e.sweep()
		if reason := e.Err(); reason != nil {
			e.fail(reason)
			return
		}
		if e.fill(); len(e.loop.batch) == 0 {
			<-e.wake
			continue
		}
		if err := e.step(); err != nil {
			e.refuse(err)
		}
	}
}

// sweep drops jobs nobody waits for.
func (e *Encoder) sweep() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t := e.loop.begun; t != nil && t.left.Load() {
		e.loop.cache.Release(&t.kv)
		e.loop.begun = nil
	}
	e.jobs = slices.DeleteFunc(e.jobs, func(j *job) bool { return j.left.Load() })
	e.stats.Waiting = len(e.jobs)
}

func (e *Encoder) fail(reason error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, j := range e.jobs {
		j.err = reason
		close(j.done)
	}
	e.jobs = nil
}

// fill puts the next batch together: the text that has begun, then a text of each job
// in turn.
func (e *Encoder) fill() {
	l := &e.loop
	l.batch, l.texts = l.batch[:0], l.texts[:0]
	if t := l.begun; t != nil {
		l.begun = nil
		l.take(e.nn, t)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for passed := 0; passed < len(e.jobs) && len(l.texts) < encodeTexts && len(l.batch) < encodeTokens; {
		j := e.jobs[0]
		e.jobs = append(e.jobs[1:], j)
		passed++
		if j.next == len(j.texts) {
			continue
		}
		t := j.texts[j.next]
		if e.nn.BothWays && len(l.batch) > 0 && len(l.batch)+len(t.ids) > encodeTokens {
			e.jobs = append([]*job{j}, e.jobs[:len(e.jobs)-1]...) // first the next time
			break
		}
		j.next++
		passed = 0
		l.take(e.nn, t)
	}
	e.stats.Running = len(l.texts)
}

// take puts a text into the batch, or as much of it as there is room for.
func (l *encoding) take(m *nn.Model, t *text) {
	n := len(t.ids) - t.kv.Len
	if !m.BothWays {
		n = min(n, encodeTokens-len(l.batch))
	}
	if !l.cache.Grow(&t.kv, n) {
		panic("engine: the cache of an encoder is smaller than its batches")
	}
	for i := t.kv.Len; i < t.kv.Len+n; i++ {
		token := nn.Token{ID: t.ids[i], Sequence: &t.kv, Logits: m.Wants(i, len(t.ids))}
		if i >= t.second {
			token.Segment = 1
		}
		l.batch = append(l.batch, token)
	}
	l.texts = append(l.texts, t)
}

// step computes a batch. The error is about the model, not a request: it can't go on.
func (e *Encoder) step() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = broken(e.id, v)
		}
	}()
	l := &e.loop
	compute := l.runner.Vectors
	if e.task == hearth.TaskReranking {
		compute = l.runner.Step
	}
	start := time.Now()
	rows := compute(l.batch)
	took := time.Since(start)
	of := 0 // the text a token belongs to
	for _, token := range l.batch {
		for token.Sequence != &l.texts[of].kv {
			of++
		}
		if token.Logits {
			l.texts[of].pooled.Add(rows[0])
			rows = rows[1:]
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range l.texts {
		e.finish(t)
	}
	e.jobs = slices.DeleteFunc(e.jobs, func(j *job) bool { return j.open == 0 })
	e.stats.Running, e.stats.Waiting = 0, len(e.jobs)
	e.stats.PromptTokens += int64(len(l.batch))
	e.stats.Busy += took
	return nil
}

// finish hands the result of a text over, if it is complete.
func (e *Encoder) finish(t *text) {
	if t.kv.Len < len(t.ids) {
		e.loop.begun = t
		return
	}
	e.loop.cache.Release(&t.kv)
	if v := t.pooled.Vector(); e.task == hearth.TaskReranking {
		t.scores[t.index] = e.pairs.score(v)
	} else {
		t.vectors[t.index] = v
	}
	if t.open--; t.open == 0 {
		close(t.done)
	}
}

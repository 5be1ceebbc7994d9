package engine

import (
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/nn"
)

// loop is what the model's goroutine alone touches.
type loop struct {
	*Model
	cache   *nn.Cache
	known   *prefixes
	runner  *nn.Runner
	running []*sequence // oldest first
	prompts []*sequence // of running: those whose prompt is computed, in their order
	batch   []nn.Token
	ends    []end
	costs   costs

	clock int // tokens of prompts computed so far

	// Of the batch:
	answers  int // sequences that wait for their next token alone
	drafted  int // proposals
	accepted int // of them, those that were right
}

// end is a sequence whose last token is in the batch: so many rows of logits are its.
type end struct {
	*sequence
	rows int
}

func newLoop(m *Model, cacheTokens int) (l loop, err error) {
	l = loop{Model: m, cache: nn.NewCache(m.nn, cacheTokens)}
	l.known = newPrefixes(l.cache)
	l.known.off = m.nn.Recurrent()
	if l.known.park, err = openPark(m.limit.Park, m.limit.ParkBytes, l.cache.PageBytes()); err != nil {
		return l, err
	}
	l.runner = nn.NewRunner(m.nn, l.cache, m.limit.Workers, promptsMax+max(1, m.limit.Sequences)+draftsMax, m.context)
	return l, nil
}

// run is the model's goroutine.
func (m *Model) run() {
	defer close(m.done)
	debug.SetPanicOnFault(true)
	l := &m.loop
	defer l.known.park.close()
	for {
		l.sweep()
		l.letGo()
		l.admit()
		if reason := m.Err(); reason != nil {
			l.fail(reason)
			return
		}
		if len(l.running) == 0 {
			<-m.wake
			continue
		}
		if err := l.step(); err != nil {
			m.refuse(err)
		}
	}
}

// sweep drops sequences nobody listens to.
func (l *loop) sweep() {
	l.running = slices.DeleteFunc(l.running, func(s *sequence) bool {
		if s.left.Load() {
			l.known.leave(s)
			return true
		}
		return false
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(s *sequence) bool { return s.left.Load() })
}

// admit lets the longest-waiting sequences run, as long as there is a slot and room
// for what of their prompt is not known, for a page to grow, and for all that was
// promised so to others.
func (l *loop) admit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	promised := 0
	for _, s := range l.running {
		promised += s.pagesToCome()
	}
	for len(l.waiting) > 0 && len(l.running) < max(1, l.limit.Sequences) {
		s := l.waiting[0]
		l.known.enter(s)
		l.reuse(s)
		promised += s.pagesToCome()
		if len(l.running) > 0 && promised > l.cache.Free()+l.known.idles {
			l.known.leave(s)
			break
		}
		s.arrival = l.clock
		l.waiting = l.waiting[1:]
		l.running = append(l.running, s)
	}
	l.stats.Running = len(l.running)
	l.stats.CachedPages, l.stats.ParkedPages = l.known.idles, l.known.park.pages()
}

// pagesToCome is how many pages s takes for what it has to compute and for a page to
// grow.
func (s *sequence) pagesToCome() int { return max(0, nn.Pages(len(s.tokens))+1-s.kv.Held()) }

// fail ends everything with an error.
func (l *loop) fail(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range append(l.running, l.waiting...) {
		l.cache.Release(&s.kv)
		s.out.close(reason)
	}
	l.running, l.waiting = nil, nil
}

// step computes a batch. The error is about the model, not a request: it can't
// go on.
func (l *loop) step() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = broken(l.id, v)
		}
	}()
	l.fill()
	start := time.Now()
	logits := l.runner.Step(l.batch)
	took := time.Since(start)
	for _, e := range l.ends {
		l.deliver(e.sequence, logits[:e.rows])
		logits = logits[e.rows:]
	}
	for _, s := range l.running {
		l.known.publish(s)
	}
	l.measure(took)
	return nil
}

// broken explains a panic: a fault in the memory map, or a mistake of ours.
func broken(id string, v any) error {
	cause := fmt.Errorf("%v\n%s", v, debug.Stack())
	if f, ok := v.(*fault); ok {
		cause, v = f, f.value
	}
	if _, ok := v.(interface{ Addr() uintptr }); ok {
		return hearth.NewError(hearth.ModelInvalid, "model", id, "detail", hearth.Words{"the file changed while it was in use, or can't be read any more", "文件在使用中被改动，或已无法读取"}).Because(cause)
	}
	return hearth.NewError(hearth.InternalError).Because(cause)
}

// fill puts together the next batch. If all that was planned was put aside for want
// of room, it plans again for the rest, of whom the oldest always gets on (E2).
func (l *loop) fill() {
	l.batch = l.batch[:0]
	for len(l.batch) == 0 {
		l.plan()
		l.place()
	}
}

// place takes into the batch what was planned, the oldest sequence first.
func (l *loop) place() {
	l.ends, l.drafted, l.accepted = l.ends[:0], 0, 0
	for i := 0; i < len(l.running); i++ {
		s := l.running[i]
		n := s.share
		if n == 0 || !l.grow(s, n) {
			continue
		}
		for _, id := range s.tokens[s.kv.Len : s.kv.Len+n] {
			l.batch = append(l.batch, nn.Token{ID: id, Sequence: &s.kv})
		}
		if n < s.rest() {
			continue
		}
		l.batch[len(l.batch)-1].Logits = true
		if !l.nn.Recurrent() {
			l.propose(s, n) // what turns out wrong could not be forgotten
		}
		for _, id := range s.drafts {
			l.batch = append(l.batch, nn.Token{ID: id, Sequence: &s.kv, Logits: true})
		}
		l.drafted += len(s.drafts)
		l.ends = append(l.ends, end{s, 1 + len(s.drafts)})
	}
}

// grow makes room for n more tokens of s, taking what is known of texts nobody goes
// on with, the longest idle first. When there is none, the newest sequences give
// theirs up and wait to be computed again; the oldest never has to (E2).
func (l *loop) grow(s *sequence, n int) bool {
	for !l.cache.Grow(&s.kv, n) {
		if l.known.evict() {
			continue
		}
		last := l.running[len(l.running)-1]
		l.running = l.running[:len(l.running)-1]
		l.putAside(last)
		if last == s {
			return false
		}
	}
	return true
}

// putAside takes a running sequence out of memory and to the head of the line.
func (l *loop) putAside(s *sequence) {
	l.known.leave(s)
	s.aside = true
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.Insert(l.waiting, 0, s)
	l.stats.PutAside++
}

// measure learns what the batch took.
func (l *loop) measure(took time.Duration) {
	answers := len(l.ends)
	prompts := len(l.batch) - answers - l.drafted
	// The last token of a prompt counts as one of an answer: it costs as much.
	l.costs.add(took, answers+l.drafted, prompts)
	l.clock += prompts
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Busy += took
	l.stats.PromptTokens += int64(prompts)
	l.stats.AnswerTokens += int64(answers + l.accepted)
	l.stats.Proposed += int64(l.drafted)
	l.stats.Accepted += int64(l.accepted)
}

// deliver hands logits to the sequence, and to its twins, which start from here.
// There is a row for each proposal more: it counts if all before it came true.
func (l *loop) deliver(s *sequence, logits [][]float32) {
	for _, t := range s.twins {
		l.fork(s, t, slices.Clone(logits[0]))
	}
	s.twins = nil
	l.accept(s, logits)
}

// fork starts a twin on the pages of s; if there is no slot for it, the twin waits
// and finds them then, if they are still known.
func (l *loop) fork(s, t *sequence, logits []float32) {
	if len(l.running) >= l.limit.Sequences {
		l.mu.Lock()
		l.waiting = slices.Insert(l.waiting, 0, t)
		l.mu.Unlock()
		return
	}
	l.known.fork(t, s)
	t.arrival = s.arrival
	l.running = append(l.running, t)
	l.accept(t, [][]float32{logits})
}

// accept draws tokens as far as the proposals among them are drawn, and forgets
// what was computed after those that are not.
func (l *loop) accept(s *sequence, logits [][]float32) {
	right, done := 0, false
	for i, row := range logits {
		if done = s.accept(row, l.tokens, l.context); done {
			break
		}
		if i == len(s.drafts) || s.drafts[i] != s.tokens[len(s.tokens)-1] {
			break
		}
		right++
	}
	l.judge(s, right)
	l.cache.Cut(&s.kv, min(s.kv.Len, len(s.tokens)-1))
	if done {
		l.known.leave(s)
		l.running = slices.DeleteFunc(l.running, func(o *sequence) bool { return o == s })
	}
}

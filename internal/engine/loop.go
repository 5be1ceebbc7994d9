package engine

import (
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/nn"
)

// A batch computes one token of every running answer, and as much of the prompts
// as fits into stepUsual: so long a running answer may have to wait for a prompt
// to move, and so long a canceled prompt keeps its slot.
const (
	stepUsual  = 200 * time.Millisecond
	promptsMax = 128 // prompt tokens of a batch
)

// loop is what the model's goroutine alone touches.
type loop struct {
	*Model
	cache   *nn.Cache
	runner  *nn.Runner
	running []*sequence // oldest first
	batch   []nn.Token
	ends    []*sequence // whose last token is in the batch, in its order

	perToken time.Duration // lately taken by a token of a batch
}

func newLoop(m *Model, cacheTokens int) loop {
	cache := nn.NewCache(m.nn, cacheTokens)
	return loop{Model: m, cache: cache,
		runner: nn.NewRunner(m.nn, cache, m.limit.Workers, promptsMax+m.limit.Sequences, m.context)}
}

// run is the model's goroutine.
func (m *Model) run() {
	defer close(m.done)
	debug.SetPanicOnFault(true)
	l := &m.loop
	for {
		l.sweep()
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
			l.cache.Release(&s.kv)
			return true
		}
		return false
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(s *sequence) bool { return s.left.Load() })
}

// admit lets the longest-waiting sequences run, as long as there is a slot and room
// for their prompt and a page to grow.
func (l *loop) admit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) > 0 && len(l.running) < max(1, l.limit.Sequences) {
		s := l.waiting[0]
		if len(l.running) > 0 && nn.Pages(len(s.tokens))+1 > l.cache.Free() {
			break
		}
		l.waiting = l.waiting[1:]
		l.running = append(l.running, s)
	}
	l.stats.Running = len(l.running)
}

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
			err = l.broken(v)
		}
	}()
	l.fill()
	start := time.Now()
	logits := l.runner.Step(l.batch)
	l.measure(time.Since(start))
	for i, s := range l.ends {
		l.deliver(s, logits[i])
	}
	return nil
}

// broken explains a panic: a fault in the memory map, or a mistake of ours.
func (l *loop) broken(v any) error {
	cause := fmt.Errorf("%v\n%s", v, debug.Stack())
	if f, ok := v.(*fault); ok {
		cause, v = f, f.value
	}
	if _, ok := v.(interface{ Addr() uintptr }); ok {
		return hearth.NewError(hearth.ModelInvalid, "model", l.id, "detail", hearth.Words{"the file changed while it was in use, or can't be read any more", "文件在使用中被改动，或已无法读取"}).Because(cause)
	}
	return hearth.NewError(hearth.InternalError).Because(cause)
}

// fill chooses the tokens of the next batch.
func (l *loop) fill() {
	l.batch, l.ends = l.batch[:0], l.ends[:0]
	room := l.promptTokens()
	for i := 0; i < len(l.running); i++ {
		s := l.running[i]
		n := len(s.tokens) - s.kv.Len
		if n > 1 {
			n = min(n, room)
			room -= n
		}
		if n == 0 || !l.grow(s, n) {
			continue
		}
		for _, id := range s.tokens[s.kv.Len : s.kv.Len+n] {
			l.batch = append(l.batch, nn.Token{ID: id, Sequence: &s.kv})
		}
		if s.kv.Len+n == len(s.tokens) {
			l.batch[len(l.batch)-1].Logits = true
			l.ends = append(l.ends, s)
		}
	}
}

// promptTokens is how many tokens of prompts the next batch takes.
func (l *loop) promptTokens() int {
	if l.perToken == 0 {
		return 8 // nothing is known yet
	}
	return int(min(max(stepUsual/l.perToken, 1), promptsMax))
}

// grow makes room for n more tokens of s. When there is none, the newest sequences
// give theirs up and wait to be computed again; the oldest never has to (E2).
func (l *loop) grow(s *sequence, n int) bool {
	for !l.cache.Grow(&s.kv, n) {
		last := l.running[len(l.running)-1]
		l.running = l.running[:len(l.running)-1]
		l.cache.Release(&last.kv)
		l.mu.Lock()
		l.waiting = slices.Insert(l.waiting, 0, last)
		l.mu.Unlock()
		if last == s {
			return false
		}
	}
	return true
}

// measure keeps a running mean of what a token takes.
func (l *loop) measure(took time.Duration) {
	each := took / time.Duration(len(l.batch))
	if l.perToken == 0 {
		l.perToken = each
	}
	l.perToken = (3*l.perToken + each) / 4
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Busy += took
	l.stats.AnswerTokens += int64(len(l.ends))
	l.stats.PromptTokens += int64(len(l.batch) - len(l.ends))
}

// deliver hands logits to the sequence, and to its twins, which start from here.
func (l *loop) deliver(s *sequence, logits []float32) {
	twins := s.twins
	s.twins = nil
	for _, t := range twins {
		l.fork(s, t, slices.Clone(logits))
	}
	l.accept(s, logits)
}

// fork starts a twin with a copy of what s has computed; if there is no slot or no
// room for it, the twin waits and computes its prompt itself.
func (l *loop) fork(s, t *sequence, logits []float32) {
	if len(l.running) >= l.limit.Sequences || !l.cache.Copy(&t.kv, &s.kv) {
		l.mu.Lock()
		l.waiting = slices.Insert(l.waiting, 0, t)
		l.mu.Unlock()
		return
	}
	l.running = append(l.running, t)
	l.accept(t, logits)
}

func (l *loop) accept(s *sequence, logits []float32) {
	if s.accept(logits, l.tokens, l.context) {
		l.cache.Release(&s.kv)
		l.running = slices.DeleteFunc(l.running, func(o *sequence) bool { return o == s })
	}
}

package traffic

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
)

// visit is a request from when it comes until its caller has gone.
type visit struct {
	id      ID
	ticket  string
	ways    Ways
	r       *hearth.Request
	bill    hearth.Bill
	in      int // tokens its prompt is expected to have
	arrived time.Time

	expected time.Duration // wait, as it was when it came

	ctx    context.Context // of its answer, which may outlive the caller
	cancel context.CancelCauseFunc
	news   chan struct{} // has one element when there is something to take

	// Under Traffic.mu:
	running chan struct{} // closed when its answer has ended; nil before it runs
	gone    *time.Timer   // ends it when the caller has not come back
	tries   int           // backends that did not take it, or did not finish
	said    sofar         // of the answer; while it runs, that goroutine's, but for begun

	// While it is looked at what can be done about a long wait:
	descends bool
	refused  *Refusal // why it does not wait; nil if it does, or runs
	steps    string   // taken, as they are told

	mu     sync.Mutex
	chunks []hearth.Chunk // of the answer; those that were taken only if it has a ticket
	closed bool
	err    error
}

func newVisit(ctx context.Context, ways Ways, r *hearth.Request) *visit {
	v := &visit{ticket: r.Ticket, ways: ways, r: r, arrived: time.Now(), news: make(chan struct{}, 1)}
	v.ctx, v.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	return v
}

// tenantOf is among whom turns are taken. So far that is keys.
func tenantOf(by hearth.Principal) string { return by.KeyID }

// visitBytes is what a request that waits takes beside its text, about: a connection,
// and what serves it. Measured with thousands of them.
const visitBytes = 64 << 10

func arrivalOf(ways Ways, r *hearth.Request, deadline time.Duration) Arrive {
	options := make([]Option, len(ways.Backends))
	for i, b := range ways.Backends {
		options[i] = Option{Backend: b.Source, Rank: b.Rank, Weight: b.Weight}
	}
	letters, prefix := beginnings(r)
	tokens := r.MaxTokens
	if r.Embed != nil || r.Rerank != nil {
		tokens, prefix = 1, nil // nothing is written, and no beginning is known anew
	}
	return Arrive{Tenant: tenantOf(r.By), Model: cmp.Or(ways.Line, ways.Model), Backends: options, Class: classOf(r.Class),
		PromptBytes: letters, MaxTokens: tokens, Choices: r.ChoiceCount(), Prefix: prefix,
		HeldBytes: int64(letters) + visitBytes, Deadline: deadline}
}

func classOf(c hearth.Class) Class {
	switch c {
	case hearth.ClassSystem:
		return System
	case hearth.ClassInteractive:
		return Interactive
	case hearth.ClassBulk:
		return Bulk
	}
	return Default
}

// Prompts are compared by their first so many bytes, each time twice as many.
const (
	beginLeast = 512
	beginMost  = 64 << 10
)

// seed makes hashes differ from process to process, so that nobody can choose texts
// whose hashes are the same.
var seed = maphash.MakeSeed()

// beginnings are the length of a prompt in bytes, and the hashes of its beginnings.
func beginnings(r *hearth.Request) (letters int, hashes []uint64) {
	var h maphash.Hash
	h.SetSeed(seed)
	next := beginLeast
	add := func(s string) {
		for letters+len(s) >= next && next <= beginMost {
			n := next - letters
			_, _ = h.WriteString(s[:n])
			s, letters, next = s[n:], next, 2*next
			hashes = append(hashes, h.Sum64())
		}
		if next <= beginMost {
			_, _ = h.WriteString(s)
		}
		letters += len(s)
	}
	if r.Prompt != nil {
		add(*r.Prompt)
	}
	for _, t := range r.Tools { // which templates write first
		add(t.Name)
		add(t.Description)
		add(string(t.Parameters))
	}
	if r.Embed != nil {
		for _, t := range r.Embed.Texts {
			add(t)
		}
	}
	if r.Rerank != nil {
		for _, t := range r.Rerank.Texts { // the query is read with each
			add(r.Rerank.Query)
			add(t)
		}
	}
	for _, m := range r.Messages {
		add(string(m.Role))
		add(m.Text)
		for _, c := range m.ToolCalls {
			add(c.Name)
			add(c.Arguments)
		}
	}
	return letters, hashes
}

// put adds to the answer; close ends it.
func (v *visit) put(c hearth.Chunk) {
	v.mu.Lock()
	v.chunks = append(v.chunks, c)
	v.mu.Unlock()
	v.tell()
}

func (v *visit) close(err error) {
	v.mu.Lock()
	v.closed, v.err = true, err
	v.mu.Unlock()
	v.tell()
}

func (v *visit) tell() {
	select {
	case v.news <- struct{}{}:
	default:
	}
}

// take returns what of the answer comes after the first so many chunks, of which there
// are then more, and whether that is the end.
func (v *visit) take(at *int) (chunks []hearth.Chunk, closed bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	chunks = v.chunks[*at:]
	if v.ticket != "" {
		*at = len(v.chunks)
	} else {
		v.chunks = nil
	}
	return chunks, v.closed, v.err
}

// refusedPause is how long a backend that has too much is left in peace, and triesMost
// how often a request goes elsewhere because a backend is out of order.
const (
	refusedPause = time.Second
	triesMost    = 3
)

// run makes the answer on a backend and closes ended, unless the backend does not take
// the request, or does not finish the answer and another one can: then it waits again.
func (t *Traffic) run(v *visit, backend string, ended chan struct{}) {
	defer close(ended)
	t.mu.Lock()
	asked, waited, expected := v.said.rest(v.r), time.Since(v.arrived), v.expected
	t.mu.Unlock()
	asked.Source = backend
	done := Done{ID: v.id}
	begun := false
	servedBy := backend
	var last []hearth.Chunk // held back until what the answer took is settled
	err := contained(func() error {
		for c, err := range t.Route.Generate(v.ctx, asked) {
			if err != nil {
				return err
			}
			if c.Place != nil { // in a line further on
				if !v.said.begun {
					v.put(c)
				}
				continue
			}
			if !begun {
				begun = true
				if !v.said.begun {
					c.Waited, c.Expected, c.Steps = waited, expected, v.steps
				}
				t.begin(v)
			}
			done.count(c)
			servedBy = cmp.Or(c.ServedBy, servedBy)
			c = v.said.hear(c)
			if c.Usage != nil || last != nil {
				last = append(last, c)
				continue
			}
			if said(c) {
				v.put(c)
			}
		}
		return nil
	})
	if !begun && t.sentBack(v, err) || t.goesOn(v, backend, err) {
		return
	}
	done.Whole = err == nil && v.ctx.Err() == nil
	t.tell(done) // first, so that the backend does not wait for the ledger
	if v.said.begun {
		v.bill.Settle(servedBy, hearth.Usage{PromptTokens: cmp.Or(done.In, v.in), CachedTokens: done.Cached,
			CompletionTokens: done.Out + v.said.before, ReasoningTokens: done.reasoning})
	}
	v.bill.Close()
	for _, c := range last {
		v.put(c)
	}
	v.close(v.said.trouble(err))
}

func (t *Traffic) begin(v *visit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v.said.begun = true
	t.step(Begun{v.id})
}

// said reports whether a chunk says anything.
func said(c hearth.Chunk) bool {
	return c.Text != "" || c.Reasoning != "" || c.ToolCalls != nil || c.LogProbs != nil || c.Finish != "" || c.Usage != nil || c.ServedBy != "" || c.Embeddings != nil || c.Ranking != nil
}

// count takes note of a chunk's tokens. Usage, if it comes, is more exact.
func (d *Done) count(c hearth.Chunk) {
	switch {
	case c.Usage != nil:
		d.In, d.Cached, d.Out = c.Usage.PromptTokens, c.Usage.CachedTokens, max(d.Out, c.Usage.CompletionTokens)
		d.reasoning = c.Usage.ReasoningTokens
	case c.Tokens > 0:
		d.Out += c.Tokens
	case c.Text != "" || c.Reasoning != "":
		d.Out++
	}
}

func (t *Traffic) tell(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.step(e)
}

// sentBack lets a request wait again that its backend did not take; it reports whether it
// does.
func (t *Traffic) sentBack(v *visit, err error) bool {
	if err == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if v.ctx.Err() != nil { // the caller has gone meanwhile
		return false
	}
	e := hearth.AsError(err)
	again := Busy{ID: v.id, Pause: refusedPause}
	switch e.Code {
	case hearth.UpstreamBusy, hearth.QueueFull:
		if d := e.Retry; d > 0 {
			again.Pause, again.Asked = d, true
		}
	case hearth.UpstreamUnreachable, hearth.UpstreamFailed, hearth.UpstreamRefused, hearth.UpstreamProtocol:
		if v.tries++; len(v.ways.Backends) < 2 || v.tries >= triesMost {
			return false
		}
		again.Down = true
	default:
		return false
	}
	t.waitAgain(v, again)
	return true
}

func (t *Traffic) waitAgain(v *visit, b Busy) {
	v.running = nil
	t.step(b)
	v.tell()
}

// goesOn lets an answer that broke off be finished by another backend; it reports whether
// that is so. The caller does not notice: what he has stays, and the rest comes from
// there.
func (t *Traffic) goesOn(v *visit, backend string, err error) bool {
	if err == nil || !v.said.continuable(v.r) {
		return false
	}
	switch hearth.AsError(err).Code {
	case hearth.UpstreamUnreachable, hearth.UpstreamFailed, hearth.UpstreamProtocol:
	default:
		return false
	}
	able := func(b Backend) bool {
		return b.Source != backend && (b.Continues || v.r.Prompt != nil || v.said.text.Len() == 0)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if v.tries++; v.ctx.Err() != nil || v.tries >= triesMost || !slices.ContainsFunc(v.ways.Backends, able) {
		return false
	}
	v.said.broke(err)
	v.r.Trail.AddVerdict(hearth.Verdict{By: "traffic", Class: "failover." + backend, Action: "continue"})
	t.waitAgain(v, Busy{ID: v.id, Pause: refusedPause, Down: true})
	return true
}

// contained turns a panic into an error: one request's bad luck is not everyone's.
func contained(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return f()
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.FormatInt(n, 10) + " " + what + "s"
}

func say(n int64, what string) string { return strconv.FormatInt(n, 10) + " " + what }

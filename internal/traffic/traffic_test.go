package traffic_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/traffic"
)

// plant answers every request with as many words as it asks for, one a second.
type plant struct {
	backends []traffic.Backend

	mu     sync.Mutex
	asked  []string // backend and prompt, in order
	at     int      // being answered
	most   int      // were at once
	refuse []error  // for the next requests
}

func (p *plant) Backends(_ context.Context, r *hearth.Request) (traffic.Ways, error) {
	if r.Model == "none" {
		return traffic.Ways{}, hearth.NewError(hearth.NoSuchModel, "model", r.Model)
	}
	return traffic.Ways{Model: strings.ToLower(r.Model), Backends: p.backends}, nil
}

func (p *plant) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		if err := p.begin(r); err != nil {
			yield(hearth.Chunk{}, err)
			return
		}
		defer p.end()
		for i := range r.MaxTokens {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				yield(hearth.Chunk{}, hearth.NewError(hearth.Canceled))
				return
			}
			c := hearth.Chunk{Text: fmt.Sprint(*r.Prompt, i, " "), Tokens: 1}
			if i == r.MaxTokens-1 {
				c.Finish, c.Usage = hearth.FinishStop, &hearth.Usage{PromptTokens: 1, CompletionTokens: r.MaxTokens}
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (p *plant) begin(r *hearth.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r.Source+":"+*r.Prompt)
	if len(p.refuse) > 0 {
		err := p.refuse[0]
		p.refuse = p.refuse[1:]
		return err
	}
	p.at++
	p.most = max(p.most, p.at)
	return nil
}

func (p *plant) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at--
}

func (p *plant) traffic() *traffic.Traffic {
	l := traffic.Limits{TenantRequests: 4, TenantBytes: 1 << 20, TenantCost: 1e6, Requests: 100, Bytes: 1 << 30}
	for c := range l.WaitMax {
		l.WaitMax[c] = 10 * time.Minute
	}
	return traffic.New(traffic.Config{Route: p, Limits: l, Keep: 30 * time.Second, Update: 5 * time.Second})
}

func ask(key, prompt string, words int) *hearth.Request {
	return &hearth.Request{Model: "M", Prompt: &prompt, By: hearth.Principal{KeyID: key}, Decoding: hearth.Decoding{MaxTokens: words}}
}

// listened is what a caller has heard.
type listened struct {
	text   string
	places []hearth.Place
	waited time.Duration
	err    error
}

// listen hears an answer to its end.
func listen(ctx context.Context, g hearth.Generator, r *hearth.Request) (l listened) {
	for c, err := range g.Generate(ctx, r) {
		switch {
		case err != nil:
			l.err = err
		case c.Place != nil:
			l.places = append(l.places, *c.Place)
		default:
			l.text += c.Text
			l.waited += c.Waited
		}
	}
	return l
}

func TestWaitersSeeTheirPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plant{backends: []traffic.Backend{{Source: "gpu", Slots: 1}}}
		g := p.traffic()
		heard := make([]listened, 3)
		var all sync.WaitGroup
		for i := range heard {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				heard[i] = listen(t.Context(), g, ask("k", string(rune('a'+i)), 10))
			})
		}
		all.Wait()
		if h := heard[0]; h.text != "a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 " || len(h.places) != 0 || h.waited != 0 || h.err != nil {
			t.Errorf("the first heard %+v", h)
		}
		h := heard[2]
		if !strings.HasPrefix(h.text, "c0 c1 ") || h.err != nil || h.waited.Round(time.Second) != 20*time.Second {
			t.Errorf("the last heard %+v", h)
		}
		// At once, every five seconds, and what it becomes known of the pace.
		if len(h.places) < 4 || h.places[0] != (hearth.Place{Position: 2}) || h.places[len(h.places)-1] != (hearth.Place{}) || h.places[len(h.places)-2].Position != 1 {
			t.Errorf("the last stood at %+v", h.places)
		}
		if w := h.places[len(h.places)-2].Wait; w <= 0 || w > 10*time.Second {
			t.Errorf("near its turn it was told to wait %v", w)
		}
		if p.most != 1 {
			t.Errorf("the backend had %d at once", p.most)
		}
	})
}

func TestRefusalsAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plant{backends: []traffic.Backend{{Source: "gpu", Slots: 1}}}
		g := p.traffic()
		if l := listen(t.Context(), g, &hearth.Request{Model: "none"}); !errors.Is(l.err, hearth.NewError(hearth.NoSuchModel)) {
			t.Errorf("a model that is not there: %v", l.err)
		}
		if l := listen(t.Context(), g, ask("w", "warm", 10)); l.err != nil {
			t.Fatal(l.err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() { listen(ctx, g, ask("k", "x", 10)) })
		}
		synctest.Wait()
		if l := listen(t.Context(), g, ask("k", "x", 10)); !errors.Is(l.err, hearth.NewError(hearth.QuotaExceeded)) {
			t.Errorf("a sixth request: %v", l.err)
		}
		late := ask("other", "x", 10)
		late.Deadline = time.Now().Add(5 * time.Second)
		if l := listen(t.Context(), g, late); !errors.Is(l.err, hearth.NewError(hearth.DeadlineUnreachable)) {
			t.Errorf("a deadline before the first answer ends: %v", l.err)
		}
		cancel()
		all.Wait()
		if l := listen(t.Context(), g, ask("k", "y", 1)); l.text != "y0 " || l.waited != 0 {
			t.Errorf("after all have left: %+v", l)
		}
	})
}

// TestSlowReadersKeepNoBackend: an answer is taken from its backend whether or not its
// reader has come so far.
func TestSlowReadersKeepNoBackend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plant{backends: []traffic.Backend{{Source: "gpu", Slots: 1}}}
		g := p.traffic()
		slow := make(chan string)
		go func() {
			var text string
			for c, err := range g.Generate(t.Context(), ask("slow", "s", 3)) {
				if err != nil {
					text = err.Error()
				}
				text += c.Text
				time.Sleep(time.Minute)
			}
			slow <- text
		}()
		synctest.Wait()
		if l := listen(t.Context(), g, ask("k", "q", 3)); l.text != "q0 q1 q2 " || l.waited > 3*time.Second {
			t.Errorf("the next heard %+v", l)
		}
		if text := <-slow; text != "s0 s1 s2 " {
			t.Errorf("the slow one read %q", text)
		}
	})
}

// leaveAfter listens until then, and leaves with that as the cause.
func leaveAfter(t *testing.T, g hearth.Generator, r *hearth.Request, d time.Duration, cause error) listened {
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(d, func() { cancel(cause) })
	return listen(ctx, g, r)
}

func TestPlacesAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plant{backends: []traffic.Backend{{Source: "gpu", Slots: 1}}}
		g := p.traffic()
		kept := hearth.NewError(hearth.PlaceKept)
		var all sync.WaitGroup
		all.Go(func() { listen(t.Context(), g, ask("k", "a", 10)) })
		synctest.Wait()
		mine := ask("k", "mine", 10)
		mine.Ticket = "t"
		if l := leaveAfter(t, g, mine, time.Second, kept); !errors.Is(l.err, hearth.NewError(hearth.Canceled)) {
			t.Errorf("leaving: %+v", l)
		}
		all.Go(func() { listen(t.Context(), g, ask("k", "later", 10)) })
		time.Sleep(time.Second)
		// Back before its turn: it runs before the one that came later. Then away in the
		// middle of the answer, and back again: it is all there, and was asked for once.
		if l := leaveAfter(t, g, mine, 12*time.Second, kept); !strings.HasPrefix(l.text, "mine0 mine1 ") || len(l.places) == 0 {
			t.Errorf("the second time: %+v", l)
		}
		time.Sleep(10 * time.Second)
		if l := listen(t.Context(), g, mine); l.err != nil || !strings.HasSuffix(l.text, " mine8 mine9 ") || !strings.HasPrefix(l.text, "mine0 ") {
			t.Errorf("the third time: %+v", l)
		}
		all.Wait()
		if got := strings.Join(p.asked, " "); got != "gpu:a gpu:mine gpu:later" {
			t.Errorf("the backend was asked %s", got)
		}
		// Who does not come back is forgotten, and so is his answer.
		leaveAfter(t, g, mine, time.Second, kept)
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if line := g.Line(hearth.Principal{KeyID: "k"}, 10); line.Waiting+line.Running != 0 || p.at != 0 {
			t.Errorf("left behind: %+v", line)
		}
		g.Close()
	})
}

// TestBackendsThatRefuse: what they do not take waits, and nobody is told.
func TestBackendsThatRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := hearth.NewError(hearth.UpstreamBusy)
		p := &plant{backends: []traffic.Backend{{Source: "cloud"}}, refuse: []error{busy, busy}}
		g := p.traffic()
		if l := listen(t.Context(), g, ask("k", "x", 1)); l.text != "x0 " || l.err != nil || l.waited < 2*time.Second {
			t.Errorf("heard %+v", l)
		}
		p.refuse = []error{hearth.NewError(hearth.UpstreamUnreachable)}
		if l := listen(t.Context(), g, ask("k", "x", 1)); !errors.Is(l.err, p.unreachable()) {
			t.Errorf("the only backend is out of order: %+v", l)
		}
		p.backends = append(p.backends, traffic.Backend{Source: "other", Slots: 1})
		p.refuse = []error{hearth.NewError(hearth.UpstreamUnreachable)}
		p.asked = nil
		if l := listen(t.Context(), g, ask("k", "x", 1)); l.err != nil || len(p.asked) != 2 || p.asked[0] == p.asked[1] {
			t.Errorf("one of two is out of order: %+v, asked %v", l, p.asked)
		}
	})
}

func (p *plant) unreachable() error { return hearth.NewError(hearth.UpstreamUnreachable) }

func TestLineShowsOnesOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plant{backends: []traffic.Backend{{Source: "gpu", Slots: 1}}}
		g := p.traffic()
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for _, key := range []string{"a", "b", "a", "b"} {
			all.Go(func() { listen(ctx, g, ask(key, "x", 10)) })
			synctest.Wait()
		}
		own := g.Line(hearth.Principal{KeyID: "b"}, 10)
		if own.Waiting != 2 || own.Running != 0 || len(own.Requests) != 2 || own.Requests[0].By.KeyID != "b" || own.Requests[0].Place.Position != 1 {
			t.Errorf("b sees %+v", own)
		}
		every := g.Line(hearth.Principal{KeyID: "b", Standing: hearth.StandingAdmin}, 3)
		if every.Waiting != 3 || every.Running != 1 || len(every.Requests) != 3 || every.Requests[0].ServedBy != "gpu" || every.Requests[1].Place.Position != 1 {
			t.Errorf("an administrator sees %+v", every)
		}
		cancel()
		all.Wait()
	})
}

// TestPanicsAreContained: a backend that panics is that request's bad luck.
func TestPanicsAreContained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &panicking{plant{backends: []traffic.Backend{{Source: "gpu", Slots: 1}}}}
		g := traffic.New(traffic.Config{Route: p, Limits: traffic.Limits{TenantRequests: 1, TenantBytes: 1 << 20, TenantCost: 1e6, Requests: 1, Bytes: 1 << 20,
			WaitMax: [4]time.Duration{time.Hour, time.Hour, time.Hour, time.Hour}}, Keep: time.Second, Update: time.Second})
		for range 2 {
			if l := listen(t.Context(), g, ask("k", "x", 1)); !errors.Is(l.err, hearth.NewError(hearth.InternalError)) && !strings.Contains(fmt.Sprint(l.err), "panic") {
				t.Errorf("heard %+v", l)
			}
		}
	})
}

type panicking struct{ plant }

func (*panicking) Generate(context.Context, *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	panic("oh")
}

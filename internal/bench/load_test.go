package bench

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
)

// fakeServer answers in virtual time, so many at once; others wait in line. It counts
// two tokens for a word and ten for its template.
type fakeServer struct {
	atOnce  int
	perWord time.Duration // of the prompt
	first   time.Duration
	gap     time.Duration
	silent  bool                             // about tokens
	hook    func(n int) (time.Duration, any) // of the n-th measured request: a stall, and an error in its place

	slots    chan struct{} // made in the bubble of the test
	mu       sync.Mutex
	asked    int // the two of the warm-up included
	requests []*hearth.Request
	most     int // at once
	now      int
}

func newServer(slots int, first, gap time.Duration) *fakeServer {
	return &fakeServer{atOnce: slots, first: first, gap: gap}
}

func (s *fakeServer) come(r *hearth.Request) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.now++
	s.most = max(s.most, s.now)
	s.requests = append(s.requests, r)
	return s.asked - 2
}

func (s *fakeServer) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
}

func (s *fakeServer) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		n := s.come(r)
		defer s.leave()
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		case <-ctx.Done():
			yield(hearth.Chunk{}, hearth.NewError(hearth.Canceled))
			return
		}
		words := 0
		for _, m := range r.Messages {
			words += countWords(m.Text)
		}
		wait := s.first + time.Duration(words)*s.perWord
		if s.hook != nil && n > 0 {
			stall, fail := s.hook(n)
			if wait += stall; fail != nil {
				yield(hearth.Chunk{}, fail.(error))
				return
			}
		}
		for i := range r.MaxTokens {
			if i > 0 {
				wait = s.gap
			}
			if !pause(ctx, wait) {
				yield(hearth.Chunk{}, hearth.NewError(hearth.Canceled))
				return
			}
			c := hearth.Chunk{Text: "x"}
			if i%2 == 1 {
				c = hearth.Chunk{Reasoning: "x"}
			}
			if !yield(c, nil) {
				return
			}
		}
		u := &hearth.Usage{PromptTokens: 10 + 2*words, CachedTokens: 4, CompletionTokens: r.MaxTokens}
		if s.silent {
			u = &hearth.Usage{}
		}
		yield(hearth.Chunk{Finish: hearth.FinishLength, Usage: u}, nil)
	}
}

// under runs a load in virtual time.
func under(t *testing.T, s *fakeServer, l Load, check func(t *testing.T, r *LoadReport)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l.Generator, s.slots = s, make(chan struct{}, s.atOnce)
		r, err := l.Run(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Each) != r.Requests || r.Completed+r.Failed+r.Unfinished != r.Requests || r.TTFT.Count != count(r.TTFTBins) || r.Gap.Count != count(r.GapBins) {
			t.Errorf("it does not add up: %+v", r)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err) // a figure is not a number
		}
		check(t, r)
	})
}

func count(bins []Bin) (n int) {
	for _, b := range bins {
		n += b.Count
	}
	return n
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9+1e-9*math.Abs(b) }

func TestClients(t *testing.T) {
	s := newServer(2, 100*time.Millisecond, 10*time.Millisecond)
	l := Load{Model: "m", Clients: 4, Requests: 12, Prompts: []int{110}, SharedPrefix: 40, Generate: 21, Seed: 3, SLOTTFT: 100 * time.Millisecond, SLOGap: 10 * time.Millisecond, IgnoreEnd: true}
	under(t, s, l, func(t *testing.T, r *LoadReport) {
		// Two at a time, 0.3 s each: the first two wait 0.1 s for a token, all others
		// 0.3 s longer, and twelve take 1.8 s.
		if r.Requests != 12 || r.Completed != 12 || s.most != 4 || !near(r.WallSeconds, 1.8) {
			t.Errorf("%d of %d in %g s, %d at once", r.Completed, r.Requests, r.WallSeconds, s.most)
		}
		if !near(r.TTFT.Min, 0.1) || !near(r.TTFT.P50, 0.4) || !near(r.TTFT.Max, 0.4) || !near(r.Latency.Max, 0.6) {
			t.Errorf("first tokens %+v, answers %+v", r.TTFT, r.Latency)
		}
		if r.Gap.Count != 12*20 || !near(r.Gap.P50, 0.01) || !near(r.Gap.Max, 0.01) || !near(r.Stream.P50, 100) {
			t.Errorf("gaps %+v, streams %+v", r.Gap, r.Stream)
		}
		if *r.Good != 2 || !near(*r.Goodput, 2/1.8) || !near(r.RequestRate, 12/1.8) || !near(r.AnswerRate, 12*21/1.8) {
			t.Errorf("%d good, %g requests and %g tokens per second", *r.Good, r.RequestRate, r.AnswerRate)
		}
		// 110 tokens are 50 words and the template, 40 are 20 words.
		if r.PromptTokens != 12*150 || r.CachedTokens != 12*4 || r.AnswerTokens != 12*21 || r.Pieces != 12*21 {
			t.Errorf("counted %+v", r)
		}
		for _, q := range s.requests[2:] {
			if len(q.Messages) != 2 || q.Messages[0].Role != hearth.RoleSystem || q.Messages[0].Text != s.requests[2].Messages[0].Text ||
				q.Model != "m" || !q.IgnoreEnd || strings.HasPrefix(s.requests[0].Messages[0].Text, q.Messages[0].Text[:20]) {
				t.Errorf("asked %+v", q)
			}
		}
	})
}

// TestNoCoordinatedOmission is invariant B1: the server stalls once for ten seconds,
// and everyone who was due meanwhile waited, though nothing could be sent faster.
func TestNoCoordinatedOmission(t *testing.T) {
	s := newServer(1, time.Millisecond, time.Millisecond)
	s.hook = func(n int) (time.Duration, any) {
		if n == 50 {
			return 10 * time.Second, nil
		}
		return 0, nil
	}
	under(t, s, Load{Rate: 20, Requests: 1000, Prompts: []int{16}, Generate: 2, Seed: 5}, func(t *testing.T, r *LoadReport) {
		late := 0
		for _, e := range r.Each {
			if e.TTFT > 1 {
				late++
			}
		}
		// About 20 × 9 requests were due more than a second before the stall ended.
		if late < 120 || late > 240 || r.TTFT.Max < 10 || r.TTFT.P90 < 1 || r.TTFT.P50 > 0.1 {
			t.Errorf("%d waited for more than a second: %+v", late, r.TTFT)
		}
		if r.Completed != 1000 || r.WallSeconds < 40 || r.WallSeconds > 60 || r.Delay.Max != 0 {
			t.Errorf("%d in %g s, sent up to %g s late", r.Completed, r.WallSeconds, r.Delay.Max)
		}
	})
}

// TestLateSendingIsWaiting is invariant B1 for a request that could not be sent when
// it was due.
func TestLateSendingIsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(1, time.Second, time.Second)
		s.slots = make(chan struct{}, 1)
		l := &Load{Generator: s, Prompts: []int{9}, SLOTTFT: 5 * time.Second}
		r := &run{Load: l, began: time.Now()}
		time.Sleep(10 * time.Second)
		r.ask(t.Context(), 0, l.request(0, "", "hi", 3), time.Now().Add(-4*time.Second))
		r.ask(t.Context(), 0, l.request(0, "", "hi", 3), time.Now().Add(-4*time.Second-1))
		r.ended = time.Now()
		p := r.report()
		if !near(p.TTFT.Min, 5) || !near(p.Latency.Min, 7) || !near(p.Delay.Min, 4) || *p.Good != 1 || !near(p.Each[0].TTFT, 5) {
			t.Errorf("%+v", p)
		}
	})
}

// TestCatchingUp is the same for arrivals: a run that is far behind sends at once what
// was due, and counts from then.
func TestCatchingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(9, time.Second, time.Second)
		s.slots = make(chan struct{}, 9)
		r := &run{Load: &Load{Generator: s, Rate: 1, Requests: 4, Prompts: []int{10}, Generate: 1, Seed: 1}, scale: usualScale, began: time.Now().Add(-time.Hour)}
		r.open(t.Context())
		r.ended = time.Now()
		p := r.report()
		if p.Completed != 4 || p.TTFT.Min < 3500 || !near(p.TTFT.Min, p.Delay.Min+1) || !near(p.Each[0].Due+p.Each[0].TTFT, 3601) {
			t.Errorf("%+v", p)
		}
	})
}

// TestLengths mixes short prompts with long ones, for which this server takes longer.
func TestLengths(t *testing.T) {
	s := newServer(100, 0, 10*time.Millisecond)
	s.perWord = time.Millisecond
	under(t, s, Load{Rate: 2, Requests: 300, Prompts: []int{50, 2010}, Generate: 5, Seed: 9}, func(t *testing.T, r *LoadReport) {
		if len(r.Lengths) != 2 || r.Lengths[0].Prompt != 50 || r.Lengths[1].Prompt != 2010 || r.Lengths[0].Requests+r.Lengths[1].Requests != 300 {
			t.Fatalf("%+v", r.Lengths)
		}
		for i, wait := range []float64{0.02, 1} { // two tokens a word, ten for the template
			l := r.Lengths[i]
			if l.Requests < 120 || l.TTFT.Count != l.Requests || l.Gap.Count != 4*l.Requests || !near(l.TTFT.Min, wait) || !near(l.TTFT.Max, wait) || !near(l.Latency.P50, wait+0.04) {
				t.Errorf("%+v, want a wait of %g s", l, wait)
			}
		}
	})
}

func TestDuration(t *testing.T) {
	s := newServer(100, 300*time.Millisecond, 10*time.Millisecond)
	under(t, s, Load{Clients: 2, Duration: time.Second, Prompts: []int{16}, Generate: 11}, func(t *testing.T, r *LoadReport) {
		// Answers take 0.4 s: three begin within the second, and the third is waited for.
		if r.Requests != 6 || r.Completed != 6 || !near(r.WallSeconds, 1.2) || r.Good != nil || r.Goodput != nil {
			t.Errorf("%d of %d in %g s", r.Completed, r.Requests, r.WallSeconds)
		}
	})
	s = newServer(1000, 300*time.Millisecond, 10*time.Millisecond)
	under(t, s, Load{Rate: 50, Duration: 20 * time.Second, Prompts: []int{16}, Generate: 11}, func(t *testing.T, r *LoadReport) {
		if r.Requests < 900 || r.Requests > 1100 || r.Each[r.Requests-1].Due >= 20 || !near(r.TTFT.Min, 0.3) || !near(r.TTFT.Max, 0.3) {
			t.Errorf("%d requests, the last due after %g s, %+v", r.Requests, r.Each[r.Requests-1].Due, r.TTFT)
		}
	})
}

func TestErrorsAreCounted(t *testing.T) {
	s := newServer(1, 10*time.Millisecond, 10*time.Millisecond)
	busy := hearth.NewError(hearth.UpstreamBusy, "upstream", "x", "detail", "full")
	s.hook = func(n int) (time.Duration, any) {
		switch n % 5 {
		case 2:
			return 0, busy
		case 4:
			return 0, errors.New("something nobody foresaw")
		}
		return 0, nil
	}
	under(t, s, Load{Clients: 1, Requests: 50, Prompts: []int{16}, Generate: 2, SLOTTFT: time.Second}, func(t *testing.T, r *LoadReport) {
		if r.Completed != 30 || r.Failed != 20 || r.Errors[hearth.UpstreamBusy] != 10 || r.Errors[hearth.InternalError] != 10 || !errors.Is(r.Err, busy) {
			t.Errorf("%+v", r)
		}
		if r.TTFT.Count != 30 || r.Latency.Count != 30 || *r.Good != 30 {
			t.Errorf("%+v %+v %d", r.TTFT, r.Latency, *r.Good)
		}
		// Thirty answers of 20 ms, and after each error a pause of 100 ms.
		if !near(r.WallSeconds, 30*0.02+20*0.1) {
			t.Errorf("it took %g s", r.WallSeconds)
		}
	})
}

func TestServerThatDoesNotCount(t *testing.T) {
	s := newServer(4, time.Millisecond, time.Millisecond)
	s.silent = true
	under(t, s, Load{Clients: 2, Requests: 4, Prompts: []int{130}, Generate: 8}, func(t *testing.T, r *LoadReport) {
		if r.AnswerTokens != 32 || r.PromptTokens != 0 || countWords(s.requests[3].Messages[0].Text) != 100 {
			t.Errorf("%+v, asked with %d words", r, countWords(s.requests[3].Messages[0].Text))
		}
	})
}

// TestInterrupted cuts what is under way, and reports what had come.
func TestInterrupted(t *testing.T) {
	for name, l := range map[string]Load{
		"clients": {Clients: 3, Requests: 1000, Prompts: []int{16}, Generate: 100},
		"rate":    {Rate: 3, Duration: time.Hour, Prompts: []int{16}, Generate: 100},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(1000, time.Second, 100*time.Millisecond)
				l.Generator, s.slots = s, make(chan struct{}, s.atOnce)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				var last Progress
				told := 0
				r, err := l.Run(ctx, func(p Progress) {
					if p.Elapsed < last.Elapsed || p.Done < last.Done || p.Tokens < last.Tokens {
						t.Errorf("%+v after %+v", p, last)
					}
					last, told = p, told+1
				})
				if err != nil || r.Stopped != StoppedInterrupted || r.Unfinished == 0 || r.Completed == 0 || r.Failed != 0 || len(r.Errors) != 0 {
					t.Fatalf("%+v (%v)", r, err)
				}
				if r.Gap.Count <= 99*r.Completed || r.Latency.Count != r.Completed || r.Pieces != r.Gap.Count+r.TTFT.Count {
					t.Errorf("%+v", r)
				}
				// The warm-up takes 2.2 s of the twenty; it is told five times a second.
				if !near(r.WallSeconds, 17.8) || told < 85 || told > 95 || last.Running != 0 || last.Done != r.Requests {
					t.Errorf("%g s, told %d times, at last %+v", r.WallSeconds, told, last)
				}
			})
		})
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	fail := hearth.NewError(hearth.UpstreamUnreachable, "upstream", "x")
	l := Load{Clients: 1, Requests: 5, Prompts: []int{16}, Generate: 2,
		Generator: hearth.GeneratorFunc(func(context.Context, *hearth.Request) iter.Seq2[hearth.Chunk, error] { return hearth.Fail(fail) })}
	if r, err := l.Run(t.Context(), nil); !errors.Is(err, fail) {
		t.Errorf("%+v (%v)", r, err)
	}
}

// TestLimits reaches what bounds a run.
func TestLimits(t *testing.T) {
	s := newServer(1, time.Second, time.Second)
	under(t, s, Load{Rate: 10_000, Prompts: []int{16}, Generate: 1}, func(t *testing.T, r *LoadReport) {
		if r.Stopped != StoppedOutstanding || r.Requests != ClientsMax || r.Completed != ClientsMax {
			t.Errorf("%s after %d of %d", r.Stopped, r.Completed, r.Requests)
		}
	})
	full := &run{Load: &Load{}}
	full.gaps.Store(SamplesMax)
	if _, ok := full.next(t.Context(), 0); ok || full.stopped != StoppedSamples {
		t.Errorf("it goes on with as many samples as may be: %q", full.stopped)
	}
	many := &run{Load: &Load{}}
	many.started.Store(RequestsMax)
	if _, ok := many.next(t.Context(), 0); ok || many.stopped != StoppedRequests {
		t.Errorf("it goes on with as many requests as may be: %q", many.stopped)
	}
}

package fetch_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/fetch"
)

// TestRetryAfter: a mirror is left alone for as long as it says, within reason.
func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		says     string
		min, max time.Duration
	}{
		{"7", 7 * time.Second, 7 * time.Second},
		{"86400", fetch.RetryAfterMax, fetch.RetryAfterMax},
		{"Sat, 01 Jan 2000 00:01:30 GMT", 80 * time.Second, 90 * time.Second}, // virtual time begins at midnight
		{"soon", 250 * time.Millisecond, 500 * time.Millisecond},
		{"-3", 250 * time.Millisecond, 500 * time.Millisecond},
	} {
		t.Run(c.says, func(t *testing.T) {
			inWorld(t, func(w *world) {
				data := content(1, 3*chunkBytes)
				s := &site{content: data}
				refused := time.Time{}
				url := w.host("a", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if refused.IsZero() {
						refused = time.Now()
						rw.Header().Set("Retry-After", c.says)
						rw.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					s.ServeHTTP(rw, r)
				}))
				if _, err := w.fetch(fetch.File{SHA256: digest(data), Mirrors: []string{url}}); err != nil {
					t.Fatal(err)
				}
				if waited := s.requests[0].at.Sub(refused); waited < c.min || waited > c.max {
					t.Errorf("waited %v, want %v to %v", waited, c.min, c.max)
				}
			})
		})
	}
}

// TestBackoff: waits double up to half a minute, and then it is over.
func TestBackoff(t *testing.T) {
	inWorld(t, func(w *world) {
		s := &site{content: content(1, 3*chunkBytes), fault: always("500")}
		o := w.options()
		o.Retries = 10
		if _, err := w.fetchWith(fetch.File{Mirrors: []string{w.host("a", s)}}, o); code(err) != hearth.DownloadFailed {
			t.Fatal(err)
		}
		if len(s.requests) != 10 {
			t.Fatalf("asked %d times", len(s.requests))
		}
		for i, want := 1, 500*time.Millisecond; i < 10; i, want = i+1, min(2*want, 30*time.Second) {
			if waited := s.requests[i].at.Sub(s.requests[i-1].at); waited < want/2 || waited > want {
				t.Errorf("before request %d: %v, want %v to %v", i, waited, want/2, want)
			}
		}
	})
}

// TestStall: a connection is cut when no byte came for so long, and not before.
func TestStall(t *testing.T) {
	for _, kind := range []string{"stall", "stall later"} {
		inWorld(t, func(w *world) {
			data := content(1, 3*chunkBytes)
			s := &site{content: data, fault: once(1, kind)}
			o := w.options()
			o.Parallel = 1
			began := time.Now()
			if _, err := w.fetchWith(fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", s)}}, o); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took < o.StallTimeout || took > o.StallTimeout+time.Second {
				t.Errorf("%s: took %v", kind, took)
			}
			if kind == "stall later" && s.requests[2].start != chunkBytes/2 {
				t.Errorf("went on at byte %d", s.requests[2].start)
			}
		})
	}
}

// TestSlowIsNotStalled: a connection slower than everything else, but alive, is kept.
func TestSlowIsNotStalled(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(1, 8*chunkBytes)
		s := &site{content: data}
		o := w.options()
		o.Parallel = 8 // so that each waits its turn for longer than a stall
		o.BytesPerSecond = 100
		o.StallTimeout = time.Second
		began := time.Now()
		if _, err := w.fetchWith(fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", s)}}, o); err != nil {
			t.Fatal(err)
		}
		if n := s.faults + len(s.requests); n != 9 || time.Since(began) < 320*time.Second {
			t.Errorf("%d requests in %v", n, time.Since(began))
		}
	})
}

// TestBandwidth: all connections together keep to the limit.
func TestBandwidth(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(1, 30*chunkBytes)
		o := w.options()
		o.Parallel, o.BytesPerSecond = 8, chunkBytes
		last := fetch.Progress{}
		o.Progress = func(p fetch.Progress) {
			if p.Phase == fetch.Fetching {
				last = p
			}
		}
		began := time.Now()
		if _, err := w.fetchWith(fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", &site{content: data})}}, o); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 29*time.Second || took > 31*time.Second {
			t.Errorf("30 seconds' worth took %v", took)
		}
		if last.Rate < 0.8*chunkBytes || last.Rate > 1.2*chunkBytes || last.Left > 2*time.Second || last.Total != int64(len(data)) {
			t.Errorf("reported at the end %+v", last)
		}
	})
}

// TestCancel: everything ends at once, whatever it waits for. That no goroutine is
// left is what the end of the virtual world insists on.
func TestCancel(t *testing.T) {
	for _, kind := range []string{"stall", "429", "500", "stall later", ""} {
		inWorld(t, func(w *world) {
			s := &site{content: content(1, 50*chunkBytes), fault: later(kind)}
			ctx, cancel := context.WithTimeout(w.Context(), 1500*time.Millisecond)
			defer cancel()
			o := w.options()
			o.BytesPerSecond = chunkBytes
			began := time.Now()
			_, err := fetch.Fetch(ctx, []fetch.File{{Path: w.path, Mirrors: []string{w.host("a", s)}}}, o)
			if code(err) != hearth.Canceled || time.Since(began) > 1500*time.Millisecond {
				t.Errorf("%q: after %v: %v", kind, time.Since(began), err)
			}
		})
	}
}

// TestHiccup: a network that is gone for a while makes many connections fail at once,
// which is one failure.
func TestHiccup(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(1, 40*chunkBytes)
		began := time.Now()
		s := &site{content: data}
		s.fault = func(r request) string {
			if since := r.at.Sub(began); since > time.Second && since < 8*time.Second {
				return "hang up"
			}
			return ""
		}
		o := w.options()
		o.Parallel, o.Retries, o.BytesPerSecond = 8, 6, 10*chunkBytes
		if _, err := w.fetchWith(fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", s)}}, o); err != nil {
			t.Fatal(err)
		}
		if s.faults < 3 {
			t.Errorf("only %d faults", s.faults)
		}
	})
}

// TestFasterMirrorIsPreferred: after a few chunks most come from it, and the slower
// one is still asked now and then.
func TestFasterMirrorIsPreferred(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(1, 100*chunkBytes)
		slowed := func(s *site, wait time.Duration) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				time.Sleep(wait)
				s.ServeHTTP(rw, r)
			})
		}
		slow, fast := &site{content: data}, &site{content: data}
		f := fetch.File{SHA256: digest(data), Mirrors: []string{
			w.host("slow", slowed(slow, time.Second)), w.host("fast", slowed(fast, 10*time.Millisecond))}}
		if _, err := w.fetch(f); err != nil {
			t.Fatal(err)
		}
		if n := len(slow.requests); n < 3 || n > 25 {
			t.Errorf("the slow mirror was asked %d times, the fast one %d times", n, len(fast.requests))
		}
	})
}

// TestCrowdedMirror: one that takes two requests at a time gets no more for long.
func TestCrowdedMirror(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(1, 40*chunkBytes)
		s := &site{content: data}
		var active, refused atomic.Int32
		url := w.host("a", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			defer active.Add(-1)
			if active.Add(1) > 2 {
				refused.Add(1)
				rw.WriteHeader(http.StatusTooManyRequests)
				return
			}
			time.Sleep(100 * time.Millisecond)
			s.ServeHTTP(rw, r)
		}))
		o := w.options()
		o.Parallel = 8
		if _, err := w.fetchWith(fetch.File{SHA256: digest(data), Mirrors: []string{url}}, o); err != nil {
			t.Fatal(err)
		}
		w.holds(data)
		if n := refused.Load(); n == 0 || n > 40 {
			t.Errorf("refused %d times", n)
		}
	})
}

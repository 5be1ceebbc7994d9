package upstream_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/upstream"
)

// TestWhen is how servers say when.
func TestWhen(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0.5": 500 * time.Millisecond, " 2 ": 2 * time.Second, "0": 0,
		"1s": time.Second, "6m0s": 6 * time.Minute, "20ms": 20 * time.Millisecond, "1h30m": time.Hour,
		now.Add(30 * time.Second).Format(http.TimeFormat): 30 * time.Second,
		now.Add(time.Minute).Format(time.RFC3339):         time.Minute,
		now.Add(-time.Minute).Format(time.RFC3339):        0,
		fmt.Sprint(now.Add(9 * time.Second).Unix()):       9 * time.Second,
		fmt.Sprint(now.Add(9 * time.Second).UnixMilli()):  9 * time.Second,
		"1e300": time.Hour, "999999999": time.Hour, "30h": time.Hour,
	} {
		if got, ok := upstream.Moment(text, now); !ok || got != want {
			t.Errorf("%q is %v (%t), want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "soon", "-1", "NaN", "1s2", "Mon"} {
		if got, ok := upstream.Moment(text, now); ok && got != 0 {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func FuzzWhen(f *testing.F) {
	f.Add("6m0s")
	f.Add("Fri, 02 Jan 2026 03:04:05 GMT")
	f.Fuzz(func(t *testing.T, text string) {
		if d, _ := upstream.Moment(text, time.Now()); d < 0 || d > time.Hour {
			t.Errorf("%q is %v", text, d)
		}
	})
}

// TestPace: a server that has nothing left, or has refused, is not asked before the time
// it named, and the error says when.
func TestPace(t *testing.T) {
	asked := 0
	serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 { // answers, and has nothing left
			w.Header().Set("X-RateLimit-Remaining-Requests", "0")
			w.Header().Set("X-RateLimit-Reset-Requests", "12s")
		}
		lines(`data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}`)(w, r)
	}, func(t *testing.T, u *upstream.Server) {
		if _, _, err := collect(u, nil); err != nil {
			t.Fatal(err)
		}
		_, _, err := collect(u, nil)
		if e := hearth.AsError(err); e.Code != hearth.UpstreamBusy || e.Retry != 12*time.Second || asked != 1 {
			t.Errorf("%v in %v, asked %d times", err, e.Retry, asked)
		}
		time.Sleep(12 * time.Second)
		if _, _, err := collect(u, nil); err != nil || asked != 2 {
			t.Errorf("when its time has come: %v, asked %d times", err, asked)
		}
	})
}

// TestGauges reads metrics as engines print them.
func TestGauges(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want upstream.Load
	}{
		"vllm": {`# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="Qwen/Qwen3-32B"} 3.0
vllm:num_requests_running{engine="1",model_name="a } b"} 4.0
vllm:num_requests_waiting{engine="0",model_name="Qwen/Qwen3-32B"} 2.0
vllm:kv_cache_usage_perc{engine="0"} 0.25
vllm:kv_cache_usage_perc{engine="1"} 0.75
vllm:prompt_tokens_total{engine="0"} 1e+06
`, upstream.Load{Running: 7, Waiting: 2, Cache: 0.75}},
		"sglang":       {"sglang:num_running_reqs{tp_rank=\"0\"} 1.0\nsglang:num_queue_reqs 5\nsglang:token_usage 0.5\n", upstream.Load{Running: 1, Waiting: 5, Cache: 0.5}},
		"llama-server": {"llamacpp:requests_processing 1\nllamacpp:requests_deferred 2\n", upstream.Load{Running: 1, Waiting: 2}},
		"mindie":       {"num_requests_running{model_name=\"m\"} 6\nnum_requests_waiting{model_name=\"m\"} 0 1700000000000\nnpu_cache_usage_perc{model_name=\"m\"} NaN\n", upstream.Load{Running: 6}},
	} {
		k, _ := upstream.KindNamed(name)
		if got, ok := upstream.ReadGauges(k, strings.NewReader(c.text)); !ok || got != c.want {
			t.Errorf("%s: %+v (%t), want %+v", name, got, ok, c.want)
		}
	}
	k, _ := upstream.KindNamed("vllm")
	for _, text := range []string{"", "<html>", "other 1\n", "vllm:num_requests_running\n", "vllm:num_requests_running}{ 1\n"} {
		if got, ok := upstream.ReadGauges(k, strings.NewReader(text)); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func FuzzGauges(f *testing.F) {
	f.Add("vllm:num_requests_running{engine=\"0\"} 3.0\n")
	k, _ := upstream.KindNamed("vllm")
	f.Fuzz(func(t *testing.T, text string) {
		if l, _ := upstream.ReadGauges(k, strings.NewReader(text)); l.Running < 0 || l.Waiting < 0 || !(l.Cache >= 0 && l.Cache <= 1) {
			t.Errorf("%+v", l)
		}
	})
}

// patient is a server whose mood changes.
type patient struct {
	mu           sync.Mutex
	broken, deaf bool
	tokens       int
}

// is changes its mood.
func (p *patient) is(broken, deaf bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken, p.deaf = broken, deaf
}

func (p *patient) made() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens
}

func (p *patient) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/v1/models":
		_, _ = io.WriteString(w, `{"data":[{"id":"vectors","task":"embedding"},{"id":"m"}]}`)
	case "/metrics":
		_, _ = io.WriteString(w, "vllm:num_requests_waiting 4\n")
	case "/v1/chat/completions":
		_, _ = io.Copy(io.Discard, r.Body)
		p.mu.Lock()
		broken, deaf := p.broken, p.deaf
		if !broken && !deaf {
			p.tokens++
		}
		p.mu.Unlock()
		switch {
		case deaf: // it answers all but this
			<-r.Context().Done()
		case broken:
			w.WriteHeader(500)
		default:
			lines(`data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"length"}]}`)(w, r)
		}
	}
}

func watched(t *testing.T, p *patient, test func(u *upstream.Server, changes *atomic.Int32)) {
	synctest.Test(t, func(t *testing.T) {
		host := newHost(t, p)
		u, err := upstream.New(upstream.Config{Name: "gpu", Kind: "vllm", URL: "http://gpu/v1", IdleMax: 10 * time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		u.DialWith(host.Dial)
		var changes atomic.Int32
		ctx, cancel := contextOf(t)
		done := make(chan struct{})
		go func() {
			u.Watch(ctx, quiet, func() { changes.Add(1) })
			close(done)
		}()
		test(u, &changes)
		cancel()
		<-done
		u.Close()
		_ = host.Close()
	})
}

// TestBreaker: three failures in a row take a server for down; it is up again when it has
// made a token.
func TestBreaker(t *testing.T) {
	p := &patient{broken: true}
	watched(t, p, func(u *upstream.Server, changes *atomic.Int32) {
		for i := range 3 {
			if !u.Up() {
				t.Errorf("down after %d failures", i)
			}
			_, _, _ = collect(u, nil)
		}
		synctest.Wait()
		if u.Up() || changes.Load() != 1 {
			t.Errorf("up %t after three failures, told %d times", u.Up(), changes.Load())
		}
		time.Sleep(time.Minute)
		if u.Up() {
			t.Error("up, though it makes no token")
		}
		p.is(false, false)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if !u.Up() || p.made() == 0 {
			t.Errorf("it makes tokens again (%d), and is up %t", p.made(), u.Up())
		}
	})
}

// TestHungScheduler: a server that answers everything but requests for tokens is found
// out without anybody asking it, and so is that it works again.
func TestHungScheduler(t *testing.T) {
	p := &patient{}
	watched(t, p, func(u *upstream.Server, _ *atomic.Int32) {
		time.Sleep(5 * time.Minute)
		if !u.Up() || p.made() < 5 || p.made() > 15 {
			t.Fatalf("in five idle minutes it made %d tokens; up %t", p.made(), u.Up())
		}
		p.is(false, true)
		time.Sleep(4 * time.Minute)
		if u.Up() {
			t.Error("it has made no token for four minutes, and is up")
		}
		p.is(false, false)
		time.Sleep(90 * time.Second)
		if !u.Up() {
			t.Error("it makes tokens again, and is down")
		}
		if l, ok := u.Load(); !ok || l.Waiting != 4 {
			t.Errorf("load %+v (%t)", l, ok)
		}
	})
}

package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gateway"
	"github.com/hearthbox/hearth/internal/pipenet"
)

// line is a generator before which one stands in line so long, and that then answers or
// fails.
type line struct {
	wait   time.Duration
	err    error
	asked  []hearth.Request
	causes []error // with which callers left
}

func (l *line) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	l.asked = append(l.asked, *r)
	return func(yield func(hearth.Chunk, error) bool) {
		begun := time.Now()
		defer func() {
			if ctx.Err() != nil {
				l.causes = append(l.causes, context.Cause(ctx))
			}
		}()
		for left := l.wait; left > 0; left = l.wait - time.Since(begun) {
			if !yield(hearth.Chunk{Place: &hearth.Place{Position: 1 + int(left/(10*time.Second)), Wait: left}}, nil) {
				return
			}
			select {
			case <-time.After(min(2*time.Second, left)):
			case <-ctx.Done():
				yield(hearth.Chunk{}, hearth.NewError(hearth.Canceled))
				return
			}
		}
		if l.err != nil {
			yield(hearth.Chunk{}, l.err)
			return
		}
		if yield(hearth.Chunk{Text: "hello", ServedBy: "gpu", Waited: l.wait, Expected: 2 * l.wait}, nil) {
			yield(hearth.Chunk{Finish: hearth.FinishStop, Usage: &hearth.Usage{PromptTokens: 1, CompletionTokens: 1}}, nil)
		}
	}
}

// Line shows two requests to everybody.
func (l *line) Line(by hearth.Principal, most int) hearth.Line {
	return hearth.Line{Waiting: 1, Running: 1, Requests: []hearth.Queued{
		{By: by, Model: "m", Class: hearth.ClassInteractive, Arrived: time.Unix(1_800_000_000, 0), ServedBy: "gpu"},
		{By: by, Model: "m", Class: hearth.ClassBulk, Arrived: time.Unix(1_800_000_001, 0), Place: hearth.Place{Position: 1, Wait: 1500 * time.Millisecond}},
	}[:min(2, most)]}
}

func (l *line) gateway() *gateway.Gateway {
	d := &door{}
	g := d.gateway()
	g.Generator, g.Queue = l, l
	return g
}

// ask sends a chat request with headers given as "Name: value".
func (l *line) ask(body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer right")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	l.gateway().ServeHTTP(w, r)
	return w
}

const (
	question = `{"model":"m","messages":[{"role":"user","content":"hi"}]}`
	streamed = `{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}`
)

func TestStreamsShowPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{wait: 31 * time.Second}
		w := l.ask(streamed)
		// At 5, 15 and 25 seconds.
		want := ": queued position=3 eta=27s\n: queued position=2 eta=17s\n: queued position=1 eta=7s\ndata: {"
		if body := w.Body.String(); !strings.HasPrefix(body, want) || !strings.Contains(body, "hello") {
			t.Errorf("got %.300q", body)
		}
		if c := l.asked[0].Class; c != hearth.ClassDefault || l.asked[0].Ticket != "" {
			t.Errorf("a stream is of class %q with ticket %q", c, l.asked[0].Ticket)
		}
		l = &line{wait: 3 * time.Second}
		w = l.ask(streamed)
		if h := w.Result().Header; h.Get("X-Hearth-Queue-Ms") != "3000" || h.Get("X-Hearth-Queue-Expected-Ms") != "6000" || h.Get("X-Hearth-Served-By") != "gpu" {
			t.Errorf("headers %v", h)
		}
	})
}

func TestRefusalsBeforeTheStreamBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for code, retry := range map[hearth.Code]string{hearth.QuotaExceeded: "false", hearth.DeadlineUnreachable: "false"} {
			w := (&line{err: hearth.NewError(code)}).ask(streamed)
			if w.Code != http.StatusTooManyRequests || w.Header().Get("X-Should-Retry") != retry || !strings.Contains(w.Body.String(), `"code":"`+string(code)+`"`) {
				t.Errorf("%s: %d %v %s", code, w.Code, w.Header(), w.Body)
			}
		}
	})
}

// TestOfficialClientsComeBack: they are held for as long as they and what is between
// can bear, then sent away with their place kept.
func TestOfficialClientsComeBack(t *testing.T) {
	for _, c := range []struct {
		timeout string
		held    time.Duration
	}{
		{"", 240 * time.Second}, {"X-Stainless-Read-Timeout: 600.0", 240 * time.Second}, {"X-Stainless-Timeout: 60", 55 * time.Second},
		{"X-Stainless-Read-Timeout: 10", 5 * time.Second}, {"X-Stainless-Read-Timeout: NOT_GIVEN", 240 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &line{wait: time.Hour}
			begun := time.Now()
			w := l.ask(question, "X-Stainless-Lang: python", c.timeout)
			if held := time.Since(begun); held != c.held {
				t.Errorf("%s: held for %s", c.timeout, held)
			}
			h := w.Header()
			if w.Code != http.StatusTooManyRequests || h.Get("X-Should-Retry") != "true" || h.Get("Retry-After") != "1" ||
				h.Get("X-Hearth-Queue-Position") == "" || h.Get("X-Hearth-Queue-Eta") == "" || !strings.Contains(w.Body.String(), `"code":"place_kept"`) {
				t.Errorf("%s: %d %v %s", c.timeout, w.Code, h, w.Body)
			}
			if !errors.Is(l.causes[0], hearth.NewError(hearth.PlaceKept)) {
				t.Errorf("%s: left with %v", c.timeout, l.causes[0])
			}
			l.ask(question, "X-Stainless-Lang: python", "X-Stainless-Retry-Count: 1")
			l.ask(strings.Replace(question, "hi", "ho", 1), "X-Stainless-Lang: python")
			if l.asked[0].Ticket == "" || l.asked[0].Ticket != l.asked[1].Ticket || l.asked[0].Ticket == l.asked[2].Ticket {
				t.Errorf("%s: tickets %q", c.timeout, []string{l.asked[0].Ticket, l.asked[1].Ticket, l.asked[2].Ticket})
			}
			if d := l.asked[0].Deadline.Sub(begun); d != 3*c.held {
				t.Errorf("%s: may wait for %s", c.timeout, d)
			}
		})
	}
}

// TestImpatientClientsAreNotHeld: who gives up after a moment is not asked to come back.
func TestImpatientClientsAreNotHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{wait: 2 * time.Second}
		w := l.ask(question, "X-Stainless-Lang: python", "X-Stainless-Read-Timeout: 0.3")
		if w.Code != 200 || l.asked[0].Ticket != "" || !l.asked[0].Deadline.IsZero() {
			t.Errorf("%d with ticket %q", w.Code, l.asked[0].Ticket)
		}
	})
}

// TestOtherClientsAreSentBlanks, over a real connection, because what fails is cut.
func TestOtherClientsAreSentBlanks(t *testing.T) {
	for _, c := range []struct {
		wait  time.Duration
		err   error
		blank string
		cut   bool
	}{
		{20 * time.Second, nil, "", false},
		{46 * time.Second, nil, "\n\n\n", false},
		{46 * time.Second, hearth.NewError(hearth.UpstreamFailed), "\n\n\n", true},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &line{wait: c.wait, err: c.err}
			host := pipenet.Serve(l.gateway())
			defer host.Close()
			client := http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return host.Dial() }}}
			defer client.CloseIdleConnections()
			r, _ := http.NewRequestWithContext(t.Context(), "POST", "http://hearth/v1/chat/completions", strings.NewReader(question))
			r.Header.Set("Authorization", "Bearer right")
			resp, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if (err != nil) != c.cut || resp.StatusCode != 200 || !strings.HasPrefix(string(body), c.blank) {
				t.Fatalf("after %s: %d %q (%v)", c.wait, resp.StatusCode, body, err)
			}
			var answer struct {
				Choices []struct{ Message struct{ Content string } }
			}
			if !c.cut && (json.Unmarshal(body, &answer) != nil || answer.Choices[0].Message.Content != "hello") {
				t.Errorf("after %s: %q", c.wait, body)
			}
		})
	}
}

func TestWishesInHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{}
		l.ask(question, "X-Hearth-Class: bulk", "X-Hearth-Deadline: 90")
		if r := l.asked[0]; r.Class != hearth.ClassBulk || r.Deadline.Sub(time.Now()) != 90*time.Second {
			t.Errorf("asked for %q by %s", r.Class, r.Deadline)
		}
		for _, h := range []string{"X-Hearth-Class: system", "X-Hearth-Class: now", "X-Hearth-Deadline: soon", "X-Hearth-Deadline: -1s", "X-Hearth-Deadline: 0"} {
			if w := l.ask(question, h); w.Code != 400 || len(l.asked) != 1 {
				t.Errorf("%s: %d %s", h, w.Code, w.Body)
			}
		}
	})
}

func TestQueueIsShown(t *testing.T) {
	get := func(ctx context.Context, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer right")
		w := httptest.NewRecorder()
		(&line{}).gateway().ServeHTTP(w, r)
		return w
	}
	want := `{"object":"queue","waiting":1,"running":1,"requests":[` +
		`{"state":"running","model":"m","class":"interactive","since":1800000000,"key":"k1","key_name":"someone","served_by":"gpu"},` +
		`{"state":"waiting","position":1,"eta_seconds":2,"model":"m","class":"bulk","since":1800000001,"key":"k1","key_name":"someone"}]}` + "\n"
	if w := get(t.Context(), "/v1/queue"); w.Code != 200 || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithTimeout(t.Context(), 25*time.Second)
		defer leave()
		if w := get(ctx, "/v1/queue?stream=true"); w.Body.String() != "data: "+want+"\n: unchanged\n: unchanged\n" {
			t.Errorf("the feed says %q", w.Body)
		}
	})
}

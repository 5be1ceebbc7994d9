package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/jobs"
	"github.com/hearthbox/hearth/internal/store"
)

// hands do jobs as their bodies say: after a second, or not at all.
type hands struct {
	mu    sync.Mutex
	begun []string
	at    int
	most  int
}

func (h *hands) Work(ctx context.Context, j hearth.Job) hearth.Outcome {
	h.mu.Lock()
	h.begun = append(h.begun, j.Name)
	begun := len(h.begun)
	h.at++
	h.most = max(h.most, h.at)
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		h.at--
		h.mu.Unlock()
	}()
	body := string(j.Body)
	if body == "panic" {
		panic("dropped")
	}
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return hearth.Outcome{Again: time.Second}
	}
	switch {
	case body == "later" && j.Tries < 3:
		return hearth.Outcome{Again: time.Minute}
	case body == "exhausted" && begun < 5:
		return hearth.Outcome{Again: time.Hour, Owner: true}
	case body == "forget":
		return hearth.Outcome{Forget: true}
	case body == "bad":
		return hearth.Outcome{Status: 400, Result: []byte("bad " + j.Name)}
	}
	return hearth.Outcome{Status: 200, Result: []byte("did " + j.Name)}
}

// names are those of the jobs that were begun, in order.
func (h *hands) names() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.begun, " ")
}

func (h *hands) atOnce() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.most
}

func (h *hands) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begun = nil
}

func (h *hands) Messages(event, owner, id string) []hearth.Job {
	return []hearth.Job{{ID: "evt_" + id, Owner: owner, Name: "told " + event, Body: []byte("forget"), Created: time.Now()}}
}

func (h *hands) GiveUp(j hearth.Job, why hearth.Code) []byte {
	return []byte(string(why) + " " + j.Name)
}

// shop is a store with two keys in it, and a runner that runs until it is closed.
type shop struct {
	t      *testing.T
	path   string
	store  *store.Store
	hands  *hands
	runner *jobs.Runner
	cancel context.CancelFunc
	ended  chan struct{}
}

func open(t *testing.T, path string, l jobs.Limits) *shop {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"k1", "k2"} {
		_ = s.AddKey(t.Context(), hearth.Key{ID: id, Hash: []byte{1}, Created: time.Now()}) // which may be there
	}
	x := &shop{t: t, path: path, store: s, hands: &hands{}, ended: make(chan struct{})}
	x.runner = jobs.New(s, x.hands, l, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	x.cancel = cancel
	go func() {
		defer close(x.ended)
		x.runner.Run(ctx)
	}()
	return x
}

func (x *shop) close(grace time.Duration) {
	x.cancel()
	<-x.ended
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	x.runner.Stop(ctx)
	if err := x.store.Close(); err != nil {
		x.t.Error(err)
	}
}

func (x *shop) add(owner, name, body string, class hearth.Class) {
	x.t.Helper()
	if err := x.runner.Add(x.t.Context(), hearth.Job{ID: owner + name, Owner: owner, Name: name, Class: class, Body: []byte(body), Created: time.Now()}); err != nil {
		x.t.Fatal(err)
	}
}

// result is what there is of a job.
func (x *shop) result(owner, name string) string {
	j, err := x.runner.Job(x.t.Context(), owner, owner+name)
	if err != nil {
		return string(hearth.AsError(err).Code)
	}
	return fmt.Sprintf("%d %d %s", j.State, j.Status, j.Result)
}

var wide = jobs.Limits{Running: 4, OwnerRunning: 2, OwnerWaiting: 1000, FileBytes: 1 << 20, OwnerBytes: 1 << 20, Keep: time.Hour}

func TestOrderAndBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := open(t, filepath.Join(t.TempDir(), "hearth.db"), jobs.Limits{Running: 2, OwnerRunning: 1, OwnerWaiting: 5, Keep: time.Hour})
		defer x.close(time.Second)
		for i := range 4 {
			x.add("k1", fmt.Sprint("a", i), "", hearth.ClassBulk)
		}
		x.add("k1", "urgent", "", hearth.ClassDefault)
		x.add("k2", "b", "", hearth.ClassBulk)
		time.Sleep(time.Minute)
		got := x.hands.names()
		for _, first := range []string{"urgent", "b"} { // neither behind the others'
			if strings.Index(got, first) > strings.Index(got, "a1") {
				t.Errorf("begun in the order %s", got)
			}
		}
		if strings.Index(got, "a1") > strings.Index(got, "a2") || strings.Index(got, "a2") > strings.Index(got, "a3") || x.hands.atOnce() > 3 {
			t.Errorf("begun in the order %s, %d at once", got, x.hands.atOnce())
		}
		if got := x.result("k1", "a3"); got != "2 200 did a3" {
			t.Errorf("the last: %s", got)
		}
		if _, err := x.runner.Job(t.Context(), "k2", "k1a3"); !errors.Is(err, hearth.NewError(hearth.NoSuchTicket)) {
			t.Errorf("somebody else's: %v", err)
		}
	})
}

func TestAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := open(t, filepath.Join(t.TempDir(), "hearth.db"), wide)
		defer x.close(time.Second)
		x.add("k1", "l", "later", hearth.ClassDefault)
		x.add("k1", "p", "panic", hearth.ClassDefault)
		x.add("k1", "f", "forget", hearth.ClassDefault)
		time.Sleep(30 * time.Second)
		if l, p, f := x.result("k1", "l"), x.result("k1", "p"), x.result("k1", "f"); l != "0 0 " || p != "2 500 internal_error p" || f != "ticket_not_found" {
			t.Errorf("%q %q %q", l, p, f)
		}
		time.Sleep(2 * time.Minute)
		if got := x.result("k1", "l"); got != "2 200 did l" {
			t.Errorf("tried three times: %s", got)
		}
		// A limit that is reached: nothing else of the owner's is tried until it is not.
		x.hands.forget()
		for i := range 6 {
			x.add("k2", fmt.Sprint(i), "exhausted", hearth.ClassDefault)
		}
		time.Sleep(59 * time.Minute)
		if got := x.hands.names(); len(strings.Fields(got)) != 2 {
			t.Errorf("tried %s", got)
		}
		time.Sleep(2 * time.Hour)
		for i := range 6 {
			if got := x.result("k2", fmt.Sprint(i)); got != fmt.Sprint("2 200 did ", i) {
				t.Errorf("%d: %s", i, got)
			}
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := open(t, filepath.Join(t.TempDir(), "hearth.db"), jobs.Limits{Running: 1, OwnerRunning: 1, OwnerWaiting: 9, Keep: time.Hour})
		defer x.close(time.Second)
		x.add("k1", "runs", "", hearth.ClassDefault)
		x.add("k1", "waits", "", hearth.ClassDefault)
		x.add("k1", "third", "", hearth.ClassDefault)
		time.Sleep(500 * time.Millisecond)
		for _, name := range []string{"waits", "runs"} { // else the second might begin in between
			if err := x.runner.Cancel(t.Context(), "k2", "k1"+name); !errors.Is(err, hearth.NewError(hearth.NoSuchTicket)) {
				t.Errorf("somebody else cancelled %s: %v", name, err)
			}
			if err := x.runner.Cancel(t.Context(), "k1", "k1"+name); err != nil || x.result("k1", name) != "ticket_not_found" {
				t.Errorf("%s: %v, %s", name, err, x.result("k1", name))
			}
		}
		time.Sleep(5 * time.Second)
		if got := x.hands.names(); got != "runs third" {
			t.Errorf("begun %s", got)
		}
	})
}

// TestStops: what does not end in time is done after the next start, and by nobody twice.
func TestStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "hearth.db")
		x := open(t, path, wide)
		for i := range 6 {
			x.add("k1", fmt.Sprint(i), "", hearth.ClassDefault)
		}
		time.Sleep(1500 * time.Millisecond)
		x.close(100 * time.Millisecond)
		if err := x.runner.Add(t.Context(), hearth.Job{ID: "x", Owner: "k1"}); !errors.Is(err, hearth.NewError(hearth.ServerStop)) {
			t.Errorf("added after a stop: %v", err)
		}
		y := open(t, path, wide)
		defer y.close(time.Second)
		time.Sleep(time.Minute)
		for i := range 6 {
			if got := y.result("k1", fmt.Sprint(i)); got != fmt.Sprint("2 200 did ", i) {
				t.Errorf("%d: %s", i, got)
			}
		}
		if got := y.hands.names(); got != "2 3 4 5" {
			t.Errorf("begun after the next start: %s", got)
		}
	})
}

func lines(batch string, expires time.Time, bodies ...string) (hearth.Batch, iter.Seq2[hearth.Job, error]) {
	b := hearth.Batch{ID: batch, Owner: "k1", State: hearth.BatchInProgress, Created: time.Now(), Expires: expires, Total: len(bodies)}
	return b, func(yield func(hearth.Job, error) bool) {
		for i, body := range bodies {
			if !yield(hearth.Job{ID: batch + fmt.Sprint(i), Owner: "k1", Kind: hearth.JobLine, Batch: batch, Line: i, Name: fmt.Sprint(i), Class: hearth.ClassBulk,
				Body: []byte(body), Created: time.Now(), Expires: expires}, nil) {
				return
			}
		}
	}
}

func (x *shop) read(id string) string {
	x.t.Helper()
	if id == "" {
		return ""
	}
	r, err := x.runner.OpenFile(x.t.Context(), "k1", id)
	if err != nil {
		x.t.Fatal(err)
	}
	b, _ := io.ReadAll(r)
	return strings.ReplaceAll(string(b), "\n", ", ")
}

func TestBatchesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := open(t, filepath.Join(t.TempDir(), "hearth.db"), wide)
		defer x.close(time.Second)
		for _, c := range []struct {
			id             string
			lasts, cancel  time.Duration
			state          hearth.BatchState
			output, errors string
		}{
			{"whole", time.Hour, 0, hearth.BatchCompleted, "did 0, did 1, did 3, ", "bad 2, "},
			{"late", 2500 * time.Millisecond, 0, hearth.BatchExpired, "did 0, did 1, did 3, ", "bad 2, batch_expired 4, batch_expired 5, batch_expired 6, "},
			{"unwanted", time.Hour, 1500 * time.Millisecond, hearth.BatchCancelled, "did 0, did 1, ", "batch_cancelled 2, batch_cancelled 3, batch_cancelled 4, batch_cancelled 5, batch_cancelled 6, "},
		} {
			bodies := []string{"", "", "bad", "", "", "", ""}
			if c.id == "whole" {
				bodies = bodies[:4]
			}
			b, list := lines(c.id, time.Now().Add(c.lasts), bodies...)
			if err := x.runner.AddBatch(t.Context(), b, list); err != nil {
				t.Fatal(err)
			}
			if c.cancel > 0 {
				time.Sleep(c.cancel)
				for range 2 {
					if b, err := x.runner.CancelBatch(t.Context(), "k1", c.id); err != nil || b.State != hearth.BatchCancelling {
						t.Errorf("%+v %v", b, err)
					}
				}
			}
			time.Sleep(2 * time.Minute)
			b, err := x.runner.Batch(t.Context(), "k1", c.id)
			if err != nil || b.State != c.state || x.read(b.Output) != c.output || x.read(b.Errors) != c.errors {
				t.Errorf("%s: %+v (%v)\n%s\n%s", c.id, b, err, x.read(b.Output), x.read(b.Errors))
			}
			if got := x.hands.names(); strings.Count(got, "told batch."+string(c.state)) != 1 {
				t.Errorf("%s: %s", c.id, got)
			}
		}
	})
}

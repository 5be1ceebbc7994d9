package fetch_test

import (
	"context"
	"os"
	"testing"
	"testing/synctest"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/fetch"
)

// interrupt begins a download and cancels it after so many bytes.
func (w *world) interrupt(f fetch.File, bytes int64) {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	f.Path = w.path
	o := w.options()
	o.Parallel = 1
	o.BytesPerSecond = chunkBytes
	o.Progress = func(p fetch.Progress) {
		if p.Phase == fetch.Fetching && p.Done >= bytes {
			cancel()
		}
	}
	if _, err := fetch.Fetch(ctx, []fetch.File{f}, o); code(err) != hearth.Canceled {
		w.Fatalf("interrupted: %v", err)
	}
	synctest.Wait()
	w.onlyHolds("f.bin.journal", "f.bin.partial")
}

func TestResume(t *testing.T) {
	old, fresh := content(8, 10*chunkBytes), content(9, 10*chunkBytes)
	for _, c := range []struct {
		name           string
		before, after  fetch.File
		etag, etagThen string
		content        []byte
		chunksMax      int64
	}{
		{"verified", fetch.File{SHA256: digest(old)}, fetch.File{SHA256: digest(old)}, "", "", old, 5},
		{"verified, other validators", fetch.File{SHA256: digest(old)}, fetch.File{SHA256: digest(old)}, `"a"`, `"b"`, old, 5},
		{"verified, other chunks wanted", fetch.File{SHA256: digest(old)}, fetch.File{SHA256: digest(old), Bytes: 10 * chunkBytes}, "", "", old, 5},
		{"another file", fetch.File{SHA256: digest(old)}, fetch.File{SHA256: digest(fresh)}, "", "", fresh, 10},
		{"unverified", fetch.File{}, fetch.File{}, `"a"`, `"a"`, old, 5},
		{"unverified, another version", fetch.File{}, fetch.File{}, `"a"`, `"b"`, fresh, 10},
		{"unverified, no validators", fetch.File{}, fetch.File{}, "", "", fresh, 10},
		{"later verified", fetch.File{}, fetch.File{SHA256: digest(old)}, `"a"`, `"a"`, old, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				s := &site{content: old, etag: c.etag}
				url := w.host("a", s)
				c.before.Mirrors, c.after.Mirrors = []string{url + "?token=1"}, []string{url + "?token=2"}
				w.interrupt(c.before, 6*chunkBytes)
				s.content, s.etag, s.asked = c.content, c.etagThen, 0
				if _, err := w.fetch(c.after); err != nil {
					t.Fatal(err)
				}
				w.holds(c.content)
				if s.asked > c.chunksMax*chunkBytes {
					t.Errorf("asked for %d chunks, want at most %d", s.asked/chunkBytes, c.chunksMax)
				}
			})
		})
	}
}

// TestChangeWithoutSHA256: a file that changes on the way is begun again, and never
// half of each.
func TestChangeWithoutSHA256(t *testing.T) {
	inWorld(t, func(w *world) {
		old, fresh := content(10, 9*chunkBytes), content(11, 8*chunkBytes+5)
		s := &site{content: old, etag: `"a"`}
		s.fault = func(r request) string {
			if r.n == 5 {
				s.mu.Lock()
				s.content, s.etag = fresh, `"b"`
				s.mu.Unlock()
			}
			return ""
		}
		o := w.options()
		o.Parallel = 1
		restarts := 0
		o.Progress = func(p fetch.Progress) { restarts = max(restarts, p.Restarts) }
		r, err := w.fetchWith(fetch.File{Mirrors: []string{w.host("a", s)}}, o)
		if err != nil || r.Verified || r.SHA256 != digest(fresh) || restarts != 1 {
			t.Fatalf("got %+v after %d restarts (%v)", r, restarts, err)
		}
		w.holds(fresh)
	})
}

func TestUnverifiedComesFromOneMirror(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := content(12, 9*chunkBytes), content(13, 9*chunkBytes)
		sa, sb := &site{content: a, etag: `"a"`, fault: later("500")}, &site{content: b, etag: `"b"`}
		f := fetch.File{Mirrors: []string{w.host("a", sa), w.host("b", sb)}}
		if r, err := w.fetch(f); err != nil || r.Verified || r.SHA256 != digest(b) {
			t.Fatalf("got %+v (%v)", r, err)
		}
		w.holds(b)
	})
}

func TestThereAlready(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(14, 100)
		put := func(b []byte) {
			if err := os.WriteFile(w.path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := &site{content: data}
		f := fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", s)}}
		put(data)
		if r, err := w.fetch(f); err != nil || !r.Verified || r.Bytes != 100 || len(s.requests) != 0 {
			t.Errorf("got %+v after %d requests (%v)", r, len(s.requests), err)
		}
		w.holds(data)
		put([]byte("mine"))
		for _, f := range []fetch.File{f, {Mirrors: f.Mirrors}} {
			if _, err := w.fetch(f); code(err) != hearth.FileFailed {
				t.Errorf("got %v", err)
			}
			w.holds([]byte("mine"))
		}
	})
}

func TestTwoAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(15, 3*chunkBytes)
		f := fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", &site{content: data})}}
		second := error(nil)
		o := w.options()
		o.Progress = func(p fetch.Progress) {
			if p.Phase == fetch.Fetching && second == nil {
				_, second = w.fetch(f)
			}
		}
		if _, err := w.fetchWith(f, o); err != nil || code(second) != hearth.DownloadBusy {
			t.Errorf("the first: %v, the second: %v", err, second)
		}
		w.holds(data)
	})
}

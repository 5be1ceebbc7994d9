package fetch_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/fetch"
)

// TestCorruption: one honest mirror is enough, and only what was wrong is replaced.
func TestCorruption(t *testing.T) {
	data := content(4, 12*chunkBytes)
	at := func(chunks ...int64) func(request) string {
		return func(r request) string {
			if !r.probe() && slices.Contains(chunks, r.start/chunkBytes) {
				return "corrupt"
			}
			return ""
		}
	}
	for _, c := range []struct {
		name   string
		a, b   func(request) string
		blamed string
		maybe  bool // it may never have been asked for what it has wrong
	}{
		{"in transit, one mirror", once(3, "corrupt"), nil, "http://a/f.bin", false},
		{"always, second honest", later("corrupt"), at(), "http://a/f.bin", false},
		{"always, first honest", at(), later("corrupt"), "http://b/f.bin", true},
		{"some chunks, second honest", at(2, 3, 7, 11), at(), "http://a/f.bin", true},
		{"some chunks, first honest", at(), at(0, 4, 5, 9), "http://b/f.bin", true},
		{"second honest and in one piece", at(2), always("ignore"), "http://a/f.bin", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				f := fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", &site{content: data, fault: c.a})}}
				if c.b != nil {
					f.Mirrors = append(f.Mirrors, w.host("b", &site{content: data, fault: c.b}))
				}
				r, err := w.fetch(f)
				if err != nil {
					t.Fatal(err)
				}
				w.holds(data)
				if !slices.Equal(r.Corrupt, []string{c.blamed}) && !(c.maybe && len(r.Corrupt) == 0) {
					t.Errorf("blamed %q", r.Corrupt)
				}
			})
		})
	}
}

// TestCorruptRepair: bytes that go wrong in the repair itself are noticed there.
func TestCorruptRepair(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(4, 12*chunkBytes)
		s := &site{content: data}
		s.fault = func(r request) string {
			// Request 0 asks about the file, 13 to 24 compare, if nothing differs.
			if r.n == 3 || r.n == 16 {
				return "corrupt"
			}
			return ""
		}
		o := w.options()
		o.Parallel = 1
		if _, err := w.fetchWith(fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", s)}}, o); err != nil {
			t.Fatal(err)
		}
		w.holds(data)
		for n := 15; n <= 18; n++ {
			if s.requests[n].start != 2*chunkBytes {
				t.Errorf("request %d was for byte %d", n, s.requests[n].start)
			}
		}
	})
}

// TestSpoiledWhileVerifying: when the disk loses bytes it had, no mirror is suspected
// and only those are fetched again.
func TestSpoiledWhileVerifying(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(4, 12*chunkBytes)
		s := &site{content: data}
		o := w.options()
		spoiled := false
		o.Progress = func(p fetch.Progress) {
			if p.Phase == fetch.Verifying && !spoiled {
				spoiled = true
				w.spoil(5 * chunkBytes)
			}
		}
		r, err := w.fetchWith(fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", s)}}, o)
		if err != nil || len(r.Corrupt) > 0 || s.asked != 13*chunkBytes {
			t.Errorf("got %+v after %d chunks (%v)", r, s.asked/chunkBytes, err)
		}
		w.holds(data)
	})
}

// spoil changes what is on the disk.
func (w *world) spoil(at int64) {
	w.Helper()
	partial, err := os.OpenFile(w.path+".partial", os.O_RDWR, 0)
	if err != nil {
		w.Fatal(err)
	}
	defer partial.Close()
	if _, err := partial.WriteAt([]byte("spoiled"), at); err != nil {
		w.Fatal(err)
	}
}

// TestChunksAreNotMixed: what one mirror has begun another doesn't continue.
func TestChunksAreNotMixed(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(4, 12*chunkBytes)
		a, b := &site{content: data, fault: later("drop")}, &site{content: data}
		f := fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", a), w.host("b", b)}}
		if _, err := w.fetch(f); err != nil {
			t.Fatal(err)
		}
		w.holds(data)
		if a.faults == 0 {
			t.Error("nothing was begun by the other")
		}
		for _, r := range b.requests {
			if r.start%chunkBytes != 0 {
				t.Errorf("asked for byte %d on", r.start)
			}
		}
	})
}

func TestNobodyHasTheRightFile(t *testing.T) {
	data, other := content(5, 6*chunkBytes), content(6, 6*chunkBytes)
	for _, plain := range []bool{false, true} {
		inWorld(t, func(w *world) {
			a := &site{content: other, plain: plain}
			b := &site{content: other, plain: plain}
			_, err := w.fetch(fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", a), w.host("b", b)}})
			if code(err) != hearth.DownloadCorrupt {
				t.Fatalf("got %v", err)
			}
			for _, says := range []string{digest(data), "http://a/f.bin: has another file, with SHA-256 " + digest(other), "http://b/f.bin: has"} {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%v does not say %q", err, says)
				}
			}
			if _, err := os.Stat(w.path); err == nil {
				t.Error("a wrong file was delivered")
			}
			if a.asked+b.asked > 4*int64(len(data)) {
				t.Errorf("asked for %d bytes to find out about %d", a.asked+b.asked, len(data))
			}
		})
	}
}

// TestDiskCorruption: what the disk has not kept is fetched again, and only that.
func TestDiskCorruption(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(7, 10*chunkBytes)
		s := &site{content: data}
		f := fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", s)}}
		w.interrupt(f, 6*chunkBytes)
		w.spoil(99)
		w.spoil(chunkBytes + 99)
		s.asked = 0
		if _, err := w.fetch(f); err != nil {
			t.Fatal(err)
		}
		w.holds(data)
		if s.asked > 7*chunkBytes || s.asked < 2*chunkBytes { // the sixth may have been on its way
			t.Errorf("asked for %d chunks", s.asked/chunkBytes)
		}
	})
}

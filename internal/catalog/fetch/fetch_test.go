package fetch_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/fetch"
)

func TestFilesArrive(t *testing.T) {
	for name, bytes := range map[string]int{"empty": 0, "a byte": 1, "a chunk": chunkBytes, "a byte more": chunkBytes + 1, "many": 9*chunkBytes + 77} {
		for _, known := range []bool{true, false} {
			for _, plain := range []bool{true, false} {
				t.Run(name, func(t *testing.T) {
					inWorld(t, func(w *world) {
						data := content(1, bytes)
						s := &site{content: data, etag: `"v1"`, plain: plain}
						f := fetch.File{Mirrors: []string{w.host("a", s)}}
						if known {
							f.Bytes, f.SHA256 = int64(bytes), strings.ToUpper(digest(data))
						}
						r, err := w.fetch(f)
						if err != nil {
							t.Fatal(err)
						}
						if r.SHA256 != digest(data) || r.Bytes != int64(bytes) || r.Verified != known || len(r.Corrupt) > 0 {
							t.Errorf("got %+v", r)
						}
						w.holds(data)
						if !plain && bytes > 1 && s.asked != int64(bytes) { // one byte alone looks like a question
							t.Errorf("asked for %d bytes of %d", s.asked, bytes)
						}
					})
				})
			}
		}
	}
}

// TestOneFault: each fault is noticed, costs at most a chunk, and nothing of it is
// in the file.
func TestOneFault(t *testing.T) {
	data := content(2, 9*chunkBytes+77)
	for _, kind := range []string{"hang up", "500", "429", "stall", "stall later", "drop", "gzip", "html", "ignore", "shift", "short", "long"} {
		t.Run(kind, func(t *testing.T) {
			inWorld(t, func(w *world) {
				s := &site{content: data, etag: `"v1"`, fault: once(4, kind)}
				if _, err := w.fetch(fetch.File{Bytes: int64(len(data)), SHA256: digest(data), Mirrors: []string{w.host("a", s)}}); err != nil {
					t.Fatal(err)
				}
				w.holds(data)
				if s.faults != 1 || s.asked > int64(len(data))+chunkBytes {
					t.Errorf("%d faults, asked for %d bytes of %d", s.faults, s.asked, len(data))
				}
			})
		})
	}
}

// TestMirrorsWithoutTheFile: what a mirror has instead is never delivered, and the
// error says what it was.
func TestMirrorsWithoutTheFile(t *testing.T) {
	data := content(3, 5*chunkBytes)
	for _, c := range []struct {
		name  string
		fault func(request) string
		says  string
	}{
		{"not there", always("404"), "404 Not Found"},
		{"login page", always("html"), "web page"},
		{"login page later", later("html"), "web page"},
		{"compressed", always("gzip"), "compressed"},
		{"hangs up", always("hang up"), "5 failures in a row, at last: EOF"},
		{"broken", always("500"), "500 Internal Server Error"},
		{"stalls", always("stall"), "no byte came in time"},
		{"stalls later", later("stall later"), "no byte came in time"},
		{"wrong length", always("grow"), "it has 20487 bytes of the file's 20480"},
		{"wrong length later", later("grow"), "the file changed there: it had 20480 bytes, now it has 20487"},
		{"another range", later("shift"), `with "bytes 1-4096/20480"`},
		{"another version", later("etag"), `it was "v1", now it is "another"`},
		{"too short", later("short"), "it answered bytes"},
		{"too long", later("long"), "more bytes than it was asked for"},
		{"ignores ranges later", later("ignore"), "it answered a range with the whole file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				bad := &site{content: data, etag: `"v1"`, fault: c.fault}
				f := fetch.File{Bytes: int64(len(data)), SHA256: digest(data), Mirrors: []string{w.host("bad", bad)}}
				o := w.options()
				o.Parallel = 1 // so that the first request is also the last
				_, err := w.fetchWith(f, o)
				if code(err) != hearth.DownloadFailed || !strings.Contains(err.Error(), "http://bad/f.bin: ") || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v, want it to say %q", err, c.says)
				}
				w.onlyHolds()
				good := &site{content: data}
				f.Mirrors = append(f.Mirrors, w.host("good", good))
				if _, err := w.fetch(f); err != nil {
					t.Fatal(err)
				}
				w.holds(data)
			})
		})
	}
}

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
		partial, err := os.OpenFile(w.path+".partial", os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i := range int64(2) {
			if _, err := partial.WriteAt([]byte("spoiled"), i*chunkBytes+99); err != nil {
				t.Fatal(err)
			}
		}
		_ = partial.Close()
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
		{"unverified, no validators", fetch.File{}, fetch.File{}, "", "", old, 10},
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

func TestSeveralFiles(t *testing.T) {
	inWorld(t, func(w *world) {
		dir := filepath.Dir(w.path)
		var files []fetch.File
		for i, host := range []string{"a", "b", "c"} {
			data := content(uint64(20+i), (i+1)*chunkBytes)
			files = append(files, fetch.File{Path: filepath.Join(dir, host), SHA256: digest(data),
				Mirrors: []string{w.host(host, &site{content: data})}})
		}
		files[2].Mirrors = []string{"http://nowhere/c"}
		rs, err := fetch.Fetch(w.Context(), files, w.options())
		if len(rs) != 2 || code(err) != hearth.DownloadFailed {
			t.Errorf("got %+v (%v)", rs, err)
		}
		w.onlyHolds("a", "b")
	})
}

func TestRefusals(t *testing.T) {
	good := fetch.File{Path: filepath.Join(t.TempDir(), "f"), Mirrors: []string{"http://a/f"}}
	for name, change := range map[string]func(*fetch.File, *fetch.Options){
		"no path":        func(f *fetch.File, o *fetch.Options) { f.Path = "" },
		"negative":       func(f *fetch.File, o *fetch.Options) { f.Bytes = -1 },
		"short digest":   func(f *fetch.File, o *fetch.Options) { f.SHA256 = "abcd" },
		"no mirror":      func(f *fetch.File, o *fetch.Options) { f.Mirrors = nil },
		"file mirror":    func(f *fetch.File, o *fetch.Options) { f.Mirrors = []string{"file:///etc/passwd"} },
		"many mirrors":   func(f *fetch.File, o *fetch.Options) { f.Mirrors = slices.Repeat(f.Mirrors, 17) },
		"connections":    func(f *fetch.File, o *fetch.Options) { o.Parallel = 65 },
		"tiny chunks":    func(f *fetch.File, o *fetch.Options) { o.ChunkBytes = 1 },
		"negative rate":  func(f *fetch.File, o *fetch.Options) { o.BytesPerSecond = -1 },
		"negative stall": func(f *fetch.File, o *fetch.Options) { o.StallTimeout = -time.Second },
		"retries":        func(f *fetch.File, o *fetch.Options) { o.Retries = 1001 },
	} {
		f, o := good, fetch.Options{}
		change(&f, &o)
		if _, err := fetch.Fetch(t.Context(), []fetch.File{f}, o); code(err) != hearth.InvalidValue {
			t.Errorf("%s: %v", name, err)
		}
	}
	good.Path = filepath.Join(t.TempDir(), "absent", "f")
	if _, err := fetch.Fetch(t.Context(), []fetch.File{good}, fetch.Options{}); code(err) != hearth.FileFailed {
		t.Errorf("got %v", err)
	}
	good.Path, good.Bytes = filepath.Join(t.TempDir(), "f"), 1<<50
	if _, err := fetch.Fetch(t.Context(), []fetch.File{good}, fetch.Options{}); code(err) != hearth.DiskFull {
		t.Errorf("got %v", err)
	}
}

// TestNoSecretIsTold: neither errors nor reports repeat what a URL holds.
func TestNoSecretIsTold(t *testing.T) {
	inWorld(t, func(w *world) {
		w.host("a", http.RedirectHandler("http://b/f?signature=SECRET", http.StatusFound))
		w.host("b", &site{content: content(1, 100), fault: always("500")})
		o := w.options()
		told := ""
		o.Progress = func(p fetch.Progress) { told += p.Mirror }
		f := fetch.File{Mirrors: []string{"http://me:SECRET@a/f.bin?token=SECRET", "http://nowhere/f.bin?token=SECRET"}}
		_, err := w.fetchWith(f, o)
		if code(err) != hearth.DownloadFailed || strings.Contains(err.Error()+told, "SECRET") {
			t.Errorf("got %v", err)
		}
	})
}

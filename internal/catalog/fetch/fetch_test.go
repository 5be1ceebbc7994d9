package fetch_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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

// TestConnectionsThatBreakOften: a mirror whose every connection breaks after a part
// of a chunk delivers nevertheless.
func TestConnectionsThatBreakOften(t *testing.T) {
	inWorld(t, func(w *world) {
		data := content(4, 12*chunkBytes)
		s := &site{content: data, fault: later("quarter")}
		o := w.options()
		o.Retries = 2
		if _, err := w.fetchWith(fetch.File{SHA256: digest(data), Mirrors: []string{w.host("a", s)}}, o); err != nil {
			t.Fatal(err)
		}
		w.holds(data)
		if len(s.requests) != 1+4*12 {
			t.Errorf("asked %d times", len(s.requests))
		}
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

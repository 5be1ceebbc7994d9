package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/fetch"
	"github.com/hearthbox/hearth/internal/pipenet"
)

const chunkBytes = 4 << 10

// world is a network in virtual time: hosts behind pipes.
type world struct {
	*testing.T
	client *http.Client
	hosts  map[string]*pipenet.Host
	path   string // where the file shall lie
}

// inWorld runs a test in virtual time.
func inWorld(t *testing.T, test func(w *world)) {
	t.Helper()
	path := filepath.Join(folder(t), "f.bin")
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, hosts: map[string]*pipenet.Host{}, path: path}
		transport := &http.Transport{MaxIdleConnsPerHost: 8, DialContext: w.dial}
		w.client = &http.Client{Transport: transport}
		test(w)
		transport.CloseIdleConnections()
		for _, p := range w.hosts {
			_ = p.Close()
		}
	})
}

// folder is a place for files, in memory where that is possible: there are many, and
// each is synced.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "hearth")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (w *world) dial(ctx context.Context, _, address string) (net.Conn, error) {
	name, _, _ := net.SplitHostPort(address)
	if p, ok := w.hosts[name]; ok {
		return p.Dial()
	}
	return nil, errors.New("no such host: " + name)
}

// host adds a server and returns the address of the file on it.
func (w *world) host(name string, h http.Handler) string {
	w.hosts[name] = pipenet.Serve(h)
	return "http://" + name + "/f.bin"
}

// options are small, for small files.
func (w *world) options() fetch.Options {
	return fetch.Options{Client: w.client, Parallel: 3, ChunkBytes: chunkBytes, Retries: 5, StallTimeout: time.Minute}
}

func (w *world) fetch(f fetch.File) (fetch.Result, error) { return w.fetchWith(f, w.options()) }

func (w *world) fetchWith(f fetch.File, o fetch.Options) (fetch.Result, error) {
	f.Path = w.path
	rs, err := fetch.Fetch(w.Context(), []fetch.File{f}, o)
	synctest.Wait() // for servers to notice
	if len(rs) == 0 {
		return fetch.Result{}, err
	}
	return rs[0], err
}

// holds checks that the file is there, whole, and nothing else.
func (w *world) holds(content []byte) {
	w.Helper()
	got, err := os.ReadFile(w.path)
	if err != nil || !bytes.Equal(got, content) {
		w.Errorf("the file is not what was served: %d bytes of %d (%v)", len(got), len(content), err)
	}
	w.onlyHolds(filepath.Base(w.path))
}

// onlyHolds checks what lies in the folder.
func (w *world) onlyHolds(names ...string) {
	w.Helper()
	var got []string
	entries, _ := os.ReadDir(filepath.Dir(w.path))
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		w.Errorf("the folder holds %q, want %q", got, names)
	}
}

// request is what a site was asked for.
type request struct {
	n          int // from 0
	start, end int64
	ranged     bool
	at         time.Time
	header     http.Header
}

func (r request) probe() bool { return r.ranged && r.start == 0 && r.end == 1 }

// site serves a file, and misbehaves as it is told.
type site struct {
	content []byte
	etag    string
	plain   bool                   // ignores ranges
	fault   func(r request) string // what is wrong with an answer; empty for nothing
	flip    func(r request) int64  // the byte that is wrong in a corrupt answer

	mu       sync.Mutex
	requests []request
	faults   int
	asked    int64 // bytes of chunks
}

func (s *site) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r := s.note(q)
	kind := ""
	if s.fault != nil {
		kind = s.fault(r)
	}
	if kind != "" {
		s.mu.Lock()
		s.faults++
		s.mu.Unlock()
	}
	if s.etag != "" {
		w.Header().Set("ETag", s.etag)
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if !s.refuse(w, q, kind) {
		s.answer(w, q, r, kind)
	}
}

func (s *site) note(q *http.Request) request {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := request{n: len(s.requests), end: int64(len(s.content)), at: time.Now(), header: q.Header}
	if n, _ := fmt.Sscanf(q.Header.Get("Range"), "bytes=%d-%d", &r.start, &r.end); n == 2 {
		r.end++
		r.ranged = true
	}
	if !r.probe() {
		s.asked += r.end - r.start
	}
	s.requests = append(s.requests, r)
	return r
}

// refuse answers without the file.
func (s *site) refuse(w http.ResponseWriter, q *http.Request, kind string) bool {
	switch kind {
	case "hang up":
		panic(http.ErrAbortHandler)
	case "500":
		http.Error(w, "oops", http.StatusInternalServerError)
	case "404":
		http.NotFound(w, q)
	case "429":
		w.Header().Set("Retry-After", "7")
		http.Error(w, "slow down", http.StatusTooManyRequests)
	case "html":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<html>please log in</html>")
	case "stall":
		<-q.Context().Done()
	default:
		return false
	}
	return true
}

// answer sends the file, or what shall pass for it.
func (s *site) answer(w http.ResponseWriter, q *http.Request, r request, kind string) {
	total := int64(len(s.content))
	if r.ranged && r.start >= total {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", total))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	}
	if s.plain || kind == "ignore" {
		r.ranged, r.start, r.end = false, 0, total
	}
	body := bytes.Clone(s.content[r.start:min(r.end, total)])
	length, start := len(body), r.start
	switch kind {
	case "corrupt":
		at := len(body) / 2
		if s.flip != nil {
			at = int(s.flip(r) - r.start)
		}
		body[at] ^= 1
	case "gzip":
		w.Header().Set("Content-Encoding", "gzip")
	case "etag":
		w.Header().Set("ETag", `"another"`)
	case "shift":
		start++
	case "grow":
		total += 7
	case "short":
		body = body[:len(body)-1]
		length--
	case "long":
		body = append(body, 'x')
		length = -1
	case "unsized":
		length = -1
	}
	if length >= 0 {
		w.Header().Set("Content-Length", fmt.Sprint(length))
	}
	if r.ranged {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, start+max(1, r.end-r.start)-1, total))
		w.WriteHeader(http.StatusPartialContent)
	}
	s.send(w, q, body, kind)
}

func (s *site) send(w http.ResponseWriter, q *http.Request, body []byte, kind string) {
	half := len(body) / 2
	if kind == "quarter" {
		half = min(len(body), chunkBytes/4)
	}
	_, _ = w.Write(body[:half])
	_ = http.NewResponseController(w).Flush()
	switch kind {
	case "drop":
		panic(http.ErrAbortHandler)
	case "quarter": // of a chunk, then no more
		if len(body) > chunkBytes/4 {
			panic(http.ErrAbortHandler)
		}
	case "stall later":
		<-q.Context().Done()
		return
	}
	_, _ = w.Write(body[half:])
}

// content makes bytes from a seed.
func content(seed uint64, bytes int) []byte {
	b := make([]byte, bytes)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(b)
	return b
}

func digest(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// once misbehaves in one answer, the n-th after the first.
func once(n int, kind string) func(request) string {
	return func(r request) string {
		if r.n == n {
			return kind
		}
		return ""
	}
}

func always(kind string) func(request) string { return func(request) string { return kind } }

// later misbehaves whenever it is asked for more than the first byte.
func later(kind string) func(request) string {
	return func(r request) string {
		if r.probe() {
			return ""
		}
		return kind
	}
}

func code(err error) hearth.Code {
	if err == nil {
		return ""
	}
	return hearth.AsError(err).Code
}

package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/audit/audittest"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

func newLog(t testing.TB, dir string) (*audit.Log, audit.Config) {
	c := audittest.Config(t, dir, cryptosuite.HashSHA256)
	return audit.New(c), c
}

func record(t *testing.T, l *audit.Log, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := l.Record(t.Context(), audittest.Sample(i)); err != nil {
			t.Fatal(err)
		}
	}
}

// fast is a folder in memory where there is one, for tests of hundreds of logs that
// would wait for the disk all day.
func fast(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "hearth")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// entries are the records of a log, all of them.
func entries(t *testing.T, folder string) (list []audit.Entry) {
	t.Helper()
	files, err := audittest.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for name := range files {
		if strings.HasSuffix(name, ".jsonl") && name != "checkpoints.jsonl" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, l := range strings.SplitAfter(string(files[name]), "\n")[1:] {
			if l == "" {
				continue
			}
			var e audit.Entry
			if err := json.Unmarshal([]byte(l), &e); err != nil {
				t.Fatalf("%q: %v", l, err)
			}
			list = append(list, e)
		}
	}
	return list
}

// requests are the ids of the requests in it.
func requests(t *testing.T, folder string) (ids []string) {
	t.Helper()
	for _, e := range entries(t, folder) {
		if e.Request != "" {
			ids = append(ids, e.Request)
		}
	}
	return ids
}

func verify(t *testing.T, c audit.Config) *audit.Report {
	t.Helper()
	var e audit.Evidence
	if text, err := os.ReadFile(c.Witnesses[0]); err == nil {
		if e.Checkpoints, err = audit.ReadCheckpoints(bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range c.Signers {
		e.Keys = append(e.Keys, s.Public())
	}
	r, err := audit.Verify(os.DirFS(c.Folder), e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestManyWriters has several processes' worth of logs append to one folder at once.
func TestManyWriters(t *testing.T) {
	dir := t.TempDir()
	_, c := newLog(t, dir)
	c.SegmentBytes = 20 << 10
	var work sync.WaitGroup
	const writers, each = 4, 50
	for w := range writers {
		work.Go(func() {
			l := audit.New(c)
			var inner sync.WaitGroup
			for i := range each {
				inner.Go(func() {
					if err := l.Record(context.Background(), audittest.Sample(w*each+i)); err != nil {
						t.Error(err)
					}
				})
			}
			inner.Wait()
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if r := verify(t, c); !r.Whole() || r.Records != writers*each+1 || r.Vouched != r.Records {
		t.Errorf("%+v", r)
	}
	ids := requests(t, c.Folder)
	slices.Sort(ids)
	if len(slices.Compact(ids)) != writers*each {
		t.Errorf("%d requests", len(ids))
	}
}

// TestTornAnywhere cuts the last writes at every byte, as a crash would, also leaving
// zeros or rubbish behind the cut. What was written before them stays, the log goes on,
// and says what it found.
func TestTornAnywhere(t *testing.T) {
	dir := t.TempDir()
	l, c := newLog(t, dir)
	defer l.Close()
	record(t, l, 0, 6)
	path := filepath.Join(c.Folder, audit.SegmentName(0))
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	record(t, l, 6, 8)
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files, err := audittest.Read(c.Folder)
	if err != nil {
		t.Fatal(err)
	}
	for at := len(before); at <= len(after); at++ {
		for _, rest := range []string{"", "\x00\x00\x00\x00\n\x00", "rubbish"} {
			c := c
			c.Folder = fast(t)
			c.Witnesses = []string{filepath.Join(fast(t), "witness")}
			torn := audittest.Files{}
			for name, data := range files {
				torn[name] = data
			}
			torn[audit.SegmentName(0)] = append(slices.Clone(after[:at]), rest...)
			torn["lock"] = make([]byte, 32)
			if err := torn.Write(c.Folder); err != nil {
				t.Fatal(err)
			}
			l := audit.New(c)
			record(t, l, 100, 101)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if r := verify(t, c); !r.Whole() {
				t.Fatalf("cut at %d with %q: %+v", at, rest, r.Findings)
			}
			ids := requests(t, c.Folder)
			whole := strings.Count(string(after[len(before):at]), "\n")
			if len(ids) != 6+whole+1 || ids[5] != "req_5" || ids[len(ids)-1] != "req_100" {
				t.Fatalf("cut at %d with %q: %v", at, rest, ids)
			}
			healed := slices.ContainsFunc(entries(t, c.Folder), func(e audit.Entry) bool { return e.Act == "heal" })
			dirty := rest != "" || !strings.HasSuffix(string(after[:at]), "\n")
			kept, _ := filepath.Glob(filepath.Join(c.Folder, "torn-*"))
			if healed != dirty || len(kept) == 1 != dirty {
				t.Fatalf("cut at %d with %q: healed %v, kept %v", at, rest, healed, kept)
			}
		}
	}
}

// TestDamageIsNotHealed changes a record under a checkpoint: the log takes no more, and
// is left as it is.
func TestDamageIsNotHealed(t *testing.T) {
	for what, change := range map[string]func(data []byte) []byte{
		"a byte":      func(d []byte) []byte { d[len(d)/2] ^= 1; return d },
		"cut short":   func(d []byte) []byte { return d[:len(d)-500] },
		"emptied":     func(d []byte) []byte { return nil },
		"first line":  func(d []byte) []byte { d[3] ^= 1; return d },
		"a record":    func(d []byte) []byte { return d[:bytes.LastIndexByte(d[:len(d)-1], '\n')+1] },
		"as it was":   nil,
		"one renamed": func(d []byte) []byte { return bytes.Replace(d, []byte(`"key":"k1"`), []byte(`"key":"k2"`), 1) },
	} {
		l, c := newLog(t, t.TempDir())
		record(t, l, 0, 8)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(c.Folder, audit.SegmentName(0))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			data = change(data)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_ = os.Remove(filepath.Join(c.Folder, "lock"))
		l = audit.New(c)
		err = l.Record(t.Context(), audittest.Sample(9))
		if change == nil {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		if !errors.Is(err, hearth.NewError(hearth.AuditDamaged)) {
			t.Errorf("%s: %v", what, err)
		}
		if now, _ := os.ReadFile(path); !bytes.Equal(now, data) {
			t.Errorf("%s: it was changed", what)
		}
		_ = l.Close()
	}
}

// TestRollBack restores an old copy of the whole folder: the witness knows better.
func TestRollBack(t *testing.T) {
	l, c := newLog(t, t.TempDir())
	record(t, l, 0, 3)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	old, err := audittest.Read(c.Folder)
	if err != nil {
		t.Fatal(err)
	}
	l = audit.New(c)
	record(t, l, 3, 6)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := old.Write(c.Folder); err != nil {
		t.Fatal(err)
	}
	l = audit.New(c)
	if err := l.Record(t.Context(), audittest.Sample(9)); !errors.Is(err, hearth.NewError(hearth.AuditDamaged)) {
		t.Error(err)
	}
	if r := verify(t, c); r.Whole() {
		t.Error("it is not found")
	}
}

// faulty is a disk that fails from some call on, in one of several ways.
type faulty struct {
	audit.File
	left *int // calls that go well
	how  string
}

func (f faulty) fails() bool { *f.left--; return *f.left < 0 }

func (f faulty) WriteAt(b []byte, at int64) (int, error) {
	if f.how != "write" && f.how != "short" || !f.fails() {
		return f.File.WriteAt(b, at)
	}
	if f.how == "short" {
		_, _ = f.File.WriteAt(b[:len(b)/2], at)
	}
	return 0, syscall.ENOSPC
}

func (f faulty) Sync() error {
	if f.how == "sync" && f.fails() {
		return syscall.EIO
	}
	return f.File.Sync()
}

func (f faulty) Truncate(n int64) error {
	if f.how == "short" && *f.left < 0 {
		return syscall.EIO // half a write, and no taking it back
	}
	return f.File.Truncate(n)
}

// TestFailingDisk lets the disk fail at each of the first calls, for good. What was
// acknowledged is there when a new process looks; what was refused may be, or not; and
// the chain holds.
func TestFailingDisk(t *testing.T) {
	for _, how := range []string{"write", "short", "sync"} {
		for good := range 14 {
			l, c := newLog(t, fast(t))
			left := good
			l.SetOpen(func(path string, under func(string) (audit.File, error)) (audit.File, error) {
				f, err := under(path)
				return faulty{f, &left, how}, err
			})
			var kept []string
			for i := range 8 {
				r := audittest.Sample(i)
				err := l.Record(t.Context(), r)
				if err == nil {
					kept = append(kept, r.RequestID)
				} else if !errors.Is(err, hearth.NewError(hearth.AuditUnavailable)) {
					t.Fatal(err)
				}
			}
			if good == 0 && len(kept) > 0 && how != "sync" {
				t.Fatal("nothing failed")
			}
			_ = l.Close()
			l = audit.New(c)
			record(t, l, 50, 51)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			got := requests(t, c.Folder)
			for _, id := range kept {
				if !slices.Contains(got, id) {
					t.Fatalf("%s after %d: %s was acknowledged and is gone: %v", how, good, id, got)
				}
			}
			if r := verify(t, c); !r.Whole() {
				t.Fatalf("%s after %d: %+v", how, good, r.Findings)
			}
		}
	}
}

// TestOpenPolicy goes on without a record where none is required, and says so once it
// can write again.
func TestOpenPolicy(t *testing.T) {
	dir := t.TempDir()
	_, c := newLog(t, dir)
	c.Required = false
	if err := os.WriteFile(c.Folder, nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	l := audit.New(c)
	record(t, l, 0, 3)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c.Required = true
	l = audit.New(c)
	err := l.Record(t.Context(), audittest.Sample(3))
	if !errors.Is(err, hearth.NewError(hearth.AuditUnavailable)) || hearth.AsError(err).Kind() != hearth.KindUnavailable {
		t.Error(err)
	}
	if err := l.Check(t.Context()); err == nil {
		t.Error("the log says it works")
	}
	_ = l.Close()
	if _, err := os.ReadDir(c.Folder); !errors.Is(err, syscall.ENOTDIR) && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestClosed refuses what comes too late.
func TestClosed(t *testing.T) {
	l, _ := newLog(t, t.TempDir())
	record(t, l, 0, 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Record(t.Context(), audittest.Sample(1)); !errors.Is(err, hearth.NewError(hearth.ServerStop)) {
		t.Error(err)
	}
}

// TestLimits keeps monstrous texts within bounds, and in one line.
func TestLimits(t *testing.T) {
	l, c := newLog(t, t.TempDir())
	r := audittest.Sample(1)
	long := strings.Repeat("\x00\n\"\\é", 1<<12)
	r.Model, r.Object, r.From, r.Detail, r.By.Name, r.ServedBy, r.RequestID, r.DataClass = long, long, long, long, long, long, "id\xff", long
	for i := range 500 {
		r.Verdicts = append(r.Verdicts, hearth.Verdict{By: long, Class: fmt.Sprint(i) + long, Action: long})
	}
	if err := l.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, c); !r.Whole() || r.Records != 2 {
		t.Errorf("%+v", r)
	}
}

// BenchmarkAppend measures durable records a second with many writers, as they come
// with the requests.
func BenchmarkAppend(b *testing.B) {
	for _, hash := range []cryptosuite.HashFunction{cryptosuite.HashSHA256, cryptosuite.HashSM3} {
		b.Run(string(hash), func(b *testing.B) {
			c := audittest.Config(b, b.TempDir(), hash)
			c.Content = false
			l := audit.New(c)
			b.SetParallelism(500)
			r := audittest.Sample(1)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := l.Record(context.Background(), r); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
			if err := l.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkVerify measures records a second.
func BenchmarkVerify(b *testing.B) {
	c := audittest.Config(b, b.TempDir(), cryptosuite.HashSHA256)
	c.Content = false
	l := audit.New(c)
	const n = 50_000
	pending := make([]*audit.Pending, n)
	for i := range pending {
		pending[i] = l.Append(context.Background(), audittest.Sample(i))
	}
	for _, p := range pending {
		if err := p.Wait(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		if r, err := audit.Verify(os.DirFS(c.Folder), audit.Evidence{}); err != nil || !r.Whole() {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "records/s")
}

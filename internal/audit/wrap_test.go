package audit_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/audit/audittest"
)

// model answers with some chunks, then an error if there is one.
type model struct {
	chunks []hearth.Chunk
	err    error
	asked  int
}

func (m *model) Generate(_ context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		m.asked++
		r.Trail.AddVerdict(hearth.Verdict{By: "guard", Class: "pii.phone", Action: "mask"})
		r.Trail.AddVerdict(hearth.Verdict{By: "guard", Class: "pii.phone", Action: "mask"})
		r.Trail.SetDataClass("internal")
		for _, c := range m.chunks {
			if !yield(c, nil) {
				return
			}
		}
		if m.err != nil {
			yield(hearth.Chunk{}, m.err)
		}
	}
}

func request() *hearth.Request {
	return &hearth.Request{Model: "m", ID: "req_x", From: "10.1.1.1", By: hearth.Principal{KeyID: "k", Name: "teller"},
		Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "秘密的问题"}}}
}

var whole = []hearth.Chunk{{Place: &hearth.Place{Position: 1}}, {ServedBy: "m-1", Text: "秘密"}, {Text: "的回答", Finish: hearth.FinishStop},
	{Usage: &hearth.Usage{PromptTokens: 7, CachedTokens: 3, CompletionTokens: 5}}}

// TestWrap looks at what is recorded of answers that end in each way.
func TestWrap(t *testing.T) {
	refused := hearth.NewError(hearth.QueueFull, "waiting", 1, "model", "m")
	for name, c := range map[string]struct {
		model  model
		stop   int // after so many chunks the client goes
		want   string
		finish string
	}{
		"whole":    {model{chunks: whole}, 99, "", "stop"},
		"refused":  {model{err: refused}, 99, "queue_full", ""},
		"broken":   {model{chunks: whole[:2], err: errors.New("x")}, 99, "internal_error", ""},
		"left":     {model{chunks: whole}, 2, "canceled", ""},
		"more":     {model{chunks: append(whole[:4:4], hearth.Chunk{Reasoning: "after the usage"})}, 99, "", "stop"},
		"no usage": {model{chunks: whole[:3]}, 99, "", "stop"},
	} {
		t.Run(name, func(t *testing.T) {
			l, conf := newLog(t, fast(t))
			var got []hearth.Chunk
			var failed error
			for x, err := range audit.Wrap(l, &c.model).Generate(t.Context(), request()) {
				if err != nil {
					failed = err
					break
				}
				// What is handed on is on the disk already, as asked for.
				if ids := requests(t, conf.Folder); len(ids) == 0 {
					t.Fatal("a chunk before the record")
				}
				if got = append(got, x); len(got) == c.stop {
					break
				}
			}
			if !errors.Is(failed, c.model.err) || failed == nil && c.stop > 9 && len(got) != len(c.model.chunks) {
				t.Errorf("%v, %d chunks", failed, len(got))
			}
			list := entries(t, conf.Folder)
			if len(list) != 3 {
				t.Fatalf("%d records", len(list))
			}
			b, e := list[1], list[2]
			if b.Stage != "begun" || b.Act != "chat" || b.Key != "k" || b.Name != "teller" || b.From != "10.1.1.1" || b.Model != "m" || b.Request != "req_x" {
				t.Errorf("%+v", b)
			}
			if e.Stage != "ended" || e.Result != c.want || e.Finish != c.finish || e.DataClass != "internal" ||
				len(e.Verdicts) != 1 || e.Verdicts[0].Times != 2 || e.TookMS <= 0 {
				t.Errorf("%+v", e)
			}
			if name == "whole" && (e.ServedBy != "m-1" || e.PromptTokens != 7 || e.CachedTokens != 3 || e.CompletionTokens != 5 || e.WaitMS <= 0) {
				t.Errorf("%+v", e)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			plain(t, conf.Folder, false)
			for n, want := range map[uint64]string{1: "秘密的问题", 2: "秘密的回答"} {
				text, err := l.ReadContent(t.Context(), n)
				if err != nil || name == "whole" && !strings.Contains(string(text), want) {
					t.Errorf("%s %v", text, err)
				}
			}
		})
	}
}

// plain looks for what was said in the files of a log.
func plain(t *testing.T, folder string, want bool) {
	t.Helper()
	files, err := audittest.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		if strings.Contains(string(data), "秘密") != want {
			t.Errorf("%s has what was said in it", name)
		}
	}
}

// TestNothingUnrecorded asks while the log can't be written: no chunk comes out.
func TestNothingUnrecorded(t *testing.T) {
	dir := fast(t)
	l, c := newLog(t, dir)
	defer l.Close()
	if err := os.WriteFile(c.Folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m := &model{chunks: whole}
	for x, err := range audit.Wrap(l, m).Generate(t.Context(), request()) {
		if !errors.Is(err, hearth.NewError(hearth.AuditUnavailable)) {
			t.Errorf("%+v %v", x, err)
		}
	}
	if err := os.Remove(c.Folder); err != nil {
		t.Fatal(err)
	}
}

// TestShred destroys what one key's requests said: the records stay, the chain holds,
// and others' content can be read.
func TestShred(t *testing.T) {
	l, c := newLog(t, fast(t))
	for i, key := range []string{"k1", "k2", "k1"} {
		r := audittest.Sample(5 * i)
		r.By.KeyID, r.Content = key, []byte("秘密 "+key)
		if err := l.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	n, err := l.Shred(t.Context(), hearth.Principal{Name: "auditor"}, audit.Query{Key: "k1"})
	if n != 2 || err != nil {
		t.Fatal(n, err)
	}
	for number, there := range map[uint64]bool{1: false, 2: true, 3: false} {
		text, err := l.ReadContent(t.Context(), number)
		if there != (err == nil) || !there && !errors.Is(err, hearth.NewError(hearth.NoSuchRecord)) {
			t.Errorf("%d: %s %v", number, text, err)
		}
	}
	page, err := l.Find(t.Context(), audit.Query{Act: "shred", Limit: 10})
	if err != nil || len(page.Entries) != 2 || page.Entries[0].Object != "1" || page.Entries[0].Name != "auditor" {
		t.Errorf("%+v %v", page, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, c); !r.Whole() {
		t.Errorf("%+v", r.Findings)
	}
}

// TestPages walks a log of several segments page by page, by filters.
func TestPages(t *testing.T) {
	_, c := newLog(t, fast(t))
	c.SegmentBytes = 3000
	l := audit.New(c)
	record(t, l, 0, 50)
	for _, q := range []audit.Query{{Limit: 7}, {Limit: 1}, {Limit: 3, Key: "k3"}, {Limit: 4, Person: "p2"}, {Limit: 2, Key: "k1", Person: "p1"}, {Limit: 1000}, {Limit: 5, Request: "req_17"}, {Limit: 5, Kind: "admin"}} {
		var got []uint64
		for {
			page, err := l.Find(t.Context(), q)
			if err != nil || len(page.Entries) > q.Limit {
				t.Fatal(page, err)
			}
			for _, e := range page.Entries {
				got = append(got, e.N)
			}
			if page.Next == 0 {
				break
			}
			q.Before = page.Next
		}
		want := []uint64{}
		for _, e := range entries(t, c.Folder) {
			if (q.Key == "" || e.Key == q.Key) && (q.Person == "" || e.Person == q.Person) && (q.Request == "" || e.Request == q.Request) && (q.Kind == "" || e.Kind == q.Kind) {
				want = append([]uint64{e.N}, want...)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%+v: %v, want %v", q, got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%+v: %v, want %v", q, got, want)
			}
		}
	}
	if _, err := l.Entry(t.Context(), 999); !errors.Is(err, hearth.NewError(hearth.NoSuchRecord)) {
		t.Error(err)
	}
	_ = l.Close()
}

// TestRefusalsAreBounded floods the door.
func TestRefusalsAreBounded(t *testing.T) {
	l, c := newLog(t, fast(t))
	d := &audit.Doorkeeper{Log: l}
	for range 500 {
		if err := d.Record(t.Context(), hearth.Record{Kind: hearth.RecordAccess, Act: "sign-in", Result: hearth.InvalidKey}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(entries(t, c.Folder)); n != 61 {
		t.Errorf("%d records", n)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(c.Folder, "*.content")); len(files) > 0 {
		t.Error(files)
	}
}

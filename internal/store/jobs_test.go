package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/store"
)

// desk opens a store with two keys in it.
func desk(t *testing.T) *store.Store {
	t.Helper()
	s, _ := answers(t, store.AnswerBounds{})
	return s
}

func job(owner, id string, class hearth.Class) hearth.Job {
	return hearth.Job{ID: id, Owner: owner, Kind: hearth.JobTicket, Name: "name", Path: "/v1/x", From: "::1", Request: "req_1", Lang: hearth.Chinese,
		Class: class, Data: hearth.DataSecret, Body: []byte(`{"id":"` + id + `"}`), Created: time.Unix(1_800_000_000, 0).UTC(), Expires: time.Unix(1_900_000_000, 0).UTC()}
}

// taken are the ids of jobs that are taken.
func taken(t *testing.T, s *store.Store, lease, owner string, bulk bool, n int) string {
	t.Helper()
	list, err := s.TakeJobs(t.Context(), lease, owner, bulk, n)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, j := range list {
		ids = append(ids, j.ID)
	}
	return strings.Join(ids, " ")
}

func TestJobs(t *testing.T) {
	s := desk(t)
	ctx := t.Context()
	for _, j := range []hearth.Job{job("k1", "a", hearth.ClassBulk), job("k1", "b", hearth.ClassDefault), job("k1", "c", hearth.ClassBulk), job("k2", "d", hearth.ClassBulk)} {
		if err := s.AddJob(ctx, j, 3); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.AddJob(ctx, job("k1", "e", hearth.ClassBulk), 3); !errors.Is(err, hearth.NewError(hearth.TooManyJobs)) {
		t.Errorf("a fourth: %v", err)
	}
	if got, err := s.Job(ctx, "k1", "a"); err != nil || fmt.Sprint(got) != fmt.Sprint(job("k1", "a", hearth.ClassBulk)) {
		t.Errorf("got %v (%v)", got, err)
	}
	if _, err := s.Job(ctx, "k2", "a"); !errors.Is(err, hearth.NewError(hearth.NoSuchTicket)) {
		t.Errorf("somebody else's: %v", err)
	}
	if owners, err := s.JobOwners(ctx); err != nil || fmt.Sprint(owners) != "[k1 k2]" {
		t.Errorf("%v %v", owners, err)
	}
	if got := taken(t, s, "me", "k1", true, 9); got != "a c" {
		t.Errorf("took %q", got)
	}
	if got := taken(t, s, "me", "k1", true, 9) + taken(t, s, "me", "k1", false, 9) + taken(t, s, "me", "k2", false, 9); got != "b" {
		t.Errorf("took again %q", got)
	}
	// Of what is not under the lease, nothing is kept.
	for _, lease := range []string{"you", "me"} {
		if err := s.FinishJob(ctx, lease, "a", 200, []byte(lease)); err != nil {
			t.Error(err)
		}
	}
	if err := s.FinishJob(ctx, "me", "a", 500, []byte("twice")); err != nil {
		t.Error(err)
	}
	if got, _ := s.Job(ctx, "k1", "a"); got.State != hearth.JobDone || got.Status != 200 || string(got.Result) != "me" || got.Body != nil || got.Tries != 1 {
		t.Errorf("done: %+v", got)
	}
	if err := s.ReturnJob(ctx, "me", "b", time.Now().Add(time.Hour), true); err != nil {
		t.Error(err)
	}
	if at, ok, err := s.NextJob(ctx); err != nil || !ok || time.Until(at) < 59*time.Minute {
		t.Errorf("the next is at %v, %v (%v)", at, ok, err)
	}
	if got := taken(t, s, "me", "k1", false, 9); got != "" {
		t.Errorf("took %q before its time", got)
	}
	for id, want := range map[string]bool{"b": true, "c": false, "zzz": false} { // which runs
		if dropped, err := s.DropJob(ctx, "k1", id); err != nil || dropped != want {
			t.Errorf("dropped %s: %v %v", id, dropped, err)
		}
	}
	if err := s.FreeJobs(ctx, "me"); err != nil {
		t.Error(err)
	}
	if got := taken(t, s, "me", "k1", true, 9); got != "" {
		t.Errorf("took %q, which runs here", got)
	}
	if err := s.FreeJobs(ctx, "next"); err != nil {
		t.Error(err)
	}
	if got := taken(t, s, "next", "k1", true, 9); got != "c" {
		t.Errorf("after a crash took %q", got)
	}
	if err := s.ForgetJob(ctx, "next", "c"); err != nil {
		t.Error(err)
	}
	if _, err := s.Job(ctx, "k1", "c"); err == nil {
		t.Error("c is not forgotten")
	}
	if err := s.RemoveKey(ctx, "k2", ""); err != nil {
		t.Error(err)
	}
	if owners, _ := s.JobOwners(ctx); len(owners) != 0 {
		t.Errorf("of a revoked key: %v", owners)
	}
}

func batch(id string, total int) hearth.Batch {
	return hearth.Batch{ID: id, Owner: "k1", Path: "/v1/x", Input: "file-1", Window: "24h", Metadata: []byte(`{"a":"b"}`), State: hearth.BatchInProgress,
		Created: time.Unix(1_800_000_000, 0).UTC(), Expires: time.Unix(1_900_000_000, 0).UTC(), Total: total, Keep: time.Hour}
}

func lines(batch string, n int, err error) iter.Seq2[hearth.Job, error] {
	return func(yield func(hearth.Job, error) bool) {
		for i := range n {
			j := job("k1", fmt.Sprintf("%s-%d", batch, i), hearth.ClassBulk)
			j.Kind, j.Batch, j.Line = hearth.JobLine, batch, i
			if !yield(j, nil) {
				return
			}
		}
		if err != nil {
			yield(hearth.Job{}, err)
		}
	}
}

// TestBatches: what is not complete is not there; the files of results are in the order of
// the lines, however they were done.
func TestBatches(t *testing.T) {
	s := desk(t)
	ctx := t.Context()
	if err := s.AddBatch(ctx, batch("b0", 3), lines("b0", 700, io.ErrUnexpectedEOF), 1000); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a broken one: %v", err)
	}
	if err := s.AddBatch(ctx, batch("b0", 2000), lines("b0", 2000, nil), 1000); !errors.Is(err, hearth.NewError(hearth.TooManyJobs)) {
		t.Errorf("a large one: %v", err)
	}
	if got := taken(t, s, "me", "k1", true, 9); got != "" {
		t.Errorf("took %q of what was not taken in", got)
	}
	const n = 1203
	if err := s.AddBatch(ctx, batch("b1", n), lines("b1", n, nil), n); err != nil {
		t.Fatal(err)
	}
	b, err := s.Batch(ctx, "k1", "b1")
	if want := batch("b1", n); err != nil || fmt.Sprintf("%+v", b) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v, want %+v (%v)", b, want, err)
	}
	if _, err := s.Batch(ctx, "k2", "b1"); !errors.Is(err, hearth.NewError(hearth.NoSuchBatch)) {
		t.Errorf("somebody else's: %v", err)
	}
	list, err := s.TakeJobs(ctx, "me", "k1", true, n-3)
	if err != nil || len(list) != n-3 {
		t.Fatal(len(list), err)
	}
	for i := range list { // backwards
		j := list[len(list)-1-i]
		status := 200
		if j.Line%100 == 0 {
			status = 400
		}
		if err := s.FinishJob(ctx, "me", j.ID, status, fmt.Appendf(nil, "%d", j.Line)); err != nil {
			t.Fatal(err)
		}
	}
	end := batch("b1", n)
	end.State, end.Output, end.Errors = hearth.BatchCancelled, "file-out", "file-err"
	if ended, err := s.EndBatch(ctx, end, time.Now().Add(time.Hour), nil); ended || err != nil {
		t.Errorf("ended before its lines: %v %v", ended, err)
	}
	if err := s.CancelBatch(ctx, "k1", "b1"); err != nil {
		t.Error(err)
	}
	if open, err := s.OpenBatches(ctx); err != nil || len(open) != 1 || open[0].State != hearth.BatchCancelling || open[0].Cancelled.IsZero() || open[0].Done != 1188 || open[0].Failed != 12 {
		t.Errorf("%+v %v", open, err)
	}
	if err := s.GiveUpLines(ctx, "b1", func(j hearth.Job) []byte { return fmt.Appendf(nil, "given up %d", j.Line) }); err != nil {
		t.Error(err)
	}
	for _, want := range []bool{true, false} {
		if ended, err := s.EndBatch(ctx, end, time.Now().Add(time.Hour), []hearth.Job{job("k1", "message", hearth.ClassDefault)}); ended != want || err != nil {
			t.Errorf("ended: %v %v", ended, err)
		}
	}
	if got := taken(t, s, "me", "k1", false, 9); got != "message" {
		t.Errorf("told %q", got)
	}
	var want [2]strings.Builder
	for i := range n {
		switch {
		case i >= n-3:
			fmt.Fprintf(&want[1], "given up %d\n", i)
		case i%100 == 0:
			fmt.Fprintf(&want[1], "%d\n", i)
		default:
			fmt.Fprintf(&want[0], "%d\n", i)
		}
	}
	for i, id := range []string{"file-out", "file-err"} {
		f, err := s.File(ctx, "k1", id)
		if err != nil || f.Bytes != int64(want[i].Len()) || f.Purpose != "batch_output" {
			t.Errorf("%+v %v", f, err)
		}
		if got := content(t, s, "k1", id); got != want[i].String() {
			t.Errorf("%s: %.200q", id, got)
		}
	}
	if err := s.DeleteFile(ctx, "k1", "file-out"); err != nil {
		t.Error(err)
	}
	if got := content(t, s, "k1", "file-err"); got != want[1].String() {
		t.Errorf("after the other was deleted: %.200q", got)
	}
	if list, err := s.Batches(ctx, "k1", "", 9); err != nil || len(list) != 1 || list[0].Output != "file-out" || list[0].Ended.IsZero() {
		t.Errorf("%+v %v", list, err)
	}
	if err := s.ForgetOldJobs(ctx, -time.Hour); err != nil {
		t.Error(err)
	}
	if list, _ := s.Batches(ctx, "k1", "", 9); len(list) != 0 {
		t.Errorf("old ones are there: %+v", list)
	}
}

func content(t *testing.T, s *store.Store, owner, id string) string {
	t.Helper()
	r, err := s.OpenFile(t.Context(), owner, id)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBatchesAreListedByPages(t *testing.T) {
	s := desk(t)
	for i := range 5 {
		if err := s.AddBatch(t.Context(), batch(fmt.Sprint("b", i), 1), lines(fmt.Sprint("b", i), 1, nil), 9); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for after := ""; ; {
		list, err := s.Batches(t.Context(), "k1", after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, b := range list {
			ids = append(ids, b.ID)
			after = b.ID
		}
	}
	if got := strings.Join(ids, " "); got != "b4 b3 b2 b1 b0" {
		t.Errorf("got %s", got)
	}
}

func TestFiles(t *testing.T) {
	s := desk(t)
	ctx := t.Context()
	text := bytes.Repeat([]byte("0123456789abcdef"), 200_000) // three parts and a bit
	now := time.Now().UTC().Truncate(time.Second)
	receive := func(id string, from io.Reader, most, room int64, about error) (hearth.File, error) {
		return s.Receive(ctx, hearth.File{ID: id, Owner: "k1", Created: now, Expires: now.Add(time.Hour)}, from, most, room, func(f *hearth.File) error {
			f.Name, f.Purpose = "name", "batch"
			return about
		})
	}
	f, err := receive("f1", bytes.NewReader(text), 1<<22, 1<<22, nil)
	if got, missing := s.File(ctx, "k1", "f1"); err != nil || missing != nil || got != f || f.Bytes != int64(len(text)) {
		t.Errorf("%+v %+v %v %v", f, got, err, missing)
	}
	if content(t, s, "k1", "f1") != string(text) {
		t.Error("it is not what was sent")
	}
	if _, err := receive("f2", bytes.NewReader(text), 1<<21, 1<<30, nil); !errors.Is(err, hearth.NewError(hearth.BodyTooLarge)) {
		t.Errorf("too large: %v", err)
	}
	if _, err := receive("f2", bytes.NewReader(text), 1<<30, 1<<22, nil); !errors.Is(err, hearth.NewError(hearth.StorageFull)) {
		t.Errorf("one too many: %v", err)
	}
	if _, err := receive("f2", io.MultiReader(bytes.NewReader(text), iotest.ErrReader(io.ErrUnexpectedEOF)), 1<<30, 1<<30, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken off: %v", err)
	}
	if _, err := receive("f2", strings.NewReader("x"), 1<<30, 1<<30, io.ErrNoProgress); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("nothing is known about it: %v", err)
	}
	if _, err := receive("f3", strings.NewReader(""), 1<<30, 1<<30, nil); err != nil || content(t, s, "k1", "f3") != "" {
		t.Errorf("an empty one: %v", err)
	}
	for purpose, want := range map[string]int{"": 2, "batch": 2, "odd": 0} {
		if list, err := s.Files(ctx, "k1", purpose, "", 9); err != nil || len(list) != want {
			t.Errorf("%s: %+v %v", purpose, list, err)
		}
	}
	if list, err := s.Files(ctx, "k1", "", "f3", 9); err != nil || len(list) != 1 || list[0].ID != "f1" {
		t.Errorf("after the newest: %+v %v", list, err)
	}
	for _, look := range []func() error{
		func() error { _, err := s.File(ctx, "k2", "f1"); return err },
		func() error { _, err := s.OpenFile(ctx, "k2", "f1"); return err },
		func() error { return s.DeleteFile(ctx, "k2", "f1") },
	} {
		if err := look(); !errors.Is(err, hearth.NewError(hearth.NoSuchFile)) {
			t.Errorf("somebody else's: %v", err)
		}
	}
	if err := s.DeleteFile(ctx, "k1", "f1"); err != nil {
		t.Error(err)
	}
	if _, err := s.OpenFile(ctx, "k1", "f1"); err == nil {
		t.Error("a deleted file is there")
	}
}

// TestUnfinishedAreSweptUp: what a killed process had not taken in is gone at the next start.
func TestUnfinishedAreSweptUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	s := open(t, path)
	if err := s.AddKey(t.Context(), key("k1", hearth.StandingAdmin)); err != nil {
		t.Fatal(err)
	}
	died := errors.New("killed")
	func() {
		defer func() { _ = recover() }()
		_ = s.AddBatch(context.Background(), batch("b", 3), func(yield func(hearth.Job, error) bool) {
			for j, err := range lines("b", 501, nil) {
				yield(j, err)
			}
			panic(died) // after the first lines are on the disk
		}, 1000)
	}()
	next := open(t, path)
	if err := next.FreeJobs(t.Context(), "next"); err != nil {
		t.Fatal(err)
	}
	if got := taken(t, next, "next", "k1", true, 9); got != "" {
		t.Errorf("took %q", got)
	}
	if j, err := next.Job(t.Context(), "k1", "b-0"); err == nil {
		t.Errorf("a line is there: %+v", j)
	}
}

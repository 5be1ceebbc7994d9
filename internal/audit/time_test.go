package audit_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/audit/audittest"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

const day = 24 * time.Hour

// TestKeeping lets half a year pass. Whatever is configured, nothing is removed before
// 180 days, and what is removed is on record.
func TestKeeping(t *testing.T) {
	dir := fast(t)
	synctest.Test(t, func(t *testing.T) {
		c := audittest.Config(t, dir, cryptosuite.HashSHA256)
		c.Keep, c.Every = time.Hour, 10*365*day // which is not heeded; and no ticks
		l := audit.New(c)
		record(t, l, 0, 5)
		time.Sleep(31 * day)
		record(t, l, 5, 10) // in a new segment
		time.Sleep(148 * day)
		record(t, l, 10, 11)
		if got := requests(t, c.Folder); !slices.Contains(got, "req_0") {
			t.Fatalf("removed after 179 days: %v", got)
		}
		time.Sleep(2 * day)
		record(t, l, 11, 12)
		got := requests(t, c.Folder)
		if slices.Contains(got, "req_0") || !slices.Contains(got, "req_5") {
			t.Fatalf("after 181 days: %v", got)
		}
		if left, _ := filepath.Glob(filepath.Join(c.Folder, "0000000000000000.*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		r := verify(t, c)
		if !r.Whole() || r.First != 6 || r.Vouched != r.Records {
			t.Errorf("%+v", r)
		}
		// Who removes a segment himself is found.
		if err := os.Remove(filepath.Join(c.Folder, audit.SegmentName(6))); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, c); r.Whole() {
			t.Error("a removed segment is not missed")
		}
	})
}

// TestGap goes on without a record where none is required, finds the log writable again
// by itself, and says how many are missing.
func TestGap(t *testing.T) {
	dir := fast(t)
	synctest.Test(t, func(t *testing.T) {
		c := audittest.Config(t, dir, cryptosuite.HashSM3)
		c.Required = false
		if err := os.WriteFile(c.Folder, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		l := audit.New(c)
		record(t, l, 0, 3)
		if err := os.Remove(c.Folder); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		record(t, l, 3, 4)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		list := entries(t, c.Folder)
		i := slices.IndexFunc(list, func(e audit.Entry) bool { return e.Act == "gap" })
		if i < 0 || list[i].Times != 3 {
			t.Errorf("%+v", list)
		}
		if r := verify(t, c); !r.Whole() {
			t.Errorf("%+v", r.Findings)
		}
	})
}

// TestCheckpoints come with time while there are new records, and not without.
func TestCheckpoints(t *testing.T) {
	dir := fast(t)
	synctest.Test(t, func(t *testing.T) {
		c := audittest.Config(t, dir, cryptosuite.HashSHA256)
		c.Every = 10 * time.Second
		l := audit.New(c)
		count := func() int {
			f, err := os.Open(c.Witnesses[0])
			if err != nil {
				return 0
			}
			defer f.Close()
			list, err := audit.ReadCheckpoints(f)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		record(t, l, 0, 1)
		for i, want := range []int{1, 1, 2, 2} {
			if i == 2 {
				record(t, l, 1, 2)
			}
			time.Sleep(21 * time.Second)
			synctest.Wait()
			if got := count(); got != want {
				t.Errorf("step %d: %d checkpoints, want %d", i, got, want)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

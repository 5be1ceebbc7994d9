package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
)

func TestUsage(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "hearth.db"))
	day := func(d, h int) time.Time { return time.Date(2026, 11, d, h, 0, 0, 0, time.Local) }
	use := func(at time.Time, key, department, model string, in, out int) hearth.Use {
		return hearth.Use{At: at, Act: "chat", Class: hearth.ClassBulk, Key: key, KeyName: "name of " + key, Department: department, Model: model,
			Usage: hearth.Usage{PromptTokens: in, CachedTokens: 1, CompletionTokens: out}, Cost: hearth.Yuan}
	}
	if err := s.AddUses(t.Context(), []hearth.Use{use(day(1, 9), "a", "d", "m", 10, 1), use(day(1, 23), "b", "d", "n", 20, 2), use(day(2, 0), "a", "", "m", 40, 4)}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q    hearth.UsageQuery
		want string
	}{
		{hearth.UsageQuery{Limit: 9}, "[{[]  {3 70 3 7 3}}]"},
		{hearth.UsageQuery{By: []string{"key"}, Limit: 9}, "[{[a] name of a {2 50 2 5 2}} {[b] name of b {1 20 1 2 1}}]"},
		{hearth.UsageQuery{By: []string{"key"}, Limit: 1}, "[{[a] name of a {2 50 2 5 2}}]"},
		{hearth.UsageQuery{By: []string{"day", "department"}, Limit: 9}, "[{[2026-11-01 d]  {2 30 2 3 2}} {[2026-11-02 ]  {1 40 1 4 1}}]"},
		{hearth.UsageQuery{By: []string{"month", "class"}, Limit: 9}, "[{[2026-11 bulk]  {3 70 3 7 3}}]"},
		{hearth.UsageQuery{Model: "m", Since: day(1, 10), Limit: 9}, "[{[]  {1 40 1 4 1}}]"},
		{hearth.UsageQuery{Key: "b", Until: day(2, 0), Limit: 9}, "[{[]  {1 20 1 2 1}}]"},
		{hearth.UsageQuery{Key: "nobody", Limit: 9}, "[{[]  {0 0 0 0 0}}]"},
	} {
		if got, err := s.Usage(t.Context(), c.q); err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%+v: %v %v, want %s", c.q, got, err, c.want)
		}
	}
	if _, err := s.Usage(t.Context(), hearth.UsageQuery{By: []string{"1; DROP TABLE usage"}}); err == nil {
		t.Error("grouped by what is no field")
	}
	for _, c := range []struct {
		scope hearth.Scope
		since time.Time
		want  string
	}{
		{hearth.Scope{Kind: hearth.ScopeKey, ID: "a"}, day(1, 0), "{2 50 0 5 2}"}, {hearth.Scope{Kind: hearth.ScopeKey, ID: "a"}, day(2, 0), "{1 40 0 4 1}"},
		{hearth.Scope{Kind: hearth.ScopeDepartment, ID: "d"}, day(1, 0), "{2 30 0 3 2}"}, {hearth.Scope{Kind: hearth.ScopeTenant, ID: "x"}, day(1, 0), "{0 0 0 0 0}"},
	} {
		if got, err := s.UsedSince(t.Context(), c.scope, c.since); err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%v: %v %v, want %s", c.scope, got, err, c.want)
		}
	}
	if err := s.ForgetUses(t.Context(), day(2, 0)); err != nil {
		t.Error(err)
	}
	if got, _ := s.Usage(t.Context(), hearth.UsageQuery{Limit: 1}); got[0].Requests != 1 {
		t.Errorf("after old ones were forgotten: %v", got)
	}
}

func TestQuotas(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "hearth.db"))
	q := hearth.Quota{Kind: hearth.ScopeKey, ID: "k", Measure: hearth.MeasureTokens, Period: hearth.PerDay, Limit: 5, WarnPercent: 80}
	for _, limit := range []int64{5, 7} {
		q.Limit = limit
		if err := s.SetQuota(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := s.Quotas(t.Context()); err != nil || len(list) != 1 || list[0] != q {
		t.Errorf("%v %v", list, err)
	}
	if err := s.RemoveQuota(t.Context(), q); err != nil {
		t.Error(err)
	}
	if err := s.RemoveQuota(t.Context(), q); !errors.Is(err, hearth.NewError(hearth.NoSuchQuota)) {
		t.Errorf("removed again: %v", err)
	}
}

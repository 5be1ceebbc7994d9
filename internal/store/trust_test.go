package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
)

func TestTrustPolicies(t *testing.T) {
	s, ctx := open(t, filepath.Join(t.TempDir(), "hearth.db")), t.Context()
	tenant := hearth.Scope{Kind: hearth.ScopeTenant, ID: "t"}
	at := time.Unix(1_800_000_000, 0)
	for _, action := range []string{"label", "strip"} { // the second in the place of the first
		if err := s.SetTrustPolicy(ctx, hearth.TrustPolicy{Scope: tenant, Action: action, Changed: at}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.TrustPolicies(ctx)
	if err != nil || len(list) != 1 || list[0].Action != "strip" || list[0].Scope != tenant || !list[0].Changed.Equal(at) {
		t.Errorf("%+v, %v", list, err)
	}
	if err := s.RemoveTrustPolicy(ctx, tenant); err != nil {
		t.Error(err)
	}
	if err := s.RemoveTrustPolicy(ctx, tenant); !errors.Is(err, hearth.NewError(hearth.NoSuchTrustPolicy)) {
		t.Errorf("%v", err)
	}
}

func TestProbeRuns(t *testing.T) {
	s, ctx := open(t, filepath.Join(t.TempDir(), "hearth.db")), t.Context()
	begin := time.UnixMilli(1_800_000_000_000)
	for i := range 403 {
		r := hearth.ProbeRun{ID: fmt.Sprint("r", i), Set: "zh", Model: "m", At: begin.Add(time.Duration(i) * time.Hour), Result: []byte(`{}`)}
		if err := s.AddProbeRun(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.AddProbeRun(ctx, hearth.ProbeRun{ID: "other", Set: "en", Model: "m", At: begin, Result: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	list, err := s.ProbeRuns(ctx, hearth.ProbeQuery{Set: "zh", Limit: 1000})
	if err != nil || len(list) != 400 || list[0].ID != "r402" || list[399].ID != "r3" {
		t.Errorf("%d runs, %v: the oldest are forgotten", len(list), err)
	}
	list, err = s.ProbeRuns(ctx, hearth.ProbeQuery{Model: "m", Since: begin, Until: begin.Add(5 * time.Hour), Limit: 10})
	if err != nil || len(list) != 3 || list[0].ID != "r4" || list[2].ID != "other" || !list[2].At.Equal(begin) {
		t.Errorf("%+v, %v", list, err)
	}
	if list, _ := s.ProbeRuns(ctx, hearth.ProbeQuery{Model: "nobody", Limit: 10}); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

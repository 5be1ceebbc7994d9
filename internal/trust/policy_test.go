package trust

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
)

// kept are policies in memory.
type kept struct {
	list   []hearth.TrustPolicy
	broken error
	reads  int
}

func (k *kept) TrustPolicies(context.Context) ([]hearth.TrustPolicy, error) {
	k.reads++
	return k.list, k.broken
}

func (k *kept) SetTrustPolicy(_ context.Context, p hearth.TrustPolicy) error {
	k.list = append(k.list, p)
	return k.broken
}

func (k *kept) RemoveTrustPolicy(_ context.Context, s hearth.Scope) error {
	for i, p := range k.list {
		if p.Scope == s {
			k.list = append(k.list[:i], k.list[i+1:]...)
			return nil
		}
	}
	return hearth.NewError(hearth.NoSuchTrustPolicy, "whose", s.ID)
}

func TestPolicies(t *testing.T) {
	ctx := t.Context()
	p := &Policies{Store: &kept{}, Usual: Label, Log: slog.New(slog.DiscardHandler)}
	by := hearth.Principal{KeyID: "k", Person: "p", Department: "d", Tenant: "t"}
	if a := p.For(ctx, by); a != Label {
		t.Errorf("without one: %s", a)
	}
	for _, c := range []struct {
		whose  string
		action Action
	}{{"tenant:t", Off}, {"department:d", Strip}, {"person:p", Block}, {"key:k", Off}} { // each is narrower
		if _, err := p.Set(ctx, c.whose, string(c.action)); err != nil {
			t.Fatal(err)
		}
		if a := p.For(ctx, by); a != c.action {
			t.Errorf("with %s: %s", c.whose, a)
		}
	}
	if a := p.For(ctx, hearth.Principal{KeyID: "x", Tenant: "u"}); a != Label {
		t.Errorf("somebody else: %s", a)
	}
	if err := p.Remove(ctx, "key:k"); err != nil || p.For(ctx, by) != Block {
		t.Errorf("removed: %v, %s", err, p.For(ctx, by))
	}
	if err := p.Remove(ctx, "key:k"); !errors.Is(err, hearth.NewError(hearth.NoSuchTrustPolicy)) {
		t.Errorf("removed twice: %v", err)
	}
	for _, bad := range []string{"", "key", "key:", "key:*", "animal:x"} {
		if _, err := p.Set(ctx, bad, "off"); !errors.Is(err, hearth.NewError(hearth.InvalidValue)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := p.Set(ctx, "key:k", "shout"); !errors.Is(err, hearth.NewError(hearth.InvalidValue)) {
		t.Errorf("%v", err)
	}
}

// TestPoliciesOfAnotherProcess are heeded within a second, and a store that fails leaves
// them as they were.
func TestPoliciesOfAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kept{}
		p := &Policies{Store: k, Usual: Off, Log: slog.New(slog.DiscardHandler)}
		by := hearth.Principal{Tenant: "t"}
		for range 10 {
			p.For(t.Context(), by)
		}
		if k.reads != 1 {
			t.Errorf("read %d times in a second", k.reads)
		}
		k.list = []hearth.TrustPolicy{{Scope: hearth.Scope{Kind: hearth.ScopeTenant, ID: "t"}, Action: "strip"}}
		time.Sleep(policiesFresh)
		if a := p.For(t.Context(), by); a != Strip {
			t.Errorf("after a second: %s", a)
		}
		k.broken = errors.New("gone")
		time.Sleep(policiesFresh)
		if a := p.For(t.Context(), by); a != Strip {
			t.Errorf("without the store: %s", a)
		}
	})
}

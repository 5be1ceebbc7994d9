package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/ledger"
	"github.com/hearthbox/hearth/internal/store"
)

// memory remembers uses and quotas in lists.
type memory struct {
	mu     sync.Mutex
	uses   []hearth.Use
	quotas []hearth.Quota
	fail   error
}

func (m *memory) AddUses(_ context.Context, uses []hearth.Use) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.uses = append(m.uses, uses...)
	return nil
}

func (m *memory) UsedSince(_ context.Context, s hearth.Scope, since time.Time) (sum hearth.Sum, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range m.uses {
		if u.Key == s.ID && !u.At.Before(since) {
			sum.Requests, sum.PromptTokens, sum.CompletionTokens = sum.Requests+1, sum.PromptTokens+int64(u.PromptTokens), sum.CompletionTokens+int64(u.CompletionTokens)
			sum.Cost += u.Cost
		}
	}
	return sum, nil
}

func (m *memory) Usage(context.Context, hearth.UsageQuery) ([]hearth.UsageGroup, error) {
	return nil, nil
}
func (m *memory) ForgetUses(context.Context, time.Time) error { return nil }
func (m *memory) Quotas(context.Context) ([]hearth.Quota, error) {
	return append([]hearth.Quota(nil), m.quotas...), nil
}
func (m *memory) SetQuota(_ context.Context, q hearth.Quota) error {
	m.quotas = append(m.quotas, q)
	return nil
}
func (m *memory) RemoveQuota(context.Context, hearth.Quota) error { m.quotas = nil; return nil }

// book is a ledger, and what it logs.
func book(s ledger.Store) (*ledger.Ledger, *strings.Builder) {
	var log strings.Builder
	prices := map[string]hearth.Price{"m": {Input: 2 * hearth.Yuan, Cached: hearth.Yuan / 2, Output: 8 * hearth.Yuan}}
	return ledger.New(ledger.Config{Store: s, Prices: prices, Keep: time.Hour, Log: slog.New(slog.NewTextHandler(&log, nil))}), &log
}

func quota(t *testing.T, l *ledger.Ledger, whose, what, limit string) {
	t.Helper()
	q, err := ledger.Parse(whose, what, limit)
	if err == nil {
		q.WarnPercent = 80
		err = l.SetQuota(t.Context(), q)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func open(l *ledger.Ledger, key string, tokens int) (hearth.Bill, error) {
	return l.Open(context.Background(), &hearth.Request{By: hearth.Principal{KeyID: key, Name: "name of " + key}}, "M", hearth.Usage{PromptTokens: tokens})
}

// TestQuotas tells of one day: what is reserved, taken, given back, and free again.
func TestQuotas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memory{}
		l, log := book(s)
		quota(t, l, "key:*", "tokens/minute", "100")
		quota(t, l, "key:vip", "tokens/minute", "1000")
		quota(t, l, "key:k", "spend/day", "0.001")
		first, err := open(l, "k", 60)
		if err != nil {
			t.Fatal(err)
		}
		_, err = open(l, "k", 60)
		e := hearth.AsError(err)
		want := "key name of k (k) has reached its limit: 100 tokens a minute, of which 60 are used, and this request takes about 60"
		if e.Code != hearth.QuotaExceeded || e.Message(hearth.English) != want || e.Retry <= 0 || e.Retry > time.Minute {
			t.Errorf("the second gets %v, after %s", err, e.Retry)
		}
		if text := e.Message(hearth.Chinese); text != "密钥 name of k (k) 已达到限额：每分钟 100 个词元，已用 60，此请求约需 60" {
			t.Error(text)
		}
		if got := e.Remedy(hearth.English); !strings.Contains(got, "hearth quota set key:* tokens/minute") || !strings.Contains(got, "until 2000-01-01 ") {
			t.Error(got)
		}
		if _, err := open(l, "vip", 600); err != nil {
			t.Errorf("who has a quota of its own: %v", err)
		}
		first.Settle("gpu", hearth.Usage{PromptTokens: 20, CachedTokens: 10, CompletionTokens: 5})
		first.Settle("gpu", hearth.Usage{PromptTokens: 1000})
		first.Close()
		second, err := open(l, "k", 60)
		if err != nil {
			t.Errorf("after the first took less than was reserved: %v", err)
		}
		left, _ := l.Allowance(t.Context(), hearth.Principal{KeyID: "k"})
		if left.Tokens == nil || left.Tokens.Left != 15 || left.Requests != nil || len(left.Warnings) != 1 {
			t.Errorf("left are %+v", left)
		}
		if got := strings.Count(log.String(), "nearly used up"); got != 1 {
			t.Errorf("warned %d times:\n%s", got, log)
		}
		second.Close() // never run
		if len(s.uses) != 1 || s.uses[0].Cost != (10*2+10/2+5*8)*hearth.Yuan/1e6 || s.uses[0].ServedBy != "gpu" {
			t.Errorf("entries %+v", s.uses)
		}
		// One that is made smaller, or by another model, is let in for that.
		third, err := open(l, "k", 50)
		if err != nil {
			t.Fatal(err)
		}
		fourth, err := open(l, "k", 5)
		if err != nil {
			t.Fatal(err)
		}
		if err := third.Move("m", hearth.Usage{PromptTokens: 200}); !errors.Is(err, hearth.NewError(hearth.QuotaExceeded)) {
			t.Errorf("moved to more than there is: %v", err)
		}
		if left, _ := l.Allowance(t.Context(), hearth.Principal{KeyID: "k"}); left.Tokens.Left != 20 {
			t.Errorf("left after a move that was refused: %+v", left.Tokens)
		}
		if err := third.Move("m", hearth.Usage{PromptTokens: 20}); err != nil {
			t.Errorf("moved to less: %v", err)
		}
		if left, _ := l.Allowance(t.Context(), hearth.Principal{KeyID: "k"}); left.Tokens.Left != 50 {
			t.Errorf("left after a move: %+v", left.Tokens)
		}
		third.Close()
		fourth.Close()
		// One that is alone is let in as long as anything is left.
		large, err := open(l, "k", 400)
		if err != nil {
			t.Errorf("a large one alone: %v", err)
		}
		time.Sleep(time.Minute)
		if _, err := open(l, "k", 60); err != nil {
			t.Errorf("in the next minute: %v", err)
		}
		large.Settle("gpu", hearth.Usage{PromptTokens: 400}) // counts in the minute in which it came, and in the day
		if left, _ := l.Allowance(t.Context(), hearth.Principal{KeyID: "k"}); left.Tokens.Left != 40 {
			t.Errorf("left are %+v", left.Tokens)
		}
		if _, err := open(l, "k", 10); !errors.Is(err, hearth.NewError(hearth.QuotaExceeded)) || !strings.Contains(err.Error(), "¥0.001 a day") {
			t.Errorf("when the day's money is spent: %v", err)
		}
		time.Sleep(24 * time.Hour)
		if _, err := open(l, "k", 10); err != nil {
			t.Errorf("the next day: %v", err)
		}
	})
}

func TestConcurrent(t *testing.T) {
	l, _ := book(&memory{})
	quota(t, l, "key:k", "concurrent", "2")
	bills := make([]hearth.Bill, 2)
	for i := range bills {
		var err error
		if bills[i], err = open(l, "k", 1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := open(l, "k", 1); !errors.Is(err, hearth.NewError(hearth.QuotaExceeded)) || hearth.AsError(err).Retry != 0 {
		t.Errorf("a third at once: %v", err)
	}
	bills[0].Close()
	bills[0].Close()
	if _, err := open(l, "k", 1); err != nil {
		t.Errorf("after one ended: %v", err)
	}
	if _, err := open(l, "k", 1); err == nil {
		t.Error("a bill that was closed twice gave back two places")
	}
}

// TestExactly: of many at once just so many are let in, their entries are on the disk when
// they are told so, and who starts anew counts the same.
func TestExactly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, _ := book(s)
	quota(t, l, "key:k", "tokens/month", "1000")
	quota(t, l, "key:k", "requests/day", "90")
	var all sync.WaitGroup
	var in atomic.Int32
	for i := range 200 {
		all.Go(func() {
			b, err := open(l, "k", 10)
			if err != nil {
				return
			}
			in.Add(1)
			if i%2 == 0 {
				b.Settle("gpu", hearth.Usage{PromptTokens: 6, CompletionTokens: 4})
			}
			defer b.Close()
			for range 3 {
				if other, err := open(l, "other", 10); err == nil {
					other.Settle("gpu", hearth.Usage{PromptTokens: 1})
				}
			}
			b.Settle("gpu", hearth.Usage{PromptTokens: 6, CompletionTokens: 4}) // is nothing the second time
		})
	}
	all.Wait()
	if in.Load() != 90 {
		t.Errorf("%d were let in", in.Load())
	}
	again, _ := book(s)
	for _, x := range []*ledger.Ledger{l, again} {
		left, err := x.Allowance(t.Context(), hearth.Principal{KeyID: "k"})
		if err != nil || left.Requests.Left != 0 || left.Tokens.Left != 100 {
			t.Errorf("left are %+v %+v (%v)", left.Requests, left.Tokens, err)
		}
	}
	groups, err := again.Usage(t.Context(), hearth.UsageQuery{By: []string{"key"}, Limit: 10})
	if err != nil || len(groups) != 2 || groups[0].Requests != 90 || groups[0].Tokens() != 900 || groups[1].Requests != 270 {
		t.Errorf("%+v %v", groups, err)
	}
}

// TestOnce: what is done again after a crash is counted once.
func TestOnce(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "hearth.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 2 {
		l, _ := book(s)
		for _, once := range []string{"line 1", "", ""} {
			b, err := l.Open(t.Context(), &hearth.Request{Once: once, By: hearth.Principal{KeyID: "k"}}, "m", hearth.Usage{})
			if err != nil {
				t.Fatal(err)
			}
			b.Settle("gpu", hearth.Usage{PromptTokens: 1})
		}
	}
	groups, err := s.Usage(t.Context(), hearth.UsageQuery{Limit: 1})
	if err != nil || groups[0].Requests != 5 {
		t.Errorf("%+v %v", groups, err)
	}
}

// TestFullDisk: what can't be written is kept and written when that works again.
func TestFullDisk(t *testing.T) {
	s := &memory{fail: errors.New("disk full")}
	l, log := book(s)
	settle := func() {
		b, err := open(l, "k", 1)
		if err != nil {
			t.Fatal(err)
		}
		b.Settle("gpu", hearth.Usage{PromptTokens: 1})
	}
	settle()
	if len(s.uses) != 0 || !strings.Contains(log.String(), "disk full") {
		t.Errorf("%v\n%s", s.uses, log)
	}
	s.fail = nil
	settle()
	if len(s.uses) != 2 {
		t.Errorf("entries %+v", s.uses)
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ whose, what, limit, want string }{
		{"key:k1", "tokens/day", "1_000", "{key k1 tokens day 1000 0}"},
		{"department:*", "spend/month", "12.5", "{department * spend month 12500000000 0}"},
		{"tenant:t", "concurrent", "3", "{tenant t concurrent  3 0}"},
		{"key:", "tokens/day", "1", ""}, {"room:1", "tokens/day", "1", ""}, {"key:k", "tokens", "1", ""}, {"key:k", "tokens/year", "1", ""},
		{"key:k", "concurrent/day", "1", ""}, {"key:k", "tokens/day", "0", ""}, {"key:k", "tokens/day", "-1", ""}, {"key:k", "tokens/day", "many", ""},
		{"key:k", "tokens/day", "NaN", ""}, {"key:k", "tokens/day", "1e30", ""},
	} {
		q, err := ledger.Parse(c.whose, c.what, c.limit)
		if c.want == "" && err == nil || c.want != "" && (err != nil || fmt.Sprint(q) != c.want) {
			t.Errorf("%s %s %s: %v %v", c.whose, c.what, c.limit, q, err)
		}
	}
}

// TestScopes: a request counts for its key, and for whoever stands behind it.
func TestScopes(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "hearth.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, _ := book(s)
	quota(t, l, "department:d", "requests/day", "2")
	quota(t, l, "tenant:*", "requests/day", "3")
	ask := func(key, department, tenant string, act *hearth.Request) error {
		act.By = hearth.Principal{KeyID: key, Person: "p" + key, Department: department, Tenant: tenant}
		b, err := l.Open(t.Context(), act, "m", hearth.Usage{PromptTokens: 1})
		if err == nil {
			b.Settle("gpu", hearth.Usage{PromptTokens: 1})
		}
		return err
	}
	for i, c := range []struct {
		key, department, tenant, refused string
		r                                *hearth.Request
	}{
		{"k1", "d", "t", "", &hearth.Request{}}, {"k2", "d", "t", "", &hearth.Request{Embed: &hearth.EmbeddingRequest{}}},
		{"k3", "d", "t", "department d", &hearth.Request{}}, {"k3", "e", "t", "", &hearth.Request{Rerank: &hearth.RerankRequest{}}},
		{"k4", "", "t", "tenant t", &hearth.Request{}}, {"k4", "", "u", "", &hearth.Request{}},
	} {
		err := ask(c.key, c.department, c.tenant, c.r)
		if (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused+" has reached") {
			t.Errorf("%d: %v", i, err)
		}
	}
	again, _ := book(s) // which reads what there was
	l = again
	if err := ask("k5", "d", "v", &hearth.Request{}); err == nil {
		t.Error("the department has one more after a restart")
	}
	groups, err := s.Usage(t.Context(), hearth.UsageQuery{By: []string{"act"}, Limit: 9})
	if err != nil || len(groups) != 3 || groups[0].Values[0] != "chat" || groups[0].Requests != 2 {
		t.Errorf("%+v %v", groups, err)
	}
}

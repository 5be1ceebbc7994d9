package ledger

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// refresh reads the quotas anew if that was long ago.
func (l *Ledger) refresh(ctx context.Context) error {
	l.mu.Lock()
	fresh := !l.read.IsZero() && time.Since(l.read) < quotasFresh
	l.mu.Unlock()
	if fresh {
		return nil
	}
	began := time.Now()
	list, err := l.Store.Quotas(ctx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if began.After(l.read) {
		l.quotas, l.read = list, began
	}
	return nil
}

// quotasOf are those somebody falls under: its own, and those of everyone of its kind for
// which it has none.
func (l *Ledger) quotasOf(s hearth.Scope) []hearth.Quota {
	var own, all []hearth.Quota
	for _, q := range l.quotas {
		switch {
		case q.Kind != s.Kind:
		case q.ID == s.ID:
			own = append(own, q)
		case q.ID == hearth.Everyone:
			all = append(all, q)
		}
	}
	for _, q := range all {
		if !slices.ContainsFunc(own, func(o hearth.Quota) bool { return o.Measure == q.Measure && o.Period == q.Period }) {
			own = append(own, q)
		}
	}
	return own
}

// warning is one that was given, about somebody's quota in a period.
type warning struct {
	scope hearth.Scope
	quota hearth.Quota
	begin time.Time
}

// warnedMax bounds the warnings that are remembered, for not being logged again.
const warnedMax = 4096

// warn logs, once for each period, that a quota is nearly used up.
func (l *Ledger) warn(b *bill) {
	for _, a := range b.accounts {
		for _, q := range l.quotasOf(a.scope) {
			if !near(q, a.used(q)) || q.Measure == hearth.MeasureConcurrent {
				continue
			}
			w := warning{a.scope, q, q.Period.Begin(b.at)}
			if l.warned[w] {
				continue
			}
			if len(l.warned) >= warnedMax {
				clear(l.warned)
			}
			l.warned[w] = true
			l.Log.Warn("a quota is nearly used up", "whose", named(a.scope).String(), "quota", Name(q), "limit", q.Limit, "used", a.used(q))
		}
	}
}

// near reports whether so much of a quota is used that it is to be warned of.
func near(q hearth.Quota, used int64) bool {
	return q.WarnPercent > 0 && float64(used) >= float64(q.Limit)*float64(q.WarnPercent)/100
}

// Allowance is what somebody has left.
func (l *Ledger) Allowance(ctx context.Context, by hearth.Principal) (out hearth.Allowance, err error) {
	states, err := l.states(ctx, by)
	for _, s := range states {
		left := &hearth.Left{Limit: s.Limit, Left: max(0, s.Limit-s.Used), Reset: s.Reset}
		switch {
		case s.Measure == hearth.MeasureRequests && (out.Requests == nil || left.Left < out.Requests.Left):
			out.Requests = left
		case s.Measure == hearth.MeasureTokens && (out.Tokens == nil || left.Left < out.Tokens.Left):
			out.Tokens = left
		}
		if near(s.Quota, s.Used) {
			percent := int(math.Round(100 * float64(s.Used) / float64(s.Limit)))
			out.Warnings = append(out.Warnings, hearth.Words{fmt.Sprintf("%s of %s:%s is used to %d%%", Name(s.Quota), s.Scope.Kind, s.Scope.ID, percent),
				fmt.Sprintf("%s:%s 的 %s 已使用 %d%%", s.Scope.Kind, s.Scope.ID, Name(s.Quota), percent)})
		}
	}
	return out, err
}

// states are the quotas somebody falls under, as they stand.
func (l *Ledger) states(ctx context.Context, by hearth.Principal) ([]hearth.QuotaState, error) {
	if err := l.refresh(ctx); err != nil {
		return nil, err
	}
	now := time.Now()
	var list []hearth.QuotaState
	for _, s := range scopesOf(by) {
		l.mu.Lock()
		quotas := l.quotasOf(s)
		l.mu.Unlock()
		for _, q := range quotas {
			state, err := l.state(ctx, q, s, now)
			if err != nil {
				return nil, err
			}
			list = append(list, state)
		}
	}
	return list, nil
}

func (l *Ledger) state(ctx context.Context, q hearth.Quota, s hearth.Scope, now time.Time) (hearth.QuotaState, error) {
	a, err := l.account(ctx, s, now)
	if err != nil {
		return hearth.QuotaState{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a.turn(now)
	state := hearth.QuotaState{Quota: q, Scope: a.scope, Used: a.used(q)}
	if q.Measure != hearth.MeasureConcurrent {
		state.Reset = q.Period.End(now)
	}
	return state, nil
}

// Quotas lists all there are. Those of somebody in particular come with what is used.
func (l *Ledger) Quotas(ctx context.Context) ([]hearth.QuotaState, error) {
	list, err := l.Store.Quotas(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]hearth.QuotaState, 0, len(list))
	for _, q := range list {
		state := hearth.QuotaState{Quota: q}
		if q.ID != hearth.Everyone {
			if state, err = l.state(ctx, q, hearth.Scope{Kind: q.Kind, ID: q.ID, Name: q.ID}, time.Now()); err != nil {
				return nil, err
			}
		}
		out = append(out, state)
	}
	return out, nil
}

// quotasMost is how many quotas there may be.
const quotasMost = 10_000

// SetQuota puts a quota in the place of the one for the same.
func (l *Ledger) SetQuota(ctx context.Context, q hearth.Quota) error {
	if err := Check(q); err != nil {
		return err
	}
	list, err := l.Store.Quotas(ctx)
	if err != nil {
		return err
	}
	if len(list) >= quotasMost {
		return hearth.NewError(hearth.OutOfRange, "field", "the number of quotas", "min", 0, "max", quotasMost)
	}
	err = l.Store.SetQuota(ctx, q)
	l.stale()
	return err
}

// RemoveQuota ends a quota.
func (l *Ledger) RemoveQuota(ctx context.Context, q hearth.Quota) error {
	defer l.stale()
	return l.Store.RemoveQuota(ctx, q)
}

func (l *Ledger) stale() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read = time.Time{}
}

// Usage sums up the ledger.
func (l *Ledger) Usage(ctx context.Context, q hearth.UsageQuery) ([]hearth.UsageGroup, error) {
	for _, by := range q.By {
		if !slices.Contains(hearth.UsageFields(), by) {
			return nil, hearth.NewError(hearth.NotOneOf, "field", "group", "choices", strings.Join(hearth.UsageFields(), ", ")).At("group")
		}
	}
	return l.Store.Usage(ctx, q)
}

// Name is what a quota bounds, as it is written: tokens/day, concurrent.
func Name(q hearth.Quota) string {
	if q.Measure == hearth.MeasureConcurrent {
		return string(q.Measure)
	}
	return string(q.Measure) + "/" + string(q.Period)
}

// Parse reads a quota as people write it: whose (key:ID, department:*), what (tokens/day,
// concurrent), and how much, which is in yuan for what is spent.
func Parse(whose, what, limit string) (q hearth.Quota, err error) {
	kind, id, _ := strings.Cut(whose, ":")
	measure, period, _ := strings.Cut(what, "/")
	q = hearth.Quota{Kind: hearth.ScopeKind(kind), ID: id, Measure: hearth.Measure(measure), Period: hearth.Period(period)}
	if limit == "" {
		q.Limit = 1 // none is asked for: the rest is checked
		err = Check(q)
		q.Limit = 0
		return q, err
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(limit, "_", ""), 64)
	if err != nil || n != n {
		return q, hearth.NewError(hearth.InvalidValue, "field", "limit", "detail", hearth.Words{"it is not a number", "不是数字"}).At("limit")
	}
	q.Limit = limitOf(q.Measure, n)
	return q, Check(q)
}

// limitOf is a limit as quotas have it: money is given in yuan.
func limitOf(m hearth.Measure, n float64) int64 {
	if m == hearth.MeasureSpend {
		n *= float64(hearth.Yuan)
	}
	return int64(math.Round(min(n, 1<<62)))
}

const (
	idBytesMax = 200
	limitMax   = 1 << 60
)

// Check refuses a quota that bounds nothing there is.
func Check(q hearth.Quota) error {
	oneOf := func(field, choices string) error {
		return hearth.NewError(hearth.NotOneOf, "field", field, "choices", choices).At(field)
	}
	switch {
	case !slices.Contains(hearth.ScopeKinds(), q.Kind):
		return oneOf("scope", "key:ID, person:ID, department:ID, tenant:ID; ID may be *")
	case q.ID == "" || len(q.ID) > idBytesMax:
		return hearth.NewError(hearth.InvalidValue, "field", "scope", "detail", hearth.Words{"it is written KIND:ID, such as key:k1 or key:*", "应写成 类别:编号，例如 key:k1 或 key:*"}).At("scope")
	case !slices.Contains([]hearth.Measure{hearth.MeasureTokens, hearth.MeasureRequests, hearth.MeasureSpend, hearth.MeasureConcurrent}, q.Measure),
		q.Measure == hearth.MeasureConcurrent && q.Period != "",
		q.Measure != hearth.MeasureConcurrent && !slices.Contains(hearth.Periods(), q.Period):
		return oneOf("quota", "tokens/minute, tokens/day, tokens/month, requests/minute, requests/day, requests/month, spend/minute, spend/day, spend/month, concurrent")
	case q.Limit < 1 || q.Limit > limitMax:
		return hearth.NewError(hearth.OutOfRange, "field", "limit", "min", 1, "max", int64(limitMax)).At("limit")
	case q.WarnPercent < 0 || q.WarnPercent > 100:
		return hearth.NewError(hearth.OutOfRange, "field", "warn_percent", "min", 0, "max", 100).At("warn_percent")
	}
	return nil
}

// named is somebody in words.
func named(s hearth.Scope) hearth.Words {
	kinds := map[hearth.ScopeKind]string{hearth.ScopeKey: "密钥", hearth.ScopePerson: "人员", hearth.ScopeDepartment: "部门", hearth.ScopeTenant: "租户"}
	name := s.Name
	if name != s.ID {
		name += " (" + s.ID + ")"
	}
	return hearth.Words{string(s.Kind) + " " + name, kinds[s.Kind] + " " + name}
}

// spelled is a quota in words, and what it lacks for a request.
func spelled(q hearth.Quota, used, more int64) hearth.Words {
	show := func(n int64) string {
		if q.Measure == hearth.MeasureSpend {
			return "¥" + hearth.Money(n).String()
		}
		return strconv.FormatInt(n, 10)
	}
	if q.Measure == hearth.MeasureConcurrent {
		return hearth.Words{show(q.Limit) + " requests at once", "同时 " + show(q.Limit) + " 个请求"}
	}
	per := map[hearth.Period]string{hearth.PerMinute: "每分钟", hearth.PerDay: "每天", hearth.PerMonth: "每月"}
	things := map[hearth.Measure]hearth.Words{hearth.MeasureTokens: {" tokens", " 个词元"}, hearth.MeasureRequests: {" requests", " 个请求"}, hearth.MeasureSpend: {}}[q.Measure]
	return hearth.Words{fmt.Sprintf("%s%s a %s, of which %s are used, and this request takes about %s", show(q.Limit), things[hearth.English], q.Period, show(used), show(more)),
		fmt.Sprintf("%s %s%s，已用 %s，此请求约需 %s", per[q.Period], show(q.Limit), things[hearth.Chinese], show(used), show(more))}
}

// until says when a quota is free again.
func until(q hearth.Quota, now time.Time) hearth.Words {
	if q.Measure == hearth.MeasureConcurrent {
		return hearth.Words{"for an answer to end", "已有回答结束"}
	}
	at := q.Period.End(now).Format(time.DateTime + " -07:00")
	return hearth.Words{"until " + at, "至 " + at}
}

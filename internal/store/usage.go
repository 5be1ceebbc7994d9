package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// AddUses remembers uses, all or none; of those with a name for once only the first.
func (s *Store) AddUses(ctx context.Context, uses []hearth.Use) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	add := tx.StmtContext(ctx, s.addUse)
	defer add.Close()
	for _, u := range uses {
		if _, err := add.ExecContext(ctx, u.Once, u.RequestID, u.At.UnixMilli(), u.At.Local().Format(time.DateOnly), u.Act, u.Class, u.Key, u.KeyName,
			u.Person, u.Department, u.Tenant, u.Model, u.ServedBy, u.PromptTokens, u.CachedTokens, u.CompletionTokens, int64(u.Cost)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

const addUseQuery = `INSERT INTO usage (once, request, at, day, act, class, key_id, key_name, person, department, tenant,
	model, served_by, prompt, cached, completion, cost) VALUES (nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (once) DO NOTHING`

// scopeColumns are where the ids of scopes stand.
var scopeColumns = map[hearth.ScopeKind]string{hearth.ScopeKey: "key_id", hearth.ScopePerson: "person",
	hearth.ScopeDepartment: "department", hearth.ScopeTenant: "tenant"}

// UsedSince is what somebody took from a time on. Tokens of prompts and answers are both
// in it; which of them were known is not.
func (s *Store) UsedSince(ctx context.Context, x hearth.Scope, since time.Time) (sum hearth.Sum, err error) {
	column := scopeColumns[x.Kind]
	if column == "" {
		return sum, fmt.Errorf("usage of %s is not kept apart", x.Kind)
	}
	where := column + " = ?"
	if x.Kind != hearth.ScopeKey {
		where += " AND " + column + " <> ''" // so that the index serves, which leaves these out
	}
	err = s.db.QueryRowContext(ctx, "SELECT count(*), coalesce(sum(prompt), 0), coalesce(sum(completion), 0), coalesce(sum(cost), 0) FROM usage WHERE "+where+" AND at >= ?",
		x.ID, since.UnixMilli()).Scan(&sum.Requests, &sum.PromptTokens, &sum.CompletionTokens, &sum.Cost)
	return sum, err
}

// groupColumns are what usage can be grouped by. People are shown by their logins, and
// departments and tenants by their names, as long as there are any.
var groupColumns = map[string]string{"day": "day", "month": "substr(day, 1, 7)", "key": "key_id",
	"person":     "coalesce((SELECT login FROM people WHERE id = person), person)",
	"department": "coalesce((SELECT name FROM departments WHERE id = department), department)",
	"tenant":     "coalesce((SELECT name FROM tenants WHERE id = tenant), tenant)",
	"model":      "model", "served_by": "served_by", "act": "act", "class": "class"}

// Usage sums up uses in groups, in the order of what they have in common.
func (s *Store) Usage(ctx context.Context, q hearth.UsageQuery) ([]hearth.UsageGroup, error) {
	var by []string
	for _, field := range q.By {
		column, ok := groupColumns[field]
		if !ok {
			return nil, fmt.Errorf("usage can't be grouped by %s", field)
		}
		by = append(by, column)
	}
	sums := "count(*), coalesce(sum(prompt), 0), coalesce(sum(cached), 0), coalesce(sum(completion), 0), coalesce(sum(cost), 0)"
	if slices.Contains(q.By, "key") {
		sums += ", max(key_name)"
	} else {
		sums += ", ''"
	}
	text := "SELECT " + strings.Join(append(slices.Clone(by), sums), ", ") + " FROM usage WHERE at >= ? AND at < ? AND (? = '' OR key_id = ?) AND (? = '' OR model = ?)"
	if len(by) > 0 {
		list := strings.Join(by, ", ")
		text += " GROUP BY " + list + " ORDER BY " + list
	}
	until := q.Until
	if until.IsZero() {
		until = time.UnixMilli(1 << 52)
	}
	since := int64(0)
	if !q.Since.IsZero() {
		since = q.Since.UnixMilli()
	}
	rows, err := s.db.QueryContext(ctx, text+" LIMIT ?", since, until.UnixMilli(), q.Key, q.Key, q.Model, q.Model, q.Limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	groups := []hearth.UsageGroup{}
	for rows.Next() {
		g := hearth.UsageGroup{Values: make([]string, len(by))}
		to := make([]any, 0, len(by)+6)
		for i := range g.Values {
			to = append(to, &g.Values[i])
		}
		if err := rows.Scan(append(to, &g.Requests, &g.PromptTokens, &g.CachedTokens, &g.CompletionTokens, &g.Cost, &g.Name)...); err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	return groups, rows.Err()
}

// ForgetUses forgets what is older.
func (s *Store) ForgetUses(ctx context.Context, before time.Time) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM usage WHERE at < ?", before.UnixMilli())
	return err
}

// Quotas lists all there are.
func (s *Store) Quotas(ctx context.Context) ([]hearth.Quota, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT kind, id, measure, period, most, warn FROM quotas ORDER BY kind, id, measure, period")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []hearth.Quota
	for rows.Next() {
		var q hearth.Quota
		if err := rows.Scan(&q.Kind, &q.ID, &q.Measure, &q.Period, &q.Limit, &q.WarnPercent); err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return list, rows.Err()
}

// SetQuota puts a quota in the place of the one for the same.
func (s *Store) SetQuota(ctx context.Context, q hearth.Quota) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO quotas (kind, id, measure, period, most, warn) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (kind, id, measure, period) DO UPDATE SET most = excluded.most, warn = excluded.warn`, q.Kind, q.ID, q.Measure, q.Period, q.Limit, q.WarnPercent)
	return err
}

// RemoveQuota ends a quota; a missing one is an error of code [hearth.NoSuchQuota].
func (s *Store) RemoveQuota(ctx context.Context, q hearth.Quota) error {
	r, err := s.db.ExecContext(ctx, "DELETE FROM quotas WHERE kind = ? AND id = ? AND measure = ? AND period = ?", q.Kind, q.ID, q.Measure, q.Period)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n > 0 {
		return err
	}
	what := string(q.Measure)
	if q.Period != "" {
		what += "/" + string(q.Period)
	}
	return hearth.NewError(hearth.NoSuchQuota, "whose", string(q.Kind)+":"+q.ID, "quota", what)
}

package store

import (
	"context"
	"time"

	"github.com/hearthbox/hearth"
)

// TrustPolicies lists what is done about advertising, and for whom.
func (s *Store) TrustPolicies(ctx context.Context) ([]hearth.TrustPolicy, error) {
	return rows(ctx, s.db, func(row scanner) (p hearth.TrustPolicy, err error) {
		var changed int64
		err = row.Scan(&p.Scope.Kind, &p.Scope.ID, &p.Action, &changed)
		p.Changed = moment(changed)
		return p, err
	}, "SELECT kind, id, action, changed FROM trust_policies ORDER BY kind, id")
}

// SetTrustPolicy sets one, in the place of the one for the same.
func (s *Store) SetTrustPolicy(ctx context.Context, p hearth.TrustPolicy) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO trust_policies (kind, id, action, changed) VALUES (?, ?, ?, ?)
		ON CONFLICT (kind, id) DO UPDATE SET action = excluded.action, changed = excluded.changed`, p.Scope.Kind, p.Scope.ID, p.Action, p.Changed.Unix())
	return err
}

// RemoveTrustPolicy ends one; a missing one is an error of code [hearth.NoSuchTrustPolicy].
func (s *Store) RemoveTrustPolicy(ctx context.Context, x hearth.Scope) error {
	return s.changed(ctx, hearth.NewError(hearth.NoSuchTrustPolicy, "whose", string(x.Kind)+":"+x.ID),
		"DELETE FROM trust_policies WHERE kind = ? AND id = ?", x.Kind, x.ID)
}

// probeRunsMax is how many runs of a set are kept for a model; the oldest are forgotten.
const probeRunsMax = 400

// AddProbeRun keeps what came of probes.
func (s *Store) AddProbeRun(ctx context.Context, r hearth.ProbeRun) error {
	if _, err := s.db.ExecContext(ctx, "INSERT INTO probe_runs (id, probe_set, model, at, result) VALUES (?, ?, ?, ?, ?)",
		r.ID, r.Set, r.Model, r.At.UnixMilli(), r.Result); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, `DELETE FROM probe_runs WHERE probe_set = ? AND model = ? AND id NOT IN
		(SELECT id FROM probe_runs WHERE probe_set = ? AND model = ? ORDER BY at DESC, id LIMIT ?)`, r.Set, r.Model, r.Set, r.Model, probeRunsMax)
	return err
}

// ProbeRuns lists runs, the latest first.
func (s *Store) ProbeRuns(ctx context.Context, q hearth.ProbeQuery) ([]hearth.ProbeRun, error) {
	until, since := int64(1<<52), int64(0)
	if !q.Until.IsZero() {
		until = q.Until.UnixMilli()
	}
	if !q.Since.IsZero() {
		since = q.Since.UnixMilli()
	}
	return rows(ctx, s.db, scanProbeRun, `SELECT id, probe_set, model, at, result FROM probe_runs
		WHERE (? = '' OR probe_set = ?) AND (? = '' OR model = ?) AND at >= ? AND at < ? ORDER BY at DESC, id LIMIT ?`,
		q.Set, q.Set, q.Model, q.Model, since, until, q.Limit)
}

func scanProbeRun(row scanner) (r hearth.ProbeRun, err error) {
	var at int64
	err = row.Scan(&r.ID, &r.Set, &r.Model, &at, &r.Result)
	r.At = time.UnixMilli(at)
	return r, err
}

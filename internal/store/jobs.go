package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/hearthbox/hearth"
)

const jobColumns = "id, owner, kind, coalesce(batch, ''), line, name, path, client, request, lang, class, data, body, created, expires, tries, state, status, result"

func scanJob(row interface{ Scan(...any) error }, more ...any) (hearth.Job, error) {
	var j hearth.Job
	var created, expires int64
	err := row.Scan(append([]any{&j.ID, &j.Owner, &j.Kind, &j.Batch, &j.Line, &j.Name, &j.Path, &j.From, &j.Request, &j.Lang, &j.Class, &j.Data, &j.Body, &created, &expires, &j.Tries, &j.State, &j.Status, &j.Result}, more...)...)
	j.Created, j.Expires = moment(created), moment(expires)
	return j, err
}

// querier is the database, or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func addJob(ctx context.Context, to querier, j hearth.Job) error {
	_, err := to.ExecContext(ctx, `INSERT INTO jobs (id, owner, kind, batch, line, name, path, client, request, lang, class, data, bulk, body, created, expires, tries, state, after, lease, status)
		VALUES (?, ?, ?, nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, '', 0)`,
		j.ID, j.Owner, j.Kind, j.Batch, j.Line, j.Name, j.Path, j.From, j.Request, j.Lang, j.Class, j.Data, j.Class == hearth.ClassBulk, j.Body, j.Created.Unix(), seconds(j.Expires), j.State)
	return err
}

// AddJob takes a job in, unless its owner has most that are not done.
func (s *Store) AddJob(ctx context.Context, j hearth.Job, most int) error {
	if err := s.roomForJobs(ctx, j.Owner, 1, most); err != nil {
		return err
	}
	return addJob(ctx, s.db, j)
}

func (s *Store) roomForJobs(ctx context.Context, owner string, more, most int) error {
	var have int
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM jobs WHERE state = 0 AND owner = ?", owner).Scan(&have); err != nil {
		return err
	}
	if have+more > most {
		return hearth.NewError(hearth.TooManyJobs, "jobs", most)
	}
	return nil
}

// AddMessages takes jobs in that are not there yet.
func (s *Store) AddMessages(ctx context.Context, list []hearth.Job) error {
	return addMessages(ctx, s.db, list)
}

func addMessages(ctx context.Context, to querier, list []hearth.Job) error {
	for _, j := range list {
		var there bool
		if err := to.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM jobs WHERE id = ?)", j.ID).Scan(&there); err != nil {
			return err
		}
		if there {
			continue
		}
		if err := addJob(ctx, to, j); err != nil {
			return err
		}
	}
	return nil
}

// Job finds a job; one that is missing, or somebody else's, is an error of code
// [hearth.NoSuchTicket].
func (s *Store) Job(ctx context.Context, owner, id string) (hearth.Job, error) {
	j, err := scanJob(s.db.QueryRowContext(ctx, "SELECT "+jobColumns+" FROM jobs WHERE id = ? AND owner = ?", id, owner))
	if errors.Is(err, sql.ErrNoRows) {
		return j, hearth.NewError(hearth.NoSuchTicket, "ticket", id)
	}
	return j, err
}

// AllTickets lists everybody's tickets and answers in the background, without what is in
// them, the newest first: so many, after the one of that id.
func (s *Store) AllTickets(ctx context.Context, after string, most int) ([]hearth.Job, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, owner, kind, path, created, expires, tries, state, status FROM jobs WHERE batch IS NULL AND kind IN ('ticket', 'response')
		AND (?1 = '' OR n < (SELECT n FROM jobs WHERE id = ?1)) ORDER BY n DESC LIMIT ?2`, after, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []hearth.Job
	for rows.Next() {
		var j hearth.Job
		var created, expires int64
		if err := rows.Scan(&j.ID, &j.Owner, &j.Kind, &j.Path, &created, &expires, &j.Tries, &j.State, &j.Status); err != nil {
			return nil, err
		}
		j.Created, j.Expires = moment(created), moment(expires)
		list = append(list, j)
	}
	return list, rows.Err()
}

// JobOwner is whose a batch, a ticket or an answer in the background is; one that is missing
// is an error of code [hearth.NoSuchTicket].
func (s *Store) JobOwner(ctx context.Context, id string) (owner string, batch bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT owner, 1 FROM batches WHERE id = ?1 UNION ALL
		SELECT owner, 0 FROM jobs WHERE id = ?1 AND batch IS NULL AND kind IN ('ticket', 'response')`, id).Scan(&owner, &batch)
	if errors.Is(err, sql.ErrNoRows) {
		err = hearth.NewError(hearth.NoSuchTicket, "ticket", id)
	}
	return owner, batch, err
}

// JobOwners are those who have jobs waiting.
func (s *Store) JobOwners(ctx context.Context) ([]string, error) {
	// One step in the index for each owner, not for each job.
	rows, err := s.db.QueryContext(ctx, `WITH RECURSIVE o (owner) AS (
		SELECT min(owner) FROM jobs WHERE state = 0
		UNION ALL SELECT (SELECT min(owner) FROM jobs WHERE state = 0 AND owner > o.owner) FROM o WHERE o.owner IS NOT NULL)
		SELECT owner FROM o WHERE owner IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var owner string
		if err := rows.Scan(&owner); err != nil {
			return nil, err
		}
		list = append(list, owner)
	}
	return list, rows.Err()
}

// TakeJobs gives the first so many of an owner's jobs, those of class bulk or all others, to
// whoever has the lease.
func (s *Store) TakeJobs(ctx context.Context, lease, owner string, bulk bool, n int) ([]hearth.Job, error) {
	rows, err := s.db.QueryContext(ctx, `UPDATE jobs SET state = 1, lease = ?, tries = tries + 1
		WHERE n IN (SELECT n FROM jobs WHERE state = 0 AND owner = ? AND bulk = ? AND after <= ? ORDER BY n LIMIT ?) RETURNING `+jobColumns+", n",
		lease, owner, bulk, time.Now().UnixMilli(), n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type numbered struct {
		hearth.Job
		n int64
	}
	var list []numbered
	for rows.Next() {
		var x numbered
		if x.Job, err = scanJob(rows, &x.n); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b numbered) int { return int(a.n - b.n) }) // which RETURNING does not promise
	jobs := make([]hearth.Job, len(list))
	for i, x := range list {
		jobs[i] = x.Job
	}
	return jobs, rows.Err()
}

// FinishJob remembers the answer to a job that was taken under the lease. Of one that is
// not, nothing is remembered.
func (s *Store) FinishJob(ctx context.Context, lease, id string, status int, result []byte) error {
	_, err := s.db.ExecContext(ctx, "UPDATE jobs SET state = 2, body = NULL, status = ?, result = ? WHERE id = ? AND state = 1 AND lease = ?", status, result, id, lease)
	return err
}

// ForgetJob forgets a job that was taken under the lease.
func (s *Store) ForgetJob(ctx context.Context, lease, id string) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM jobs WHERE id = ? AND state = 1 AND lease = ?", id, lease)
	return err
}

// ReturnJob lets a job that was taken under the lease wait again, until then at least. It
// may have been a try that does not count.
func (s *Store) ReturnJob(ctx context.Context, lease, id string, after time.Time, counts bool) error {
	_, err := s.db.ExecContext(ctx, "UPDATE jobs SET state = 0, lease = '', after = ?, tries = tries - ? WHERE id = ? AND state = 1 AND lease = ?", after.UnixMilli(), !counts, id, lease)
	return err
}

// DropJob forgets a job that waits or is done; it reports whether there was one.
func (s *Store) DropJob(ctx context.Context, owner, id string) (bool, error) {
	r, err := s.db.ExecContext(ctx, "DELETE FROM jobs WHERE id = ? AND owner = ? AND batch IS NULL AND state <> 1", id, owner)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

// FreeJobs lets jobs wait again that were taken under other leases than this one: whoever
// had them is gone. Batches that were not complete when it went were not acknowledged, and
// files neither.
func (s *Store) FreeJobs(ctx context.Context, lease string) error {
	if _, err := s.db.ExecContext(ctx, "UPDATE jobs SET state = 0, lease = '' WHERE state = 1 AND lease <> ?", lease); err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, "DELETE FROM batches WHERE state = ?", hearth.BatchValidating); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, "DELETE FROM files WHERE whole = 0")
	return err
}

// NextJob is when the next job may be taken that may not yet.
func (s *Store) NextJob(ctx context.Context) (at time.Time, ok bool, err error) {
	var after sql.NullInt64
	err = s.db.QueryRowContext(ctx, "SELECT min(after) FROM jobs WHERE state = 0 AND after > ?", time.Now().UnixMilli()).Scan(&after)
	return time.UnixMilli(after.Int64), after.Valid, err
}

// ForgetOldJobs forgets jobs and files that have expired, and batches that ended so long
// ago. Jobs that run stay.
func (s *Store) ForgetOldJobs(ctx context.Context, keep time.Duration) error {
	now := time.Now()
	for _, x := range []struct {
		text string
		at   time.Time
	}{
		{"DELETE FROM jobs WHERE batch IS NULL AND expires > 0 AND expires <= ? AND state <> 1", now},
		{"DELETE FROM files WHERE expires <= ?", now},
		{"DELETE FROM batches WHERE ended > 0 AND ended <= ?", now.Add(-keep)},
	} {
		if _, err := s.db.ExecContext(ctx, x.text, x.at.Unix()); err != nil {
			return err
		}
	}
	return nil
}

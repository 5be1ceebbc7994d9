package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"time"

	"github.com/hearthbox/hearth"
)

// linesAtOnce is how many lines of a batch are added in one transaction, so that nobody
// else is kept from writing for long.
const linesAtOnce = 500

// AddBatch takes a batch in: all of it or, if a line is an error, nothing. Its owner may
// have so many jobs waiting at most.
func (s *Store) AddBatch(ctx context.Context, b hearth.Batch, lines iter.Seq2[hearth.Job, error], most int) error {
	if err := s.roomForJobs(ctx, b.Owner, b.Total, most); err != nil {
		return err
	}
	begun := b
	begun.State = hearth.BatchValidating
	if err := s.putBatch(ctx, begun); err != nil {
		return err
	}
	err := s.addLines(ctx, lines)
	if err == nil {
		err = s.release(ctx, b)
	}
	if err != nil {
		_, undo := s.db.ExecContext(context.WithoutCancel(ctx), "DELETE FROM batches WHERE id = ?", b.ID)
		return errors.Join(err, undo)
	}
	return nil
}

// FailBatch remembers a batch that can't be done at all, and that others are to be told.
func (s *Store) FailBatch(ctx context.Context, b hearth.Batch, tell []hearth.Job) error {
	return errors.Join(s.putBatch(ctx, b), s.AddMessages(ctx, tell))
}

func (s *Store) putBatch(ctx context.Context, b hearth.Batch) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO batches (id, owner, path, input, span, metadata, problems, state, created, expires, ended, cancelled, output, errors, total, keep)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', '', ?, ?)`, b.ID, b.Owner, b.Path, b.Input, b.Window, []byte(b.Metadata), []byte(b.Problems), b.State,
		b.Created.Unix(), b.Expires.Unix(), seconds(b.Ended), b.Total, int64(b.Keep/time.Second))
	return err
}

func (s *Store) addLines(ctx context.Context, lines iter.Seq2[hearth.Job, error]) error {
	var some []hearth.Job
	add := func() error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		for _, j := range some {
			j.State = hearth.JobHeld
			if err := addJob(ctx, tx, j); err != nil {
				return err
			}
		}
		some = some[:0]
		return tx.Commit()
	}
	for j, err := range lines {
		if err != nil {
			return err
		}
		if some = append(some, j); len(some) == linesAtOnce {
			if err := add(); err != nil {
				return err
			}
		}
	}
	return add()
}

// release lets the lines of a batch be done.
func (s *Store) release(ctx context.Context, b hearth.Batch) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "UPDATE jobs SET state = ? WHERE batch = ?", hearth.JobWaiting, b.ID); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE batches SET state = ? WHERE id = ?", b.State, b.ID); err != nil {
		return err
	}
	return tx.Commit()
}

const batchColumns = `id, owner, path, input, span, metadata, problems, state, created, expires, ended, cancelled, output, errors, total, keep,
	(SELECT count(*) FROM jobs WHERE batch = batches.id AND state = 2 AND status = 200),
	(SELECT count(*) FROM jobs WHERE batch = batches.id AND state = 2 AND status <> 200)`

func scanBatch(row interface{ Scan(...any) error }) (hearth.Batch, error) {
	var b hearth.Batch
	var created, expires, ended, cancelled, keep int64
	var metadata, problems []byte // which may be null
	err := row.Scan(&b.ID, &b.Owner, &b.Path, &b.Input, &b.Window, &metadata, &problems, &b.State, &created, &expires, &ended, &cancelled,
		&b.Output, &b.Errors, &b.Total, &keep, &b.Done, &b.Failed)
	b.Metadata, b.Problems, b.Keep = metadata, problems, time.Duration(keep)*time.Second
	b.Created, b.Expires, b.Ended, b.Cancelled = moment(created), moment(expires), moment(ended), moment(cancelled)
	return b, err
}

// Batch finds a batch; one that is missing, or somebody else's, is an error of code
// [hearth.NoSuchBatch].
func (s *Store) Batch(ctx context.Context, owner, id string) (hearth.Batch, error) {
	b, err := scanBatch(s.db.QueryRowContext(ctx, "SELECT "+batchColumns+" FROM batches WHERE id = ? AND owner = ? AND state <> 'validating'", id, owner))
	if errors.Is(err, sql.ErrNoRows) {
		return b, hearth.NewError(hearth.NoSuchBatch, "batch", id)
	}
	return b, err
}

// Batches lists an owner's batches, the newest first: so many, after the one of that id.
func (s *Store) Batches(ctx context.Context, owner, after string, most int) ([]hearth.Batch, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+batchColumns+` FROM batches WHERE owner = ?1 AND state <> 'validating'
		AND (?2 = '' OR (created, rowid) < (SELECT created, rowid FROM batches WHERE id = ?2 AND owner = ?1)) ORDER BY created DESC, rowid DESC LIMIT ?3`, owner, after, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []hearth.Batch
	for rows.Next() {
		b, err := scanBatch(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, rows.Err()
}

// AllBatches lists everybody's batches, the newest first: so many, after the one of that id.
func (s *Store) AllBatches(ctx context.Context, after string, most int) ([]hearth.Batch, error) {
	// Which ones is settled first, so that only their lines are counted.
	rows, err := s.db.QueryContext(ctx, "SELECT "+batchColumns+` FROM batches WHERE rowid IN (SELECT rowid FROM batches WHERE state <> 'validating'
		AND (?1 = '' OR (created, rowid) < (SELECT created, rowid FROM batches WHERE id = ?1)) ORDER BY created DESC, rowid DESC LIMIT ?2)
		ORDER BY created DESC, rowid DESC`, after, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []hearth.Batch
	for rows.Next() {
		b, err := scanBatch(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, rows.Err()
}

// CancelBatch notes that nobody wants a batch any more.
func (s *Store) CancelBatch(ctx context.Context, owner, id string) error {
	_, err := s.db.ExecContext(ctx, "UPDATE batches SET state = ?, cancelled = ? WHERE id = ? AND owner = ? AND state = ?",
		hearth.BatchCancelling, time.Now().Unix(), id, owner, hearth.BatchInProgress)
	return err
}

// OpenBatches are those that have not ended.
func (s *Store) OpenBatches(ctx context.Context) ([]hearth.Batch, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+batchColumns+" FROM batches WHERE state IN ('in_progress', 'cancelling')")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []hearth.Batch
	for rows.Next() {
		b, err := scanBatch(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, rows.Err()
}

// GiveUpLines ends the lines of a batch that nobody has begun, each with what line makes of
// it as its result.
func (s *Store) GiveUpLines(ctx context.Context, batch string, line func(hearth.Job) []byte) error {
	for {
		rows, err := s.db.QueryContext(ctx, "SELECT "+jobColumns+" FROM jobs WHERE batch = ? AND state = 0 LIMIT ?", batch, linesAtOnce)
		if err != nil {
			return err
		}
		var some []hearth.Job
		for rows.Next() {
			j, err := scanJob(rows)
			if err != nil {
				return errors.Join(err, rows.Close())
			}
			some = append(some, j)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(some) == 0 {
			return err
		}
		if err := s.giveUp(ctx, some, line); err != nil {
			return err
		}
	}
}

func (s *Store) giveUp(ctx context.Context, some []hearth.Job, line func(hearth.Job) []byte) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, j := range some {
		if _, err := tx.ExecContext(ctx, "UPDATE jobs SET state = 2, body = NULL, result = ? WHERE id = ? AND state = 0", line(j), j.ID); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// EndBatch ends a batch all of whose lines are done, and makes files of their results,
// which are kept until expires. Its lines are these files; nothing is copied. It reports
// whether it was this call that did; if so, others are to be told.
func (s *Store) EndBatch(ctx context.Context, b hearth.Batch, expires time.Time, tell []hearth.Job) (bool, error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }()
	var left int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM jobs WHERE batch = ? AND state <> 2", b.ID).Scan(&left); err != nil || left > 0 {
		return false, err
	}
	now := time.Now().Unix()
	r, err := tx.ExecContext(ctx, "UPDATE batches SET state = ?, ended = ?, output = ?, errors = ? WHERE id = ? AND state IN ('in_progress', 'cancelling')",
		b.State, now, b.Output, b.Errors, b.ID)
	if err != nil {
		return false, err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	for failed, id := range []string{b.Output, b.Errors} {
		if id == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO files (id, owner, name, purpose, bytes, created, expires, whole, batch, failed)
			SELECT ?, ?, ?, 'batch_output', coalesce(sum(length(result) + 1), 0), ?, ?, 1, ?, ? FROM jobs WHERE batch = ? AND (status <> 200) = ?`,
			id, b.Owner, b.ID+[]string{"_output.jsonl", "_error.jsonl"}[failed], now, expires.Unix(), b.ID, failed, b.ID, failed); err != nil {
			return false, err
		}
	}
	if err := addMessages(ctx, tx, tell); err != nil {
		return false, err
	}
	return true, tx.Commit()
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/hearthbox/hearth"
)

// AnswerBounds say how many answers are kept.
type AnswerBounds struct {
	Age   time.Duration // since they were last asked for
	Bytes int64         // of one owner's; the longest unused are lost first
}

// Answers keeps answers, as texts of whoever made them, for the keys they were made for.
// Those of a key that is revoked are gone.
type Answers struct {
	store  *Store
	bounds AnswerBounds
}

// Answers keeps no more than the bounds say.
func (s *Store) Answers(b AnswerBounds) *Answers { return &Answers{s, b} }

// Keep remembers an answer in the place of one with its id. One that is larger than all
// may be is not kept.
func (a *Answers) Keep(ctx context.Context, owner, id, parent string, body []byte) (kept bool, err error) {
	now := time.Now()
	if int64(len(body)) > a.bounds.Bytes || a.bounds.Age <= 0 {
		return false, nil
	}
	tx, err := a.store.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "DELETE FROM answers WHERE used < ?", now.Add(-a.bounds.Age).Unix()); err != nil {
		return false, err
	}
	const put = `INSERT INTO answers (id, owner, parent, body, bytes, used) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET body = excluded.body, bytes = excluded.bytes, used = excluded.used WHERE owner = excluded.owner`
	if _, err := tx.ExecContext(ctx, put, id, owner, parent, body, len(body), now.Unix()); err != nil {
		return false, err
	}
	// Of those used in the same second the one just written comes last.
	const trim = `DELETE FROM answers WHERE id IN (
		SELECT id FROM (SELECT id, sum(bytes) OVER (ORDER BY used DESC, id = ? DESC, rowid DESC) AS total FROM answers WHERE owner = ?)
		WHERE total > ?)`
	if _, err := tx.ExecContext(ctx, trim, id, owner, a.bounds.Bytes); err != nil {
		return false, err
	}
	return true, tx.Commit()
}

// Kept returns an answer. One that is missing is an error of code
// [hearth.NoSuchResponse], whether it never was, is gone, or is somebody else's.
func (a *Answers) Kept(ctx context.Context, owner, id string) ([]byte, error) {
	const touch = "UPDATE answers SET used = ? WHERE id = ? AND owner = ? AND used >= ? RETURNING body"
	now := time.Now()
	var body []byte
	err := a.store.db.QueryRowContext(ctx, touch, now.Unix(), id, owner, now.Add(-a.bounds.Age).Unix()).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, hearth.NewError(hearth.NoSuchResponse, "response", id)
	}
	return body, err
}

// Conversation returns an answer and those before it, the newest first. One of which a
// part is missing is an error, as is one of more than most.
func (a *Answers) Conversation(ctx context.Context, owner, id string, most int) ([][]byte, error) {
	oldest := time.Now().Add(-a.bounds.Age).Unix()
	const line = `WITH RECURSIVE line (id, parent, depth) AS (
			SELECT id, parent, 1 FROM answers WHERE id = ?1 AND owner = ?2 AND used >= ?3
			UNION ALL
			SELECT a.id, a.parent, depth + 1 FROM answers a JOIN line ON a.id = line.parent
			WHERE a.owner = ?2 AND a.used >= ?3 AND depth < ?4)
		SELECT line.id, line.parent, answers.body FROM line JOIN answers USING (id) ORDER BY depth`
	rows, err := a.store.db.QueryContext(ctx, line, id, owner, oldest, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var bodies [][]byte
	next := id
	for rows.Next() {
		var got, parent string
		var body []byte
		if err := rows.Scan(&got, &parent, &body); err != nil {
			return nil, err
		}
		bodies, next = append(bodies, body), parent
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	switch {
	case next == "":
	case len(bodies) == most:
		return nil, hearth.NewError(hearth.OutOfRange, "field", "the number of responses in a conversation", "min", 1, "max", most)
	default:
		return nil, hearth.NewError(hearth.NoSuchResponse, "response", next)
	}
	return bodies, a.touch(ctx, owner, id, most)
}

// touch notes that a conversation was asked for.
func (a *Answers) touch(ctx context.Context, owner, id string, most int) error {
	const touch = `WITH RECURSIVE line (id, parent, depth) AS (
			SELECT id, parent, 1 FROM answers WHERE id = ?1 AND owner = ?2
			UNION ALL
			SELECT a.id, a.parent, depth + 1 FROM answers a JOIN line ON a.id = line.parent WHERE a.owner = ?2 AND depth < ?3)
		UPDATE answers SET used = ?4 WHERE id IN (SELECT id FROM line) AND used < ?4`
	_, err := a.store.db.ExecContext(ctx, touch, id, owner, most, time.Now().Unix())
	return err
}

// Forget loses an answer.
func (a *Answers) Forget(ctx context.Context, owner, id string) error {
	var gone string
	err := a.store.db.QueryRowContext(ctx, "DELETE FROM answers WHERE id = ? AND owner = ? RETURNING id", id, owner).Scan(&gone)
	if errors.Is(err, sql.ErrNoRows) {
		return hearth.NewError(hearth.NoSuchResponse, "response", id)
	}
	return err
}

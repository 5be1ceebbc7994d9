package store

import (
	"context"
	"database/sql"
	"errors"
	"io"

	"github.com/hearthbox/hearth"
)

// partBytes is how much of a file is in one row.
const partBytes = 1 << 20

const fileColumns = "id, owner, name, purpose, bytes, created, expires"

func scanFile(row interface{ Scan(...any) error }) (hearth.File, error) {
	var f hearth.File
	var created, expires int64
	err := row.Scan(&f.ID, &f.Owner, &f.Name, &f.Purpose, &f.Bytes, &created, &expires)
	f.Created, f.Expires = moment(created), moment(expires)
	return f, err
}

// Receive takes a file in as it comes; about adds what is known of it only once all was
// read. It is there when Receive has returned without an error, and not before. One of more than most bytes, or more than
// room for all files of its owner, is an error of code [hearth.BodyTooLarge] or
// [hearth.StorageFull].
func (s *Store) Receive(ctx context.Context, f hearth.File, from io.Reader, most, room int64, about func(*hearth.File) error) (got hearth.File, err error) {
	var have int64
	if err := s.db.QueryRowContext(ctx, "SELECT coalesce(sum(bytes), 0) FROM files WHERE owner = ?", f.Owner).Scan(&have); err != nil {
		return f, err
	}
	if _, err := s.db.ExecContext(ctx, `INSERT INTO files (id, owner, name, purpose, bytes, created, expires, whole, failed) VALUES (?, ?, '', '', 0, ?, ?, 0, 0)`,
		f.ID, f.Owner, f.Created.Unix(), f.Expires.Unix()); err != nil {
		return f, err
	}
	defer func() {
		if err != nil {
			_, undo := s.db.ExecContext(context.WithoutCancel(ctx), "DELETE FROM files WHERE id = ? AND whole = 0", f.ID)
			err = errors.Join(err, undo)
		}
	}()
	part := make([]byte, partBytes)
	for n := 0; ; n++ {
		k, err := fill(from, part)
		if f.Bytes += int64(k); f.Bytes > most {
			return f, hearth.NewError(hearth.BodyTooLarge, "limit_bytes", most)
		}
		if have+f.Bytes > room {
			return f, hearth.NewError(hearth.StorageFull, "limit_bytes", room)
		}
		if k > 0 {
			if _, err := s.db.ExecContext(ctx, "INSERT INTO file_parts (file, n, body) VALUES (?, ?, ?)", f.ID, n, part[:k]); err != nil {
				return f, err
			}
		}
		if err == io.EOF { //nolint:errorlint // as readers return it; what is wrapped is trouble
			break
		}
		if err != nil {
			return f, err
		}
	}
	if err := about(&f); err != nil {
		return f, err
	}
	_, err = s.db.ExecContext(ctx, "UPDATE files SET name = ?, purpose = ?, bytes = ?, expires = ?, whole = 1 WHERE id = ?", f.Name, f.Purpose, f.Bytes, f.Expires.Unix(), f.ID)
	return f, err
}

// fill reads until b is full. Unlike [io.ReadFull] it tells the end of a file from a file
// that broke off.
func fill(from io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var k int
		k, err = from.Read(b[n:])
		n += k
	}
	return n, err
}

// File finds a file; one that is missing, or somebody else's, is an error of code
// [hearth.NoSuchFile].
func (s *Store) File(ctx context.Context, owner, id string) (hearth.File, error) {
	f, err := scanFile(s.db.QueryRowContext(ctx, "SELECT "+fileColumns+" FROM files WHERE id = ? AND owner = ? AND whole", id, owner))
	if errors.Is(err, sql.ErrNoRows) {
		return f, hearth.NewError(hearth.NoSuchFile, "file", id)
	}
	return f, err
}

// Files lists an owner's files, the newest first: so many, after the one of that id; of one
// purpose, or all.
func (s *Store) Files(ctx context.Context, owner, purpose, after string, most int) ([]hearth.File, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+fileColumns+` FROM files WHERE owner = ?1 AND whole AND (?2 = '' OR purpose = ?2)
		AND (?3 = '' OR (created, rowid) < (SELECT created, rowid FROM files WHERE id = ?3 AND owner = ?1)) ORDER BY created DESC, rowid DESC LIMIT ?4`, owner, purpose, after, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []hearth.File
	for rows.Next() {
		f, err := scanFile(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, rows.Err()
}

// DeleteFile forgets a file. The results of a batch go with the file that they are.
func (s *Store) DeleteFile(ctx context.Context, owner, id string) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var batch sql.NullString
	var failed int
	err = tx.QueryRowContext(ctx, "DELETE FROM files WHERE id = ? AND owner = ? AND whole RETURNING batch, failed", id, owner).Scan(&batch, &failed)
	if errors.Is(err, sql.ErrNoRows) {
		return hearth.NewError(hearth.NoSuchFile, "file", id)
	}
	if err != nil {
		return err
	}
	if batch.Valid {
		if _, err := tx.ExecContext(ctx, "UPDATE jobs SET result = NULL WHERE batch = ? AND (status <> 200) = ?", batch.String, failed); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// OpenFile reads a file.
func (s *Store) OpenFile(ctx context.Context, owner, id string) (io.Reader, error) {
	var batch sql.NullString
	var failed int
	err := s.db.QueryRowContext(ctx, "SELECT batch, failed FROM files WHERE id = ? AND owner = ? AND whole", id, owner).Scan(&batch, &failed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, hearth.NewError(hearth.NoSuchFile, "file", id)
	}
	if err != nil {
		return nil, err
	}
	if batch.Valid {
		return &pieces{next: func(after int64) (piece []byte, at int64, err error) {
			err = s.db.QueryRowContext(ctx, "SELECT result, line FROM jobs WHERE batch = ? AND state = 2 AND (status <> 200) = ? AND line > ? ORDER BY line LIMIT 1",
				batch.String, failed, after).Scan(&piece, &at)
			return append(piece, '\n'), at, err
		}}, nil
	}
	return &pieces{next: func(after int64) (piece []byte, at int64, err error) {
		err = s.db.QueryRowContext(ctx, "SELECT body, n FROM file_parts WHERE file = ? AND n > ? ORDER BY n LIMIT 1", id, after).Scan(&piece, &at)
		return piece, at, err
	}}, nil
}

// pieces is a file read row by row, so that a slow reader keeps nothing open.
type pieces struct {
	next func(after int64) (piece []byte, at int64, err error)
	have []byte
	read bool
	at   int64
}

func (p *pieces) Read(b []byte) (int, error) {
	if !p.read {
		p.read, p.at = true, -1
	}
	for len(p.have) == 0 {
		piece, at, err := p.next(p.at)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, err
		}
		p.have, p.at = piece, at
	}
	n := copy(b, p.have)
	p.have = p.have[n:]
	return n, nil
}

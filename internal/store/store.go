package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // the driver, without cgo
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is an open database.
type Store struct {
	db   *sql.DB
	book *sql.DB // the same file, by a connection for the ledger, which waits for nobody who asks

	// What every request asks, parsed once.
	holdings *sql.Stmt
	holding  *sql.Stmt
	addUse   *sql.Stmt
}

// connections is how many connections to the file there are, at most: each takes a few
// open files, and up to two megabytes. They are kept, as opening one reads the schema,
// which takes longer than most of what is asked. Nothing here asks for a second one while
// it holds one, or sixteen who do would wait for each other for ever.
const connections = 16

// busyTimeoutMs is how long a write waits for another process to finish its own.
const busyTimeoutMs = 10_000

// Open opens the SQLite file at path, creating and migrating it as needed.
func Open(ctx context.Context, path string) (*Store, error) {
	unlock, err := lockFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := private(path); err != nil {
		return nil, err
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeoutMs),
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(ON)",
	}}
	address := (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}).String()
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	book, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &Store{db: db, book: book}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate %s: %w", path, err), s.Close())
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	book.SetMaxOpenConns(1)
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context) (err error) {
	for _, p := range []struct {
		to    **sql.Stmt
		db    *sql.DB
		query string
	}{{&s.holdings, s.db, holdingsQuery}, {&s.holding, s.db, holdingQuery}, {&s.addUse, s.book, addUseQuery}} {
		if *p.to, err = p.db.PrepareContext(ctx, p.query); err != nil {
			return err
		}
	}
	return nil
}

// lockFolder makes processes that open the same file do so one after the other, so
// that each migration runs once.
func lockFolder(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// private makes a file that is not there readable by its owner alone, which SQLite
// would not; its journals take after it. One that is there is not opened: closing it
// would end the locks that SQLite holds in this process.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// Close closes the database.
func (s *Store) Close() error { return errors.Join(s.book.Close(), s.db.Close()) }

func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > want {
		return fmt.Errorf("it was written by a newer hearth (schema %d, this one knows %d)", have, want)
	}
	_, err = p.Up(ctx)
	return err
}

package appliance

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/catalog"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/ledger"
	"github.com/hearthbox/hearth/internal/store"
	"github.com/hearthbox/hearth/internal/trust"
)

// Data is an open data folder: what the command line and the server both work on,
// and may at the same time.
type Data struct {
	Access  *access.Access
	Catalog *catalog.Catalog
	Audit   *audit.Log
	Answers *store.Answers // of the Responses API
	Ledger  *ledger.Ledger

	Policies *trust.Policies // about advertising

	config    Config
	store     *store.Store
	ring      *keyring.Ring
	secrets   *secrets
	unsealing *unsealing // where people have opened the ring of this server; nil: they have not

	starterErr error // why the starter model is not there; all else works without it
}

// OpenData opens the data folder, making it on first use.
func OpenData(ctx context.Context, c Config) (*Data, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, dataError(c, err)
	}
	starterErr := c.unpackStarter()
	ring, unsealed, err := c.openRing(ctx)
	if err != nil {
		return nil, err
	}
	d := &Data{config: c, ring: ring, unsealing: unsealed, secrets: &secrets{ring, filepath.Join(c.Data, "secrets")}, starterErr: starterErr}
	if err := d.open(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// open opens what is in the folder, with the keyring; Close closes it, however far that got.
func (d *Data) open(ctx context.Context) (err error) {
	if d.config, err = d.secrets.revealed(d.config); err != nil {
		return err
	}
	c := d.config
	pepper, plain, err := d.secrets.pepper(filepath.Join(c.Data, "secret"))
	if err != nil {
		return dataError(c, err)
	}
	s, err := store.Open(ctx, filepath.Join(c.Data, "hearth.db"))
	if err != nil {
		return dataError(c, err)
	}
	d.store = s
	d.Access = access.New(s, pepper, d.ring)
	d.Access.Policy = c.Access.policy()
	if d.Access.Directory, err = c.checker(); err != nil {
		return err
	}
	d.Catalog = catalog.New(filepath.Join(c.Data, "models"), c.folders(), catalog.Engine{Check: engine.Check, Fits: engine.Fits})
	d.Answers = s.Answers(store.AnswerBounds{Age: c.Responses.KeepFor, Bytes: int64(c.Responses.KeepBytes)})
	if plain != "" { // what an earlier hearth has sealed with it is sealed anew before it goes
		if _, err := d.Access.RenewSeals(ctx); err != nil {
			return err
		}
		if err := wipe(plain); err != nil {
			return dataError(c, err)
		}
	}
	d.Policies = &trust.Policies{Store: s, Usual: trust.Action(c.Trust.Advertising), Log: slog.Default()}
	if d.Ledger, err = d.openLedger(); err != nil {
		return err
	}
	if d.Audit, err = d.openAudit(); err != nil {
		return err
	}
	if audit.HasPlainKeys(d.auditFolder()) {
		_, err = d.Audit.RenewKeys(ctx)
	}
	return err
}

// Models lists every model at hand, those of upstreams included; warn is told of
// upstreams that can't be reached.
func (d *Data) Models(ctx context.Context, warn func(upstream string, err error)) ([]hearth.Model, error) {
	r, err := newRoutes(d.config, nil)
	if err != nil {
		return nil, err
	}
	defer r.leave(nil)
	files, err := d.Catalog.List(ctx)
	if err != nil {
		return nil, err
	}
	return withOffers(ctx, files, r, warn), nil
}

// Find looks a model up by name, those of upstreams included.
func (d *Data) Find(ctx context.Context, id string, warn func(upstream string, err error)) (hearth.Model, error) {
	list, err := d.Models(ctx, warn)
	if err != nil {
		return hearth.Model{}, err
	}
	if m, ok := hearth.FindModel(list, id); ok {
		return m, nil
	}
	return hearth.Model{}, hearth.NewError(hearth.NoSuchModel, "model", id)
}

// Close closes it.
func (d *Data) Close() error {
	var errs []error
	if d.Ledger != nil {
		d.Ledger.Close()
	}
	if d.Audit != nil {
		errs = append(errs, d.Audit.Close())
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	if d.unsealing != nil {
		errs = append(errs, d.unsealing.close())
	}
	return errors.Join(errs...)
}

func dataError(c Config, err error) error {
	return hearth.NewError(hearth.DataInvalid, "path", c.Data, "detail", err).Because(err)
}

// linkWhole makes a file that only its owner may read, complete or not at all. It fails
// with [fs.ErrExist] if another process was first.
func linkWhole(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-") // readable by its owner alone
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

// Server is a running server, as it describes itself in the data folder's lock.
type Server struct {
	PID int    `json:"pid"`
	URL string `json:"url"` // where its API begins, without /v1
}

// lock is held by the one server of a data folder. The lock ends with the process,
// however that ends; what is written in the file may outlive it and means nothing
// without the lock.
type lock struct{ file *os.File }

func lockPath(c Config) string { return filepath.Join(c.Data, "lock") }

// takeLock makes this process the folder's server.
func takeLock(c Config) (*lock, error) {
	f, err := os.OpenFile(lockPath(c), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, dataError(c, err)
	}
	if err := lockSoon(f); err != nil {
		var s Server
		_ = json.NewDecoder(f).Decode(&s)
		_ = f.Close()
		return nil, hearth.NewError(hearth.DataLocked, "pid", s.PID, "path", c.Data)
	}
	return &lock{f}, f.Truncate(0)
}

// lockSoon tries for a moment: who only looks whether a server runs holds the lock
// that long.
func lockSoon(f *os.File) (err error) {
	for range 10 {
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// describe tells others where the server is.
func (l *lock) describe(s Server) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = l.file.WriteAt(append(text, '\n'), 0)
	return err
}

func (l *lock) release() error { return errors.Join(l.file.Truncate(0), l.file.Close()) }

// Running finds the server of the configured data folder; ok is false if none runs.
func Running(c Config) (s Server, ok bool) {
	f, err := os.Open(lockPath(c))
	if err != nil {
		return s, false
	}
	defer f.Close()
	if unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB) == nil {
		return s, false // nobody holds it
	}
	err = json.NewDecoder(f).Decode(&s)
	return s, err == nil && s.URL != ""
}

package appliance

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// AuditReport is what verifying a record has found.
type AuditReport = audit.Report

// openAudit is the audit record of the data folder. Nothing is read or written before
// the first record.
func (d *Data) openAudit() (*audit.Log, error) {
	keys, err := d.signingKeys()
	if err != nil {
		return nil, err
	}
	c := d.config.Audit
	return audit.New(audit.Config{
		Folder: d.auditFolder(), Hash: cryptosuite.HashFunction(c.Hash), Signers: []cryptosuite.Signer{keys[0], keys[1]},
		Witnesses: c.Witnesses, Every: c.CheckpointEvery, Keep: c.Keep, Required: c.Required, Content: c.Content, Log: slog.Default(),
	}), nil
}

func (d *Data) auditFolder() string { return filepath.Join(d.config.Data, "audit") }

// startAudit finds out whether the record can be written, before anything is served:
// a server that can't record starts, says so, and refuses what has to be recorded until
// it can.
func (a *Appliance) startAudit(ctx context.Context) error {
	a.Data.Audit.Log = a.log
	if len(a.config.Audit.Witnesses) == 0 {
		a.log.Warn("the audit record has no witness: name a file on another machine in audit.witnesses")
	}
	if err := a.Data.Audit.Check(ctx); err != nil {
		a.log.Error("the audit record can't be written", "error", err)
	}
	return ctx.Err()
}

// Act does something that changes the appliance, on the command line, between two
// records: one that it is begun, and one of how it ended. What can't be recorded is not
// begun. do may say more precisely what it was done to.
func (d *Data) Act(ctx context.Context, act, object string, do func(*hearth.Record) error) error {
	r := hearth.Record{Kind: hearth.RecordAdmin, Act: act, Stage: hearth.StageBegun, By: localUser(), From: "local", Object: object}
	if err := d.Audit.Record(ctx, r); err != nil {
		return err
	}
	err := do(&r)
	r.Stage = hearth.StageEnded
	if err != nil {
		r.Result = hearth.AsError(err).Code
	}
	return cmp.Or(err, d.Audit.Record(context.WithoutCancel(ctx), r))
}

// localUser is who works on this machine: the account of the process.
func localUser() hearth.Principal {
	return hearth.Principal{Name: "uid " + strconv.Itoa(os.Getuid())}
}

// Local is what may be done on this machine with the data folder: everything while the
// appliance is set up, then what the system administrator may.
func (d *Data) Local(ctx context.Context) (hearth.Principal, error) {
	by := localUser()
	s, err := d.Access.State(ctx)
	if by.Standing = hearth.StandingAdmin; err != nil || !s.Finished.IsZero() {
		by.Standing = hearth.StandingSystem
	}
	return by, err
}

// ShredContent destroys what was said in the records that are chosen.
func (d *Data) ShredContent(ctx context.Context, q audit.Query) (int, error) {
	return d.Audit.Shred(ctx, localUser(), q)
}

// VerifyAudit holds a record against what a witness has, and against the keys that
// sign. Without a folder, keys or a witness it takes the appliance's own.
func (d *Data) VerifyAudit(folder, witness string, keyFiles []string) (*AuditReport, error) {
	var e audit.Evidence
	var err error
	if e.Keys, err = publicKeys(keyFiles); err != nil {
		return nil, err
	}
	if len(keyFiles) == 0 && folder == "" {
		own, err := d.signingKeys()
		if err != nil {
			return nil, err
		}
		e.Keys = []cryptosuite.PublicKey{own[0].Public(), own[1].Public()}
	}
	if witness == "" && folder == "" && len(d.config.Audit.Witnesses) > 0 {
		witness = d.config.Audit.Witnesses[0]
	}
	if witness != "" {
		f, err := os.Open(witness)
		if err != nil {
			return nil, hearth.FileError(witness, err)
		}
		defer f.Close()
		if e.Checkpoints, err = audit.ReadCheckpoints(f); err != nil {
			return nil, hearth.NewError(hearth.FileFailed, "path", witness, "detail", err).Because(err)
		}
	}
	folder = cmp.Or(folder, d.auditFolder())
	if _, err := os.Stat(folder); err != nil {
		return nil, hearth.FileError(folder, err)
	}
	r, err := audit.Verify(os.DirFS(folder), e)
	if err != nil {
		return nil, hearth.FileError(folder, err)
	}
	return r, nil
}

// ExportAudit copies the record into a new folder, for somebody else to verify.
func (d *Data) ExportAudit(ctx context.Context, to string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return hearth.FileError(to, err)
	}
	return d.exported(ctx, func(name string, from io.Reader) error {
		return copyTo(filepath.Join(to, name), from)
	})
}

// exported hands over what an export is made of: the public keys, the checkpoints and the
// segments, and of what was said the ciphertexts without their keys.
func (d *Data) exported(ctx context.Context, put func(name string, from io.Reader) error) error {
	keys, err := d.signingKeys()
	if err != nil {
		return err
	}
	var pem []byte
	for _, k := range keys {
		text, err := k.Public().PEM()
		if err != nil {
			return err
		}
		pem = append(pem, text...)
	}
	if err := put("keys.pem", bytes.NewReader(pem)); err != nil {
		return err
	}
	// In this order, so that nothing refers to what is not copied, also while records
	// are being written.
	for _, pattern := range []string{"checkpoints.jsonl", "0*.jsonl", "0*.content"} {
		names, err := fs.Glob(os.DirFS(d.auditFolder()), pattern)
		if err != nil {
			return hearth.FileError(d.auditFolder(), err)
		}
		for _, name := range names {
			if err := cmp.Or(ctx.Err(), d.exportedFile(name, put)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Data) exportedFile(name string, put func(name string, from io.Reader) error) error {
	path := filepath.Join(d.auditFolder(), name)
	f, err := os.Open(path)
	if err != nil {
		return hearth.FileError(path, err)
	}
	defer f.Close()
	return put(name, f)
}

func copyTo(path string, from io.Reader) error {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return hearth.FileError(path, err)
	}
	_, err = out.ReadFrom(from)
	if err = cmp.Or(err, out.Sync(), out.Close()); err != nil {
		return hearth.FileError(path, err)
	}
	return nil
}

// auditDesk is the record as the admin door shows it.
type auditDesk struct {
	*audit.Log
	data *Data
	busy chan struct{} // verifying reads all there is: one at a time
}

var _ admin.Audit = (*auditDesk)(nil)

func newAuditDesk(d *Data) *auditDesk { return &auditDesk{d.Audit, d, make(chan struct{}, 1)} }

// Verify holds the record against its own keys, and the first witness where there is one.
func (a *auditDesk) Verify(ctx context.Context) (*audit.Report, bool, error) {
	select {
	case a.busy <- struct{}{}:
		defer func() { <-a.busy }()
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	r, err := a.data.VerifyAudit("", "", nil)
	return r, len(a.data.config.Audit.Witnesses) > 0, err
}

// Checkpoints are those that the appliance keeps itself.
func (a *auditDesk) Checkpoints(context.Context) ([]audit.Checkpoint, int, error) {
	witnesses := len(a.data.config.Audit.Witnesses)
	path := filepath.Join(a.data.auditFolder(), "checkpoints.jsonl")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, witnesses, nil
	}
	if err != nil {
		return nil, witnesses, hearth.FileError(path, err)
	}
	defer f.Close()
	list, err := audit.ReadCheckpoints(f)
	if err != nil {
		return nil, witnesses, hearth.FileError(path, err)
	}
	return list, witnesses, nil
}

// Export writes an archive of what [Data.ExportAudit] copies.
func (a *auditDesk) Export(ctx context.Context, to io.Writer) error {
	z := zip.NewWriter(to)
	err := a.data.exported(ctx, func(name string, from io.Reader) error {
		w, err := z.Create(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, from)
		return err
	})
	return cmp.Or(err, z.Close())
}

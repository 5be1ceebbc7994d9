package appliance

import (
	"cmp"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hearthbox/hearth"
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
		Witnesses: c.Witnesses, Every: c.CheckpointEvery, Keep: c.Keep, Required: c.Required, Content: c.Content, Keys: d.ring, Log: slog.Default(),
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

// ExportAudit copies the record into a new folder, for somebody else to verify: the
// segments, the checkpoints and the public keys, and of what was said the ciphertexts
// without their keys.
func (d *Data) ExportAudit(ctx context.Context, to string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return hearth.FileError(to, err)
	}
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
	if err := os.WriteFile(filepath.Join(to, "keys.pem"), pem, 0o600); err != nil {
		return hearth.FileError(to, err)
	}
	from := d.auditFolder()
	// In this order, so that nothing refers to what is not copied, also while records
	// are being written.
	for _, pattern := range []string{"checkpoints.jsonl", "0*.jsonl", "0*.content"} {
		names, err := fs.Glob(os.DirFS(from), pattern)
		if err != nil {
			return hearth.FileError(from, err)
		}
		for _, name := range names {
			if err := copyFile(ctx, filepath.Join(from, name), filepath.Join(to, name)); err != nil {
				return hearth.FileError(filepath.Join(to, name), err)
			}
		}
	}
	return nil
}

func copyFile(ctx context.Context, from, to string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = out.ReadFrom(in)
	return cmp.Or(err, out.Sync(), out.Close())
}

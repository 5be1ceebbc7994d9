package fetch

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
)

// fault is trouble with a mirror. It ends an attempt, not a download.
type fault struct {
	what    string
	drop    bool          // the mirror is of no more use
	changed bool          // the file is no longer the one that was begun
	crowded bool          // the mirror wants fewer requests
	after   time.Duration // the mirror says when to come back
}

func (f *fault) Error() string { return f.what }

func faultf(format string, args ...any) *fault {
	return &fault{what: clean(fmt.Sprintf(format, args...))}
}

func (f *fault) dropping() *fault {
	f.drop = true
	return f
}

// errStall is the cause of a context whose connection stood still.
var errStall = errors.New("no byte came in time")

// networkFault explains what became of a request.
func networkFault(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStall) {
		return faultf("%v", errStall)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if f, ok := errors.AsType[*fault](err); ok { // a redirect that was refused
		return f
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // without the URL, which may hold secrets
	}
	f := faultf("%v", err)
	_, f.drop = errors.AsType[*tls.CertificateVerificationError](err)
	return f
}

// clean makes foreign text fit for a message.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200]) + "…"
	}
	return text
}

// mirrorsError is the end of a download whose mirrors are all given up.
type mirrorsError struct {
	detail string
}

func (e *mirrorsError) Error() string { return e.detail }

// corruptError is the end of a download whose mirrors serve something else.
type corruptError struct {
	sha256, detail string
}

func (e *corruptError) Error() string { return e.detail }

// told puts an error into hearth's words. A deadline may be noticed before it has
// passed, when a wait would outlast it.
func (d *download) told(ctx context.Context, err error) error {
	path := d.Path
	if _, ok := errors.AsType[*hearth.Error](err); ok {
		return err
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return hearth.NewError(hearth.Canceled).Because(cmp.Or(ctx.Err(), err))
	}
	if e, ok := errors.AsType[*mirrorsError](err); ok {
		return hearth.NewError(hearth.DownloadFailed, "path", path, "detail", e.detail)
	}
	if e, ok := errors.AsType[*corruptError](err); ok {
		return hearth.NewError(hearth.DownloadCorrupt, "path", path, "sha256", e.sha256, "detail", e.detail)
	}
	if errors.Is(err, errBusy) {
		return hearth.NewError(hearth.DownloadBusy, "path", path)
	}
	need := d.Bytes
	if d.partial != nil {
		need = max(1, d.bytes-d.doneBytes())
	}
	return fileError(path, err, need)
}

// fileError is trouble with the disk, in words that need no errno. need is what was
// still to come.
func fileError(path string, err error, need int64) error {
	detail := err.Error()
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		dir := filepath.Dir(path)
		free, _ := disk.FreeBytes(dir)
		return hearth.NewError(hearth.DiskFull, "path", dir, "free_bytes", free, "need_bytes", need).Because(err)
	case errors.Is(err, syscall.EFBIG):
		detail = "this file system or user may not have files that large"
	case errors.Is(err, fs.ErrNotExist):
		detail = "it does not exist"
	case errors.Is(err, fs.ErrPermission):
		detail = "permission is denied"
	}
	return hearth.NewError(hearth.FileFailed, "path", path, "detail", detail).Because(err)
}

package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"slices"
	"time"
)

// stream fetches the whole file over one connection, since no mirror serves parts.
// Each attempt begins at zero.
func (d *download) stream(ctx context.Context) (sum, error) {
	if err := d.journal.file.Truncate(0); err != nil {
		return sum{}, err
	}
	d.chunks = nil
	for {
		now := time.Now()
		i := slices.IndexFunc(d.mirrors, func(m *mirror) bool { return m.streams() && m.rested(now) })
		if i < 0 {
			at := d.wake(now)
			if at.IsZero() {
				return sum{}, d.streamFailure()
			}
			if err := sleep(ctx, at.Sub(now)); err != nil {
				return sum{}, err
			}
			continue
		}
		s, err := d.streamFrom(ctx, d.mirrors[i])
		if f, ok := errors.AsType[*fault](err); ok {
			d.mirrors[i].blame(f, d.mirrors[i].epoch, d.Retries, time.Now())
			d.restarted()
			continue
		}
		if err != nil || d.accept(d.mirrors[i], s) {
			return s, err
		}
	}
}

// streams reports whether the mirror serves the file, but not parts of it.
func (m *mirror) streams() bool { return m.asked && m.whole && m.gone == nil }

// accept judges what a mirror streamed. One that says the same wrong thing twice is
// not asked again.
func (d *download) accept(m *mirror, s sum) bool {
	if d.right(s) {
		return true
	}
	now := hex.EncodeToString(s[:])
	f := faultf("what it sent has SHA-256 %s", now)
	f.drop = m.wrong == now
	m.wrong = now
	m.blame(f, m.epoch, d.Retries, time.Now())
	d.restarted()
	return false
}

func (d *download) streamFailure() error {
	if slices.ContainsFunc(d.mirrors, func(m *mirror) bool { return m.wrong != "" }) {
		return d.corrupt()
	}
	return d.failure()
}

// streamFrom fetches the whole file from one mirror.
func (d *download) streamFrom(ctx context.Context, m *mirror) (sum, error) {
	d.phase(Streaming, 0, m.bytes)
	d.from(m.name)
	c, end := d.connect(ctx)
	defer end()
	resp, err := c.ask(m, nil, "")
	if err != nil {
		return sum{}, err
	}
	defer resp.Body.Close()
	if err := m.streamFault(resp, d.SHA256 != ""); err != nil {
		return sum{}, err
	}
	if err := d.empty(max(0, m.bytes)); err != nil {
		return sum{}, err
	}
	w := &streamed{d: d, hash: sha256.New()}
	if d.bytes, err = c.read(resp.Body, m.bytes, w.take); err != nil {
		return sum{}, err
	}
	return sum(w.hash.Sum(nil)), nil
}

// streamed is what has come of a stream.
type streamed struct {
	d     *download
	hash  hash.Hash
	bytes int64
}

func (w *streamed) take(b []byte) error {
	if _, err := w.d.file.WriteAt(b, w.bytes); err != nil {
		return err
	}
	w.hash.Write(b)
	w.bytes += int64(len(b))
	w.d.add(int64(len(b)))
	return nil
}

// streamFault is nil for an answer that is the whole file this mirror was found to
// have, or that at least can't end early unnoticed.
func (m *mirror) streamFault(resp *http.Response, judged bool) error {
	ends := judged || resp.ContentLength >= 0 || resp.ProtoMajor > 1 || slices.Contains(resp.TransferEncoding, "chunked")
	switch {
	case resp.StatusCode != http.StatusOK:
		return statusFault(resp)
	case contentFault(resp) != nil:
		return contentFault(resp)
	case !ends:
		return faultf("it does not say where the file ends").dropping()
	case m.bytes >= 0 && resp.ContentLength >= 0 && resp.ContentLength != m.bytes:
		return changedFault("it has another length")
	}
	return nil
}

package fetch

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// survey asks the mirrors, in order of preference, until one has the file and serves
// parts of it. If none does, one that serves the whole will do.
func (d *download) survey(ctx context.Context) (*mirror, error) {
	for {
		now := time.Now()
		i := slices.IndexFunc(d.mirrors, func(m *mirror) bool { return !m.asked && m.rested(now) })
		if i < 0 {
			if at := d.wake(now); !at.IsZero() {
				if err := sleep(ctx, at.Sub(now)); err != nil {
					return nil, err
				}
				continue
			}
			if i = slices.IndexFunc(d.mirrors, func(m *mirror) bool { return m.gone == nil }); i < 0 {
				return nil, d.failure()
			}
			return d.mirrors[i], nil
		}
		m := d.mirrors[i]
		epoch := m.epoch
		a, err := d.inquire(ctx, m)
		if err := d.heard(m, a, err, epoch); err != nil {
			return nil, err
		}
		if m.asked && !m.whole {
			return m, nil
		}
	}
}

// heard takes in what a mirror says of the file, or why it says nothing.
func (d *download) heard(m *mirror, a about, err error, epoch int) error {
	f, isFault := errors.AsType[*fault](err)
	expected := d.Bytes
	if d.chunks != nil {
		expected = d.bytes
	}
	switch {
	case err != nil && !isFault:
		return err
	case isFault:
		m.blame(f, epoch, d.Retries, time.Now())
	case a.bytes > bytesMax:
		m.gone = faultf("it says the file has %d bytes", a.bytes)
	case (expected > 0 || d.chunks != nil) && a.bytes >= 0 && a.bytes != expected:
		m.gone = faultf("it has %d bytes of the file's %d", a.bytes, expected)
	default:
		m.learn(a)
	}
	return nil
}

// inquire asks a mirror for the first byte of the file.
func (d *download) inquire(ctx context.Context, m *mirror) (about, error) {
	c, end := d.connect(ctx)
	defer end()
	resp, err := c.ask(m, &span{0, 1}, "")
	if err != nil {
		return about{}, err
	}
	defer resp.Body.Close()
	return aboutOf(resp)
}

// failure says of every mirror why it is not used any more.
func (d *download) failure() error {
	var details []string
	for _, m := range d.mirrors {
		why := m.gone
		if why == nil {
			why = m.last
		}
		if why != nil {
			details = append(details, m.name+": "+why.what)
		}
	}
	return &mirrorsError{strings.Join(details, "; ")}
}

// sleep waits, or returns the error of a context that ends before.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

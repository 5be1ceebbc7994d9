package fetch

import (
	"context"
	"errors"
	"io"
)

// receive fetches the rest of a task's chunk from a mirror, to disk and into the
// journal unless it is only to be compared. It says how many bytes came.
func (d *download) receive(ctx context.Context, m *mirror, t *task) (sum, int64, error) {
	c, end := d.connect(ctx)
	defer end()
	want := d.span(t.chunk)
	want.start += t.have
	resp, err := c.ask(m, &want, m.strong())
	if err != nil {
		return sum{}, 0, err
	}
	defer resp.Body.Close()
	if err := m.chunkFault(resp, want); err != nil {
		return sum{}, 0, err
	}
	got, err := c.read(resp.Body, want.len(), func(b []byte) error { return d.take(t, b) })
	if err != nil {
		if errors.Is(err, errLong) {
			d.add(-t.have)
			t.from, t.have, t.hash = nil, 0, nil
		}
		return sum{}, got, err
	}
	s := sum(t.hash.Sum(nil))
	if t.compare {
		return s, got, nil
	}
	return s, got, d.arrived(t.chunk, s, m.name)
}

// take adds bytes to a task.
func (d *download) take(t *task, b []byte) error {
	if !t.compare {
		if _, err := d.file.WriteAt(b, d.span(t.chunk).start+t.have); err != nil {
			return err
		}
	}
	t.hash.Write(b)
	t.have += int64(len(b))
	d.add(int64(len(b)))
	return nil
}

// errLong is the fault of a body that goes on after its end.
var errLong error = faultf("it sent more bytes than it was asked for")

// read takes exactly n bytes of a body, or all there are if n is -1, and says how
// many came.
func (c *conn) read(body io.Reader, n int64, take func([]byte) error) (got int64, err error) {
	buf := make([]byte, c.limiter.Burst())
	for n < 0 || got < n {
		b := buf
		if n >= 0 {
			b = buf[:min(int64(len(buf)), n-got)]
		}
		k, err := c.readSome(body, b)
		if k > 0 {
			if err := take(b[:k]); err != nil {
				return got, err
			}
			got += int64(k)
		}
		switch {
		case errors.Is(err, io.EOF) && n < 0:
			return got, nil
		case err != nil && got != n:
			return got, c.broken(err, got, n)
		}
		if err := c.limiter.WaitN(c.ctx, k); err != nil {
			return got, c.late()
		}
	}
	if k, _ := c.readSome(body, buf[:1]); k > 0 {
		return got, errLong
	}
	return got, nil
}

// readSome reads with the clock running.
func (c *conn) readSome(body io.Reader, b []byte) (int, error) {
	c.timer.Reset(c.stall)
	defer c.timer.Stop()
	return body.Read(b)
}

func (c *conn) broken(err error, got, n int64) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return faultf("it broke off after %d of %d bytes", got, n)
	}
	return networkFault(c.ctx, err)
}

// late is the error of a wait that could not be waited.
func (c *conn) late() error {
	if errors.Is(context.Cause(c.ctx), errStall) {
		return networkFault(c.ctx, errStall)
	}
	if err := c.ctx.Err(); err != nil {
		return err
	}
	return context.DeadlineExceeded
}

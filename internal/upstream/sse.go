package upstream

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/hearthbox/hearth"
)

// lineBytesMax bounds a line of an event stream.
const lineBytesMax = 4 << 20

// readEvents calls each with the data of every server-sent event until the stream
// ends or says [DONE], and aside with every comment. Names and ids are passed over (WHATWG
// HTML, section 9.2).
func readEvents(stream io.Reader, each, aside func(data []byte) error) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(make([]byte, 0, 4096), lineBytesMax)
	var data []byte
	dispatch := func() error {
		defer func() { data = data[:0] }()
		if len(bytes.TrimSpace(data)) == 0 {
			return nil
		}
		if bytes.Equal(data, []byte("[DONE]")) {
			return io.EOF
		}
		return each(data)
	}
	for lines.Scan() {
		line := lines.Bytes()
		if len(line) == 0 {
			if err := dispatch(); err != nil {
				return unlessEOF(err)
			}
			continue
		}
		if value, ok := bytes.CutPrefix(line, []byte(":")); ok {
			if err := aside(value); err != nil {
				return err
			}
		}
		if value, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			if len(data) > 0 {
				data = append(data, '\n')
			}
			data = append(data, bytes.TrimPrefix(value, []byte(" "))...)
		}
		if len(data) > lineBytesMax {
			return bufio.ErrTooLong
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return unlessEOF(dispatch()) // some servers end without a blank line
}

func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// readLines calls each with every line of JSON.
func readLines(stream io.Reader, each func(data []byte) error) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(make([]byte, 0, 4096), lineBytesMax)
	for lines.Scan() {
		if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
			if err := each(line); err != nil {
				return unlessEOF(err)
			}
		}
	}
	return lines.Err()
}

// watchdog cancels a request that shows no sign of life for too long, or no progress.
type watchdog struct {
	life, work  *time.Timer
	idle, quiet time.Duration
	stop        func()
	bark        error // of no sign of life
	growl       error // of no progress
}

func watch(ctx context.Context, idle, quiet time.Duration) (context.Context, *watchdog) {
	w := &watchdog{idle: idle, quiet: quiet, bark: errors.New("it was silent for " + idle.String()),
		growl: errors.New("it sent signs of life and no answer for " + quiet.String())}
	ctx, cancel := context.WithCancelCause(ctx)
	w.life = time.AfterFunc(idle, func() { cancel(w.bark) })
	w.work = time.AfterFunc(quiet, func() { cancel(w.growl) })
	w.stop = func() { w.life.Stop(); w.work.Stop(); cancel(nil) }
	return ctx, w
}

func (w *watchdog) pat()      { w.life.Reset(w.idle) }
func (w *watchdog) progress() { w.work.Reset(w.quiet) }

// explain says why a request failed: because the caller left, because the upstream
// was silent, or as err has it.
func (w *watchdog) explain(u *Server, caller context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case caller.Err() != nil:
		return hearth.NewError(hearth.Canceled).Because(context.Cause(caller))
	case errors.Is(err, w.growl):
		return u.protocol(w.growl.Error(), err)
	case errors.Is(err, w.bark) || errors.Is(err, context.Canceled):
		return u.protocol(w.bark.Error(), err)
	}
	if _, ok := errors.AsType[*hearth.Error](err); ok {
		return err
	}
	return u.protocol("the connection broke", err)
}

func likeliestFirst(list []hearth.TokenLogProb) {
	slices.SortFunc(list, func(a, b hearth.TokenLogProb) int {
		return cmp.Or(cmp.Compare(b.LogProb, a.LogProb), cmp.Compare(a.Token, b.Token))
	})
}

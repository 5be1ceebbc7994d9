package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// pull ranges over an answer in a goroutine of its own, so that whoever writes it
// can do something else while it waits. The channel is closed at the end. Stopping
// early means cancelling ctx and draining the channel.
func pull(ctx context.Context, answer iter.Seq2[hearth.Chunk, error]) <-chan step {
	steps := make(chan step)
	go func() {
		defer close(steps)
		send := func(s step) bool {
			select {
			case steps <- s:
				return true
			case <-ctx.Done():
				return false
			}
		}
		err := door.Contained(func() error {
			for c, err := range answer {
				if !send(step{c, err}) {
					break
				}
			}
			return nil
		})
		if err != nil {
			send(step{err: err})
		}
	}()
	return steps
}

type step struct {
	chunk hearth.Chunk
	err   error
}

// events writes server-sent events, as every client this side of 2023 reads them:
// lines of data, and between them comments of one line as signs of life.
type events struct {
	x     *exchange
	rc    *http.ResponseController
	begun bool
}

func (x *exchange) events() *events {
	return &events{x: x, rc: http.NewResponseController(x.w)}
}

// begin sends the status; from here on trouble is told in band.
func (e *events) begin() {
	if e.begun {
		return
	}
	e.begun = true
	h := e.x.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no") // nginx, and what imitates it
	e.x.w.WriteHeader(http.StatusOK)
}

// data sends a value as one event.
func (e *events) data(v any) error {
	var b bytes.Buffer
	b.WriteString("data: ")
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	b.WriteByte('\n')
	return e.write(b.Bytes())
}

// done sends OpenAI's last line.
func (e *events) done() error { return e.write([]byte("data: [DONE]\n\n")) }

// heartbeat is a comment followed by a single newline: a blank line after it would
// dispatch an empty event in older clients.
func (e *events) heartbeat() error { return e.write([]byte(": waiting\n")) }

func (e *events) write(b []byte) error {
	e.begin()
	_ = e.rc.SetWriteDeadline(time.Now().Add(e.x.WriteMax))
	if _, err := e.x.w.Write(b); err != nil {
		return hearth.NewError(hearth.Canceled).Because(err)
	}
	if err := e.rc.Flush(); err != nil {
		return hearth.NewError(hearth.Canceled).Because(err)
	}
	return nil
}

// fieldOf blames the part of the request that an error from behind the door can't
// name: what is too long is the conversation, or the prompt.
func fieldOf(r *hearth.Request, err error) error {
	e, ok := errors.AsType[*hearth.Error](err)
	if !ok || e.Code != hearth.ContextOverflow || e.Field != "" {
		return err
	}
	if r.Prompt != nil {
		return e.At("prompt")
	}
	return e.At("messages")
}

// send writes an answer as events: each chunk as the messages that convert makes
// of it, then what last makes. While nothing comes it shows signs of life.
func (x *exchange) send(r *hearth.Request, convert func(hearth.Chunk) []any, last func() []any) error {
	ctx, cancel := context.WithCancel(x.r.Context())
	steps := pull(ctx, x.Generator.Generate(ctx, r))
	defer func() {
		cancel()
		for range steps { // until the answer has let go of what it held
		}
	}()
	e := x.events()
	wait := time.NewTimer(x.FirstByteMax)
	defer wait.Stop()
	for {
		var err error
		select {
		case s, more := <-steps:
			if !more {
				return x.finish(e, last)
			}
			if s.err != nil {
				return x.broken(e, fieldOf(r, s.err))
			}
			if s.chunk.ServedBy != "" && !e.begun {
				x.w.Header().Set("X-Hearth-Served-By", s.chunk.ServedBy)
			}
			for _, v := range convert(s.chunk) {
				if err = e.data(v); err != nil {
					break
				}
			}
		case <-wait.C:
			err = e.heartbeat()
		}
		if err != nil {
			return &begunError{err}
		}
		wait.Reset(x.Heartbeat)
	}
}

// finish ends a stream that came to its end. One that was cut by the server's stop
// has to say so.
func (x *exchange) finish(e *events, last func() []any) error {
	if err := x.r.Context().Err(); err != nil {
		return x.broken(e, err)
	}
	for _, v := range last() {
		if err := e.data(v); err != nil {
			return &begunError{err}
		}
	}
	if err := e.done(); err != nil {
		return &begunError{err}
	}
	return nil
}

// broken ends a stream that failed: with a status if none was sent, else with an
// error event, which every client library raises.
func (x *exchange) broken(e *events, err error) error {
	if !e.begun {
		return err
	}
	if !x.gone(err) {
		_ = e.data(openAIErrorBody{x.openAI(x.explain(err))})
		_ = e.done()
	}
	return &begunError{err}
}

// collect waits for a whole answer.
func (x *exchange) collect(r *hearth.Request, take func(hearth.Chunk)) error {
	for c, err := range x.Generator.Generate(x.r.Context(), r) {
		if err != nil {
			return fieldOf(r, err)
		}
		if c.ServedBy != "" {
			x.w.Header().Set("X-Hearth-Served-By", c.ServedBy)
		}
		take(c)
	}
	return x.r.Context().Err()
}

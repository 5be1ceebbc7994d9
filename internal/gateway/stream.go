package gateway

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
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

// fieldOf blames the part of the request that an error from behind the door can't
// name: what is too long is the conversation, or the prompt.
func (x *exchange) fieldOf(r *hearth.Request, err error) error {
	e, ok := errors.AsType[*hearth.Error](err)
	if !ok || e.Code != hearth.ContextOverflow || e.Field != "" {
		return err
	}
	if r.Prompt != nil {
		return e.At("prompt")
	}
	return e.At(cmp.Or(x.asked, "messages"))
}

// telling is how an answer is streamed in a dialect. What its methods return is sent
// as one event each, framed by a [wire].
type telling interface {
	chunk(hearth.Chunk) []any    // a step of the answer
	last() []any                 // what follows the last step
	waiting(*hearth.Place) []any // a sign of life; the place may be unknown
	broken(*hearth.Error) []any  // the end of an answer that failed
}

// send streams an answer as t tells it. While nothing comes it shows signs of life.
func (x *exchange) send(r *hearth.Request, w wire, t telling) error {
	if err := x.wishes(r); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(x.r.Context())
	steps := pull(ctx, x.answer(ctx, r))
	defer func() {
		cancel()
		for range steps { // until the answer has let go of what it held
		}
	}()
	s := x.stream(w)
	x.forgetBody()
	var place *hearth.Place
	wait := time.NewTimer(x.FirstByteMax)
	defer wait.Stop()
	for {
		var err error
		select {
		case step, more := <-steps:
			c := step.chunk
			switch {
			case !more:
				return x.finish(s, t)
			case step.err != nil && !s.begun:
				return x.instead(x.fieldOf(r, step.err))
			case step.err != nil:
				return x.broken(s, t, x.fieldOf(r, step.err))
			case c.Place != nil:
				place = c.Place // which is told with the next sign of life
				if !s.begun {
					x.stepped(c)
				}
				continue
			case !s.begun:
				x.credit(c)
			}
			err = s.send(t.chunk(c))
		case <-wait.C:
			err = s.send(t.waiting(place))
		}
		if err != nil {
			return &begunError{err}
		}
		wait.Reset(x.Heartbeat)
	}
}

// finish ends a stream that came to its end. One that was cut by the server's stop
// has to say so.
func (x *exchange) finish(s *stream, t telling) error {
	if err := x.r.Context().Err(); err != nil {
		return x.broken(s, t, err)
	}
	if err := s.send(t.last()); err != nil {
		return &begunError{err}
	}
	return nil
}

// broken ends a stream that failed: with a status if none was sent, else with an
// error in band, which every client library raises.
func (x *exchange) broken(s *stream, t telling, err error) error {
	if !s.begun {
		return err
	}
	if !x.gone(err) {
		_ = s.send(t.broken(x.explain(err)))
	}
	return &begunError{err}
}

// answer is what is made of a request, no more tool calls than asked for.
func (x *exchange) answer(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	x.sign(r)
	if x.toolbox != nil {
		return x.withTools(ctx, r)
	}
	return x.generated(ctx, r)
}

// generated is what the generator itself makes of it.
func (x *exchange) generated(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	answer := x.Generator.Generate(ctx, r)
	if !x.oneCall {
		return answer
	}
	return func(yield func(hearth.Chunk, error) bool) {
		for c, err := range answer {
			c.ToolCalls = slices.DeleteFunc(slices.Clone(c.ToolCalls), func(d hearth.ToolCallDelta) bool { return d.Index > 0 })
			if !yield(c, err) {
				return
			}
		}
	}
}

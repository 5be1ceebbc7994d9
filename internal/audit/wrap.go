package audit

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Wrap records what is asked of a Generator and what comes of it, twice: that it was
// asked, and how it ended. Nothing of an answer is handed on before the first record is
// on the disk, and its last chunk not before the second is.
func Wrap(l *Log, next hearth.Generator) hearth.Generator {
	return hearth.GeneratorFunc(func(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
		return func(yield func(hearth.Chunk, error) bool) {
			x := begin(l, ctx, r)
			asked := *r
			asked.Trail = &x.trail
			x.run(ctx, next.Generate(ctx, &asked), yield)
		}
	})
}

// recording is one request on its way.
type recording struct {
	log     *Log
	trail   hearth.Trail
	base    hearth.Record
	asked   *Pending // the record that it was asked
	start   time.Time
	begun   time.Time // when the answer began
	placed  bool      // it stood in line
	ended   bool
	answers []answered
}

// answered is what was said in one choice.
type answered struct {
	Text      strings.Builder
	Reasoning strings.Builder
	Calls     []hearth.ToolCallDelta
}

func begin(l *Log, ctx context.Context, r *hearth.Request) *recording {
	x := &recording{log: l, start: time.Now(), base: hearth.Record{Kind: hearth.RecordRequest, Act: "chat",
		RequestID: r.ID, By: r.By, From: r.From, Model: r.Model}}
	switch {
	case r.Prompt != nil:
		x.base.Act = "complete"
	case r.Embed != nil:
		x.base.Act = "embed"
	case r.Rerank != nil:
		x.base.Act = "rerank"
	}
	asked := x.base
	asked.Stage = hearth.StageBegun
	if l.Content {
		asked.Content = contentOf(struct {
			Messages []hearth.Message         `json:"messages,omitempty"`
			Prompt   *string                  `json:"prompt,omitempty"`
			Embed    *hearth.EmbeddingRequest `json:"embed,omitempty"`
			Rerank   *hearth.RerankRequest    `json:"rerank,omitempty"`
		}{r.Messages, r.Prompt, r.Embed, r.Rerank})
	}
	x.asked = l.Append(ctx, asked)
	return x
}

// run hands an answer on, recorded.
func (x *recording) run(ctx context.Context, answer iter.Seq2[hearth.Chunk, error], yield func(hearth.Chunk, error) bool) {
	defer x.abandoned(ctx)
	if x.told() && !x.onRecord(ctx, yield) {
		return // before anything was computed
	}
	var held *hearth.Chunk // the last one, until it is known to be
	for c, err := range answer {
		if !x.onRecord(ctx, yield) {
			return
		}
		if err != nil {
			// The error is what the client gets, recorded or not.
			x.end(ctx, err)
			yield(hearth.Chunk{}, err)
			return
		}
		x.see(c)
		if held != nil && !yield(*held, nil) {
			x.end(ctx, hearth.NewError(hearth.Canceled))
			return
		}
		if held = nil; c.Usage != nil {
			held = &c
			continue
		}
		if !yield(c, nil) {
			x.end(ctx, hearth.NewError(hearth.Canceled))
			return
		}
	}
	if !x.onRecord(ctx, yield) {
		return
	}
	if err := x.end(ctx, ctx.Err()); err != nil {
		yield(hearth.Chunk{}, err)
		return
	}
	if held != nil {
		yield(*held, nil)
	}
}

// onRecord waits until it is on the disk that the model was asked, and ends the answer
// if that fails.
func (x *recording) onRecord(ctx context.Context, yield func(hearth.Chunk, error) bool) bool {
	err := x.asked.Wait(ctx)
	if err != nil {
		_ = x.end(ctx, err) // the first error is the one to tell
		yield(hearth.Chunk{}, err)
	}
	return err == nil
}

// abandoned records an answer whose source panicked.
func (x *recording) abandoned(ctx context.Context) {
	if !x.ended {
		_ = x.end(ctx, hearth.NewError(hearth.InternalError))
	}
}

// told reports whether it is known by now what became of the record that it was asked.
// If it was refused, nothing need be computed.
func (x *recording) told() bool {
	select {
	case <-x.asked.done:
		return true
	default:
		return false
	}
}

// see notes what a chunk says.
func (x *recording) see(c hearth.Chunk) {
	if c.Place != nil {
		x.placed = true
		return
	}
	if x.begun.IsZero() {
		x.begun = time.Now()
	}
	r := &x.base
	if c.ServedBy != "" {
		r.ServedBy = c.ServedBy
	}
	if c.Finish != "" {
		r.Finish = c.Finish
	}
	if c.Usage != nil {
		r.Usage = *c.Usage
	}
	if !x.log.Content || c.Choice < 0 || c.Choice > 1<<10 {
		return
	}
	for len(x.answers) <= c.Choice {
		x.answers = append(x.answers, answered{})
	}
	a := &x.answers[c.Choice]
	a.Text.WriteString(c.Text)
	a.Reasoning.WriteString(c.Reasoning)
	a.Calls = append(a.Calls, c.ToolCalls...)
}

// end records how it ended. The client may be gone; the record is made all the same.
func (x *recording) end(ctx context.Context, err error) error {
	r := x.base
	now := time.Now()
	x.ended = true
	r.Stage, r.Took = hearth.StageEnded, now.Sub(x.start)
	if !x.begun.IsZero() {
		r.First = x.begun.Sub(x.start)
		if x.placed {
			r.Wait = r.First
		}
	} else if x.placed {
		r.Wait = r.Took
	}
	if why, ok := errors.AsType[*hearth.Error](context.Cause(ctx)); ok && err != nil {
		err = why // the server stopped, or who asked may no longer
	}
	if err != nil {
		r.Result = hearth.AsError(err).Code
	}
	r.DataClass, r.Verdicts = x.trail.Found()
	if x.log.Content {
		r.Content = x.content()
	}
	return x.log.Record(context.WithoutCancel(ctx), r)
}

// content is the answer as it is kept.
func (x *recording) content() []byte {
	type choice struct {
		Text      string                 `json:"text,omitempty"`
		Reasoning string                 `json:"reasoning,omitempty"`
		Calls     []hearth.ToolCallDelta `json:"tool_calls,omitempty"`
	}
	list := make([]choice, len(x.answers))
	for i := range x.answers {
		a := &x.answers[i]
		list[i] = choice{a.Text.String(), a.Reasoning.String(), a.Calls}
	}
	return contentOf(map[string]any{"choices": list})
}

func contentOf(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte("null") // never: it is made of texts and numbers
	}
	return text
}

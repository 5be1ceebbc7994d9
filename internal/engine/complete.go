package engine

import (
	"context"
	"fmt"
	"iter"

	"github.com/hearthbox/hearth"
)

var _ hearth.Completer = (*Model)(nil)

// Complete continues a text.
func (m *Model) Complete(ctx context.Context, c *hearth.Completion) iter.Seq2[hearth.Chunk, error] {
	return m.complete(ctx, c, &Adapted{id: m.id, model: m})
}

// complete is Complete with an adapter, or with none.
func (m *Model) complete(ctx context.Context, c *hearth.Completion, a *Adapted) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		r, err := m.submit(c, a)
		if err != nil {
			yield(hearth.Chunk{}, err)
			return
		}
		defer r.leave(m)
		first := true
		var chunks []hearth.Chunk
		for {
			var closed bool
			chunks, closed, err = r.out.take(chunks)
			for _, c := range chunks {
				if ctx.Err() != nil {
					break // said below
				}
				if first {
					first, c.ServedBy = false, a.String()
				}
				if !yield(c, nil) {
					return
				}
			}
			if closed && ctx.Err() == nil {
				if err != nil {
					yield(hearth.Chunk{}, err)
				}
				return
			}
			select {
			case <-r.out.ready:
			case <-ctx.Done():
				yield(hearth.Chunk{}, hearth.NewError(hearth.Canceled).Because(context.Cause(ctx)))
				return
			}
		}
	}
}

// leave tells the loop that nobody listens any more.
func (r *request) leave(m *Model) {
	r.left.Store(true)
	m.nudge()
}

// submit checks a request and puts its sequences in line.
func (m *Model) submit(c *hearth.Completion, a *Adapted) (*request, error) {
	prompt := m.encode(c.Prompt)
	if err := m.check(c, prompt); err != nil {
		return nil, err
	}
	r := &request{Completion: c, adapter: a.adapter, prompt: prompt, out: newOutbox(), open: c.ChoiceCount()}
	if c.Constraint != nil {
		var err error
		if r.masks, err = m.constraints.compile(c.Constraint); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed != nil {
		return nil, m.closed
	}
	if a.closed {
		m.unloaded = append(m.unloaded, a.adapter) // it came late: let go of it once more
	}
	if len(m.waiting) >= m.limit.Waiting {
		return nil, hearth.NewError(hearth.QueueFull, "waiting", len(m.waiting), "model", m.id)
	}
	first := newSequence(r, 0, m.tokens)
	for i := 1; i < r.open; i++ {
		first.twins = append(first.twins, newSequence(r, i, m.tokens))
	}
	m.waiting = append(m.waiting, first)
	m.nudge()
	return r, nil
}

// check refuses what can't be honoured.
func (m *Model) check(c *hearth.Completion, prompt []int) error {
	if len(prompt) == 0 {
		return hearth.NewError(hearth.InvalidValue, "field", "prompt", "detail", hearth.Words{"it is empty", "内容为空"}).At("prompt")
	}
	answer := max(1, c.MaxTokens)
	if c.MayFallShort {
		answer = 1
	}
	if len(prompt)+answer > m.context {
		return hearth.NewError(hearth.ContextOverflow, "prompt_tokens", len(prompt), "answer_tokens", answer,
			"model", m.id, "context_tokens", m.context)
	}
	for id := range c.Sampling.Bias {
		if id < 0 || id >= m.nn.Vocab {
			return hearth.NewError(hearth.InvalidValue, "field", "logit_bias", "detail",
				fmt.Sprintf("%s has no token %d", m.id, id)).At("logit_bias")
		}
	}
	return nil
}

// encode turns a prompt into tokens, with what the model expects before a text
// unless the prompt has it already.
func (m *Model) encode(spans []hearth.Span) []int {
	var ids []int32
	for _, s := range spans {
		if s.Literal {
			ids = m.tokens.AppendLiteral(ids, s.Text)
		} else {
			ids = m.tokens.Append(ids, s.Text, true)
		}
	}
	opening := m.tokens.Opening()
	if len(opening) > 0 && (len(ids) == 0 || ids[0] != opening[0]) {
		ids = append(append([]int32(nil), opening...), ids...)
	}
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = int(id)
	}
	return out
}

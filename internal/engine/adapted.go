package engine

import (
	"context"
	"iter"
	"slices"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
)

// Adapted is a model with an adapter. It runs in the model's loop, in the same batches as
// the model itself and others of its adapters.
type Adapted struct {
	id      string
	model   *Model
	adapter *nn.Adapter
	closed  bool // under the model's lock
}

var _ hearth.Completer = (*Adapted)(nil)

// Fits says whether an adapter is for a model, by their files: nil, or what was expected
// and what was found.
func Fits(model, adapter *gguf.File) error {
	m, err := nn.Load(model)
	if err != nil {
		return err
	}
	_, err = nn.LoadAdapter(adapter, m)
	return err
}

// Adapt reads the adapter in a file, which need not stay there. The model goes on meanwhile.
func (m *Model) Adapt(id, path string) (*Adapted, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, hearth.NewError(hearth.ModelInvalid, "model", id, "detail", err).Because(err)
	}
	defer f.Close()
	a := &Adapted{id: id, model: m}
	err = gguf.Reading(func() error {
		a.adapter, err = nn.LoadAdapter(f, m.nn)
		return err
	})
	if err != nil {
		return nil, hearth.NewError(hearth.AdapterUnfit, "adapter", id, "model", m.id, "detail", err).Because(err)
	}
	return a, nil
}

// Complete continues a text as the model does with the adapter.
func (a *Adapted) Complete(ctx context.Context, c *hearth.Completion) iter.Seq2[hearth.Chunk, error] {
	return a.model.complete(ctx, c, a)
}

// CountTokens is how many tokens a prompt has.
func (a *Adapted) CountTokens(prompt []hearth.Span) int { return a.model.CountTokens(prompt) }

// Bytes is what it takes in memory.
func (a *Adapted) Bytes() int64 { return a.adapter.Bytes }

// String names what serves.
func (a *Adapted) String() string { return servedBy(a.id) }

// Close lets go of what is known of texts. Answers in progress come to their end.
func (a *Adapted) Close() {
	a.model.mu.Lock()
	defer a.model.mu.Unlock()
	a.closed = true
	a.model.unloaded = append(a.model.unloaded, a.adapter)
	a.model.nudge()
}

// letGo forgets what is known of texts of adapters that were closed. Those that still
// have sequences are looked at again.
func (l *loop) letGo() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unloaded = slices.DeleteFunc(l.unloaded, func(a *nn.Adapter) bool {
		waits := slices.ContainsFunc(l.waiting, func(s *sequence) bool { return s.adapter == a })
		return l.known.forgetAdapter(a) && !waits
	})
}

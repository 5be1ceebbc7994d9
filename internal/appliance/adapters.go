package appliance

import (
	"context"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/prompt"
)

// adaptersMax is how many adapters of one model are in memory at once. The longest unused
// goes when another one comes; it is read again in well under a second.
const adaptersMax = 64

// adapter is one in memory, of a model that is.
type adapter struct {
	id    string
	path  string
	bytes int64 // of its file
	added time.Time
	model *engine.Adapted
	chat  hearth.Generator
	last  time.Time // when it was asked for
}

// is reports whether the adapter was loaded from this file, as the file is now.
func (a *adapter) is(x hearth.Model) bool {
	return a.path == x.Path && a.bytes == x.FileBytes && a.added.Equal(x.Added)
}

// holdAdapted is hold for a model, or for an adapter on one; a is nil for a model.
func (m *models) holdAdapted(ctx context.Context, x hearth.Model) (l *loaded, a *adapter, err error) {
	if x.Base == "" {
		l, err = m.hold(ctx, x)
		return l, nil, err
	}
	base, err := m.Find(ctx, x.Base)
	if err != nil {
		return nil, nil, err
	}
	if l, err = m.hold(ctx, base); err != nil {
		return nil, nil, err
	}
	if a, err = m.adapt(l, x); err != nil {
		m.release(l)
		return nil, nil, err
	}
	return l, a, nil
}

// adapt finds an adapter of a model that is held, or reads it.
func (m *models) adapt(l *loaded, x hearth.Model) (*adapter, error) {
	l.adapting.Lock() // one at a time: they take moments
	defer l.adapting.Unlock()
	m.mu.Lock()
	a := l.adapters[x.ID]
	if a != nil && a.is(x) {
		a.last = time.Now()
		m.mu.Unlock()
		return a, nil
	}
	err := m.makeRoom(x.ID, x.FileBytes)
	m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	a = &adapter{id: x.ID, path: x.Path, bytes: x.FileBytes, added: x.Added}
	if err := door.Contained(func() error { return m.readAdapter(l, a, x) }); err != nil {
		m.log.Error("an adapter can't be loaded", "model", x.ID, "error", err)
		return nil, err
	}
	m.log.Info("adapter loaded", "model", x.ID, "bytes", a.model.Bytes(), "took", time.Since(start).Round(time.Millisecond))
	m.mu.Lock()
	defer m.mu.Unlock()
	l.letGo(x.ID)
	for len(l.adapters) >= adaptersMax {
		l.letGo(l.oldestAdapter())
	}
	a.last = time.Now()
	l.adapters[x.ID] = a
	l.bytes += a.bytes
	return a, nil
}

func (m *models) readAdapter(l *loaded, a *adapter, x hearth.Model) (err error) {
	if err := m.verify(x); err != nil {
		return err
	}
	base := l.model.(*engine.Model) // adapters are on models that answer
	if a.model, err = base.Adapt(x.ID, x.Path); err != nil {
		return err
	}
	a.chat = prompt.New(a.model, promptModel(x.ID, base.Template(), base.Tokenizer()))
	return nil
}

// letGo forgets an adapter, if it is there. Answers in progress come to their end.
func (l *loaded) letGo(id string) {
	if a := l.adapters[id]; a != nil {
		a.model.Close()
		l.bytes -= a.bytes
		delete(l.adapters, id)
	}
}

func (l *loaded) oldestAdapter() string {
	var oldest *adapter
	for _, a := range l.adapters {
		if oldest == nil || a.last.Before(oldest.last) {
			oldest = a
		}
	}
	return oldest.id
}

package appliance

import (
	"context"
	"path/filepath"
	"time"

	"github.com/hearthbox/hearth/internal/gateway"
)

var (
	_ gateway.Memory = (*models)(nil)
	_ gateway.Puller = (*Data)(nil)
)

// InMemory lists the models in memory for clients.
func (m *models) InMemory() []gateway.Held {
	keep := m.data.config.Engine.KeepLoaded
	list := []gateway.Held{}
	for _, l := range m.Loaded() {
		h := gateway.Held{ID: l.ID, ContextTokens: l.ContextTokens, Bytes: l.FileBytes}
		if keep > 0 {
			h.Until = m.lastUse(l.ID).Add(keep)
		}
		list = append(list, h)
	}
	return list
}

// lastUse is when an answer of the model ended last; now, while there are some.
func (m *models) lastUse(id string) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l := m.loaded[id]; l != nil && l.users == 0 {
		return l.last
	}
	return time.Now()
}

// Pull downloads a model of the library and seals it, as `hearth model pull` does.
func (d *Data) Pull(ctx context.Context, name string, progress func(file string, done, total int64)) error {
	w, err := d.FromLibrary(name, "", "")
	if err != nil {
		return err
	}
	m, _, err := d.Download(ctx, w, 0, func(p Progress) { progress(filepath.Base(p.Path), p.Done, p.Total) })
	if err != nil {
		return err
	}
	return d.Seal(ctx, m.ID, func(done, total int64) { progress(m.ID, done, total) })
}

package appliance

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/door"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/prompt"
	"github.com/hearthbox/hearth/internal/starter"
	"github.com/hearthbox/hearth/internal/tokenizer"
)

// loaded is a model in memory, or on its way there.
type loaded struct {
	id    string
	path  string
	bytes int64         // in memory, adapters included
	added time.Time     // as the file was when it was loaded
	ready chan struct{} // closed when the rest is set
	model native
	words *prompt.Chat     // renders conversations for a chat model; nil for others
	chat  hearth.Generator // answers them
	count func([]hearth.Span) int
	texts *engine.Encoder // what other models are asked by
	err   error

	adapting sync.Mutex // held while an adapter is read
	fileSize int64      // as the file was when it was loaded

	// Under models.mu:
	adapters map[string]*adapter // in memory, by their ID
	users    int                 // requests in progress
	last     time.Time
	replaced bool // by another file of the same name; closed when its users are gone
}

// native is what all models of the engine have in common.
type native interface {
	ContextTokens() int
	Stats() engine.Stats
	Err() error
	Close() error
}

// hold returns a model in memory, loading it if need be, and keeps it there until
// it is released.
func (m *models) hold(ctx context.Context, x hearth.Model) (*loaded, error) {
	m.mu.Lock()
	l := m.loaded[x.ID]
	switch {
	case l == nil:
	case l.broken():
		m.drop(l)
		l = nil
	case !l.is(x):
		m.replace(l)
		l = nil
	}
	if l == nil {
		if err := m.makeRoom(x.ID, x.FileBytes+m.cache); err != nil {
			m.mu.Unlock()
			return nil, err
		}
		l = &loaded{id: x.ID, path: x.Path, bytes: x.FileBytes, fileSize: x.FileBytes, added: x.Added,
			ready: make(chan struct{}), adapters: map[string]*adapter{}}
		m.loaded[x.ID] = l
		go m.load(l, x)
	}
	l.users++
	m.mu.Unlock()
	select {
	case <-l.ready:
		if l.err != nil {
			m.release(l)
			return nil, l.err
		}
		return l, nil
	case <-ctx.Done():
		m.release(l)
		return nil, hearth.NewError(hearth.Canceled).Because(context.Cause(ctx))
	}
}

// load opens the model, whoever waits for it.
func (m *models) load(l *loaded, x hearth.Model) {
	defer close(l.ready)
	start := time.Now()
	if l.err = door.Contained(func() error { return m.open(l, x) }); l.err != nil {
		m.log.Error("a model can't be loaded", "model", x.ID, "error", l.err)
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.loaded[l.id] == l {
			delete(m.loaded, l.id)
		}
		return
	}
	m.log.Info("model loaded", "model", x.ID, "context_tokens", l.model.ContextTokens(), "took", time.Since(start).Round(time.Millisecond))
}

func (m *models) open(l *loaded, x hearth.Model) (err error) {
	if err := m.verify(x); err != nil {
		return err
	}
	e := m.data.config.Engine
	o := engine.Options{Workers: m.workers, ContextTokens: e.ContextTokens,
		CacheBytes: m.cache, Sequences: e.Sequences, Waiting: e.WaitingRequests,
		Park: e.ParkFolder, ParkBytes: int64(e.ParkBytes)}
	if x.Task != hearth.TaskChat {
		l.texts, err = engine.OpenEncoder(x.ID, x.Path, o)
		l.model = l.texts
		return err
	}
	model, err := engine.Open(x.ID, x.Path, o)
	if err != nil {
		return err
	}
	l.model, l.count = model, model.CountTokens
	l.words = prompt.New(model, promptModel(x.ID, model.Template(), model.Tokenizer()))
	l.chat = l.words
	if x.Origin == hearth.OriginStarter {
		l.chat, err = starter.NewChat(l.chat)
	}
	return err
}

// verify refuses a model that is not what was sealed when it was taken in.
func (m *models) verify(x hearth.Model) error {
	if x.Origin == hearth.OriginStarter {
		return m.data.config.mendStarter()
	}
	t, err := m.data.Trust()
	if err != nil {
		return err
	}
	start := time.Now()
	sealed, err := m.data.Catalog.VerifyPath(context.Background(), x.Path, t)
	if sealed && err == nil {
		m.log.Info("model verified", "model", x.ID, "took", time.Since(start).Round(time.Millisecond))
	}
	return err
}

// promptModel is what a renderer needs to know of a model. User-defined tokens steer
// it as control tokens do where the template writes them: Qwen's <think> is one.
func promptModel(id, template string, t *tokenizer.Tokenizer) prompt.Model {
	p := prompt.Model{ID: id, Template: template, BOS: t.Piece(t.BOS()), EOS: t.Piece(t.EOS())}
	for i := range int32(t.Size()) {
		if piece := t.Piece(i); t.IsControl(i) || t.IsUserDefined(i) && strings.Contains(template, piece) {
			p.Control = append(p.Control, piece)
		}
	}
	return p
}

func (m *models) release(l *loaded) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l.users--
	l.last = time.Now()
	if l.replaced && l.idle() {
		m.closeSoon(l)
	}
}

// is reports whether the model was loaded from this file, as the file is now.
func (l *loaded) is(x hearth.Model) bool {
	return l.path == x.Path && l.fileSize == x.FileBytes && l.added.Equal(x.Added)
}

// broken reports whether a model that was loaded no longer works.
func (l *loaded) broken() bool {
	select {
	case <-l.ready:
		return l.err == nil && l.model.Err() != nil
	default:
		return false
	}
}

// idle reports whether nobody uses the model.
func (l *loaded) idle() bool {
	select {
	case <-l.ready:
		return l.users == 0
	default:
		return false
	}
}

// makeRoom lets go of models nobody uses, the longest unused first, until so many bytes
// more fit. The first model need not leave room for its whole cache.
func (m *models) makeRoom(id string, need int64) error {
	for {
		used := int64(0)
		var oldest *loaded
		for _, l := range m.loaded {
			used += l.bytes + m.cache
			if l.idle() && (oldest == nil || l.last.Before(oldest.last)) {
				oldest = l
			}
		}
		switch {
		case used+need <= m.memory, len(m.loaded) == 0 && need-m.cache <= m.memory:
			return nil
		case oldest == nil:
			return hearth.NewError(hearth.ModelMemory, "model", id, "need_bytes", need, "have_bytes", max(0, m.memory-used))
		}
		m.drop(oldest)
	}
}

// drop forgets a model and closes it in its own time: answers in progress are told.
func (m *models) drop(l *loaded) {
	delete(m.loaded, l.id)
	m.closeSoon(l)
}

// replace forgets a model whose file is no longer the one of that name. Answers in
// progress come to their end.
func (m *models) replace(l *loaded) {
	delete(m.loaded, l.id)
	l.replaced = true
	if l.idle() {
		m.closeSoon(l)
	}
}

func (m *models) closeSoon(l *loaded) {
	go func() {
		if err := l.model.Close(); err != nil {
			m.log.Error("a model can't be closed", "model", l.id, "error", err)
		}
		m.log.Info("model unloaded", "model", l.id)
	}()
}

// cacheTokens is the room in the cache of a model that is in memory; 0 if it is not.
func (m *models) cacheTokens(id string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.loaded[id]
	if l == nil {
		return 0
	}
	select {
	case <-l.ready:
		if m, ok := l.model.(*engine.Model); ok && l.err == nil {
			return m.CacheTokens()
		}
	default:
	}
	return 0
}

// Load brings a model into memory.
func (m *models) Load(ctx context.Context, id string) error {
	x, err := m.Find(ctx, id)
	if err != nil {
		return err
	}
	if x.Problem != nil {
		return x.Problem.At("model")
	}
	if x.Source != hearth.SourceNative {
		return nil
	}
	l, _, err := m.holdAdapted(ctx, x)
	if err == nil {
		m.release(l)
	}
	return err
}

// Unload lets go of a model that nobody uses.
func (m *models) Unload(ctx context.Context, id string) error {
	x, err := m.Find(ctx, id)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch l := m.loaded[cmp.Or(x.Base, x.ID)]; {
	case l == nil:
		return nil
	case x.Base != "":
		l.letGo(x.ID)
		return nil
	case !l.idle():
		return hearth.NewError(hearth.ModelInUse, "model", x.ID)
	default:
		m.drop(l)
		return nil
	}
}

// Loaded lists the models in memory.
func (m *models) Loaded() []admin.Loaded {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []admin.Loaded{}
	for _, l := range m.loaded {
		select {
		case <-l.ready:
		default:
			continue
		}
		if l.err != nil {
			continue
		}
		s := l.model.Stats()
		list = append(list, admin.Loaded{ID: l.id, ContextTokens: l.model.ContextTokens(), FileBytes: l.fileSize,
			Running: s.Running, Waiting: s.Waiting, PromptTokens: s.PromptTokens, AnswerTokens: s.AnswerTokens, BusySeconds: s.Busy.Seconds()})
		for _, a := range l.adapters {
			list = append(list, admin.Loaded{ID: a.id, ContextTokens: l.model.ContextTokens(), FileBytes: a.bytes})
		}
	}
	slices.SortFunc(list, func(a, b admin.Loaded) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// retire lets go of models that nobody has asked for so long, until ctx ends.
func (m *models) retire(ctx context.Context, after time.Duration) {
	if after == 0 {
		return
	}
	tick := time.NewTicker(min(after, time.Minute))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		m.mu.Lock()
		for _, l := range m.loaded {
			if l.idle() && time.Since(l.last) >= after {
				m.drop(l)
				continue
			}
			for id, a := range l.adapters {
				if time.Since(a.last) >= after {
					l.letGo(id)
				}
			}
		}
		m.mu.Unlock()
	}
}

// close lets go of everything.
func (m *models) close() error {
	m.mu.Lock()
	all := slices.Collect(maps.Values(m.loaded))
	m.mu.Unlock()
	var errs []error
	for _, l := range all {
		if <-l.ready; l.err == nil {
			errs = append(errs, l.model.Close())
		}
	}
	m.workers.Stop()
	m.routes.Load().leave(nil)
	return errors.Join(errs...)
}

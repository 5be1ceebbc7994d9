package appliance

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/catalog"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/prompt"
	"github.com/hearthbox/hearth/internal/tokenizer"
	"github.com/hearthbox/hearth/internal/upstream"
)

// listFresh is how long a look at the disk is believed when a model is asked for by
// name; lists are always fresh.
const listFresh = 2 * time.Second

// models are all models that can be asked: files, loaded when they are first asked
// for, and those of upstreams. It routes a request to the one it names.
type models struct {
	data      *Data
	upstreams []*upstream.OpenAI
	workers   *engine.Workers
	memory    int64
	cache     int64
	log       *slog.Logger

	mu     sync.Mutex
	loaded map[string]*loaded
	listed []hearth.Model
	at     time.Time // of listed
}

// loaded is a model in memory, or on its way there.
type loaded struct {
	id    string
	bytes int64
	ready chan struct{} // closed when the rest is set
	model *engine.Model
	chat  *prompt.Chat
	err   error

	users int // requests in progress, under models.mu
	last  time.Time
}

var (
	_ hearth.Generator = (*models)(nil)
	_ admin.Models     = (*models)(nil)
)

func newModels(d *Data, log *slog.Logger) (*models, error) {
	c := d.config
	m := &models{data: d, log: log, loaded: map[string]*loaded{}, memory: int64(c.Engine.MemoryBytes), cache: int64(c.Engine.CacheBytes)}
	if m.memory == 0 {
		m.memory = memoryBytes() / 5 * 4
	}
	if m.cache == 0 {
		m.cache = m.memory / 4
	}
	var err error
	if m.upstreams, err = upstreams(c); err != nil {
		return nil, err
	}
	m.workers = engine.NewWorkers(threads(c))
	return m, nil
}

// upstreams are those configured.
func upstreams(c Config) ([]*upstream.OpenAI, error) {
	var list []*upstream.OpenAI
	for _, u := range c.Upstreams {
		o, err := upstream.NewOpenAI(upstream.Config{Name: u.Name, URL: u.URL, Key: u.Key, Models: u.Models})
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

// List shows every model at hand.
func (m *models) List(ctx context.Context) ([]hearth.Model, error) {
	list, err := listModels(ctx, m.data.Catalog, m.upstreams, func(upstream string, err error) {
		m.log.Warn("the models of an upstream can't be listed", "upstream", upstream, "error", err)
	})
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listed, m.at = list, time.Now()
	return list, nil
}

// listModels lists files first, then what upstreams offer under names not taken. An
// upstream that can't be reached shows what it offered last.
func listModels(ctx context.Context, c *catalog.Catalog, upstreams []*upstream.OpenAI, warn func(upstream string, err error)) ([]hearth.Model, error) {
	list, err := c.List(ctx)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for i, x := range list {
		taken[x.ID] = true
		list[i].ContextTokens = engine.ContextTokens(x.ContextTokens)
	}
	for _, u := range upstreams {
		offered, err := u.Models(ctx)
		if err != nil {
			warn(u.Name, err)
		}
		for _, x := range offered {
			if !taken[x.ID] {
				taken[x.ID] = true
				list = append(list, x)
			}
		}
	}
	return list, nil
}

// Find looks a model up by name. Case does not matter.
func (m *models) Find(ctx context.Context, id string) (hearth.Model, error) {
	m.mu.Lock()
	list, fresh := m.listed, time.Since(m.at) < listFresh
	m.mu.Unlock()
	if x, ok := named(list, id); ok && fresh {
		return x, nil
	}
	list, err := m.List(ctx)
	if err != nil {
		return hearth.Model{}, err
	}
	if x, ok := named(list, id); ok {
		return x, nil
	}
	return hearth.Model{}, hearth.NewError(hearth.NoSuchModel, "model", id).At("model")
}

func named(list []hearth.Model, id string) (hearth.Model, bool) {
	i := slices.IndexFunc(list, func(x hearth.Model) bool { return strings.EqualFold(x.ID, id) })
	if i < 0 {
		return hearth.Model{}, false
	}
	return list[i], true
}

// Generate asks the model the request names.
func (m *models) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		x, err := m.Find(ctx, r.Model)
		if err != nil {
			yield(hearth.Chunk{}, err)
			return
		}
		g, release, err := m.generator(ctx, x)
		if err != nil {
			yield(hearth.Chunk{}, err)
			return
		}
		defer release()
		asked := *r
		asked.Model = x.ID // as it is listed, however it was written
		g.Generate(ctx, &asked)(yield)
	}
}

// generator is what answers for a model, held until release is called.
func (m *models) generator(ctx context.Context, x hearth.Model) (g hearth.Generator, release func(), err error) {
	if x.Problem != nil {
		return nil, nil, x.Problem.At("model")
	}
	for _, u := range m.upstreams {
		if x.Source == u.Source() {
			return u, func() {}, nil
		}
	}
	l, err := m.hold(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	return l.chat, func() { m.release(l) }, nil
}

// hold returns a model in memory, loading it if need be, and keeps it there until
// it is released.
func (m *models) hold(ctx context.Context, x hearth.Model) (*loaded, error) {
	m.mu.Lock()
	l := m.loaded[x.ID]
	if l != nil && l.broken() {
		m.drop(l)
		l = nil
	}
	if l == nil {
		if err := m.makeRoom(x); err != nil {
			m.mu.Unlock()
			return nil, err
		}
		l = &loaded{id: x.ID, bytes: x.FileBytes, ready: make(chan struct{})}
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
	e := m.data.config.Engine
	start := time.Now()
	l.model, l.err = engine.Open(x.ID, x.Path, engine.Options{Workers: m.workers, ContextTokens: e.ContextTokens,
		CacheBytes: m.cache, Sequences: e.Sequences, Waiting: e.WaitingRequests})
	if l.err != nil {
		m.log.Error("a model can't be loaded", "model", x.ID, "error", l.err)
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.loaded, l.id)
		return
	}
	l.chat = prompt.New(l.model, promptModel(x.ID, l.model.Template(), l.model.Tokenizer()))
	m.log.Info("model loaded", "model", x.ID, "context_tokens", l.model.ContextTokens(), "took", time.Since(start).Round(time.Millisecond))
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

// makeRoom lets go of models nobody uses, the longest unused first, until x fits.
func (m *models) makeRoom(x hearth.Model) error {
	need := x.FileBytes + m.cache
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
		case used+need <= m.memory, len(m.loaded) == 0 && x.FileBytes <= m.memory:
			return nil
		case oldest == nil:
			return hearth.NewError(hearth.ModelMemory, "model", x.ID, "need_bytes", need, "have_bytes", max(0, m.memory-used))
		}
		m.drop(oldest)
	}
}

// drop forgets a model and closes it in its own time: answers in progress are told.
func (m *models) drop(l *loaded) {
	delete(m.loaded, l.id)
	go func() {
		if err := l.model.Close(); err != nil {
			m.log.Error("a model can't be closed", "model", l.id, "error", err)
		}
		m.log.Info("model unloaded", "model", l.id)
	}()
}

// Load brings a model into memory.
func (m *models) Load(ctx context.Context, id string) error {
	x, err := m.Find(ctx, id)
	if err != nil {
		return err
	}
	_, release, err := m.generator(ctx, x)
	if err == nil {
		release()
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
	switch l := m.loaded[x.ID]; {
	case l == nil:
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
		list = append(list, admin.Loaded{ID: l.id, ContextTokens: l.model.ContextTokens(), FileBytes: l.bytes,
			Running: s.Running, Waiting: s.Waiting, PromptTokens: s.PromptTokens, AnswerTokens: s.AnswerTokens, BusySeconds: s.Busy.Seconds()})
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
	for _, u := range m.upstreams {
		u.Close()
	}
	return errors.Join(errs...)
}

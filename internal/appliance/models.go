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
	"github.com/hearthbox/hearth/internal/door"
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

	listing sync.Mutex
	listed  []hearth.Model // files
	at      time.Time      // of listed

	mu     sync.Mutex
	loaded map[string]*loaded
}

// loaded is a model in memory, or on its way there.
type loaded struct {
	id    string
	path  string
	bytes int64
	added time.Time     // as the file was when it was loaded
	ready chan struct{} // closed when the rest is set
	model *engine.Model
	chat  *prompt.Chat
	err   error

	users    int // requests in progress, under models.mu
	last     time.Time
	replaced bool // by another file of the same name; closed when its users are gone
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
	files, err := m.files(ctx, time.Now())
	if err != nil {
		return nil, err
	}
	return withOffers(ctx, files, m.upstreams, func(upstream string, err error) {
		m.log.Warn("the models of an upstream can't be listed", "upstream", upstream, "error", err)
	}), nil
}

// files lists the model files as they were at some moment not before oldest, so that
// many who ask at once have the folders walked for them once.
func (m *models) files(ctx context.Context, oldest time.Time) ([]hearth.Model, error) {
	m.listing.Lock()
	defer m.listing.Unlock()
	if !m.at.Before(oldest) {
		return m.listed, nil
	}
	began := time.Now()
	list, err := m.data.Catalog.List(ctx)
	if err != nil {
		return nil, err
	}
	m.listed, m.at = list, began
	return list, nil
}

// withOffers lists files, and then what upstreams offer under names not taken. An
// upstream that can't be reached shows what it offered last; warn is told.
func withOffers(ctx context.Context, files []hearth.Model, upstreams []*upstream.OpenAI, warn func(upstream string, err error)) []hearth.Model {
	taken := map[string]bool{}
	var list []hearth.Model
	for _, x := range files {
		taken[strings.ToLower(x.ID)] = true
		x.ContextTokens = engine.ContextTokens(x.ContextTokens)
		list = append(list, x)
	}
	offers := make([][]hearth.Model, len(upstreams))
	errs := make([]error, len(upstreams))
	var asked sync.WaitGroup
	for i, u := range upstreams {
		asked.Go(func() { offers[i], errs[i] = u.Models(ctx) })
	}
	asked.Wait()
	for i, u := range upstreams {
		if errs[i] != nil {
			warn(u.Name, errs[i])
		}
		for _, x := range offers[i] {
			if name := strings.ToLower(x.ID); !taken[name] {
				taken[name] = true
				list = append(list, x)
			}
		}
	}
	return list
}

// Find looks a model up by name. Case does not matter. Upstreams are only asked for
// what no file is called, so that a silent one holds up none of the others' work.
func (m *models) Find(ctx context.Context, id string) (hearth.Model, error) {
	files, err := m.files(ctx, time.Now().Add(-listFresh))
	if err != nil {
		return hearth.Model{}, err
	}
	if x, ok := named(files, id); ok {
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
		if err := m.makeRoom(x); err != nil {
			m.mu.Unlock()
			return nil, err
		}
		l = &loaded{id: x.ID, path: x.Path, bytes: x.FileBytes, added: x.Added, ready: make(chan struct{})}
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
	e := m.data.config.Engine
	l.model, err = engine.Open(x.ID, x.Path, engine.Options{Workers: m.workers, ContextTokens: e.ContextTokens,
		CacheBytes: m.cache, Sequences: e.Sequences, Waiting: e.WaitingRequests})
	if err == nil {
		l.chat = prompt.New(l.model, promptModel(x.ID, l.model.Template(), l.model.Tokenizer()))
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
	return l.path == x.Path && l.bytes == x.FileBytes && l.added.Equal(x.Added)
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

package appliance

import (
	"cmp"
	"context"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/traffic"
)

// listFresh is how long a look at the disk is believed when a model is asked for by
// name; lists are always fresh.
const listFresh = 2 * time.Second

// models are all models that can be asked: files, loaded when they are first asked
// for, and those of upstreams. It routes a request to the one it names.
type models struct {
	data    *Data
	routes  atomic.Pointer[routes]
	workers *engine.Workers
	memory  int64
	cache   int64
	log     *slog.Logger

	listing sync.Mutex
	listed  []hearth.Model // files
	at      time.Time      // of listed

	mu     sync.Mutex
	loaded map[string]*loaded
}

var (
	_ traffic.Route = (*models)(nil)
	_ admin.Models  = (*models)(nil)
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
	r, err := newRoutes(c, nil)
	if err != nil {
		return nil, err
	}
	m.routes.Store(r)
	m.workers = engine.NewWorkers(threads(c))
	return m, nil
}

// List shows every model at hand.
func (m *models) List(ctx context.Context) ([]hearth.Model, error) {
	files, err := m.files(ctx, time.Now())
	if err != nil {
		return nil, err
	}
	return withOffers(ctx, files, m.routes.Load(), func(upstream string, err error) {
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

// withOffers lists files and what upstreams offer under names not taken, and groups; then the starter
// model, as who names no model gets the first, and last what can't be talked to. An upstream that can't be reached shows
// what it offered last; warn is told.
func withOffers(ctx context.Context, files []hearth.Model, now *routes, warn func(upstream string, err error)) []hearth.Model {
	taken := map[string]bool{}
	var list []hearth.Model
	for _, x := range files {
		taken[strings.ToLower(x.ID)] = true
		x.ContextTokens = engine.ContextTokens(x.ContextTokens)
		list = append(list, x)
	}
	servers := now.servers
	offers := make([][]hearth.Model, len(servers))
	errs := make([]error, len(servers))
	var asked sync.WaitGroup
	for i, u := range servers {
		asked.Go(func() { offers[i], errs[i] = u.Models(ctx) })
	}
	asked.Wait()
	for i, u := range servers {
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
	for _, g := range now.listed(list) { // which have their names before models do
		list = slices.DeleteFunc(list, func(x hearth.Model) bool { return strings.EqualFold(x.ID, g.ID) })
		list = append(list, g)
	}
	slices.SortStableFunc(list, func(a, b hearth.Model) int { return cmp.Compare(standing(a), standing(b)) })
	return list
}

// standing is how late a model is listed.
func standing(x hearth.Model) int {
	switch {
	case x.Task != "" && x.Task != hearth.TaskChat:
		return 2
	case x.Origin == hearth.OriginStarter:
		return 1
	}
	return 0
}

// Find looks a model, or a group of them, up by name. Case does not matter. Upstreams are
// only asked for what no file is called, so that a silent one holds up none of the others'
// work.
func (m *models) Find(ctx context.Context, id string) (hearth.Model, error) {
	if m.routes.Load().group(id) == nil {
		return m.model(ctx, id)
	}
	list, err := m.List(ctx)
	if err != nil {
		return hearth.Model{}, err
	}
	x, _ := hearth.FindModel(list, id)
	return x, nil
}

// model looks up what is no group.
func (m *models) model(ctx context.Context, id string) (hearth.Model, error) {
	files, err := m.files(ctx, time.Now().Add(-listFresh))
	if err != nil {
		return hearth.Model{}, err
	}
	if x, ok := hearth.FindModel(files, id); ok {
		return x, nil
	}
	list := withOffers(ctx, files, &routes{servers: m.routes.Load().servers}, func(upstream string, err error) {
		m.log.Warn("the models of an upstream can't be listed", "upstream", upstream, "error", err)
	})
	if x, ok := hearth.FindModel(list, id); ok {
		return x, nil
	}
	return hearth.Model{}, m.missing(list, id)
}

// missing says why there is no model of that name: there may be both a model and an
// adapter, and one is not for the other.
func (m *models) missing(list []hearth.Model, id string) error {
	if i := strings.LastIndexByte(id, ':'); i > 0 {
		base, found := hearth.FindModel(list, id[:i])
		at := slices.IndexFunc(list, func(x hearth.Model) bool {
			return strings.EqualFold(cmp.Or(x.Adapter(), x.ID), id[i+1:]) && x.Path != ""
		})
		if found && at >= 0 && base.Base == "" && base.Path != "" {
			if err := m.data.Catalog.Unfit(cmp.Or(list[at].Adapter(), list[at].ID), list[at].Path, base); err != nil {
				return hearth.AsError(err).At("model")
			}
		}
	}
	return hearth.NewError(hearth.NoSuchModel, "model", id).At("model")
}

// Generate asks the model the request names, where the request says.
func (m *models) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		x, err := m.chosen(ctx, r)
		// An adapter is also known by its own name; of a group it is the group's that counts.
		if err == nil && m.routes.Load().group(r.Model) == nil && !r.By.MayUse(x.ID) {
			err = hearth.NewError(hearth.NoSuchModel, "model", r.Model).At("model")
		}
		if err == nil {
			err = m.stays(r, x)
		}
		if err != nil {
			yield(hearth.Chunk{}, err)
			return
		}
		if r.Embed != nil || r.Rerank != nil {
			yield(m.encoded(ctx, x, r))
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
		if !m.data.config.Engine.SharePrefixes {
			asked.Realm = r.By.KeyID
		}
		g.Generate(ctx, &asked)(yield)
	}
}

// generator is what answers for a model, held until release is called.
func (m *models) generator(ctx context.Context, x hearth.Model) (g hearth.Generator, release func(), err error) {
	if err := fit(x, hearth.TaskChat); err != nil {
		return nil, nil, err
	}
	if s := m.routes.Load().server(x.Source); s != nil {
		return s, func() {}, nil
	}
	l, a, err := m.holdAdapted(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	release = func() { m.release(l) }
	if a != nil {
		return a.chat, release, nil
	}
	return l.chat, release, nil
}

// fit refuses a model that can't be served, or not for that.
func fit(x hearth.Model, task string) error {
	if x.Problem != nil {
		return x.Problem.At("model")
	}
	if x.Task != "" && x.Task != task {
		return hearth.NewError(hearth.WrongTask, "model", x.ID, "task", x.Task, "asked", task).At("model")
	}
	return nil
}

// encoded asks a model for vectors or for a ranking, in one chunk.
func (m *models) encoded(ctx context.Context, x hearth.Model, r *hearth.Request) (c hearth.Chunk, err error) {
	task := hearth.TaskEmbedding
	if r.Rerank != nil {
		task = hearth.TaskReranking
	}
	e, release, err := m.encoder(ctx, x, task)
	if err != nil {
		return c, err
	}
	defer release()
	if r.Rerank != nil {
		asked := *r.Rerank
		asked.Model = x.ID
		if c.Ranking, err = e.Rerank(ctx, &asked); err == nil {
			c.ServedBy, c.Usage = c.Ranking.ServedBy, &c.Ranking.Usage
		}
		return c, err
	}
	asked := *r.Embed
	asked.Model = x.ID
	if c.Embeddings, err = e.Embed(ctx, &asked); err == nil {
		c.ServedBy, c.Usage = c.Embeddings.ServedBy, &c.Embeddings.Usage
	}
	return c, err
}

// encoder makes vectors and rankings of texts.
type encoder interface {
	hearth.Embedder
	hearth.Reranker
}

// encoder is what does so for a model, held until release is called.
func (m *models) encoder(ctx context.Context, x hearth.Model, task string) (e encoder, release func(), err error) {
	if err := fit(x, task); err != nil {
		return nil, nil, err
	}
	if s := m.routes.Load().server(x.Source); s != nil {
		return s, func() {}, nil
	}
	l, err := m.hold(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	return l.texts, func() { m.release(l) }, nil
}

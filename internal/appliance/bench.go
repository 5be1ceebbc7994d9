package appliance

import (
	"cmp"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/engine"
)

// Alone is a model in the native engine with nothing else around it: no server, and
// nobody else's requests. It is for measuring.
type Alone struct {
	*engine.Model
	Threads int
	Took    time.Duration // to load

	workers *engine.Workers
}

// OpenAlone loads a model file to be computed by so many threads, 0 being as many as
// are configured. Close it after use.
func OpenAlone(c Config, m hearth.Model, count, contextTokens int) (*Alone, error) {
	if m.Problem != nil {
		return nil, m.Problem
	}
	if m.Base != "" {
		return nil, hearth.NewError(hearth.Unsupported, "what", hearth.Words{"measuring the engine alone with an adapter", "单独测量带适配器的引擎"}).At("model")
	}
	a := &Alone{Threads: cmp.Or(count, threads(c))}
	a.workers = engine.NewWorkers(a.Threads)
	began := time.Now()
	var err error
	a.Model, err = engine.Open(m.ID, m.Path, engine.Options{Workers: a.workers, ContextTokens: contextTokens,
		CacheBytes: cmp.Or(int64(c.Engine.CacheBytes), c.ModelMemory()/4), Sequences: 1, Waiting: 1, Plain: true})
	if err != nil {
		a.workers.Stop()
		return nil, err
	}
	a.Took = time.Since(began)
	return a, nil
}

// Count is how many tokens a prompt of plain text has.
func (a *Alone) Count(text string) int {
	t := a.Tokenizer()
	return len(t.Opening()) + len(t.AppendLiteral(nil, text))
}

// Close lets go of the model.
func (a *Alone) Close() error {
	err := a.Model.Close()
	a.workers.Stop()
	return err
}

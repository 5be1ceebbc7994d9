package catalog

import (
	"errors"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gguf"
)

// fitting is what was found out of a model and an adapter, when their files had these
// times and sizes.
type fitting struct {
	model, adapter stamp
	err            error
}

type stamp struct {
	bytes int64
	time  time.Time
}

func stampOf(m hearth.Model) stamp { return stamp{m.FileBytes, m.Added} }

// onModels is an adapter on every model that it fits; by itself, with the problem that
// there is none, if it fits none.
func (c *Catalog) onModels(a hearth.Model, models []hearth.Model) []hearth.Model {
	var on []hearth.Model
	problem := hearth.NewError(hearth.AdapterUnfit, "adapter", a.ID, "model", say("any model here", "此处的任何模型"),
		"detail", say("it changes models of architecture %s", "它修改架构为 %s 的模型", a.Architecture))
	for _, m := range models {
		if m.Base != "" || m.Problem != nil || m.Task != hearth.TaskChat || m.Origin == hearth.OriginStarter || m.Architecture != a.Architecture {
			continue
		}
		if err := c.fit(m, a); err != nil {
			problem = unfit(a.ID, m.ID, err)
			continue
		}
		x := a
		x.ID, x.Base, x.Task, x.ContextTokens = m.ID+":"+a.ID, m.ID, m.Task, m.ContextTokens
		on = append(on, x)
	}
	if len(on) == 0 {
		if a.Problem == nil {
			a.Problem = problem
		}
		on = append(on, a)
	}
	return on
}

func unfit(adapter, model string, err error) *hearth.Error {
	return hearth.NewError(hearth.AdapterUnfit, "adapter", adapter, "model", model, "detail", err).Because(err)
}

// Unfit says why an adapter that lies at a path, by this name, is not listed on a model;
// nil if it fits.
func (c *Catalog) Unfit(name, path string, model hearth.Model) error {
	err := fits(c.engine, model.Path, path)
	if err == nil {
		return nil
	}
	return unfit(name, model.ID, err)
}

// fit is what the engine says of both files, unless it was asked before and they have not
// changed.
func (c *Catalog) fit(m, a hearth.Model) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := [2]string{m.Path, a.Path}
	f, ok := c.fits[key]
	if !ok || f.model != stampOf(m) || f.adapter != stampOf(a) {
		f = fitting{model: stampOf(m), adapter: stampOf(a), err: fits(c.engine, m.Path, a.Path)}
		c.fits[key] = f
	}
	return f.err
}

func fits(e Engine, model, adapter string) error {
	m, err := gguf.Open(model)
	if err != nil {
		return err
	}
	a, err := gguf.Open(adapter)
	if err != nil {
		return errors.Join(err, m.Close())
	}
	err = gguf.Reading(func() error { return e.Fits(m, a) })
	return errors.Join(err, m.Close(), a.Close())
}

package appliance

import (
	"context"
	"reflect"

	"github.com/hearthbox/hearth"
)

// Reload takes another configuration into use while the appliance runs: upstreams,
// engines, groups, ladders and the class of data. Answers that have begun go on where they are. Other settings
// wait for the next start, and the log says so. A configuration that can't be used changes
// nothing.
func (a *Appliance) Reload(ctx context.Context, c Config) error {
	select {
	case <-a.running:
	case <-ctx.Done():
		return ctx.Err()
	}
	a.reloading.Lock()
	defer a.reloading.Unlock()
	c, err := a.Data.secrets.revealed(c)
	if err != nil {
		return err
	}
	return a.Data.Act(ctx, "reload", "configuration", func(*hearth.Record) error {
		if a.certs != nil {
			if err := a.certs.refresh(); err != nil {
				return invalidConfig(say("tls: %v", "tls：%v", err)).Because(err) // the one before goes on serving
			}
		}
		before := a.models.routes.Load()
		after, err := newRoutes(c, before)
		if err != nil {
			return err
		}
		gone, err := a.changeEngines(c, after)
		if err != nil {
			return err
		}
		after.watch(a.background, a.log, a.traffic.Report)
		a.models.routes.Store(after)
		before.leave(after)
		a.retireEngines(gone)
		if !reflect.DeepEqual(fixed(a.config), fixed(c)) {
			a.log.Warn("settings other than upstreams, engines, groups, ladders and data_class have changed; they are used from the next start")
		}
		a.config.Upstreams, a.config.Engines, a.config.Groups, a.config.Ladders, a.config.DataClass = c.Upstreams, c.Engines, c.Groups, c.Ladders, c.DataClass
		a.log.Info("the configuration was read anew", "upstreams", len(c.Upstreams), "groups", len(c.Groups))
		return nil
	})
}

// fixed is a configuration without what may change while the appliance runs.
func fixed(c Config) Config {
	c.Upstreams, c.Engines, c.Groups, c.Ladders, c.DataClass, c.env, c.ask, c.wait = nil, nil, nil, nil, "", nil, nil, nil
	return c
}

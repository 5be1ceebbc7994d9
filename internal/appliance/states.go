package appliance

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
)

// upstreams are the appliance's as the door for managing shows them.
type upstreams struct{ *Appliance }

var _ admin.Upstreams = upstreams{}

// Upstreams shows those of the configuration and then the engines.
func (a upstreams) Upstreams(l hearth.Language) []admin.Upstream {
	engines := a.enginesNow()
	list := []admin.Upstream{}
	for _, s := range a.models.routes.Load().servers {
		u := a.shown(s, l)
		if i := slices.IndexFunc(engines, func(e *managedEngine) bool { return e.server == s }); i >= 0 {
			u.Engine = engines[i].shown()
		}
		list = append(list, u)
	}
	return list
}

func (a upstreams) enginesNow() []*managedEngine {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	return slices.Clone(a.engines)
}

func (a upstreams) shown(s *server, l hearth.Language) admin.Upstream {
	is, seen := s.Status(), a.traffic.Seen(s.Source())
	u := admin.Upstream{Name: s.Name, Kind: s.Kind().Name, URL: bare(s.URL), DataClass: string(s.most),
		State: string(is.State), Failures: is.Failures, WorkedAt: moment(is.Worked), Trouble: admin.NewTrouble(is.Trouble, is.Troubled, l),
		RestsSeconds: max(is.Rests, seen.Pause).Seconds(), Running: is.Running, Waiting: seen.Waiting, Slots: seen.Slots, Found: seen.Found,
		Answers: is.Answers, Troubles: is.Troubles, Models: []string{}}
	if is.Load != nil {
		u.Load = &admin.UpstreamLoad{Running: is.Load.Running, Waiting: is.Load.Waiting, Cache: is.Load.Cache}
	}
	for _, m := range is.Models {
		u.Models = append(u.Models, m.ID)
	}
	return u
}

func (e *managedEngine) shown() *admin.Engine {
	is := e.Status()
	return &admin.Engine{Template: e.config.Template, Model: e.config.Model, Devices: append([]string{}, e.config.Devices...),
		State: string(is.State), Since: is.Since, Starts: is.Starts, Why: is.Why}
}

// bare is an address without what may be secret in it.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a upstreams) named(name string) (*server, error) {
	for _, s := range a.models.routes.Load().servers {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, hearth.NewError(hearth.NoSuchUpstream, "upstream", name).At("upstream")
}

// Drain has an upstream given nothing new, or lets it be asked again.
func (a upstreams) Drain(name string, on bool) error {
	s, err := a.named(name)
	if err != nil {
		return err
	}
	s.Drain(on)
	a.log.Info("an upstream was drained, or is asked again", "upstream", name, "drained", on)
	return nil
}

// Probe has an upstream make a token.
func (a upstreams) Probe(ctx context.Context, name string) error {
	s, err := a.named(name)
	if err != nil {
		return err
	}
	return s.Probe(ctx)
}

// Restart starts an engine again.
func (a upstreams) Restart(name string) error {
	s, err := a.named(name)
	if err != nil {
		return err
	}
	engines := a.enginesNow()
	i := slices.IndexFunc(engines, func(e *managedEngine) bool { return e.server == s })
	if i < 0 {
		return hearth.NewError(hearth.NotAnEngine, "upstream", name).At("upstream")
	}
	engines[i].Restart()
	return nil
}

package appliance

import (
	"cmp"
	"context"
	"hash/fnv"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/traffic"
	"github.com/hearthbox/hearth/internal/upstream"
)

// routes say where a request may go. They do not change: another configuration makes
// others, and answers that have begun go on with those they began with.
type routes struct {
	servers []*server
	groups  []GroupConfig
	ladders []LadderConfig
	class   hearth.DataClass // of requests that do not say
}

// server is an upstream with what the appliance knows of it.
type server struct {
	*upstream.Server
	config UpstreamConfig
	most   hearth.DataClass // the closest it is given
	engine bool             // started here: not one of the configuration's upstreams
	stop   context.CancelFunc
}

// newRoutes makes routes of a configuration. Servers that stay as they were are taken
// over from before, with what is known of them.
func newRoutes(c Config, before *routes) (*routes, error) {
	r := &routes{groups: c.Groups, ladders: c.Ladders, class: hearth.DataClass(c.DataClass)}
	for _, u := range c.Upstreams {
		if before != nil {
			if i := slices.IndexFunc(before.servers, func(s *server) bool { return !s.engine && reflect.DeepEqual(s.config, u) }); i >= 0 {
				r.servers = append(r.servers, before.servers[i])
				continue
			}
		}
		s, err := newServer(u)
		if err != nil {
			return nil, err
		}
		r.servers = append(r.servers, s)
	}
	if before != nil {
		for _, s := range before.servers {
			if s.engine {
				r.servers = append(r.servers, s)
			}
		}
	}
	return r, nil
}

func newServer(u UpstreamConfig) (*server, error) {
	uc, err := u.config()
	if err != nil {
		return nil, err
	}
	s, err := upstream.New(uc)
	if err != nil {
		return nil, err
	}
	return &server{Server: s, config: u, most: u.dataClass(s.URL)}, nil
}

// watch begins to look after the servers that nobody looks after yet.
func (r *routes) watch(ctx context.Context, log *slog.Logger, report func(traffic.State)) {
	for _, s := range r.servers {
		if s.stop != nil {
			continue
		}
		var own context.Context
		own, s.stop = context.WithCancel(ctx)
		go s.Watch(own, log, func() {
			load, _ := s.Load()
			busy := load.Cache
			if load.Waiting > 0 {
				busy = 1 // others fill it
			}
			report(traffic.State{Backend: s.Source(), Down: !s.Up(), Load: busy})
		})
	}
}

// leave lets go of the servers that are not among those of after.
func (r *routes) leave(after *routes) {
	for _, s := range r.servers {
		if after != nil && slices.Contains(after.servers, s) {
			continue
		}
		if s.stop != nil {
			s.stop()
		}
		s.Close()
	}
}

func (r *routes) server(source string) *server {
	for _, s := range r.servers {
		if s.Source() == source {
			return s
		}
	}
	return nil
}

func (r *routes) group(name string) *GroupConfig {
	for i := range r.groups {
		if strings.EqualFold(r.groups[i].Name, name) {
			return &r.groups[i]
		}
	}
	return nil
}

// allows reports whether somebody may use the group: the holder of a key that is listed,
// or one of a tenant that is.
func (g *GroupConfig) allows(by hearth.Principal) bool {
	return listed(g.Keys, by)
}

// seat is a member as a request meets it.
type seat struct {
	MemberConfig
	rank int
}

// seats are the members for a request. A conversation is the canary's for as long as it
// lasts: what decides is who asks and how it began.
func (g *GroupConfig) seats(r *hearth.Request) (list []seat) {
	canary := g.Canary.Model != "" && g.Canary.Percent > 0 && share(g.Name, r) < g.Canary.Percent
	if canary {
		list = append(list, seat{MemberConfig{Model: g.Canary.Model, Upstream: g.Canary.Upstream}, 0})
	}
	for _, m := range g.Members {
		s := seat{m, 0}
		if canary {
			s.rank++
		}
		if m.Standby {
			s.rank += 2
		}
		list = append(list, s)
	}
	return list
}

// share is which of a hundred parts a conversation belongs to.
func share(salt string, r *hearth.Request) int {
	h := fnv.New32a()
	write := func(s string) { _, _ = h.Write([]byte(s)); _, _ = h.Write([]byte{0}) }
	write(salt)
	write(r.By.KeyID)
	if r.Prompt != nil {
		write(*r.Prompt)
	}
	for _, m := range r.Messages {
		if m.Role == hearth.RoleUser {
			write(m.Text)
			break
		}
	}
	return int(h.Sum32() % 100)
}

// places are the backends of one model, all of them or those of one upstream.
func (m *models) places(ctx context.Context, id, only string) (x hearth.Model, list []traffic.Backend, err error) {
	x, err = m.model(ctx, id)
	switch {
	case err != nil:
		return x, nil, err
	case x.Problem != nil:
		return x, nil, x.Problem.At("model")
	case x.Origin != hearth.OriginUpstream && only == "":
		base := cmp.Or(x.Base, x.ID) // whose slots all its adapters share
		return x, []traffic.Backend{{Source: x.Source + "/" + base, Slots: m.data.config.Engine.Sequences, Tokens: m.cacheTokens(base), Continues: true}}, nil
	}
	for _, s := range m.routes.Load().servers {
		if (only == "" || s.Name == only) && (s.Source() == x.Source || s.Offers(x.ID)) {
			list = append(list, traffic.Backend{Source: s.Source(), Slots: s.config.Concurrent, Continues: s.Kind().Continues()})
		}
	}
	if len(list) == 0 {
		return x, nil, hearth.NewError(hearth.NoSuchModel, "model", id).At("model")
	}
	return x, list, nil
}

// Backends are where a request may be answered: the engine of a model that is a file, the
// upstreams that offer it, or those of the members of a group; as far as its data may go
// there.
func (m *models) Backends(ctx context.Context, r *hearth.Request) (traffic.Ways, error) {
	now := m.routes.Load()
	r.Trail.SetDataClass(string(now.classOf(r)))
	w, err := m.ways(ctx, now, r)
	if err != nil {
		return w, err
	}
	w, err = within(now, r, w)
	w.Steps = m.steps(now, r)
	return w, err
}

// ways are the backends of a request, wherever they are.
func (m *models) ways(ctx context.Context, now *routes, r *hearth.Request) (traffic.Ways, error) {
	g := now.group(r.Model)
	if g == nil {
		x, list, err := m.places(ctx, r.Model, "")
		return traffic.Ways{Model: x.ID, Line: x.ID, Backends: list}, err
	}
	if !g.allows(r.By) {
		return traffic.Ways{}, hearth.NewError(hearth.NotThisModel, "model", g.Name).At("model")
	}
	w := traffic.Ways{Model: g.Name, Line: "group/" + g.Name}
	var none error
	for _, s := range g.seats(r) {
		_, list, err := m.places(ctx, s.Model, s.Upstream)
		if err != nil {
			none = err
			continue
		}
		for _, b := range list {
			b.Rank, b.Weight = s.rank, float64(s.Weight)
			if !slices.ContainsFunc(w.Backends, func(o traffic.Backend) bool { return o.Source == b.Source }) {
				w.Backends = append(w.Backends, b)
			}
		}
		if s.rank > 0 && w.Line == "group/"+g.Name && g.Canary.Percent > 0 {
			w.Line += "\x00canary"
		}
	}
	if len(w.Backends) == 0 {
		return w, none
	}
	return w, nil
}

// chosen is the model that answers a request at the place it was given.
func (m *models) chosen(ctx context.Context, r *hearth.Request) (hearth.Model, error) {
	g := m.routes.Load().group(r.Model)
	if g == nil {
		x, err := m.model(ctx, r.Model)
		switch s := m.routes.Load().server(r.Source); {
		case err != nil:
		case x.Origin == hearth.OriginUpstream && r.Source != "":
			x.Source = r.Source
		case s != nil && s.Offers(x.ID): // which has one of that name as well
			x = hearth.Model{ID: x.ID, Source: s.Source(), Origin: hearth.OriginUpstream}
		}
		return x, err
	}
	var none error = hearth.NewError(hearth.NoSuchModel, "model", r.Model).At("model")
	for _, s := range g.seats(r) {
		x, list, err := m.places(ctx, s.Model, s.Upstream)
		if err != nil {
			none = err
			continue
		}
		for _, b := range list {
			if r.Source == "" || b.Source == r.Source {
				if x.Origin == hearth.OriginUpstream {
					x.Source = b.Source
				}
				return x, nil
			}
		}
	}
	return hearth.Model{}, none
}

// listed are the groups as models of the list.
func (r *routes) listed(models []hearth.Model) (list []hearth.Model) {
	for i := range r.groups {
		g := &r.groups[i]
		x := hearth.Model{ID: g.Name, Source: "group/" + g.Name, Origin: hearth.OriginGroup}
		for _, m := range g.Members {
			if y, ok := hearth.FindModel(models, m.Model); ok {
				if x.Task == "" {
					x.Task = y.Task
				}
				if y.ContextTokens > 0 && (x.ContextTokens == 0 || y.ContextTokens < x.ContextTokens) {
					x.ContextTokens = y.ContextTokens
				}
			}
		}
		list = append(list, x)
	}
	return list
}

// reach are the upstreams that what is asked of a model may come to, shadows included.
func (m *models) reach(ctx context.Context, id string) (list []*server) {
	now := m.routes.Load()
	names := []MemberConfig{{Model: id}}
	if g := now.group(id); g != nil {
		names = append(slices.Clone(g.Members), MemberConfig{Model: g.Canary.Model, Upstream: g.Canary.Upstream}, MemberConfig{Model: g.Shadow.Model, Upstream: g.Shadow.Upstream})
	}
	found := map[*server]bool{}
	for _, n := range names {
		if n.Model == "" {
			continue
		}
		_, places, err := m.places(ctx, n.Model, n.Upstream)
		if err != nil && hearth.AsError(err).Code != hearth.NoSuchModel {
			return now.servers // it may be one of theirs
		}
		for _, b := range places {
			if s := now.server(b.Source); s != nil {
				found[s] = true
			}
		}
	}
	return slices.Collect(maps.Keys(found))
}

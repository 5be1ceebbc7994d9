package appliance

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/traffic"
)

// LadderConfig is what is done about requests that would wait long.
type LadderConfig struct {
	Models []string     `yaml:"models" en:"models or groups it is for, as clients ask for them; empty is all" zh:"适用的模型或模型组（客户端使用的名称）；留空为全部"`
	Keys   []string     `yaml:"keys" en:"whom it is for: names or ids of keys, or ids of people or tenants; empty is everyone" zh:"适用对象：密钥的名称或编号，或人员、租户的编号；留空为所有人"`
	Steps  []StepConfig `yaml:"steps" en:"what is done, one after the other, for as long as the request would still wait too long" zh:"依次采取的步骤，直至预计等待不再过长"`
}

// StepConfig is one step: less effort, or another place.
type StepConfig struct {
	After     time.Duration `yaml:"after" en:"taken if the request would wait for longer; 0 only if it would be refused, as its answer could not begin in time" zh:"预计等待超过该时长时采取；0 表示仅在回答无法按时开始、否则会被拒绝时采取"`
	Thinking  string        `yaml:"thinking" en:"off: the model does not think before it answers" zh:"off：模型不经思考直接作答"`
	MaxTokens int           `yaml:"max_tokens" en:"longest answer; answers that have to be of a form are not cut" zh:"回答的最大词元数；须符合给定格式的回答不受此限"`
	Model     string        `yaml:"model" en:"the model or group that is asked instead, if who asks may use it" zh:"改由该模型或模型组作答（提问者须有权使用）"`
	Upstream  string        `yaml:"upstream" en:"the upstream that is asked instead, for the model above or else the same; only what its data_class allows goes there" zh:"改由该上游作答（模型为上面所填者，未填则不变）；仅限其 data_class 允许的数据"`
}

func (s *StepConfig) elsewhere() bool { return s.Model != "" || s.Upstream != "" }

// name is what callers are told of the step.
func (s *StepConfig) name() string {
	var list []string
	add := func(what, value string) {
		if value != "" {
			list = append(list, what+"="+value)
		}
	}
	if !s.elsewhere() {
		return "effort"
	}
	add("model", s.Model)
	add("upstream", s.Upstream)
	return strings.Join(list, ";")
}

// Limits of ladders.
const (
	stepsMost     = 8
	stepAfterMost = 24 * time.Hour
)

func (c *Config) checkLadders() error {
	for i, l := range c.Ladders {
		bad := func(english, chinese string, args ...any) error {
			args = append([]any{i}, args...)
			return invalidConfig(say("ladders[%d]: "+english, "ladders[%d]："+chinese, args...))
		}
		if len(l.Steps) == 0 || len(l.Steps) > stepsMost {
			return bad("it has from 1 to %d steps", "应有 1 到 %d 个步骤", stepsMost)
		}
		for _, s := range l.Steps {
			effort := s.Thinking != "" || s.MaxTokens != 0
			switch {
			case effort == s.elsewhere():
				return bad("a step is either less effort (thinking, max_tokens) or another place (model, upstream)", "每个步骤要么降低强度（thinking、max_tokens），要么更换去处（model、upstream）")
			case s.Thinking != "" && s.Thinking != "off":
				return bad("thinking: %q is not off", "thinking：%q 只能是 off", s.Thinking)
			case s.MaxTokens < 0 || s.MaxTokens > 1<<20:
				return bad("max_tokens is out of range: from 1 to %d", "max_tokens 超出范围：1 到 %d", 1<<20)
			case s.After < 0 || s.After > stepAfterMost:
				return bad("after is out of range: from 0 to %v", "after 超出范围：0 到 %v", stepAfterMost)
			case s.Upstream != "" && !slices.ContainsFunc(c.Upstreams, func(u UpstreamConfig) bool { return u.Name == s.Upstream }) &&
				!slices.ContainsFunc(c.Engines, func(m ManagedConfig) bool { return m.Name == s.Upstream }):
				return bad("there is no upstream %s", "没有上游 %s", s.Upstream)
			}
		}
	}
	return nil
}

// ladder is the first that is for a request; nil if none is.
func (r *routes) ladder(q *hearth.Request) *LadderConfig {
	for i := range r.ladders {
		l := &r.ladders[i]
		if (len(l.Models) == 0 || slices.ContainsFunc(l.Models, func(m string) bool { return strings.EqualFold(m, q.Model) })) && listed(l.Keys, q.By) {
			return l
		}
	}
	return nil
}

// listed reports whether somebody is on a list of keys, people and tenants; an empty one
// is everyone's.
func listed(list []string, by hearth.Principal) bool {
	return len(list) == 0 || slices.ContainsFunc([]string{by.KeyID, by.Name, by.Tenant, by.Person}, func(who string) bool { return who != "" && slices.Contains(list, who) })
}

// steps are what may be done about a request that would wait long. Vectors and rankings of
// another model are of no use beside those there are.
func (m *models) steps(now *routes, r *hearth.Request) (list []traffic.Step) {
	l := now.ladder(r)
	if l == nil || r.Embed != nil || r.Rerank != nil {
		return nil
	}
	for _, s := range l.Steps {
		list = append(list, traffic.Step{Name: s.name(), After: s.After, Elsewhere: s.elsewhere(), Take: func(ctx context.Context, r *hearth.Request) (traffic.Ways, error) {
			if !s.elsewhere() {
				return m.ease(ctx, now, s, r)
			}
			return m.divert(ctx, now, s, r)
		}})
	}
	return list
}

// ease asks for an answer that takes less.
func (m *models) ease(ctx context.Context, now *routes, s StepConfig, r *hearth.Request) (traffic.Ways, error) {
	before := *r
	if s.Thinking != "" {
		r.Thinking = hearth.ThinkingOff
	}
	if s.MaxTokens > 0 && r.Constraint == nil && !r.IgnoreEnd && (r.MaxTokens == 0 || r.MaxTokens > s.MaxTokens) {
		r.MaxTokens, r.MayFallShort = s.MaxTokens, true
	}
	if r.Thinking == before.Thinking && r.MaxTokens == before.MaxTokens {
		return traffic.Ways{}, hearth.NewError(hearth.InvalidValue, "field", "ladders", "detail", hearth.Words{"it takes no less already", "已无可降低"})
	}
	w, err := m.ways(ctx, now, r)
	if err != nil {
		return w, err
	}
	return within(now, r, w)
}

// divert asks another model, or the same one elsewhere.
func (m *models) divert(ctx context.Context, now *routes, s StepConfig, r *hearth.Request) (traffic.Ways, error) {
	r.Model = cmp.Or(s.Model, r.Model)
	if !r.By.MayUse(r.Model) {
		return traffic.Ways{}, hearth.NewError(hearth.NoSuchModel, "model", r.Model).At("model")
	}
	if s.Upstream == "" {
		w, err := m.ways(ctx, now, r)
		if err != nil {
			return w, err
		}
		return within(now, r, w)
	}
	x, list, err := m.places(ctx, r.Model, s.Upstream)
	if err != nil {
		return traffic.Ways{}, err
	}
	r.Model = x.ID
	return within(now, r, traffic.Ways{Model: x.ID, Line: x.ID + "\x00only/" + s.Upstream, Backends: list})
}

// classOf is of which class what is asked is.
func (r *routes) classOf(q *hearth.Request) hearth.DataClass { return cmp.Or(q.DataClass, r.class) }

// within leaves of the ways those to which the data of a request may go.
func within(now *routes, r *hearth.Request, w traffic.Ways) (traffic.Ways, error) {
	class := now.classOf(r)
	all := len(w.Backends)
	w.Backends = slices.DeleteFunc(w.Backends, func(b traffic.Backend) bool {
		s := now.server(b.Source)
		return s != nil && !class.Within(s.most)
	})
	if len(w.Backends) == 0 {
		return w, hearth.NewError(hearth.DataStays, "model", w.Model, "class", string(class)).At("model")
	}
	if len(w.Backends) < all {
		w.Line += "\x00" + string(class)
	}
	return w, nil
}

// stays refuses to send a request where its data may not go. Who decided where it goes knew
// that; the configuration may have changed since.
func (m *models) stays(r *hearth.Request, x hearth.Model) error {
	now := m.routes.Load()
	class := now.classOf(r)
	if s := now.server(x.Source); s != nil && !class.Within(s.most) {
		return hearth.NewError(hearth.DataStays, "model", x.ID, "class", string(class)).At("model")
	}
	return nil
}

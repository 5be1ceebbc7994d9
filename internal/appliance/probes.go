package appliance

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/trust"
	"github.com/hearthbox/hearth/packs"
)

// probeSets are the sets of probes that come with the appliance, by name.
var probeSets = sync.OnceValue(func() []*trust.ProbeSet {
	var list []*trust.ProbeSet
	names, err := fs.Glob(packs.Trust, "trust/probes.*.yaml")
	for _, name := range names {
		text, e := fs.ReadFile(packs.Trust, name)
		set, f := trust.ParseProbes(text)
		err = cmp.Or(err, e, f)
		list = append(list, set)
	}
	if err != nil {
		panic("the probes in the binary: " + err.Error()) // a broken build
	}
	slices.SortFunc(list, func(a, b *trust.ProbeSet) int { return strings.Compare(a.Name, b.Name) })
	return list
})

// ProbeSets lists the sets of probes.
func ProbeSets() []*trust.ProbeSet { return probeSets() }

func probeSet(name string) (*trust.ProbeSet, error) {
	for _, s := range probeSets() {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, hearth.NewError(hearth.NoSuchProbe, "probe", name).At("set")
}

// check refuses settings about trust that can't be used.
func (c *TrustConfig) check() error {
	for _, name := range c.Probes.Sets {
		if _, err := probeSet(name); err != nil {
			return invalidConfig(say("trust.probes.sets: there is no set %q", "trust.probes.sets：没有探针集 %q", name))
		}
	}
	if c.Probes.Every < 0 || c.Probes.Every > 0 && c.Probes.Every < probeEveryMin {
		return invalidConfig(say("trust.probes.every is 0 or at least %s", "trust.probes.every 为 0 或不少于 %s", probeEveryMin))
	}
	if c.Probes.Every > 0 && len(c.Probes.Models) == 0 {
		return invalidConfig(say("trust.probes.models names no model", "trust.probes.models 没有指定模型"))
	}
	return nil
}

// How often models may be asked the probes, and how soon a schedule that is due is looked
// at.
const (
	probeEveryMin = time.Hour
	probeLook     = time.Minute
)

// probesKept is where runs of probes are kept.
type probesKept interface {
	AddProbeRun(ctx context.Context, r hearth.ProbeRun) error
	ProbeRuns(ctx context.Context, q hearth.ProbeQuery) ([]hearth.ProbeRun, error)
}

// prober asks models the probes, one set at a time, when somebody wants it and by the
// schedule.
type prober struct {
	store    probesKept
	answers  hearth.Generator
	log      *slog.Logger
	schedule func() (every time.Duration, sets, models []string)
	wanted   chan probeOrder // at most one

	mu  sync.Mutex
	now admin.Probing
}

type probeOrder struct {
	set   *trust.ProbeSet
	model string
	by    hearth.Principal
}

func newProber(d *Data, answers hearth.Generator, log *slog.Logger) *prober {
	return &prober{store: d.store, answers: answers, log: log, wanted: make(chan probeOrder, 1),
		schedule: func() (time.Duration, []string, []string) {
			p := d.config.Trust.Probes
			return p.Every, p.Sets, p.Models
		}}
}

// start orders a run; while one runs or is ordered it is an error.
func (p *prober) start(by hearth.Principal, set, model string) error {
	s, err := probeSet(set)
	if err != nil {
		return err
	}
	if !by.MayUse(model) {
		return hearth.NewError(hearth.NoSuchModel, "model", model).At("model")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.now.Running {
		select {
		case p.wanted <- probeOrder{s, model, by}:
			p.now = admin.Probing{Running: true, Set: set, Model: model, Since: time.Now()}
			return nil
		default:
		}
	}
	return hearth.NewError(hearth.ProbesRunning, "set", p.now.Set, "model", p.now.Model)
}

func (p *prober) state() admin.Probing {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// run works until ctx ends.
func (p *prober) run(ctx context.Context) {
	tick := time.NewTicker(probeLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-p.wanted:
			p.work(ctx, o)
		case <-tick.C:
			p.due(ctx)
		}
	}
}

// due asks what the schedule says is due: a set that a model was last asked, or has last
// failed to answer, longer ago than the schedule says.
func (p *prober) due(ctx context.Context) {
	every, sets, models := p.schedule()
	if every == 0 {
		return
	}
	for _, model := range models {
		for _, name := range sets {
			last, err := p.store.ProbeRuns(ctx, hearth.ProbeQuery{Set: name, Model: model, Limit: 1})
			if err != nil {
				p.log.Warn("earlier probes can't be read", "error", err)
				return
			}
			if len(last) > 0 && time.Since(last[0].At) < every || p.failedLately(name, model, every) {
				continue
			}
			set, err := probeSet(name)
			if err != nil { // checked with the settings
				p.log.Error("probes", "error", err)
				continue
			}
			p.mu.Lock()
			p.now = admin.Probing{Running: true, Set: name, Model: model, Since: time.Now()}
			p.mu.Unlock()
			p.work(ctx, probeOrder{set, model, probesPrincipal()})
			if ctx.Err() != nil {
				return
			}
		}
	}
}

// failedLately keeps the schedule from asking again, every minute, a model that is gone.
func (p *prober) failedLately(set, model string, every time.Duration) bool {
	now := p.state()
	return now.Failed != "" && now.Set == set && now.Model == model && time.Since(now.Since) < every
}

// probesPrincipal is as whom the schedule asks: the appliance itself.
func probesPrincipal() hearth.Principal {
	return hearth.Principal{KeyID: "probes", Name: "probes", Standing: hearth.StandingUser, Tenant: hearth.TenantMain}
}

// work asks one set and keeps what comes of it.
func (p *prober) work(ctx context.Context, o probeOrder) {
	run, result, err := keepProbes(ctx, p.store, p.answers, o.set, hearth.Request{Model: o.model, By: o.by, Class: hearth.ClassBulk})
	p.mu.Lock()
	p.now.Running, p.now.Failed = false, ""
	if err != nil {
		p.now.Failed = hearth.AsError(err).Message(hearth.English)
	}
	p.mu.Unlock()
	switch {
	case err != nil:
		p.log.Warn("probes were not answered", "set", o.set.Name, "model", o.model, "error", err)
	case result.Drift != nil && result.Drift.Alert:
		p.log.Warn("a model answers probes otherwise than before", "set", o.set.Name, "model", o.model, "run", run.ID, "what", result.Drift.Why)
	default:
		p.log.Info("probes were answered", "set", o.set.Name, "model", o.model, "run", run.ID)
	}
}

// keepProbes asks a set, compares what comes of it with the run before, and keeps it.
func keepProbes(ctx context.Context, kept probesKept, g hearth.Generator, set *trust.ProbeSet, r hearth.Request) (run hearth.ProbeRun, result *trust.ProbeResult, err error) {
	before, err := kept.ProbeRuns(ctx, hearth.ProbeQuery{Set: set.Name, Model: r.Model, Limit: 1})
	if err != nil {
		return run, nil, err
	}
	if result, err = trust.RunProbes(ctx, g, set, r); err != nil {
		return run, nil, err
	}
	if len(before) > 0 {
		var then trust.ProbeResult
		if err := json.Unmarshal(before[0].Result, &then); err != nil {
			return run, nil, err
		}
		if then.Version == result.Version {
			result.Compare(before[0].ID, &then)
		}
	}
	text, err := json.Marshal(result)
	if err != nil {
		return run, nil, err
	}
	run = hearth.ProbeRun{ID: "probe_" + randomName(), Set: set.Name, Model: r.Model, At: time.Now(), Result: text}
	return run, result, kept.AddProbeRun(ctx, run)
}

func randomName() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // does not fail
	return hex.EncodeToString(b)
}

// RunProbes asks a model a set through a generator of any kind, and keeps what comes of
// it with the rest.
func (d *Data) RunProbes(ctx context.Context, g hearth.Generator, set, model string) (run hearth.ProbeRun, result *trust.ProbeResult, err error) {
	s, err := probeSet(set)
	if err != nil {
		return run, nil, err
	}
	return keepProbes(ctx, d.store, g, s, hearth.Request{Model: model})
}

// ProbeRuns lists runs there were.
func (d *Data) ProbeRuns(ctx context.Context, q hearth.ProbeQuery) ([]hearth.ProbeRun, error) {
	return d.store.ProbeRuns(ctx, q)
}

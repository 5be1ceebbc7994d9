package appliance

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/traffic"
)

var fuzzed = flag.Int("requests", 5000, "requests of TestDataStay; the goal is a million")

// leaky is a route that really decides, and in the place of servers notes what would have
// gone where.
type leaky struct {
	*models
	most map[string]string // by source, the closest class it is given, as it was configured

	mu        sync.Mutex
	r         *rand.Rand
	gone      int
	stayed    int
	leaked    []string
	steps     map[string]int
	elsewhere int
	changed   bool // the configuration has
}

// before says which classes are as open as one, or more: written down here once more, so
// that the test does not believe what it tests.
var before = map[string][]string{
	"public": {"public"}, "internal": {"public", "internal"}, "confidential": {"public", "internal", "confidential"},
	"secret": {"public", "internal", "confidential", "secret"},
}

func (l *leaky) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		l.mu.Lock()
		x, err := l.chosen(ctx, r)
		class := string(r.DataClass)
		if class == "" {
			class = "confidential"
		}
		allowed := slices.Contains(before[l.most[x.Source]], class)
		if err == nil {
			err = l.stays(r, x)
		}
		fate, takes := l.r.IntN(20), time.Duration(1+l.r.IntN(40))*time.Second
		if err == nil {
			l.gone++
		}
		if !allowed && (err == nil || !l.changed && hearth.AsError(err).Code == hearth.DataStays) { // at the last door is too late, unless it was right before
			l.leaked = append(l.leaked, fmt.Sprintf("%s to %s, which is given %s (%v)", class, x.Source, l.most[x.Source], err))
		}
		l.mu.Unlock()
		if err != nil {
			yield(hearth.Chunk{}, err)
			return
		}
		time.Sleep(takes)
		switch fate {
		case 0:
			yield(hearth.Chunk{}, hearth.NewError(hearth.UpstreamUnreachable, "upstream", x.Source))
			return
		case 1:
			yield(hearth.Chunk{}, hearth.NewError(hearth.UpstreamBusy, "upstream", x.Source))
			return
		}
		if !yield(hearth.Chunk{Text: "so", ServedBy: x.Source, Tokens: 1}, nil) {
			return
		}
		if fate == 2 {
			yield(hearth.Chunk{}, hearth.NewError(hearth.UpstreamFailed, "upstream", x.Source))
			return
		}
		yield(hearth.Chunk{Text: " it is", Finish: hearth.FinishStop, Usage: &hearth.Usage{PromptTokens: 10, CompletionTokens: int(takes.Seconds()) * 10}}, nil)
	}
}

// anywhere draws a configuration: servers of all classes that offer models of the same
// names, groups of them, and ladders that lead everywhere.
func anywhere(r *rand.Rand) (Config, map[string]string) {
	classes, names := []string{"public", "internal", "confidential", "secret"}, []string{"large", "small", "tiny"}
	c := Defaults("/nowhere")
	c.DataClass = "confidential"
	most := map[string]string{}
	for i := range 2 + r.IntN(5) {
		u := UpstreamConfig{Name: fmt.Sprint("u", i), URL: fmt.Sprintf("http://192.0.2.%d/v1", i+1), Concurrent: 1 + r.IntN(3), Models: map[string]string{}, DataClass: classes[r.IntN(4)]}
		for _, n := range names {
			if r.IntN(3) > 0 || i == 0 || n == "tiny" { // one at least, or it would be asked
				u.Models[n] = n
			}
		}
		if r.IntN(4) == 0 { // by its address, which is nobody's house
			u.DataClass = ""
		}
		most["upstream/"+u.Name] = map[bool]string{true: "internal", false: u.DataClass}[u.DataClass == ""]
		c.Upstreams = append(c.Upstreams, u)
	}
	upstream := func() string { return c.Upstreams[r.IntN(len(c.Upstreams))].Name }
	for i := range r.IntN(3) {
		g := GroupConfig{Name: fmt.Sprint("group", i)}
		for range 1 + r.IntN(3) {
			g.Members = append(g.Members, MemberConfig{Model: names[r.IntN(3)], Weight: r.IntN(3), Standby: r.IntN(3) == 0})
		}
		c.Groups = append(c.Groups, g)
		names = append(names, g.Name)
	}
	for range 1 + r.IntN(3) {
		l := LadderConfig{}
		if r.IntN(3) == 0 {
			l.Models = []string{names[r.IntN(len(names))]}
		}
		for range 1 + r.IntN(4) {
			s := StepConfig{After: time.Duration(r.IntN(60)) * time.Second}
			switch r.IntN(4) {
			case 0:
				s.MaxTokens = 1 + r.IntN(100)
			case 1:
				s.Model = names[r.IntN(len(names))]
			case 2:
				s.Upstream = upstream()
			case 3:
				s.Model, s.Upstream = names[r.IntN(3)], upstream()
			}
			l.Steps = append(l.Steps, s)
		}
		c.Ladders = append(c.Ladders, l)
	}
	return c, most
}

// TestDataStay: whatever servers, groups and ladders there are, however long the lines,
// whatever falls over, and while the configuration changes, nothing goes to where data of
// its class may not go.
func TestDataStay(t *testing.T) {
	total := leaky{steps: map[string]int{}}
	refused := 0
	for seed := uint64(1); total.gone+total.stayed < *fuzzed; seed++ {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 6))
			c, most := anywhere(r)
			if err := cmpError(c.checkGroups(), c.checkLadders()); err != nil {
				t.Fatal(err)
			}
			m := &models{data: &Data{config: c}, at: time.Now().Add(1000 * time.Hour)} // there are no files, and nobody looks for some
			now, err := newRoutes(c, nil)
			if err != nil {
				t.Fatal(err)
			}
			m.routes.Store(now)
			for _, s := range now.servers {
				_, _ = s.Models(t.Context()) // which it knows from then on
			}
			l := &leaky{models: m, most: most, r: rand.New(rand.NewPCG(seed, 7)), steps: map[string]int{}}
			limits := traffic.Limits{TenantRequests: 1000, TenantBytes: 1 << 30, TenantCost: 1e9, Requests: 1000, Bytes: 1 << 30}
			for i := range limits.WaitMax {
				limits.WaitMax[i] = 5 * time.Minute
			}
			g := traffic.New(traffic.Config{Route: l, Limits: limits, Keep: time.Second, Update: time.Hour})
			var people sync.WaitGroup
			var no atomic.Int64
			for i := range 300 {
				q := request(r, c, i)
				people.Go(func() {
					time.Sleep(time.Duration(i) * time.Second / 4)
					taken := ""
					for chunk, err := range g.Generate(t.Context(), q) {
						if chunk.Steps != "" {
							taken = chunk.Steps
						}
						if errors.Is(err, hearth.NewError(hearth.DataStays)) {
							no.Add(1)
						}
					}
					l.mu.Lock()
					defer l.mu.Unlock()
					if l.steps[taken]++; taken != "" {
						l.elsewhere++
					}
				})
			}
			if seed%2 == 0 { // the servers stay, and are given other classes
				time.Sleep(40 * time.Second)
				other := c
				other.Upstreams = slices.Clone(c.Upstreams)
				mostNow := maps.Clone(most)
				for i := range other.Upstreams {
					u := &other.Upstreams[i]
					u.DataClass = []string{"public", "internal", "confidential", "secret"}[r.IntN(4)]
					mostNow["upstream/"+u.Name] = u.DataClass
				}
				after, err := newRoutes(other, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range after.servers {
					_, _ = s.Models(t.Context())
				}
				l.mu.Lock()
				m.routes.Store(after)
				l.most, l.changed = mostNow, true
				l.mu.Unlock()
				defer after.leave(nil)
			}
			people.Wait()
			g.Close()
			now.leave(nil)
			for _, leak := range l.leaked {
				t.Errorf("seed %d: %s", seed, leak)
			}
			total.gone += l.gone
			total.stayed += int(no.Load())
			total.elsewhere += l.elsewhere
			refused += 300
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d requests: %d asked servers, %d took a step, %d were refused for their data", refused, total.gone, total.elsewhere, total.stayed)
	if total.elsewhere == 0 || total.stayed == 0 {
		t.Error("no request took a step, or none was refused: nothing was tested")
	}
}

func request(r *rand.Rand, c Config, i int) *hearth.Request {
	names := []string{"large", "small", "tiny"}
	for _, g := range c.Groups {
		names = append(names, g.Name)
	}
	text := fmt.Sprint("question ", i)
	q := &hearth.Request{Model: names[r.IntN(len(names))], By: hearth.Principal{KeyID: fmt.Sprint("k", r.IntN(4))}, Trail: &hearth.Trail{},
		DataClass: hearth.DataClass([]string{"", "public", "internal", "confidential", "secret", "none of these"}[r.IntN(6)]),
		Messages:  []hearth.Message{{Role: hearth.RoleUser, Text: text}}, Decoding: hearth.Decoding{MaxTokens: r.IntN(400)}}
	if r.IntN(3) == 0 {
		q.Deadline = time.Now().Add(time.Duration(r.IntN(100)) * time.Second)
	}
	return q
}

func cmpError(errs ...error) error { return errors.Join(errs...) }

// TestLaddersAreChecked: what can't be a ladder is refused at the start.
func TestLaddersAreChecked(t *testing.T) {
	for name, l := range map[string]LadderConfig{
		"no steps":    {},
		"nothing":     {Steps: []StepConfig{{After: time.Second}}},
		"both":        {Steps: []StepConfig{{Model: "a", MaxTokens: 3}}},
		"thinking":    {Steps: []StepConfig{{Thinking: "on"}}},
		"tokens":      {Steps: []StepConfig{{MaxTokens: -1}}},
		"after":       {Steps: []StepConfig{{Model: "a", After: -1}}},
		"no upstream": {Steps: []StepConfig{{Upstream: "nowhere"}}},
	} {
		c := Config{Ladders: []LadderConfig{l}}
		if err := c.checkLadders(); hearth.AsError(err).Code != hearth.ConfigInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := Config{Upstreams: []UpstreamConfig{{Name: "u"}}, Ladders: []LadderConfig{{Steps: []StepConfig{{Thinking: "off", MaxTokens: 5}, {Model: "a"}, {Upstream: "u"}}}}}
	if err := c.checkLadders(); err != nil {
		t.Error(err)
	}
}

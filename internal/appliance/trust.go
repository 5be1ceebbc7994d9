package appliance

import (
	"context"
	"io/fs"
	"iter"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gateway"
	"github.com/hearthbox/hearth/internal/trust"
	"github.com/hearthbox/hearth/packs"
)

// TrustConfig is about advertising in answers that go through.
type TrustConfig struct {
	Advertising string `yaml:"advertising" en:"what is done about advertising in answers as they stream: off, label (a note follows the sentence), strip (the sentence is left out, with a note), block (the answer ends there, with a note)" zh:"回答中的广告如何处理：off 不处理，label 在该句后加注，strip 删去该句并注明，block 到此终止回答并注明"`
	Probes      struct {
		Every  time.Duration `yaml:"every" en:"how often models are asked the probes for steering; 0 is never" zh:"每隔多久用探针检查模型是否有引导倾向；0 表示不检查"`
		Sets   []string      `yaml:"sets" en:"sets of probes that are asked: zh, en" zh:"使用的探针集：zh、en"`
		Models []string      `yaml:"models" en:"models that are asked" zh:"检查哪些模型"`
	} `yaml:"probes"`
	Sources struct {
		Allow []string `yaml:"allow" en:"sources that answers may be made of, whatever is said of their class: domains, or class:NAME" zh:"允许采用的来源，优先于对其类别的规定：域名，或 class:类别"`
		Label []string `yaml:"label" en:"sources that are used and labelled: domains, or class:NAME" zh:"采用但加标注的来源：域名，或 class:类别"`
		Deny  []string `yaml:"deny" en:"sources by which nothing is supported: domains, or class:NAME; classes are official, academic, reference, news, open_reference, community, aggregator, unknown, marketplace, seller, promotion" zh:"不得作为依据的来源：域名，或 class:类别；类别有 official 官方、academic 学术、reference 参考资料、news 新闻、open_reference 开放百科、community 社区、aggregator 聚合平台、unknown 未知、marketplace 交易平台、seller 商家、promotion 付费宣传"`
	} `yaml:"sources"`
}

// sourceTable is the table of sources in the binary.
var sourceTable = sync.OnceValue(func() *trust.SourceTable {
	text, err := fs.ReadFile(packs.Trust, "trust/sources.tsv")
	if err == nil {
		var t *trust.SourceTable
		if t, err = trust.ParseSources(string(text)); err == nil {
			return t
		}
	}
	panic("the table of sources in the binary: " + err.Error()) // a broken build
})

// SourcePolicy is what the settings say of sources.
func (c *TrustConfig) SourcePolicy() (*trust.SourcePolicy, error) {
	p, err := trust.NewSourcePolicy(sourceTable(), c.Sources.Allow, c.Sources.Label, c.Sources.Deny)
	if err != nil {
		return nil, invalidConfig(say("trust.sources: %s", "trust.sources：%s", err))
	}
	return p, nil
}

// truster is what the gateway asks of trust.
type truster struct {
	generator hearth.Generator
	models    gateway.Models
	sources   *trust.SourcePolicy
}

func (a *Appliance) truster() truster {
	policy, err := a.config.Trust.SourcePolicy()
	if err != nil { // checked with the settings
		a.log.Error("the policy about sources can't be used", "error", err)
	}
	return truster{a.answers, a.models, policy}
}

// Inspect judges an answer.
func (t truster) Inspect(question, answer string, sources []gateway.Source, l hearth.Language) (any, error) {
	c := trust.Case{Question: question, Answer: answer, Policy: t.sources}
	for _, s := range sources {
		c.Sources = append(c.Sources, trust.Source(s))
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	return trust.Shipped().Inspect(c, l), nil
}

// Crosscheck asks several models; without names, the first there are.
func (t truster) Crosscheck(ctx context.Context, models []string, r hearth.Request, l hearth.Language) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for s, err := range t.crosscheck(ctx, models, r, l) {
			var shown any
			if err == nil {
				shown = s
			}
			if !yield(shown, err) {
				return
			}
		}
	}
}

func (t truster) crosscheck(ctx context.Context, models []string, r hearth.Request, l hearth.Language) iter.Seq2[trust.ShownStep, error] {
	return func(yield func(trust.ShownStep, error) bool) {
		if len(models) == 0 {
			list, err := t.models.List(ctx)
			if err != nil {
				yield(trust.ShownStep{}, err)
				return
			}
			for _, m := range list {
				if m.Problem == nil && r.By.MayUse(m.ID) && len(models) < trust.ModelsMax {
					models = append(models, m.ID)
				}
			}
		}
		for s, err := range trust.Shipped().Crosscheck(ctx, t.generator, trust.Poll{Models: models, Request: r}, l) {
			if err != nil {
				yield(trust.ShownStep{}, err)
				return
			}
			if !yield(s.Shown(l), nil) {
				return
			}
		}
	}
}

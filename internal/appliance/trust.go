package appliance

import (
	"context"
	"iter"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gateway"
	"github.com/hearthbox/hearth/internal/trust"
)

// TrustConfig is about advertising in answers that go through.
type TrustConfig struct {
	Advertising string `yaml:"advertising" en:"what is done about advertising in answers as they stream: off, label (a note follows the sentence), strip (the sentence is left out, with a note), block (the answer ends there, with a note)" zh:"回答中的广告如何处理：off 不处理，label 在该句后加注，strip 删去该句并注明，block 到此终止回答并注明"`
	Probes      struct {
		Every  time.Duration `yaml:"every" en:"how often models are asked the probes for steering; 0 is never" zh:"每隔多久用探针检查模型是否有引导倾向；0 表示不检查"`
		Sets   []string      `yaml:"sets" en:"sets of probes that are asked: zh, en" zh:"使用的探针集：zh、en"`
		Models []string      `yaml:"models" en:"models that are asked" zh:"检查哪些模型"`
	} `yaml:"probes"`
}

// truster is what the gateway asks of trust.
type truster struct {
	generator hearth.Generator
	models    gateway.Models
}

// Inspect judges an answer.
func (t truster) Inspect(question, answer string, sources []gateway.Source, l hearth.Language) (any, error) {
	c := trust.Case{Question: question, Answer: answer}
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

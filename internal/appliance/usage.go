package appliance

import (
	"log/slog"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/ledger"
)

// UsageConfig is about what answers take, and what that costs.
type UsageConfig struct {
	KeepFor time.Duration          `yaml:"keep_for" en:"how long the ledger keeps who used how much of which model; at least 1488h (62 days), so that a month's quota can be told" zh:"用量台账（谁用了哪个模型多少）保存多久，不少于 1488h（62 天），以便统计整月限额"`
	Prices  map[string]PriceConfig `yaml:"prices" en:"what models cost, in yuan for a million tokens, by the names they are listed under; * is all others, and what has no price costs nothing; for the file only" zh:"各模型的价格（元 / 百万词元），按其列出的名称填写；* 表示其余模型，未定价的不计费；仅可写在配置文件中"`
}

// PriceConfig is what a million tokens cost, in yuan.
type PriceConfig struct {
	Input  float64  `yaml:"input"`
	Cached *float64 `yaml:"cached"` // as input, if not given
	Output float64  `yaml:"output"`
}

// usageKeepMin is a month of 31 days and the one before it.
const usageKeepMin = 62 * 24 * time.Hour

// prices are those of the settings, checked.
func (c UsageConfig) prices() (map[string]hearth.Price, error) {
	prices := map[string]hearth.Price{}
	for model, p := range c.Prices {
		cached := p.Input
		if p.Cached != nil {
			cached = *p.Cached
		}
		for _, yuan := range []float64{p.Input, cached, p.Output} {
			if !(yuan >= 0 && yuan <= 1e6) {
				return nil, invalidConfig(say("usage.prices.%s: a price is from 0 to 1000000", "usage.prices.%s：价格须在 0 到 1000000 之间", model))
			}
		}
		prices[strings.ToLower(model)] = hearth.Price{Input: yuan(p.Input), Cached: yuan(cached), Output: yuan(p.Output)}
	}
	return prices, nil
}

func yuan(n float64) hearth.Money { return hearth.Money(n*float64(hearth.Yuan) + 0.5) }

// openLedger is the ledger of the data folder.
func (d *Data) openLedger() (*ledger.Ledger, error) {
	prices, err := d.config.Usage.prices()
	return ledger.New(ledger.Config{Store: d.store, Prices: prices, Keep: d.config.Usage.KeepFor, Log: slog.Default()}), err
}

package library

import (
	"cmp"
	"fmt"
	"slices"
)

// Choice is a recommended model.
type Choice struct {
	Model         Model
	File          File
	ContextTokens int // that fit with it
	Memory        Memory

	// TokensPerSecond is what reading the active weights once per token allows; 0 if
	// the speed of the machine is not known.
	TokensPerSecond float64

	Reason Text
}

// slowest is the pace of an answer, in tokens per second, below which a chat model
// is too large for the machine: people read faster.
const slowest = 4

// offer is a quantisation together with a context.
type offer struct {
	quantization string
	context      int
}

// offers is how a model may be run, best first: in the finest quantisation that
// leaves room for a useful context, before the context is cut. Files get no larger
// from one to the next (L3); the last two are for models that come in eight bits
// only. Below four bits quality suffers more than from the next smaller model, so
// nothing coarser is recommended.
var offers = []offer{
	{"Q8_0", 16 << 10}, {"Q6_K", 16 << 10}, {"Q4_K_M", 16 << 10}, {"Q4_K_M", 8 << 10}, {"Q4_K_M", 4 << 10},
	{"Q8_0", 8 << 10}, {"Q8_0", 4 << 10},
}

// passage is the context of models that read passages rather than converse, in
// tokens.
const passage = 4 << 10

// cacheBits of the native engine.
const cacheBits = 16

// Recommend picks the model of a kind to start with, where a model may take
// memoryBytes and memory is read at bytesPerSecond (0 if not measured). The order of
// preference:
//
//  1. The ladder of the table: the largest model that fits with a context of 4,096
//     tokens and, for chat, keeps up with a reader. If none keeps up, the smallest.
//  2. Of that model, the first of [offers] that fits and keeps up.
//
// Only what the engine runs and what may be used commercially is recommended. ok is
// false if nothing fits.
func (l *Library) Recommend(memoryBytes int64, bytesPerSecond float64, kind Kind) (c Choice, ok bool) {
	var slow Choice
	for _, id := range l.ladder[kind] {
		m, err := l.Find(id)
		if err != nil || m.Licence.Commercial == CommercialNo {
			continue
		}
		fitting := fit(m, memoryBytes, bytesPerSecond)
		fast := slices.IndexFunc(fitting, func(c Choice) bool { return c.keepsUp() })
		if fast >= 0 {
			return fitting[fast].because(memoryBytes), true
		}
		if len(fitting) > 0 {
			slow = slices.MinFunc(fitting, func(a, b Choice) int { return cmp.Compare(a.File.Bytes, b.File.Bytes) })
		}
	}
	if slow.File.Path == "" {
		return Choice{}, false
	}
	return slow.because(memoryBytes), true
}

// Best picks how to run a model in so much memory: as [Library.Recommend] would, or, if
// nothing fits, the smallest file the engine runs. ok is false if it runs none.
func Best(m Model, memoryBytes int64) (f File, ok bool) {
	if ways := fit(m, memoryBytes, 0); len(ways) > 0 {
		return ways[0].File, true
	}
	i := slices.IndexFunc(m.Files, func(f File) bool { return f.Native }) // smallest first
	if i < 0 {
		return File{}, false
	}
	return m.Files[i], true
}

// fit lists the ways a model fits, best first.
func fit(m Model, memoryBytes int64, bytesPerSecond float64) []Choice {
	var fitting []Choice
	for _, o := range offers {
		i := slices.IndexFunc(m.Files, func(f File) bool { return f.Native && f.Quantization == o.quantization })
		if i < 0 {
			continue
		}
		c := Choice{Model: m, File: m.Files[i], ContextTokens: min(o.context, m.Context)}
		if m.Kind != Chat {
			c.ContextTokens = min(c.ContextTokens, passage)
		}
		need, ok := Need(m, c.File, c.ContextTokens, cacheBits)
		if !ok || need.Total() > memoryBytes {
			continue
		}
		c.Memory, c.TokensPerSecond = need, bytesPerSecond/c.activeBytes()
		fitting = append(fitting, c)
	}
	return fitting
}

// activeBytes are the weights read for one token.
func (c Choice) activeBytes() float64 {
	active := cmp.Or(c.Model.Active, c.Model.Parameters)
	return float64(c.File.Bytes) * float64(active) / float64(c.Model.Parameters)
}

func (c Choice) keepsUp() bool {
	return c.Model.Kind != Chat || c.TokensPerSecond == 0 || c.TokensPerSecond >= slowest
}

// because says why it was chosen.
func (c Choice) because(memoryBytes int64) Choice {
	gb := func(n int64) string { return fmt.Sprintf("%.1f GB", float64(n)/(1<<30)) }
	context := fmt.Sprintf("%dk", c.ContextTokens>>10)
	if c.ContextTokens < 1024 {
		context = fmt.Sprint(c.ContextTokens)
	}
	zh := fmt.Sprintf("%s（%s）连同 %s 词元的上下文需要 %s，可放入 %s 内存", c.Model.Name, c.File.Quantization, context, gb(c.Memory.Total()), gb(memoryBytes))
	en := fmt.Sprintf("%s in %s needs %s with a context of %s tokens and fits in %s", c.Model.Name, c.File.Quantization, gb(c.Memory.Total()), context, gb(memoryBytes))
	if c.TokensPerSecond > 0 && c.Model.Kind == Chat {
		zh += fmt.Sprintf("，预计每秒至多 %.1f 个词元", c.TokensPerSecond)
		en += fmt.Sprintf(", at up to %.1f tokens per second", c.TokensPerSecond)
	}
	if c.File.Quantization == "Q4_K_M" {
		zh += "；更低位的量化会明显损失质量"
		en += "; coarser quantisations lose quality"
	}
	c.Reason = Text{ZH: zh + "。", EN: en + "."}
	if told := c.Model.Licence.Condition; told.EN != "" {
		c.Reason = Text{ZH: c.Reason.ZH + told.ZH, EN: c.Reason.EN + " " + told.EN}
	}
	return c
}

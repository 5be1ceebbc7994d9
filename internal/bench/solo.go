package bench

import (
	"context"
	"time"

	"github.com/hearthbox/hearth"
)

// The run before the first one that counts: it brings the weights into memory.
const (
	warmPrompt   = 64
	warmGenerate = 8
)

// Solo measures a model that nobody else asks.
type Solo struct {
	Model hearth.Completer
	Count func(text string) int // tokens of a text, as the model counts its prompts

	Prompt   int // tokens
	Generate int // tokens of the answer, at least 2; the end of text does not end it
	Repeat   int

	Temperature float64
	Seed        uint64
}

// SoloReport is what the engine alone achieves. Rates are medians of the runs.
type SoloReport struct {
	Prefill       float64   `json:"prefill_tokens_per_second" en:"tokens of the prompt, from asking to the first token of the answer" zh:"提示词的处理速度：从提问到第一个词元"`
	Decode        float64   `json:"decode_tokens_per_second" en:"tokens of the answer, from its first to its last" zh:"回答的生成速度：从第一个词元到最后一个"`
	PromptTokens  int       `json:"prompt_tokens" en:"tokens of the prompt, as the engine counted them" zh:"提示词的词元数（引擎统计）"`
	AnswerTokens  int       `json:"answer_tokens" en:"tokens of the answer" zh:"回答的词元数"`
	PrefillRuns   Runs      `json:"prefill" en:"the runs behind prefill_tokens_per_second" zh:"prefill_tokens_per_second 的各次结果"`
	DecodeRuns    Runs      `json:"decode" en:"the runs behind decode_tokens_per_second" zh:"decode_tokens_per_second 的各次结果"`
	FirstToken    []float64 `json:"first_token_seconds" en:"wait for the first token, of every run" zh:"每次等待第一个词元的时间（秒）"`
	ResidentBytes int64     `json:"resident_bytes" en:"memory of the process after the runs, pages of the model file included" zh:"各次之后进程占用的内存，含模型文件的页"`
	Temperature   float64   `json:"temperature" en:"of sampling; 0 takes the likeliest token" zh:"采样温度，0 表示总取最可能的词元"`
	Seed          uint64    `json:"seed" en:"of prompts and sampling" zh:"提示词与采样的随机种子"`
	Stopped       string    `json:"stopped,omitempty" en:"interrupted, if it was ended early; the figures are of the runs before" zh:"提前结束时为 interrupted，数字来自此前的各次"`
}

// Run measures. watch, if not nil, is told after every token how many of how many are
// done. It ends early when ctx does; that is an error only if there is nothing to
// report yet.
func (s *Solo) Run(ctx context.Context, watch func(done, total int)) (*SoloReport, error) {
	if watch == nil {
		watch = func(int, int) {}
	}
	if _, err := s.once(ctx, warmupStream, 0, min(s.Prompt, warmPrompt), min(s.Generate, warmGenerate), func(int) {}); err != nil {
		return nil, err
	}
	r := &SoloReport{Temperature: s.Temperature, Seed: s.Seed}
	var prefill, decode []float64
	each := s.Prompt + s.Generate
	for i := range s.Repeat {
		one, err := s.once(ctx, promptStream, i, s.Prompt, s.Generate, func(done int) { watch(i*each+done, s.Repeat*each) })
		if err != nil && ctx.Err() != nil && i > 0 {
			r.Stopped = StoppedInterrupted
			break
		}
		if err != nil {
			return nil, err
		}
		prefill, decode = append(prefill, one.prefill), append(decode, one.decode)
		r.FirstToken = append(r.FirstToken, one.first.Seconds())
		r.PromptTokens, r.AnswerTokens = one.usage.PromptTokens, one.usage.CompletionTokens
	}
	r.PrefillRuns, r.DecodeRuns = repeated(prefill), repeated(decode)
	r.Prefill, r.Decode = r.PrefillRuns.Median, r.DecodeRuns.Median
	r.ResidentBytes = ResidentBytes()
	return r, nil
}

// turn is one prompt and its answer.
type turn struct {
	first           time.Duration // until the first token
	prefill, decode float64       // tokens per second
	usage           hearth.Usage
}

// once asks with a prompt of its own. Tokens that were remembered are not counted as
// computed.
func (s *Solo) once(ctx context.Context, stream uint64, index, prompt, generate int, watch func(done int)) (one turn, err error) {
	c := &hearth.Completion{
		Prompt:   []hearth.Span{{Text: fit(draw(s.Seed, stream, index), s.Count, prompt), Literal: true}},
		Decoding: hearth.Decoding{MaxTokens: generate, IgnoreEnd: true, Sampling: sampling(s.Temperature, s.Seed, index)},
	}
	began := time.Now()
	var first, last time.Time
	tokens, firstTokens := 0, 0
	for chunk, err := range s.Model.Complete(ctx, c) {
		if err != nil {
			return one, err
		}
		last = time.Now()
		tokens += chunk.Tokens
		if first.IsZero() && chunk.Tokens > 0 {
			first, firstTokens = last, tokens
		}
		if chunk.Usage != nil {
			one.usage = *chunk.Usage
		}
		watch(prompt + tokens)
	}
	one.first = first.Sub(began)
	one.prefill = rate(one.usage.PromptTokens-one.usage.CachedTokens, one.first)
	one.decode = rate(tokens-firstTokens, last.Sub(first))
	return one, nil
}

// sampling is that of the index-th request: the same whenever it is asked.
func sampling(temperature float64, seed uint64, index int) hearth.Sampling {
	of := int64(seed>>1) + int64(index)
	return hearth.Sampling{Temperature: &temperature, Seed: &of}
}

// rate is so many per second; 0 where no time passed.
func rate(n int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(n) / took.Seconds()
}

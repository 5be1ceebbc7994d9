// Command speed measures the engine's computing alone, as tools/oracle/speed.py measures
// llama.cpp's: the same random tokens' worth of work, by the wall and by processor time,
// which is what counts on a machine that is busy with other things. One thread then
// compares best, as others' threads spin while they wait. -profile says where time goes.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"syscall"
	"time"

	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
)

// The work of an encoder: so many texts at once, of so many tokens, so often.
const (
	texts      = 8
	textTokens = 64
	batches    = 4
)

// batchTokens is how many tokens of a prompt are computed at once.
const batchTokens = 512

func main() {
	log.SetFlags(0)
	b := bench{}
	flag.IntVar(&b.prompt, "prompt", 512, "tokens")
	flag.IntVar(&b.generate, "generate", 24, "tokens of the answer")
	flag.IntVar(&b.threads, "threads", 1, "threads")
	flag.IntVar(&b.rounds, "rounds", 3, "rounds, after one that does not count")
	profile := flag.String("profile", "", "write a profile of processor time to this file")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: speed [flags] FILE")
	}
	if err := b.run(flag.Arg(0), *profile); err != nil {
		log.Fatal(err)
	}
}

// bench is a measurement, and what it found: tokens per second, of the wall's and of the
// processor's.
type bench struct {
	prompt, generate, threads, rounds int

	model   *nn.Model
	cache   *nn.Cache
	runner  *nn.Runner
	samples map[string][]float64
}

func (b *bench) run(path, profile string) error {
	f, err := gguf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if b.model, err = nn.Load(f); err != nil {
		return err
	}
	w := engine.NewWorkers(b.threads)
	defer w.Stop()
	room := max(b.prompt+b.generate, texts*textTokens) + batchTokens
	b.cache, b.samples = nn.NewCache(b.model, room), map[string][]float64{}
	b.runner = nn.NewRunner(b.model, b.cache, w, batchTokens, room)
	round := b.answer
	if b.model.Pooling != nn.PoolNone {
		round = b.encode
	}
	round(0)
	clear(b.samples)
	if profile != "" {
		out, err := os.Create(profile)
		if err == nil {
			err = pprof.StartCPUProfile(out)
		}
		if err != nil {
			return err
		}
		defer func() {
			pprof.StopCPUProfile()
			err = errors.Join(err, out.Close())
		}()
	}
	for i := range b.rounds {
		round(uint64(i + 1))
	}
	medians := map[string]float64{}
	for name, list := range b.samples {
		slices.Sort(list)
		medians[name] = list[len(list)/2]
	}
	text, err := json.Marshal(medians)
	fmt.Println(string(text))
	return err
}

// timed notes how fast so many tokens were computed, and what that allocated.
func (b *bench) timed(what string, tokens int, do func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wall, processor := time.Now(), processorSeconds()
	do()
	took, spent := time.Since(wall).Seconds(), processorSeconds()-processor
	runtime.ReadMemStats(&after)
	for name, v := range map[string]float64{"": float64(tokens) / took, "_processor": float64(tokens) / spent, "_allocations": float64(after.Mallocs - before.Mallocs)} {
		b.samples[what+name] = append(b.samples[what+name], v)
	}
}

func processorSeconds() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()) / 1e9
}

// answer computes a prompt and an answer of random tokens.
func (b *bench) answer(seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	s := &nn.Sequence{}
	defer b.cache.Release(s)
	if !b.cache.Grow(s, b.prompt+b.generate) {
		log.Fatal("the cache has no room")
	}
	batch := make([]nn.Token, 0, batchTokens)
	step := func(n int) {
		batch = batch[:0]
		for range n {
			batch = append(batch, nn.Token{ID: random.IntN(b.model.Vocab), Sequence: s})
		}
		batch[n-1].Logits = true
		b.runner.Step(batch)
	}
	b.timed("prompt", b.prompt, func() {
		for at := 0; at < b.prompt; at += batchTokens {
			step(min(batchTokens, b.prompt-at))
		}
	})
	b.timed("answer", b.generate, func() {
		for range b.generate {
			step(1)
		}
	})
}

// encode computes texts of random tokens.
func (b *bench) encode(seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	b.timed("texts", batches*texts*textTokens, func() {
		for range batches {
			var batch []nn.Token
			sequences := make([]nn.Sequence, texts)
			for i := range sequences {
				b.cache.Grow(&sequences[i], textTokens)
				for at := range textTokens {
					batch = append(batch, nn.Token{ID: random.IntN(b.model.Vocab), Sequence: &sequences[i], Logits: b.model.Wants(at, textTokens)})
				}
			}
			b.runner.Vectors(batch)
			for i := range sequences {
				b.cache.Release(&sequences[i])
			}
		}
	})
}

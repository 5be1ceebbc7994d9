package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

var small = nntest.Shape{Vocabulary: true, Embedding: 64, FeedForward: 96, Heads: 4, KVHeads: 2, HeadDim: 16, Seed: 7}

// open loads a model of random weights.
func open(t testing.TB, s nntest.Shape, change ...func(*engine.Options)) *engine.Model {
	t.Helper()
	return openFile(t, write(t, nntest.Make(s)), change...)
}

func openFile(t testing.TB, path string, change ...func(*engine.Options)) *engine.Model {
	t.Helper()
	w := engine.NewWorkers(2)
	o := engine.Options{Workers: w, CacheBytes: 1 << 24, Sequences: 4, Waiting: 64}
	for _, f := range change {
		f(&o)
	}
	m, err := engine.Open("m", path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		w.Stop()
	})
	return m
}

func write(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ask makes a completion of n tokens with a seed.
func ask(prompt string, n int, seed int64) *hearth.Completion {
	return &hearth.Completion{Prompt: []hearth.Span{{Text: prompt}},
		Decoding: hearth.Decoding{MaxTokens: n, Sampling: hearth.Sampling{Seed: &seed}}}
}

// endless asks for more than any test waits for.
func endless() *hearth.Completion {
	c := ask("endless", 19_000, 1)
	c.Sampling.Bias = map[int]float64{256: -100, 258: -100} // the ends of generation
	return c
}

// reply is a whole answer.
type reply struct {
	text   []string // by choice
	finish []hearth.FinishReason
	odds   [][]hearth.TokenLogProb
	usage  hearth.Usage
	chunks int
}

func collect(m hearth.Completer, c *hearth.Completion) (reply, error) {
	n := c.ChoiceCount()
	r := reply{text: make([]string, n), finish: make([]hearth.FinishReason, n), odds: make([][]hearth.TokenLogProb, n)}
	for c, err := range m.Complete(context.Background(), c) {
		if err != nil {
			return r, err
		}
		r.chunks++
		r.text[c.Choice] += c.Text
		r.odds[c.Choice] = append(r.odds[c.Choice], c.LogProbs...)
		if c.Finish != "" {
			r.finish[c.Choice] = c.Finish
		}
		if c.Usage != nil {
			r.usage = *c.Usage
		}
	}
	return r, nil
}

func mustCollect(t testing.TB, m hearth.Completer, c *hearth.Completion) reply {
	t.Helper()
	r, err := collect(m, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSameTokensInAnyCompany is invariant E1: requests of all kinds run together,
// in random order, with few slots and a cache so small that they are put aside
// again and again; each answer must be the one it gets alone.
func TestSameTokensInAnyCompany(t *testing.T) {
	sameTokensInAnyCompany(t, small)
	sameTokensInAnyCompany(t, recurrent)
}

// recurrent is a model that keeps states.
var recurrent = nntest.Shape{Architecture: "qwen35", Vocabulary: true, Layers: 4, Embedding: 64, FeedForward: 96, Heads: 4, KVHeads: 2, HeadDim: 16, Rotated: 8,
	Delta: nntest.Delta{Keys: 2, Values: 4, Width: 16, Kernel: 4}, Seed: 7}

func sameTokensInAnyCompany(t *testing.T, shape nntest.Shape) {
	t.Helper()
	path := write(t, nntest.Make(shape))
	roomy := openFile(t, path)
	tight := openFile(t, path, func(o *engine.Options) {
		o.ContextTokens, o.CacheBytes, o.Sequences = 512, 20*nn.PageTokens*engine.TokenBytes(roomy)+6*engine.StateBytes(roomy), 6 // a full context is 16
	})
	rng := rand.New(rand.NewPCG(1, 2))
	var requests []*hearth.Completion
	for i := range 16 {
		c := ask(strings.Repeat(string(rune('a'+i)), 1+rng.IntN(150)), 1+rng.IntN(100), int64(i))
		c.Choices = 1 + rng.IntN(3)
		c.LogProbs, c.TopLogProbs = i%3 == 0, i%4
		c.Sampling.TopK = rng.IntN(3) * 20
		c.Sampling.Frequency = float64(rng.IntN(2))
		if i%5 == 0 {
			c.Stop = []string{"e", "xyz"}
		}
		requests = append(requests, c)
	}
	alone := make([]reply, len(requests))
	for i, c := range requests {
		alone[i] = mustCollect(t, roomy, c)
	}
	for range 2 {
		var wg sync.WaitGroup
		for _, i := range rng.Perm(len(requests)) {
			wg.Go(func() {
				got, err := collect(tight, requests[i])
				if err != nil {
					t.Error(err)
					return
				}
				got.chunks, got.usage.CachedTokens = alone[i].chunks, alone[i].usage.CachedTokens
				if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", alone[i]) {
					t.Errorf("request %d in company:\n%+v\nalone:\n%+v", i, got, alone[i])
				}
			})
		}
		wg.Wait()
	}
	if s := tight.Stats(); s.PutAside == 0 {
		t.Errorf("nothing was put aside: %+v", s)
	}
}

func TestChoicesDifferAndRepeat(t *testing.T) {
	m := open(t, small)
	c := ask("Once upon", 12, 3)
	c.Choices = 3
	a, b := mustCollect(t, m, c), mustCollect(t, m, c)
	if !slices.Equal(a.text, b.text) {
		t.Errorf("the same seed gave %q and %q", a.text, b.text)
	}
	if a.text[0] == a.text[1] || a.text[1] == a.text[2] {
		t.Errorf("choices are alike: %q", a.text)
	}
	for i := range a.text { // choice i is what seed+i gives alone
		if got := mustCollect(t, m, ask("Once upon", 12, 3+int64(i))).text[0]; got != a.text[i] {
			t.Errorf("seed %d gave %q, choice %d is %q", 3+i, got, i, a.text[i])
		}
	}
	if a.usage != (hearth.Usage{PromptTokens: 9, CompletionTokens: 36}) {
		t.Errorf("usage %+v", a.usage)
	}
}

// TestStopStrings stops at a string wherever tokens happen to end: the tokens of
// this model are bytes, so every longer string lies across several.
func TestStopStrings(t *testing.T) {
	m := open(t, small)
	whole := mustCollect(t, m, ask("Tell me", 40, 5)).text[0]
	for _, at := range []int{0, 5, 17} {
		for _, n := range []int{1, 3, 6} {
			stop := whole[at : at+n]
			if !utf8.ValidString(stop) {
				continue
			}
			c := ask("Tell me", 40, 5)
			c.Stop = []string{"never said", stop}
			got := mustCollect(t, m, c)
			if want := whole[:strings.Index(whole, stop)]; got.text[0] != want || got.finish[0] != hearth.FinishStop {
				t.Errorf("stop %q: got %q (%s), want %q", stop, got.text[0], got.finish[0], want)
			}
		}
	}
}

func TestPromptIsNeverCut(t *testing.T) {
	m := open(t, small, func(o *engine.Options) { o.ContextTokens = 600 })
	for _, c := range []struct{ prompt, answer int }{{600, 0}, {601, 1}, {10_000, 0}, {590, 11}, {1, 600}} {
		_, err := collect(m, ask(strings.Repeat("x", c.prompt), c.answer, 1))
		e := hearth.AsError(err)
		if err == nil || e.Code != hearth.ContextOverflow || !strings.Contains(e.Message(hearth.English), fmt.Sprint("the prompt has ", c.prompt)) {
			t.Errorf("%d + %d: %v", c.prompt, c.answer, err)
		}
	}
	if r := mustCollect(t, m, ask(strings.Repeat("x", 590), 10, 1)); r.usage.PromptTokens != 590 || r.usage.CompletionTokens != 10 {
		t.Errorf("590 + 10: %+v", r.usage)
	}
	full := mustCollect(t, m, ask(strings.Repeat("x", 590), 0, 1))
	if full.finish[0] == hearth.FinishLength && full.usage.CompletionTokens != 10 {
		t.Errorf("without a limit: %+v", full)
	}
}

func TestBadRequests(t *testing.T) {
	m := open(t, small)
	c := ask("x", 5, 1)
	c.Sampling.Bias = map[int]float64{5000: 1}
	if _, err := collect(m, c); hearth.AsError(err).Field != "logit_bias" {
		t.Errorf("bias on a token that is not there: %v", err)
	}
	if _, err := collect(m, ask("", 5, 1)); hearth.AsError(err).Field != "prompt" {
		t.Errorf("empty prompt: %v", err)
	}
}

func TestSamplingSettings(t *testing.T) {
	m := open(t, small)
	zero := 0.0
	greedy := ask("abc", 20, 1)
	greedy.Sampling.Temperature = &zero
	greedy.LogProbs, greedy.TopLogProbs = true, 3
	r := mustCollect(t, m, greedy)
	for i, o := range r.odds[0] {
		if len(o.Top) != 3 || string(o.Top[0].Bytes) != string(o.Bytes) || o.Top[0].LogProb != o.LogProb || o.Top[1].LogProb > o.LogProb {
			t.Fatalf("token %d of a greedy answer: %+v", i, o)
		}
	}
	if n := len(r.odds[0]); n != r.usage.CompletionTokens {
		t.Errorf("%d tokens have log-probabilities, of %d", n, r.usage.CompletionTokens)
	}
	for name, change := range map[string]func(*hearth.Sampling){
		"top-k 1":    func(s *hearth.Sampling) { s.TopK = 1 },
		"top-p 0":    func(s *hearth.Sampling) { s.TopP = &zero },
		"min-p 1":    func(s *hearth.Sampling) { s.MinP = 1 },
		"a seed":     func(s *hearth.Sampling) { s.Temperature, s.Seed = &zero, new(int64) },
		"bias up":    func(s *hearth.Sampling) { s.Bias = map[int]float64{'q': 100} },
		"repetition": func(s *hearth.Sampling) { s.Temperature, s.Repetition = &zero, 1e9 },
		"presence":   func(s *hearth.Sampling) { s.Temperature, s.Presence = &zero, 1e9 },
		"frequency":  func(s *hearth.Sampling) { s.Temperature, s.Frequency = &zero, 1e9 },
	} {
		c := ask("abc", 20, 99)
		change(&c.Sampling)
		c.LogProbs = true
		got := mustCollect(t, m, c)
		switch name {
		case "bias up":
			if got.text[0] != strings.Repeat("q", 20) {
				t.Errorf("%s: %q", name, got.text[0])
			}
		case "repetition", "presence", "frequency":
			seen := map[string]bool{}
			for _, o := range got.odds[0] {
				if seen[string(o.Bytes)] {
					t.Errorf("%s: %q comes twice", name, o.Bytes)
				}
				seen[string(o.Bytes)] = true
			}
		default:
			if got.text[0] != r.text[0] {
				t.Errorf("%s is greedy: got %q, want %q", name, got.text[0], r.text[0])
			}
		}
	}
}

func TestControlTokens(t *testing.T) {
	m := open(t, small)
	count := func(spans ...hearth.Span) int {
		t.Helper()
		return mustCollect(t, m, &hearth.Completion{Prompt: spans, Decoding: hearth.Decoding{MaxTokens: 1}}).usage.PromptTokens
	}
	if n := count(hearth.Span{Text: "<|im_start|>user"}); n != 5 {
		t.Errorf("a control token and four bytes are %d tokens", n)
	}
	if n := count(hearth.Span{Text: "<|im_start|>user", Literal: true}); n != 16 {
		t.Errorf("sixteen literal bytes are %d tokens", n)
	}
	shown := ask("x", 1, 1)
	shown.Sampling.Bias = map[int]float64{257: 100} // <|im_start|>
	shown.ShowControl = true
	if got := mustCollect(t, m, shown).text[0]; got != "<|im_start|>" {
		t.Errorf("shown: %q", got)
	}
	shown.ShowControl = false
	if got := mustCollect(t, m, shown).text[0]; got != "" {
		t.Errorf("hidden: %q", got)
	}
	ended := ask("x", 9, 1)
	ended.Sampling.Bias = map[int]float64{258: 100} // <|im_end|>
	ended.ShowControl = true
	if got := mustCollect(t, m, ended); got.text[0] != "" || got.finish[0] != hearth.FinishStop {
		t.Errorf("the end of generation: %+v", got)
	}
}

// TestStreamsAreValidUTF8 draws random bytes, which the model's tokens are.
func TestStreamsAreValidUTF8(t *testing.T) {
	m := open(t, small)
	hot := 2.0
	for seed := range int64(20) {
		c := ask("é", 60, seed)
		c.Sampling.Temperature = &hot
		for chunk, err := range m.Complete(t.Context(), c) {
			if err != nil || !utf8.ValidString(chunk.Text) {
				t.Fatalf("got %q (%v)", chunk.Text, err)
			}
		}
	}
}

func TestCancelFreesTheSlot(t *testing.T) {
	m := open(t, small, func(o *engine.Options) { o.Sequences, o.ContextTokens, o.CacheBytes = 1, 20_000, 1<<26 })
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for _, err := range m.Complete(ctx, endless()) {
			if n++; n == 3 {
				cancel()
			}
			if err != nil {
				if !errors.Is(err, hearth.NewError(hearth.Canceled)) {
					t.Errorf("got %v", err)
				}
			} else if n > 6 {
				t.Fatal("the answer goes on after it was canceled")
			}
		}
		for range m.Complete(t.Context(), endless()) {
			break // and this one just stops listening
		}
	}
	mustCollect(t, m, ask("next", 5, 1)) // gets the slot
	before := m.Stats()
	mustCollect(t, m, ask("next", 5, 1))
	if after := m.Stats(); after.AnswerTokens-before.AnswerTokens > 5 {
		t.Errorf("an abandoned answer is still computed: %+v, then %+v", before, after)
	}
}

func TestWaitingIsBounded(t *testing.T) {
	m := open(t, small, func(o *engine.Options) {
		o.Sequences, o.Waiting, o.ContextTokens, o.CacheBytes = 1, 2, 20_000, 1<<26
	})
	ctx, cancel := context.WithCancel(t.Context())
	begun := make(chan bool, 1)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		for range m.Complete(ctx, endless()) {
			select {
			case begun <- true:
			default:
			}
		}
	})
	<-begun
	for range 2 {
		wg.Go(func() {
			for range m.Complete(ctx, ask("y", 5, 1)) {
			}
		})
	}
	for m.Stats().Waiting < 2 {
		runtime.Gosched()
	}
	if _, err := collect(m, ask("z", 5, 1)); !errors.Is(err, hearth.NewError(hearth.QueueFull)) {
		t.Errorf("got %v", err)
	}
}

func TestCloseEndsAnswers(t *testing.T) {
	w := engine.NewWorkers(2)
	defer w.Stop()
	m, err := engine.Open("m", write(t, nntest.Make(small)), engine.Options{Workers: w, CacheBytes: 1 << 26, Sequences: 2, Waiting: 9, ContextTokens: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range m.Complete(t.Context(), endless()) {
		if last = err; err == nil {
			go m.Close()
		}
	}
	if !errors.Is(last, hearth.NewError(hearth.ServerStop)) {
		t.Errorf("got %v", last)
	}
	if _, err := collect(m, ask("x", 1, 1)); !errors.Is(err, hearth.NewError(hearth.ServerStop)) {
		t.Errorf("after closing: %v", err)
	}
}

// TestFileThatShrinksBreaksTheModelOnly cuts the file of a loaded model (E4).
func TestFileThatShrinksBreaksTheModelOnly(t *testing.T) {
	path := write(t, nntest.Make(small))
	m := openFile(t, path)
	mustCollect(t, m, ask("x", 5, 1))
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := collect(m, ask("x", 5, 1))
		if e := hearth.AsError(err); err == nil || e.Code != hearth.ModelInvalid || !strings.Contains(e.Message(hearth.English), "changed while it was in use") {
			t.Errorf("got %v", err)
		}
	}
}

func TestUnfitFiles(t *testing.T) {
	noVocabulary := small
	noVocabulary.Vocabulary = false
	other := small
	other.Architecture = "mamba"
	for name, c := range map[string]struct {
		data []byte
		code hearth.Code
	}{
		"cut":          {nntest.Make(small)[:5000], hearth.ModelInvalid},
		"architecture": {nntest.Make(other), hearth.ModelUnsupported},
		"no tokenizer": {nntest.Make(noVocabulary), hearth.ModelInvalid},
		"pre unknown":  {[]byte(strings.Replace(string(nntest.Make(small)), "qwen2", "qwenX", 1)), hearth.ModelUnsupported},
	} {
		_, err := engine.Open("m", write(t, c.data), engine.Options{CacheBytes: 1 << 24})
		if e := hearth.AsError(err); err == nil || e.Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	_, err := engine.Open("m", write(t, nntest.Make(small)), engine.Options{CacheBytes: 1 << 10})
	if !errors.Is(err, hearth.NewError(hearth.ModelMemory)) {
		t.Errorf("a cache of a kilobyte: %v", err)
	}
}

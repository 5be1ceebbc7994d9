package engine_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// twentyPages is what 640 tokens of the small model take in the cache.
func twentyPages(t testing.TB) int64 {
	return 20 * nn.PageTokens * engine.TokenBytes(open(t, small))
}

// told is a conversation's text of n tokens.
func told(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d bottles. ", i*i)
	}
	return b.String()[:n]
}

// TestKnownBeginningsAreNotComputedAgain asks for texts that begin alike, one after
// the other.
func TestKnownBeginningsAreNotComputedAgain(t *testing.T) {
	m := open(t, small)
	for _, c := range []struct {
		name   string
		prompt string
		realm  string
		cached int
	}{
		{"something new", told(110), "", 0},
		{"the same again, all but its last token", told(110), "", 109},
		{"a longer one, from the middle of a page", told(110) + "?", "", 110},
		{"one that leaves it early", told(50) + "?", "", 50},
		{"one that begins otherwise", "?" + told(110), "", 0},
		{"the same in another realm", told(110), "other", 0},
		{"again there", told(110), "other", 109},
	} {
		before := m.Stats().PromptTokens
		ask := ask(c.prompt, 3, 1)
		ask.Realm = c.realm
		r := mustCollect(t, m, ask)
		if r.usage.CachedTokens != c.cached || r.usage.PromptTokens != len(c.prompt) {
			t.Errorf("%s: of %d tokens %d were known, not %d", c.name, r.usage.PromptTokens, r.usage.CachedTokens, c.cached)
		}
		if n := int(m.Stats().PromptTokens - before); n != len(c.prompt)-c.cached-1 {
			t.Errorf("%s: %d tokens were computed besides the last one", c.name, n)
		}
	}
}

// TestAnAnswerIsKnownToo asks on, as conversations do.
func TestAnAnswerIsKnownToo(t *testing.T) {
	m := open(t, small)
	text := "Tell me about numbers."
	for turn := range 4 {
		c := ask(text, 40, 1)
		c.Sampling.Bias = map[int]float64{}
		for b := 128; b < 272; b++ {
			c.Sampling.Bias[b] = -100 // only text that is read as it was written, and no end
		}
		r := mustCollect(t, m, c)
		want := r.usage.PromptTokens - len(" And then?") - 1
		if tail := want % 32; tail < 8 { // too few to keep a page for
			want -= tail
		}
		if turn > 0 && r.usage.CachedTokens != want {
			t.Errorf("turn %d: of %d tokens %d were known, not %d", turn, r.usage.PromptTokens, r.usage.CachedTokens, want)
		}
		text += r.text[0] + " And then?"
	}
}

// TestTogetherABeginningIsComputedOnce starts many at once that begin alike.
func TestTogetherABeginningIsComputedOnce(t *testing.T) {
	m := open(t, small, func(o *engine.Options) { o.Sequences = 16 })
	system := told(300)
	want := mustCollect(t, open(t, small), ask(system+"3?", 8, 5)).text[0]
	hold := ask("a text that keeps the model busy while they come", 40, 1)
	var wg sync.WaitGroup
	wg.Go(func() { mustCollect(t, m, hold) })
	for i := range 16 {
		wg.Go(func() {
			r := mustCollect(t, m, ask(system+fmt.Sprint(i)+"?", 8, 5))
			if i == 3 && r.text[0] != want {
				t.Errorf("got %q, alone %q", r.text[0], want)
			}
		})
	}
	wg.Wait()
	// Once 300, and for each at most the rest of a page and what is its own.
	if s := m.Stats(); s.PromptTokens > 50+300+16*(32+3) {
		t.Errorf("%d tokens of prompts were computed", s.PromptTokens)
	}
}

// TestChoicesShareTheirPrompt lets a cache hold more choices than copies of their
// prompt.
func TestChoicesShareTheirPrompt(t *testing.T) {
	m := open(t, small, func(o *engine.Options) {
		o.ContextTokens, o.Sequences, o.CacheBytes = 512, 8, twentyPages(t)
	})
	c := ask(told(384), 20, 1)
	c.Choices = 8
	together := mustCollect(t, m, c)
	if s := m.Stats(); s.PutAside > 0 || s.PromptTokens != 383 {
		t.Errorf("eight choices of 384 tokens do not fit into 640: %+v", s)
	}
	for i, text := range together.text {
		if got := mustCollect(t, open(t, small), ask(told(384), 20, 1+int64(i))).text[0]; got != text {
			t.Errorf("choice %d is %q, alone %q", i, text, got)
		}
	}
}

// TestWhatIsKnownMakesRoom fills a small cache many times over.
func TestWhatIsKnownMakesRoom(t *testing.T) {
	m := open(t, small, func(o *engine.Options) {
		o.ContextTokens, o.Sequences, o.CacheBytes = 512, 2, twentyPages(t)
	})
	var first reply
	for i := range 30 {
		r := mustCollect(t, m, ask(fmt.Sprint(i%10, told(300)), 5, 1))
		if r.usage.CachedTokens != 0 {
			t.Fatalf("text %d was still known, after nine of ten pages", i%10)
		}
		if i == 0 {
			first = r
		}
		if i%10 == 0 && r.text[0] != first.text[0] {
			t.Errorf("the same text continues %q, then %q", first.text[0], r.text[0])
		}
	}
	if r := mustCollect(t, m, ask(fmt.Sprint(9, told(300)), 5, 1)); r.usage.CachedTokens != 300 {
		t.Errorf("of the last text %d tokens are known", r.usage.CachedTokens)
	}
}

// TestParkedTextsComeBack is the same with a folder to park pages in.
func TestParkedTextsComeBack(t *testing.T) {
	m := open(t, small, func(o *engine.Options) {
		o.ContextTokens, o.Sequences, o.CacheBytes = 512, 2, twentyPages(t)
		o.Park, o.ParkBytes = t.TempDir(), 1<<22
	})
	var replies []reply
	for i := range 30 {
		r := mustCollect(t, m, ask(fmt.Sprint(i%10, told(300)), 5, 1))
		replies = append(replies, r)
		if i >= 10 && (r.usage.CachedTokens != 300 || r.text[0] != replies[i-10].text[0]) {
			t.Fatalf("text %d: %d tokens came back, and %q after %q", i%10, r.usage.CachedTokens, r.text, replies[i-10].text)
		}
	}
	if s := m.Stats(); s.ParkedPages < 50 {
		t.Errorf("%+v", s)
	}
}

// TestMemoryStaysFlat asks many small things and looks at what stays behind.
func TestMemoryStaysFlat(t *testing.T) {
	requests := 10_000
	if testing.Short() {
		requests = 2000
	}
	m := open(t, nntest.Shape{Vocabulary: true, Layers: 1, Embedding: 32, FeedForward: 32, Heads: 2, KVHeads: 1, HeadDim: 16, Seed: 7},
		func(o *engine.Options) { o.CacheBytes = 1 << 19 })
	var heaps []uint64
	for i := range requests {
		c := ask(fmt.Sprintf("%d of many", i), 1+i%3, int64(i))
		c.Realm = fmt.Sprint(i % 7)
		mustCollect(t, m, c)
		if (i+1)%(requests/5) == 0 {
			heaps = append(heaps, heap())
		}
	}
	if first, last := heaps[0], heaps[len(heaps)-1]; float64(last) > 1.01*float64(first)+16<<10 {
		t.Errorf("the heap grows: %d", heaps)
	}
	t.Log(heaps)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// TestGuessesChangeNothing asks for answers that repeat, with proposals and without:
// they are the same, token for token, odds and all, greedy or drawn.
func TestGuessesChangeNothing(t *testing.T) {
	path := write(t, nntest.Make(small))
	quiet := openFile(t, path, func(o *engine.Options) { o.Plain = true })
	var proposed, accepted int64
	zero, half := 0.0, 0.5
	for name, change := range map[string]func(*hearth.Completion){
		"greedy":           func(c *hearth.Completion) { c.Sampling.Temperature = &zero },
		"drawn":            func(c *hearth.Completion) { c.Sampling.Temperature = &half },
		"few":              func(c *hearth.Completion) { c.Sampling.TopK = 2 },
		"log-probs":        func(c *hearth.Completion) { c.Sampling.TopK, c.LogProbs, c.TopLogProbs = 2, true, 3 },
		"penalties":        func(c *hearth.Completion) { c.Sampling.TopK, c.Sampling.Frequency, c.Sampling.Presence = 2, 0.01, 0.1 },
		"repetition":       func(c *hearth.Completion) { c.Sampling.TopK, c.Sampling.Repetition = 2, 1.05 },
		"choices":          func(c *hearth.Completion) { c.Sampling.TopK, c.Choices = 2, 3 },
		"stops":            func(c *hearth.Completion) { c.Sampling.TopK, c.Stop = 2, []string{"ba", "zz"} },
		"the model's end":  func(c *hearth.Completion) { c.Sampling.TopK, c.Sampling.Bias[258] = 3, 4 },
		"up to the length": func(c *hearth.Completion) { c.MaxTokens = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			m := openFile(t, path)
			for seed := range int64(5) {
				c := ask("abcabcabdabcabd", 120, seed)
				c.Sampling.Bias = map[int]float64{'a': 9, 'b': 9, 'c': 9}
				change(c)
				want, got := mustCollect(t, quiet, c), mustCollect(t, m, c)
				got.chunks, got.usage.CachedTokens = want.chunks, want.usage.CachedTokens
				if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
					t.Errorf("seed %d: with proposals\n%+v\nwithout\n%+v", seed, got, want)
				}
			}
			s := m.Stats()
			proposed, accepted = proposed+s.Proposed, accepted+s.Accepted
		})
	}
	if s := quiet.Stats(); s.Proposed > 0 || accepted < 300 || accepted == proposed {
		t.Errorf("%d of %d proposals were accepted; %d when plain", accepted, proposed, s.Proposed)
	}
}

// TestPromptsDoNotStarve lets a long prompt come with many short ones.
func TestPromptsDoNotStarve(t *testing.T) {
	m := open(t, small, func(o *engine.Options) { o.ContextTokens, o.Sequences = 4096, 3 })
	var order []string
	var mu sync.Mutex
	var wg sync.WaitGroup
	done := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, name)
	}
	wg.Go(func() {
		mustCollect(t, m, ask(told(3000), 1, 1))
		done("long")
	})
	for i := range 2 {
		wg.Go(func() {
			for j := range 100 {
				mustCollect(t, m, ask(fmt.Sprint(i, j, told(100)), 1, 1))
				done("short")
			}
		})
	}
	wg.Wait()
	if at := slices.Index(order, "long"); at > 100 {
		t.Errorf("the long prompt came after %d short ones", at)
	}
}

// TestDrawnTokensHaveTheModelsDistribution counts what is drawn at the fourth place
// of an answer, which proposals reach, over many seeds: the counts must be as likely
// as the model's own odds say (Pearson's chi-square).
func TestDrawnTokensHaveTheModelsDistribution(t *testing.T) {
	m := open(t, small)
	const letters, place, draws = "abcd", 4, 1500
	c := ask("abcdabcdabcd", place, 0)
	c.Sampling.Bias = map[int]float64{}
	for id := range 272 {
		if !strings.ContainsRune(letters, rune(id)) {
			c.Sampling.Bias[id] = -100
		}
	}
	// What follows every three letters, by the model's own odds.
	expected := map[string]float64{}
	var walk func(text string, p float64)
	walk = func(text string, p float64) {
		if len(text) == place {
			expected[text] = p * draws
			return
		}
		odds := *c
		odds.Prompt, odds.MaxTokens, odds.LogProbs, odds.TopLogProbs = []hearth.Span{{Text: "abcdabcdabcd" + text}}, 1, true, 272
		sum, each := 0.0, map[string]float64{}
		for _, top := range mustCollect(t, m, &odds).odds[0][0].Top {
			if len(top.Bytes) == 1 && strings.Contains(letters, string(top.Bytes)) {
				each[string(top.Bytes)] = math.Exp(top.LogProb)
				sum += math.Exp(top.LogProb)
			}
		}
		for l, e := range each {
			walk(text+l, p*e/sum)
		}
	}
	walk("", 1)
	counts := map[string]int{}
	for seed := range int64(draws) {
		c.Sampling.Seed = &seed
		counts[mustCollect(t, m, c).text[0]]++
	}
	var chi, rest, restCount float64
	cells := 0
	for text, want := range expected {
		if want < 5 { // too few to count apart
			rest, restCount = rest+want, restCount+float64(counts[text])
			continue
		}
		cells++
		chi += (float64(counts[text]) - want) * (float64(counts[text]) - want) / want
	}
	if rest > 5 {
		cells++
		chi += (restCount - rest) * (restCount - rest) / rest
	}
	// One in ten thousand is beyond 3.7 deviations (Wilson and Hilferty 1931).
	df := float64(cells - 1)
	if limit := df * math.Pow(1-2/(9*df)+3.72*math.Sqrt(2/(9*df)), 3); chi > limit || cells < 10 {
		t.Errorf("chi-square is %.1f over %d cells, at most %.1f is likely", chi, cells, limit)
	}
	if s := m.Stats(); s.Accepted < draws/20 || s.Proposed == s.Accepted {
		t.Errorf("%d of %d proposals were accepted", s.Accepted, s.Proposed)
	}
}

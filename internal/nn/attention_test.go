package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/hearthbox/hearth/internal/simd"
)

// goes runs calls on so many goroutines.
type goes int

func (g goes) Count() int { return int(g) }

func (g goes) Run(n int, f func(worker, i int)) {
	if g == 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var wg sync.WaitGroup
	for worker := range int(g) {
		wg.Go(func() {
			for i := worker; i < n; i += int(g) {
				f(worker, i)
			}
		})
	}
	wg.Wait()
}

// heads makes a runner of a model that is nothing but the shape of its heads.
func heads(format KVFormat, heads, kvHeads, dim, tokens, context int, w Workers) *Runner {
	return layered(2, format, heads, kvHeads, dim, tokens, context, w)
}

func layered(layers int, format KVFormat, heads, kvHeads, dim, tokens, context int, w Workers) *Runner {
	c := Config{Layers: layers, Embedding: 32, FeedForward: 32, Heads: heads, KVHeads: kvHeads, HeadDim: dim, Rope: Rope{Base: 1e4, Factor: 1}}
	m := &Model{Config: c}
	m.rope = newRopeTable(&c.Rope, c.rotated(), nil)
	return NewRunner(m, NewCacheIn(format, m, 8192), w, tokens, context)
}

// text is queries, keys and values of a sequence, and where it stands.
type text struct {
	q, k, v [][]float32
	kv      Sequence
}

func newText(rng *rand.Rand, c *Config, tokens int) *text {
	random := func(width int) (rows [][]float32) {
		for range tokens {
			row := make([]float32, width)
			for i := range row {
				row[i] = float32(2 * rng.NormFloat64())
			}
			rows = append(rows, row)
		}
		return rows
	}
	return &text{q: random(c.Heads * c.HeadDim), k: random(c.kvDim()), v: random(c.kvDim())}
}

// part is the next n tokens of a text.
type part struct {
	text *text
	n    int
}

// attend computes the attention of a batch in the last layer.
func attend(r *Runner, parts ...part) [][]float32 {
	p, c := &r.pass, &r.pass.model.Config
	var batch []Token
	var q, k, v []float32
	for _, part := range parts {
		t := part.text
		if !p.cache.Grow(&t.kv, part.n) {
			panic("the cache is full")
		}
		for i := range part.n {
			batch = append(batch, Token{Sequence: &t.kv})
			q = append(q, t.q[t.kv.Len+i]...)
			k = append(k, t.k[t.kv.Len+i]...)
			v = append(v, t.v[t.kv.Len+i]...)
		}
	}
	p.begin(batch)
	out := p.attendTo(1, sinks(c), rows{width: c.Heads * c.HeadDim, data: q}, rows{width: c.kvDim(), data: k}, rows{width: c.kvDim(), data: v})
	var result [][]float32
	for i := range out.count() {
		result = append(result, slices.Clone(out.row(i)))
	}
	return result
}

// sinks are those of heads that look through a window.
func sinks(c *Config) Vector {
	if c.Window.Tokens == 0 {
		return nil
	}
	v := make(Vector, c.Heads)
	for i := range v {
		v[i] = float32(3*i) - 4
	}
	return v
}

// through is a runner whose last layer looks through a window; 0 is none.
func through(window int, r *Runner) *Runner {
	if window > 0 {
		r.pass.model.Window = Window{Tokens: window, Layers: []bool{false, true}}
	}
	return r
}

// exact is one head of the attention of token i, in double precision. Keys and
// values are narrowed to halves where half is set.
func (t *text) exact(c *Config, i, head int, half bool) []float64 {
	d, shared := c.HeadDim, head/(c.Heads/c.KVHeads)*c.HeadDim
	number := func(f float32) float64 {
		if half {
			f = simd.F16(simd.ToF16(f))
		}
		return float64(f)
	}
	scores := make([]float64, i+1)
	for j := range scores {
		if c.Window.Tokens > 0 && j <= i-c.Window.Tokens {
			scores[j] = math.Inf(-1)
			continue
		}
		for n := range d {
			scores[j] += float64(t.q[i][head*d+n]) * number(t.k[j][shared+n])
		}
		scores[j] /= math.Sqrt(float64(d))
	}
	top := slices.Max(scores)
	out, sum := make([]float64, d), 0.0
	if s := sinks(c); s != nil {
		sum = math.Exp(float64(s[head]) - top)
	}
	for j, s := range scores {
		w := math.Exp(s - top)
		sum += w
		for n := range d {
			out[n] += w * number(t.v[j][shared+n])
		}
	}
	for n := range out {
		out[n] /= sum
	}
	return out
}

// TestAttention compares with the textbook, in heads of every kind, with several
// texts in a batch and a context of more than one span.
func TestAttention(t *testing.T) {
	for _, s := range []struct{ heads, kvHeads, dim, tokens int }{
		{12, 2, 128, 600}, {14, 2, 64, 90}, {4, 4, 40, 1100}, {3, 1, 8, 70}, {8, 1, 80, 530}, {64, 1, 16, 40}, {6, 3, 6, 33}, {5, 5, 256, 50},
	} {
		for _, format := range []KVFormat{KVHalf, KVBytes} {
			t.Run(fmt.Sprintf("%d/%d×%d/%d", s.heads, s.kvHeads, s.dim, format), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(uint64(s.dim), 2))
				r := heads(format, s.heads, s.kvHeads, s.dim, 2*s.tokens, s.tokens, goes(3))
				c := &r.pass.model.Config
				long, short := newText(rng, c, s.tokens), newText(rng, c, 20)
				first := attend(r, part{short, 15}, part{long, s.tokens - 1})
				then := attend(r, part{long, 1}, part{short, 5})
				for head := range s.heads {
					check(t, c, format, long, s.tokens-1, head, then[0])
					check(t, c, format, short, 17, head, then[3])
					check(t, c, format, long, s.tokens/2, head, first[15+s.tokens/2])
					check(t, c, format, short, 0, head, first[0])
				}
			})
		}
	}
}

// TestAttentionThroughAWindow compares with the textbook, with windows within a page, of
// many, of more than a span, and of more than there is; with sinks besides.
func TestAttentionThroughAWindow(t *testing.T) {
	const tokens = 1150
	for _, window := range []int{1, 7, 32, 33, 100, 513, 700, 5000} {
		for _, format := range []KVFormat{KVHalf, KVBytes} {
			t.Run(fmt.Sprintf("%d/%d", window, format), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(uint64(window), 3))
				r := through(window, heads(format, 4, 2, 40, tokens, tokens, goes(3)))
				c := &r.pass.model.Config
				long := newText(rng, c, tokens)
				got := attend(r, part{long, tokens - 1})
				got = append(got, attend(r, part{long, 1})...)
				for _, i := range []int{0, 1, 31, 32, 40, 511, 512, 600, 1148, 1149} {
					for head := range c.Heads {
						check(t, c, format, long, i, head, got[i])
					}
				}
			})
		}
	}
}

// check allows 2⁻¹⁶ of the spread of values, which is 2, and with bytes what their
// rounding makes of keys and values: 1/254 of the largest of 32, twice.
func check(t *testing.T, c *Config, format KVFormat, text *text, i, head int, got []float32) {
	t.Helper()
	allowed := 2 * 0x1p-16
	if format == KVBytes {
		allowed = 0.15
	}
	want := text.exact(c, i, head, format == KVHalf)
	for n, w := range want {
		if g := float64(got[head*c.HeadDim+n]); !(math.Abs(g-w) <= allowed) {
			t.Fatalf("token %d, head %d, number %d is %v, want %v", i, head, n, g, w)
		}
	}
}

// TestBytesAgainstHalves measures what the cache's formats cost: the root mean square
// error of attention over random keys and values, of a deviation of 2, relative to
// the spread of what attention returns. Long contexts average values, so that the
// spread shrinks with the error. With halves it is below 0.04 %, with bytes below
// 1 %.
func TestBytesAgainstHalves(t *testing.T) {
	for format, allowed := range map[KVFormat]float64{KVHalf: 0.0004, KVBytes: 0.01} {
		for _, tokens := range []int{40, 1000} {
			rng := rand.New(rand.NewPCG(3, 4))
			r := heads(format, 4, 2, 128, tokens, tokens, goes(2))
			c := &r.pass.model.Config
			text := newText(rng, c, tokens)
			for _, q := range text.q {
				for i := range q {
					q[i] /= 4 // scores deviate by 1, as those of trained models do
				}
			}
			got := attend(r, part{text, tokens})
			var errors, spread float64
			for i := tokens / 2; i < tokens; i += tokens / 8 {
				for head := range 4 {
					for n, w := range text.exact(c, i, head, false) {
						diff := float64(got[i][head*128+n]) - w
						errors, spread = errors+diff*diff, spread+w*w
					}
				}
			}
			relative := math.Sqrt(errors / spread)
			t.Logf("format %d, %d tokens: %.5f", format, tokens, relative)
			if relative > allowed {
				t.Errorf("format %d, %d tokens: an error of %.5f, not below %v", format, tokens, relative, allowed)
			}
		}
	}
}

// TestAttentionDependsOnTheSequenceAlone is N1 for contexts of several spans: cut
// into batches at random, in company or alone, with any number of workers, and so
// by spans or not, it is the same bit for bit.
func TestAttentionDependsOnTheSequenceAlone(t *testing.T) {
	for _, window := range []int{0, 50, 530} {
		for _, format := range []KVFormat{KVHalf, KVBytes} {
			dependsOnTheSequenceAlone(t, window, format)
		}
	}
}

func dependsOnTheSequenceAlone(t *testing.T, window int, format KVFormat) {
	t.Helper()
	const tokens, batchMax = 1150, 200
	rng := rand.New(rand.NewPCG(5, 6))
	r := through(window, heads(format, 6, 2, 24, 2*tokens, tokens, goes(1)))
	first := newText(rng, &r.pass.model.Config, tokens)
	second := newText(rng, &r.pass.model.Config, tokens)
	want := attend(r, part{first, tokens}, part{second, tokens})
	apart := false
	for _, workers := range []int{1, 2, 3, 8, 40} {
		r := through(window, heads(format, 6, 2, 24, batchMax, tokens, goes(workers)))
		texts := []*text{{q: first.q, k: first.k, v: first.v}, {q: second.q, k: second.k, v: second.v}}
		for texts[0].kv.Len+texts[1].kv.Len < 2*tokens {
			var parts []part
			var rows [][]float32
			for i, text := range texts {
				n := min([]int{0, 1, 3, 90}[rng.IntN(4)], tokens-text.kv.Len)
				parts = append(parts, part{text, n})
				rows = append(rows, want[i*tokens+text.kv.Len:][:n]...)
			}
			if len(rows) == 0 {
				continue
			}
			for i, row := range attend(r, parts...) {
				if !slices.Equal(row, rows[i]) {
					t.Fatalf("window %d, format %d, %d workers: row %d of %v differs", window, format, workers, i, parts)
				}
			}
			apart = apart || r.pass.attention.spans > 0
		}
	}
	if !apart {
		t.Error("spans were never computed apart")
	}
}

// TestTokensDoNotSeeWhatFollows, were it not even a number.
func TestTokensDoNotSeeWhatFollows(t *testing.T) {
	for _, format := range []KVFormat{KVHalf, KVBytes} {
		rng := rand.New(rand.NewPCG(7, 8))
		r := heads(format, 4, 2, 32, 64, 64, goes(1))
		whole := newText(rng, &r.pass.model.Config, 40)
		for i := range whole.v[20] {
			whole.v[20][i], whole.k[20][i] = float32(math.Inf(1)), float32(math.NaN())
		}
		got := attend(r, part{whole, 40})
		alone := attend(r, part{&text{q: whole.q, k: whole.k, v: whole.v}, 20})
		for i, row := range alone {
			if !slices.Equal(got[i], row) {
				t.Errorf("format %d: token %d is touched by token 20", format, i)
			}
		}
		if got[20][0] == got[20][0] {
			t.Errorf("format %d: token 20 shows nothing of it", format)
		}
	}
}

func TestPagesAreWrittenAndRead(t *testing.T) {
	for _, format := range []KVFormat{KVHalf, KVBytes} {
		rng := rand.New(rand.NewPCG(9, 10))
		r := heads(format, 4, 2, 40, 64, 64, goes(1))
		c, text := r.pass.cache, newText(rng, &r.pass.model.Config, 20)
		attend(r, part{text, 20})
		b := make([]byte, c.PageBytes())
		text.kv.pages[0].Write(b)
		again, copied := c.newPage(), c.newPage()
		again.Read(b)
		copied.copyFrom(&again)
		if !slices.Equal(copied.keys, text.kv.pages[0].keys) || !slices.Equal(copied.values, text.kv.pages[0].values) ||
			!slices.Equal(copied.keyBytes, text.kv.pages[0].keyBytes) || !slices.Equal(copied.valueBytes, text.kv.pages[0].valueBytes) ||
			!slices.Equal(copied.keyScales, text.kv.pages[0].keyScales) || !slices.Equal(copied.valueScales, text.kv.pages[0].valueScales) {
			t.Errorf("format %d: a page came back another", format)
		}
	}
}

// TestVerbsAllocateNothing: the verbs of a pass take memory from the runner alone.
func TestVerbsAllocateNothing(t *testing.T) {
	for _, tokens := range []int{1, 40} {
		r := heads(KVBytes, 4, 2, 128, tokens, 2048, goes(1))
		p, c := &r.pass, &r.pass.model.Config
		weights := make(Vector, 4*128)
		var seq Sequence
		batch := make([]Token, tokens)
		for i := range batch {
			batch[i] = Token{Sequence: &seq, Logits: true}
		}
		p.cache.Grow(&seq, tokens)
		step := func() {
			seq.Len = 0
			p.begin(batch)
			p.beginLayer()
			q, k, v := p.rows(tokens, 4*128), p.rows(tokens, c.kvDim()), p.rows(tokens, c.kvDim())
			q = p.rotate(p.normHeads(p.norm(q, weights), weights[:128]))
			a := p.attend(0, p.bias(q, weights), k, v)
			p.add(a, q)
			p.swiglu(a, q)
			p.wanted(a)
		}
		if n := testing.AllocsPerRun(20, step); n != 0 {
			t.Errorf("%d tokens: %v allocations", tokens, n)
		}
	}
}

// BenchmarkAttention is a layer of a model of 1.5 billion weights, one layer after
// the other, so that keys and values come from memory as they do in the model: a
// token after a context, and a part of a prompt.
func BenchmarkAttention(b *testing.B) {
	const layers = 28
	for _, format := range []KVFormat{KVHalf, KVBytes} {
		for _, s := range []struct{ context, tokens int }{{500, 1}, {4000, 1}, {0, 512}, {3500, 512}} {
			b.Run(fmt.Sprintf("format=%d/context=%d/tokens=%d", format, s.context, s.tokens), func(b *testing.B) {
				r := layered(layers, format, 12, 2, 128, max(s.tokens, s.context, 1), s.context+s.tokens, goes(1))
				p, c := &r.pass, &r.pass.model.Config
				text := newText(rand.New(rand.NewPCG(1, 2)), c, s.context+s.tokens)
				if s.context > 0 {
					attend(r, part{text, s.context})
				}
				attend(r, part{text, s.tokens})
				for _, page := range text.kv.pages { // the other layers say the same
					for layer := range layers {
						spread(page.keys, layer, layers)
						spread(page.values, layer, layers)
						spread(page.keyBytes, layer, layers)
						spread(page.valueBytes, layer, layers)
						spread(page.keyScales, layer, layers)
						spread(page.valueScales, layer, layers)
					}
				}
				q, k, v := p.rows(s.tokens, 12*128), p.rows(s.tokens, 256), p.rows(s.tokens, 256)
				copy(q.data, text.q[0])
				batch, layer, used := p.tokens, 0, p.used
				for b.Loop() {
					text.kv.Len = s.context
					p.begin(batch)
					p.used = used
					p.attend(layer%layers, q, k, v)
					layer++
				}
				macs := float64(s.tokens) * (float64(s.context) + float64(s.tokens+1)/2) * 12 * 128 * 2
				b.ReportMetric(macs*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
			})
		}
	}
}

// spread copies what layer 1 has to another layer.
func spread[T any](f []T, layer, layers int) {
	n := len(f) / layers
	copy(f[layer*n:(layer+1)*n], f[n:2*n])
}

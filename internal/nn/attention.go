package nn

import (
	"math"

	"github.com/hearthbox/hearth/internal/simd"
)

// The order of computation, which decides on the last bits of a result (N1): a
// token's context is cut into spans of spanPages pages, counted from the first
// token of its sequence. A span is gone through page by page with a running softmax
// (Milakov and Gimelshein 2018; Dao et al. 2022), beginning from nothing; the spans'
// results are then joined from the first to the last. Who computes a span, and with
// which other tokens, makes no difference.
const (
	spanPages = 16 // 512 tokens

	// tileRows is how many query heads of tokens that follow each other go through a
	// page together, so that it is read once for them.
	tileRows = 48

	// groupMax is how many query heads that share a key-value head are always computed
	// together. Where more do, as all do that share a latent, they are cut into groups,
	// so that there is work for everyone when there is one token.
	groupMax = 8

	apartMax = 1 << 22 // floats that results of spans computed apart may take: 16 MiB
)

// attention computes the attention of one layer at a time.
type attention struct {
	pass    *pass
	groups  int // of query heads
	tiles   []tile
	workers []attendant
	apart   []float32 // results of spans
	longest int       // context of the batch, in tokens
	spans   int       // of the longest tile, if they are computed apart

	layer        int
	window       int    // tokens a token sees, itself included; 0 is all before it
	sinks        Vector // per query head; nil is none
	q, k, v, out rows

	put, whole, span, join func(worker, i int) // bound once, as binding takes memory
}

// tile is a few tokens of one sequence that follow each other.
type tile struct {
	first, count int // in the batch
	position     int // of the first
	whole        int // tokens of the sequence, where each sees all of them; else 0
}

// sees is how many tokens of the sequence token i of the tile gathers from.
func (t *tile) sees(i int) int {
	if t.whole > 0 {
		return t.whole
	}
	return t.position + i + 1
}

// most is sees for the token that sees most.
func (t *tile) most() int { return t.sees(t.count - 1) }

// attendant is a worker's memory.
type attendant struct {
	kvRoom
	queries     []float32
	scores      []float32
	keep        []float32
	total, part gathered
}

// gathered is what rows of queries have gathered so far: sums of values by weights
// 2^(score−largest), and the sum of the weights.
type gathered struct {
	largest, sum, values []float32
}

func (a *attention) init(p *pass, context int) {
	a.pass, a.groups = p, p.model.KVHeads
	if each := p.model.Heads / a.groups; each > groupMax && each%groupMax == 0 {
		a.groups = p.model.Heads / groupMax
	}
	a.put, a.whole, a.span, a.join = a.doPut, a.doWhole, a.doSpan, a.doJoin
	rows, padded := p.tileRows(), p.cache.padded()
	n := p.workers.Count()
	a.workers = make([]attendant, n)
	for i := range a.workers {
		w := &a.workers[i]
		w.kvRoom = p.cache.newRoom(rows)
		w.queries = make([]float32, rows*p.cache.key)
		w.scores = make([]float32, rows*simd.Lanes)
		w.keep = make([]float32, rows)
		w.total = cut(make([]float32, rows*(padded+2)), rows)
		w.part = cut(make([]float32, rows*(padded+2)), rows)
	}
	a.apart = make([]float32, min(apartMax, (n-1)*spans(context)*rows*(padded+2)))
}

// cut makes the result of so many rows out of memory for it.
func cut(f []float32, rows int) gathered {
	return gathered{largest: f[:rows], sum: f[rows : 2*rows], values: f[2*rows:]}
}

// group is how many query heads are computed together.
func (p *pass) group() int { return p.model.Heads / p.attention.groups }

// tileRows is how many rows a tile has at most.
func (p *pass) tileRows() int { return max(tileRows/p.group(), 1) * p.group() }

// spans is how many spans so many tokens are cut into.
func spans(tokens int) int { return (Pages(tokens) + spanPages - 1) / spanPages }

// plan cuts the batch into tiles, smaller ones if there would be too few for the
// workers, and decides how they are shared out: by tiles and heads, and if that is
// still less than one for each worker, by spans too.
func (a *attention) plan() {
	p := a.pass
	a.tiles, a.longest, a.spans = a.tiles[:0], 0, 0
	most := min(p.tileRows()/p.group(), max(1, len(p.tokens)*a.groups/len(a.workers)))
	for i, t := range p.tokens {
		if n := len(a.tiles); n > 0 && p.tokens[i-1].Sequence == t.Sequence && a.tiles[n-1].count < most {
			a.tiles[n-1].count++
			continue
		}
		tile := tile{first: i, count: 1, position: p.positions[i]}
		if p.model.BothWays {
			tile.whole = t.Sequence.Len
		}
		a.tiles = append(a.tiles, tile)
	}
	for i := range a.tiles {
		a.longest = max(a.longest, a.tiles[i].most())
	}
	n := len(a.tiles) * a.groups
	if s := spans(a.longest); n < len(a.workers) && s > 1 && n*s*p.tileRows()*(p.cache.padded()+2) <= len(a.apart) {
		a.spans = s
	}
}

// attend stores keys and values in the cache and returns, for every token, what
// its query heads gather from the tokens of its sequence up to itself, or from all
// of them (Vaswani et al. 2017). Groups of query heads share a key and value head (Ainslie et al.
// 2023). Scores and sums are floats; keys and values are what the cache holds.
func (p *pass) attend(layer int, q, k, v rows) rows { return p.attendTo(layer, nil, q, k, v) }

// attendTo is attend with sinks: what else a head may attend to, a score for each, that
// gives nothing (Xiao et al. 2023; OpenAI 2025).
func (p *pass) attendTo(layer int, sinks Vector, q, k, v rows) rows {
	a := &p.attention
	a.window, a.sinks = p.model.Window.of(layer), sinks
	a.layer, a.q, a.k, a.v, a.out = layer, q, k, v, p.rows(q.count(), p.model.Heads*p.cache.value)
	p.run(len(p.tokens), len(k.data), a.put)
	n := len(a.tiles) * a.groups
	if a.spans > 0 {
		p.workers.Run(n*a.spans, a.span)
		p.workers.Run(n, a.join)
		return a.out
	}
	p.run(n, len(q.data)*a.longest/4, a.whole)
	return a.out
}

// doPut stores what token i leaves in the cache.
func (a *attention) doPut(worker, i int) {
	p, k, v := a.pass, a.k.row(i), a.v.row(i)
	position, key, value := p.positions[i], p.cache.key, p.cache.value
	page := p.tokens[i].Sequence.pages[position/PageTokens]
	for h := range p.model.KVHeads {
		p.cache.put(&page.page, p.cache.block(a.layer, h), position%PageTokens,
			k[h*key:(h+1)*key], v[h*value:(h+1)*value], &a.workers[worker].kvRoom)
	}
}

// doWhole computes all of tile and head i. Tiles are drawn from the last, which in
// a prompt has the longest context.
func (a *attention) doWhole(worker, i int) {
	w := &a.workers[worker]
	t, head := a.task(i)
	queries := a.load(w, t, head)
	first, n := a.firstSpan(t), spans(t.most())
	total := w.total.of(queries.Count, a.pass.cache.padded())
	a.walk(w, t, head, first, queries, total)
	for s := first + 1; s < n; s++ {
		part := w.part.of(queries.Count, a.pass.cache.padded())
		a.walk(w, t, head, s, queries, part)
		total.add(part)
	}
	a.finish(t, head, total)
}

// doSpan computes span i%spans of tile and head i/spans.
func (a *attention) doSpan(worker, i int) {
	t, head := a.task(i / a.spans)
	if s := i % a.spans; s >= a.firstSpan(t) && s < spans(t.most()) {
		w := &a.workers[worker]
		queries := a.load(w, t, head)
		a.walk(w, t, head, s, queries, a.result(i, queries.Count))
	}
}

// doJoin joins the spans of tile and head i.
func (a *attention) doJoin(_, i int) {
	t, head := a.task(i)
	rows := t.count * a.pass.group()
	first := a.firstSpan(t)
	total := a.result(i*a.spans+first, rows)
	for s := first + 1; s < spans(t.most()); s++ {
		total.add(a.result(i*a.spans+s, rows))
	}
	a.finish(t, head, total)
}

// from is the first token of the sequence that token i of a tile sees.
func (a *attention) from(t *tile, i int) int {
	if a.window == 0 {
		return 0
	}
	return max(0, t.position+i+1-a.window)
}

// firstSpan is the first in which a token of the tile sees anything.
func (a *attention) firstSpan(t tile) int { return a.from(&t, 0) / (spanPages * PageTokens) }

// task is tile and group i.
func (a *attention) task(i int) (t tile, group int) {
	return a.tiles[len(a.tiles)-1-i/a.groups], i % a.groups
}

// result is where the result of span i is kept.
func (a *attention) result(i, rows int) gathered {
	padded := a.pass.cache.padded()
	size := a.pass.tileRows() * (padded + 2)
	return cut(a.apart[i*size:], a.pass.tileRows()).of(rows, padded)
}

// load copies the queries of a tile that are of one group, one row per token and head,
// scaled so that powers of two are powers of e of scores as published.
func (a *attention) load(w *attendant, t tile, head int) simd.Rows {
	d, group := a.pass.cache.key, a.pass.group()
	scale := float32(math.Log2E * a.pass.model.scoreScale())
	for i := range t.count {
		q := a.q.row(t.first + i)[head*group*d : (head+1)*group*d]
		simd.Scale(w.queries[i*group*d:(i+1)*group*d], q, scale)
	}
	return simd.Rows{Data: w.queries, Stride: d, Count: t.count * group}
}

// walk gathers what a tile finds in one span.
func (a *attention) walk(w *attendant, t tile, head, span int, queries simd.Rows, g gathered) {
	g.clear()
	pages := a.pass.tokens[t.first].Sequence.pages
	last := min((span+1)*spanPages, Pages(t.most()))
	for i := max(span*spanPages, a.from(&t, 0)/PageTokens); i < last; i++ {
		a.visit(w, t, &pages[i].page, &pages[min(i+1, last-1)].page, i*PageTokens, head, queries, g)
	}
}

// visit gathers what a tile finds in one page, which begins at a position. Tokens
// that see all of it are computed together; one that sees a part stays alone, so
// that what the others write there can't reach it, were it infinite. What lies before a
// window has no weight.
func (a *attention) visit(w *attendant, t tile, p, next *page, begins, head int, queries simd.Rows, g gathered) {
	cache, group := a.pass.cache, a.pass.group()
	block := cache.block(a.layer, head*a.pass.model.KVHeads/a.groups)
	first := 0
	for t.sees(first) <= begins {
		first++
	}
	scores := simd.Rows{Data: w.scores, Stride: simd.Lanes, Count: queries.Count}
	values := simd.Rows{Data: g.values, Stride: cache.padded(), Count: queries.Count}
	cache.score(p, block, scores.From(first*group), queries.From(first*group), &w.kvRoom)
	for i := first; i < t.count && a.from(&t, i) < begins+PageTokens; {
		n, end := t.sees(i)-begins, i+1
		if n >= PageTokens && a.from(&t, t.count-1) <= begins && !a.chooses() || t.whole > 0 {
			end = t.count
		}
		n = min(n, PageTokens)
		from, to := i*group, end*group
		if seen := a.chosen(t.first+i, begins/PageTokens); seen == 0 {
			i = end
			continue
		} else if seen != everything {
			hideUnchosen(scores.From(from).Only(to-from), seen)
		}
		if hidden := a.from(&t, i) - begins; hidden > 0 {
			hide(scores.From(from).Only(to-from), hidden)
		}
		simd.Soften(scores.From(from).Data, n, g.largest[from:to], g.sum[from:to], w.keep)
		cache.gather(p, next, block, n, values.From(from).Only(to-from), scores.From(from).Only(to-from), w.keep, &w.kvRoom)
		i = end
	}
}

// everything is all tokens of a page.
const everything = 1<<PageTokens - 1

// chooses reports whether tokens of the batch may see a choice of those before them.
func (a *attention) chooses() bool { return len(a.pass.index.masks) > 0 }

// chosen is what token i of the batch sees of a page, apart from what comes after it.
func (a *attention) chosen(i, page int) uint32 {
	if !a.chooses() || a.pass.index.masks[i] == nil {
		return everything
	}
	return a.pass.index.masks[i][page]
}

// hideUnchosen takes the tokens of a page from every row that have no bit.
func hideUnchosen(scores simd.Rows, seen uint32) {
	for r := range scores.Count {
		row := scores.Data[r*scores.Stride:][:PageTokens]
		for i := range row {
			if seen>>i&1 == 0 {
				row[i] = float32(math.Inf(-1))
			}
		}
	}
}

// hide takes the first n tokens of a page from every row.
func hide(scores simd.Rows, n int) {
	for r := range scores.Count {
		row := scores.Data[r*scores.Stride:]
		for i := range n {
			row[i] = float32(math.Inf(-1))
		}
	}
}

// finish divides by the sums of weights, sinks included.
func (a *attention) finish(t tile, head int, g gathered) {
	d, group, padded := a.pass.cache.value, a.pass.group(), a.pass.cache.padded()
	for r, sum := range g.sum {
		if a.sinks != nil {
			sink := math.Log2E * float64(a.sinks[head*group+r%group])
			sum += pow2(float32(sink) - g.largest[r])
		}
		out := a.out.row(t.first + r/group)[(head*group+r%group)*d:][:d]
		simd.Scale(out, g.values[r*padded:][:d], 1/sum)
	}
}

// of is g cut down to so many rows.
func (g gathered) of(rows, width int) gathered {
	return gathered{g.largest[:rows], g.sum[:rows], g.values[:rows*width]}
}

func (g gathered) clear() {
	for i := range g.largest {
		g.largest[i] = float32(math.Inf(-1))
	}
	clear(g.sum)
	clear(g.values)
}

// add joins what was gathered from a later span. Rows that do not reach into it
// have a sum of zero there.
func (g gathered) add(o gathered) {
	width := len(g.values) / len(g.sum)
	for r, largest := range o.largest {
		if o.sum[r] == 0 {
			continue
		}
		top := max(g.largest[r], largest)
		keep, by := pow2(g.largest[r]-top), pow2(largest-top)
		g.largest[r] = top
		g.sum[r] = float32(g.sum[r]*keep) + float32(o.sum[r]*by)
		simd.Blend(g.values[r*width:(r+1)*width], keep, o.values[r*width:(r+1)*width], by)
	}
}

func pow2(x float32) float32 { return float32(math.Exp2(float64(x))) }

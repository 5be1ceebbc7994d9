package nn

import (
	"math"

	"github.com/hearthbox/hearth/internal/simd"
)

// Index is how a layer chooses, for every token, which of those before it are attended
// to (DeepSeek-AI 2025): by products of small queries with a small key that the cache
// keeps of every token beside its latent. The zero value is none.
type Index struct {
	Heads int // queries of a token
	Width int // numbers in one, and in a key
	Top   int // tokens that are chosen; where there are no more, all are

	Interleaved bool   // as in [Rope]
	Layers      []bool // which layers choose; the others see what the one before them does
}

// chooses reports whether a layer does.
func (x *Index) chooses(layer int) bool { return x.Top > 0 && x.Layers[layer] }

// indexer is the index of a layer.
type indexer struct {
	Q       Matrix `gguf:"indexer.attn_q_b.weight" shape:"queries,indexes"`
	K       Matrix `gguf:"indexer.attn_k.weight" shape:"embedding,index"`
	KNorm   Vector `gguf:"indexer.k_norm.weight" shape:"index"`
	KBias   Vector `gguf:"indexer.k_norm.bias" shape:"index"`
	Weights Matrix `gguf:"indexer.proj.weight" shape:"embedding,indexers"`
}

// indexEpsilon is that of the norm of keys, which files do not state.
const indexEpsilon = 1e-6

// index reads the shape. All layers choose.
func (m *metadata) index(c *Config) Index {
	x := Index{
		Heads:  m.integer("attention.indexer.head_count", 1, headsMax),
		Width:  m.integer("attention.indexer.key_length", 2, headDimMax),
		Top:    m.integer("attention.indexer.top_k", 1, contextMax),
		Layers: make([]bool, c.Layers),
	}
	for i := range x.Layers {
		x.Layers[i] = true
	}
	switch {
	case m.err != nil:
	case c.Latent.Queries == 0:
		m.fail(m.f.Refuse(m.prefix+"attention.q_lora_rank", "is missing: an index is made from the same as queries"))
	case x.Width < c.Latent.Rotated:
		m.fail(m.f.Refuse(m.prefix+"attention.indexer.key_length", "is %d, and %d numbers of it are rotated", x.Width, c.Latent.Rotated))
	}
	return x
}

// sharedIndex reads which layers of GLM-5 choose. Files of 5 and 5.1, where all do, do not
// say so, and nor do some of 5.2, which is known by its context of a million tokens: there
// it is the first two layers and every fourth from then on.
func (m *metadata) sharedIndex(x *Index, context int) {
	const types = "attention.indexer.types"
	if !m.f.Has(m.prefix + types) {
		for i := range x.Layers {
			x.Layers[i] = context < 1<<20 || i < 2 || i%4 == 2
		}
		return
	}
	list, err := m.f.Bools(m.prefix + types)
	switch {
	case err != nil:
		m.fail(err)
	case len(list) < len(x.Layers):
		m.fail(m.f.Refuse(m.prefix+types, "is of %d layers, not %d", len(list), len(x.Layers)))
	case !list[0]:
		m.fail(m.f.Refuse(m.prefix+types, "lets the first layer see what one before it does"))
	default:
		copy(x.Layers, list)
	}
}

// indexing chooses for the tokens of a batch, in one layer at a time.
type indexing struct {
	masks [][]uint32 // per token of the batch: a bit for every token of its sequence, by pages; nil is all
	room  []uint32   // for them
	used  int

	rooms      []indexRoom // per worker
	layer      int
	q, weights rows

	put, choose func(worker, i int) // bound once
	keys        rows
}

// indexRoom is a worker's memory for choosing.
type indexRoom struct {
	halves []uint16
	scores []float32 // of the heads, for one page
	order  []uint32  // by what tokens are chosen: larger is better
}

func (x *indexing) init(p *pass, context int) {
	c := &p.model.Index
	x.rooms = make([]indexRoom, p.workers.Count())
	for i := range x.rooms {
		x.rooms[i] = indexRoom{make([]uint16, c.Width), make([]float32, c.Heads*simd.Lanes), make([]uint32, Pages(context)*PageTokens)}
	}
	x.put, x.choose = p.putIndex, p.chooseTokens
}

// chooseBy stores the keys of the batch's tokens and chooses what attend then sees. h is
// what the layer makes everything of, and queries what it makes queries of.
func (p *pass) chooseBy(layer int, h, queries rows, ix *indexer) {
	x := &p.index
	x.layer = layer
	x.q = p.mul(queries, &ix.Q)
	p.each(x.q, rows{}, nil, (*pass).turnIndexRow)
	x.keys = p.mul(h, &ix.K)
	p.each(x.keys, rows{width: x.keys.width, data: ix.KBias}, ix.KNorm, (*pass).indexKeyRow)
	x.weights = p.mul(h, &ix.Weights)
	p.run(len(p.tokens), len(x.keys.data), x.put)
	x.masks, x.used = grown(x.masks, len(p.tokens)), 0
	need := 0
	for _, t := range p.tokens {
		need += Pages(t.Sequence.Len)
	}
	x.room = grown(x.room, need)
	for i := range p.tokens {
		x.masks[i] = nil
		if sees := p.positions[i] + 1; sees > p.model.Index.Top {
			n := Pages(sees)
			x.masks[i] = x.room[x.used : x.used+n]
			x.used += n
		}
	}
	p.run(len(p.tokens), len(x.q.data)*p.attention.longest/4, x.choose)
}

// indexKeyRow norms and rotates the key of a token.
func (p *pass) indexKeyRow(i int) {
	simd.LayerNorm(p.x.row(i), p.weights, p.y.data, indexEpsilon)
	p.turnIndexRow(i)
}

// turnIndexRow rotates the first numbers of every head, whose pairs need not be those of
// the rest of the model.
func (p *pass) turnIndexRow(i int) {
	cos, sin := p.turns.of(i)
	for row := p.x.row(i); len(row) > 0; row = row[p.model.Index.Width:] {
		simd.Rotate(row[:p.model.Index.Width], cos, sin, p.model.Index.Interleaved)
	}
}

// putIndex stores the key of token i.
func (p *pass) putIndex(worker, i int) {
	x, position := &p.index, p.positions[i]
	halves := x.rooms[worker].halves
	simd.ToHalf(halves, x.keys.row(i))
	keys := p.tokens[i].Sequence.pages[position/PageTokens].index[x.layer*len(halves)*PageTokens+position%PageTokens:]
	for n, h := range halves {
		keys[n*PageTokens] = h
	}
}

// chooseTokens chooses what token i sees, if that is not all: the tokens with the largest
// sums of what its heads make of them; of equals the first (N1).
func (p *pass) chooseTokens(worker, i int) {
	x, c := &p.index, &p.model.Index
	mask := x.masks[i]
	if mask == nil {
		return
	}
	sees, room := p.positions[i]+1, &x.rooms[worker]
	queries := simd.Rows{Data: x.q.row(i), Stride: c.Width, Count: c.Heads}
	scores := simd.Rows{Data: room.scores, Stride: simd.Lanes, Count: c.Heads}
	for n := range mask {
		page := p.tokens[i].Sequence.pages[n]
		keys := page.index[x.layer*c.Width*PageTokens:][:c.Width*PageTokens]
		simd.MixHalf(scores, queries, keys, PageTokens, c.Width, nil, keys)
		var sums [simd.Lanes]float32
		for h, weight := range x.weights.row(i) {
			for t, s := range room.scores[h*simd.Lanes:][:simd.Lanes] {
				sums[t] += weight * max(0, s)
			}
		}
		for t, s := range sums {
			room.order[n*PageTokens+t] = ordered(s)
		}
	}
	choose(mask, room.order[:sees], c.Top)
}

// ordered is a number that is larger for larger floats.
func ordered(f float32) uint32 {
	b := math.Float32bits(f + 0) // which has no sign if it is zero
	if b>>31 != 0 {
		return ^b
	}
	return b | 1<<31
}

// choose sets the bits of the most that are largest, which are fewer than there are; of
// equals those of the first. It finds the least of them digit by digit, from the highest.
func choose(mask []uint32, order []uint32, most int) {
	var least, known uint32
	left := most // of those that are equal so far
	for shift := 24; shift >= 0; shift -= 8 {
		var counts [256]int
		for _, o := range order {
			if o&known == least {
				counts[o>>shift&0xff]++
			}
		}
		digit := 255
		for ; counts[digit] < left; digit-- {
			left -= counts[digit]
		}
		least |= uint32(digit) << shift
		known |= 0xff << shift
	}
	clear(mask)
	for i, o := range order {
		if o > least || o == least && left > 0 {
			mask[i/PageTokens] |= 1 << (i % PageTokens)
			if o == least {
				left--
			}
		}
	}
}

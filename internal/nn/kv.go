package nn

import (
	"encoding/binary"
	"math"

	"github.com/hearthbox/hearth/internal/simd"
)

// KVFormat is how a cache holds keys and values.
type KVFormat int

const (
	KVHalf  KVFormat = iota // IEEE halves
	KVBytes                 // 8-bit integers with a float scale per 32 numbers of a head: 9 bits each
)

// kvShape is what a page has room for.
type kvShape struct {
	format KVFormat
	layers int
	heads  int // key-value heads
	key    int // numbers in a key of a head
	value  int // numbers in a value
	index  int // numbers in a key of the index, which a layer has one of; 0 is none
}

// page holds keys and values of PageTokens tokens in all layers, by blocks: what
// one head of one layer has of them. A block of keys has the first number of all
// tokens, then the second of all, and so on, so that a query meets all keys at
// once; a block of values has the tokens one after another. Scales are per token
// and 32 numbers, those of all tokens side by side. Of places no token has been
// written to, nothing is known. Keys of an index are halves, and stand as keys do. Values have room behind them, as rows of values are
// read by simd.Lanes numbers at a time.
type page struct {
	keys, values           []uint16
	keyBytes, valueBytes   []int8
	keyScales, valueScales []float32
	index                  []uint16
}

// chunks is how many scales so many numbers have.
func chunks(dim int) int { return (dim + simd.Lanes - 1) / simd.Lanes }

// padded is how many numbers a value takes where it is read by simd.Lanes.
func (s *kvShape) padded() int { return chunks(s.value) * simd.Lanes }

// block is which block a head of a layer has.
func (s *kvShape) block(layer, head int) int { return layer*s.heads + head }

func (s *kvShape) newPage() page {
	tokens := s.layers * s.heads * PageTokens
	k, v := tokens*s.key, tokens*s.value
	index := make([]uint16, s.layers*PageTokens*s.index)
	if s.format == KVHalf {
		return page{index: index, keys: make([]uint16, k), values: make([]uint16, v, v+simd.Lanes)}
	}
	return page{
		index:    index,
		keyBytes: make([]int8, k), keyScales: make([]float32, tokens*chunks(s.key)),
		valueBytes: make([]int8, v, v+simd.Lanes), valueScales: make([]float32, tokens*chunks(s.value)),
	}
}

// PageBytes is the size of a page, as Write writes it.
func (s *kvShape) PageBytes() int {
	each := 2 * (s.key + s.value)
	if s.format == KVBytes {
		each = s.key + s.value + 4*(chunks(s.key)+chunks(s.value))
	}
	return s.layers * PageTokens * (s.heads*each + 2*s.index)
}

func (p *page) copyFrom(o *page) {
	copy(p.index, o.index)
	copy(p.keys, o.keys)
	copy(p.values, o.values)
	copy(p.keyBytes, o.keyBytes)
	copy(p.valueBytes, o.valueBytes)
	copy(p.keyScales, o.keyScales)
	copy(p.valueScales, o.valueScales)
}

// Write writes the page into b, which has its size.
func (p *page) Write(b []byte) {
	for _, s := range [][]uint16{p.index, p.keys, p.values} {
		for i, v := range s {
			binary.LittleEndian.PutUint16(b[2*i:], v)
		}
		b = b[2*len(s):]
	}
	for _, s := range [][]int8{p.keyBytes, p.valueBytes} {
		for i, v := range s {
			b[i] = byte(v)
		}
		b = b[len(s):]
	}
	for _, s := range [][]float32{p.keyScales, p.valueScales} {
		for i, v := range s {
			binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(v))
		}
		b = b[4*len(s):]
	}
}

// Read reads the page from b, where Write has written one of the same cache.
func (p *page) Read(b []byte) {
	for _, s := range [][]uint16{p.index, p.keys, p.values} {
		for i := range s {
			s[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		b = b[2*len(s):]
	}
	for _, s := range [][]int8{p.keyBytes, p.valueBytes} {
		for i := range s {
			s[i] = int8(b[i])
		}
		b = b[len(s):]
	}
	for _, s := range [][]float32{p.keyScales, p.valueScales} {
		for i := range s {
			s[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		b = b[4*len(s):]
	}
}

// kvRoom is a worker's memory for what stands between floats and pages.
type kvRoom struct {
	halves  []uint16
	bytes   []int8
	scales  []float32
	weights []float32
	ones    []float32
}

func (s *kvShape) newRoom(rows int) kvRoom {
	widest := max(s.key, s.value)
	r := kvRoom{halves: make([]uint16, widest), bytes: make([]int8, widest), scales: make([]float32, chunks(widest)),
		weights: make([]float32, rows*simd.Lanes), ones: make([]float32, max(rows, simd.Lanes))}
	for i := range r.ones {
		r.ones[i] = 1
	}
	return r
}

// put stores one token's key and value of a block in a slot of the page.
func (s *kvShape) put(p *page, block, slot int, k, v []float32, room *kvRoom) {
	keys := block*s.key*PageTokens + slot
	values := (block*PageTokens + slot) * s.value
	if s.format == KVHalf {
		halves := room.halves[:s.key]
		simd.ToHalf(halves, k)
		for i, h := range halves {
			p.keys[keys+i*PageTokens] = h
		}
		simd.ToHalf(p.values[values:values+s.value], v)
		return
	}
	bytes, scales := room.bytes[:s.key], room.scales[:chunks(s.key)]
	simd.QuantizeHead(bytes, scales, k)
	for i, q := range bytes {
		p.keyBytes[keys+i*PageTokens] = q
	}
	for i, f := range scales {
		p.keyScales[(block*chunks(s.key)+i)*PageTokens+slot] = f
	}
	scales = room.scales[:chunks(s.value)]
	simd.QuantizeHead(p.valueBytes[values:values+s.value], scales, v)
	for i, f := range scales {
		p.valueScales[(block*chunks(s.value)+i)*PageTokens+slot] = f
	}
}

// score multiplies queries with all keys of a block. Its values are fetched from
// memory meanwhile.
func (s *kvShape) score(p *page, block int, scores, queries simd.Rows, room *kvRoom) {
	keys, values := block*s.key*PageTokens, block*s.value*PageTokens
	if s.format == KVHalf {
		simd.MixHalf(scores, queries, p.keys[keys:], PageTokens, s.key, nil, p.values[values:])
		return
	}
	var keep []float32
	for c := range chunks(s.key) {
		from := c * simd.Lanes
		ahead := min(values+from*PageTokens, len(p.valueBytes))
		simd.MixBytes(scores, queries.Columns(from), p.keyBytes[keys+from*PageTokens:], PageTokens,
			min(simd.Lanes, s.key-from), keep, p.keyScales[(block*chunks(s.key)+c)*PageTokens:], p.valueBytes[ahead:])
		keep = room.ones
	}
}

// gather adds the block's first n values, by their weights, to what is kept of out.
// The keys of the next page are fetched from memory meanwhile.
func (s *kvShape) gather(p, next *page, block, n int, out, weights simd.Rows, keep []float32, room *kvRoom) {
	keys, values := block*PageTokens*s.key, block*PageTokens*s.value
	for from := 0; from < s.value; from += simd.Lanes {
		ahead := keys + min(from, s.key)*PageTokens
		if s.format == KVHalf {
			simd.MixHalf(out.Columns(from), weights, p.values[values+from:], s.value, n, keep, next.keys[ahead:])
			continue
		}
		scaled := simd.Rows{Data: room.weights[:weights.Count*simd.Lanes], Stride: simd.Lanes, Count: weights.Count}
		simd.ScaleColumns(scaled.Data, weights.Data[:len(scaled.Data)], p.valueScales[block*chunks(s.value)*PageTokens+from:])
		simd.MixBytes(out.Columns(from), scaled, p.valueBytes[values+from:], s.value, n, keep, room.ones, next.keyBytes[ahead:])
	}
}

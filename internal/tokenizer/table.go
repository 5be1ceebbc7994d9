package tokenizer

import (
	"math/bits"
	"math/rand/v2"
)

// table maps pairs of 32-bit numbers to 64-bit values: a fixed array with linear
// probing, because encoding is little else than asking it. The hash is seeded, so
// that no file can arrange for collisions.
type table struct {
	slots []slot
	mask  uint64
	seed  uint64
}

// golden is 2^64 over the golden ratio, which has no pattern in its bits.
const golden = 0x9E3779B97F4A7C15

// slot holds key+1, and 0 while it is free.
type slot struct{ key, value uint64 }

// newTable returns a table with room for n entries; putting more would hang.
func newTable(n int) *table {
	size := uint64(1) << bits.Len64(uint64(n)*3/2)
	return &table{slots: make([]slot, size), mask: size - 1, seed: rand.Uint64()}
}

func key(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// spread hashes two numbers by folding their wide product.
func spread(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func (t *table) slot(key uint64) uint64 { return spread(key^t.seed, golden) }

func (t *table) get(key uint64) (value uint64, ok bool) {
	for i := t.slot(key); ; i++ {
		s := &t.slots[i&t.mask]
		if s.key == key+1 {
			return s.value, true
		}
		if s.key == 0 {
			return 0, false
		}
	}
}

// put adds a key, unless it is there already.
func (t *table) put(key, value uint64) {
	for i := t.slot(key); ; i++ {
		s := &t.slots[i&t.mask]
		if s.key == key+1 {
			return
		}
		if s.key == 0 {
			*s = slot{key + 1, value}
			return
		}
	}
}

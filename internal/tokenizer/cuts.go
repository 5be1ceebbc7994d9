package tokenizer

import "unicode/utf8"

// cuts tells where a text may be cut without changing how it is merged: between
// two characters that no symbol spans. A merge across the cut would produce a
// symbol that spans it.
//
// A symbol of byte-level BPE may hold part of a character. Such a part is known by
// the byte at the boundary alone, and written as a negative number.
type cuts struct {
	sides []uint64 // a bit per hash of what a symbol holds side by side
	// parts has a bit per two bytes at a boundary where a symbol holds part of a
	// character on one side at least. Few have.
	parts [256 * 256 / 64]uint64
}

// newCuts makes room for symbols of about n bytes in all. Too little room, or bad
// luck, loses cuts and never makes a wrong one.
func newCuts(n int) *cuts {
	words := 64
	for words < n/256 {
		words *= 2
	}
	return &cuts{sides: make([]uint64, words)}
}

// add notes a symbol's text.
func (c *cuts) add(text []byte) {
	for i := 1; i < len(text); i++ {
		if !utf8.RuneStart(text[i]) {
			continue
		}
		left, n := utf8.DecodeLastRune(text[:i])
		right, m := utf8.DecodeRune(text[i:])
		if left == utf8.RuneError && n == 1 {
			left = part(text[i-1])
		}
		if right == utf8.RuneError && m == 1 {
			right = part(text[i])
		}
		bit := c.side(left, right)
		c.sides[bit/64] |= 1 << (bit % 64)
		if left < 0 || right < 0 {
			bit := uint(text[i-1])<<8 | uint(text[i])
			c.parts[bit/64] |= 1 << (bit % 64)
		}
	}
}

func part(b byte) rune { return -1 - rune(b) }

func (c *cuts) side(left, right rune) uint64 {
	return spread(key(left, right), golden) & uint64(64*len(c.sides)-1)
}

func (c *cuts) joined(left, right rune) bool {
	bit := c.side(left, right)
	return c.sides[bit/64]&(1<<(bit%64)) != 0
}

// between tells whether text may be cut at i, where left ends and right begins.
func (c *cuts) between(text []byte, i int, left, right rune) bool {
	return !c.joined(left, right) && c.whole(text, i, left, right)
}

// whole tells whether every symbol with a boundary of these two characters holds
// both entirely.
func (c *cuts) whole(text []byte, i int, left, right rune) bool {
	last, first := text[i-1], text[i]
	bit := uint(last)<<8 | uint(first)
	if c.parts[bit/64]&(1<<(bit%64)) == 0 {
		return true
	}
	return !c.joined(part(last), right) && !c.joined(left, part(first)) && !c.joined(part(last), part(first))
}

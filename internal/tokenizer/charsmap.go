package tokenizer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// replacementMax is the longest text that stands for a few characters, in bytes. The
// longest of Unicode's compatibility forms has 33.
const replacementMax = 64

// charsmap says what stands for some characters before a text is cut into tokens:
// Unicode's compatibility forms, most often. It is SentencePiece's own form: a trie of
// what is replaced, as a double array of words (Yata et al. 2007), and the replacements,
// each ended by a zero. It is distrusted: what leads out of it matches nothing.
type charsmap struct {
	nodes []uint32
	texts []byte
}

func newCharsmap(b []byte) (*charsmap, error) {
	if len(b) == 0 {
		return &charsmap{}, nil
	}
	const key = "tokenizer.ggml.precompiled_charsmap"
	if len(b) < 4 {
		return nil, errors.New(key + ": cut off")
	}
	size := uint64(binary.LittleEndian.Uint32(b))
	if size%4 != 0 || 4+size > uint64(len(b)) {
		return nil, fmt.Errorf("%s: %d bytes of %d", key, size, len(b))
	}
	c := &charsmap{nodes: make([]uint32, size/4), texts: b[4+size:]}
	for i := range c.nodes {
		c.nodes[i] = binary.LittleEndian.Uint32(b[4+4*i:])
	}
	for rest := c.texts; len(rest) > 0; {
		n := bytes.IndexByte(rest, 0)
		if n < 0 || n > replacementMax {
			return nil, fmt.Errorf("%s: a replacement of more than %d bytes, or without an end", key, replacementMax)
		}
		rest = rest[n+1:]
	}
	return c, nil
}

// longest is what stands for the longest beginning of the text that the map has, and
// how long that is; 0 if it has none.
func (c *charsmap) longest(text []byte) (replacement []byte, n int) {
	if len(c.nodes) == 0 {
		return nil, 0
	}
	at := base(c.nodes[0])
	for i, b := range text {
		if at ^= uint32(b); b == 0 || uint64(at) >= uint64(len(c.nodes)) || c.nodes[at]&(1<<31|0xff) != uint32(b) {
			break
		}
		node := c.nodes[at]
		if at ^= base(node); uint64(at) >= uint64(len(c.nodes)) {
			break
		}
		if ends := node>>8&1 == 1; ends {
			if value := c.nodes[at] & (1<<31 - 1); uint64(value) < uint64(len(c.texts)) {
				text := c.texts[value:]
				replacement, n = text[:bytes.IndexByte(text, 0)], i+1
			}
		}
	}
	return replacement, n
}

// base is where the children of a node begin.
func base(node uint32) uint32 { return node >> 10 << (node & (1 << 9) >> 6) }

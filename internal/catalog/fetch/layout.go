package fetch

import "crypto/sha256"

// Limits of a file and its chunks.
const (
	bytesMax   = 1 << 50
	chunksMax  = 1 << 16 // so that a journal stays small
	chunkMin   = 1 << 10
	chunkUsual = 32 << 20 // two requests a second on a fast connection, and what a kill costs
	chunkMax   = 1 << 30
)

// sum is a SHA-256.
type sum = [sha256.Size]byte

// layout cuts a file into chunks of equal size, but for the last.
type layout struct {
	bytes, chunk int64
}

// newLayout doubles the chunks until they are few enough.
func newLayout(bytes, chunk int64) layout {
	for bytes > chunk*chunksMax {
		chunk *= 2
	}
	return layout{bytes, chunk}
}

func (l layout) count() int {
	return int((l.bytes + l.chunk - 1) / l.chunk)
}

func (l layout) span(i int) span {
	start := int64(i) * l.chunk
	return span{start, min(start+l.chunk, l.bytes)}
}

// span is a range of bytes, without the one at its end.
type span struct {
	start, end int64
}

func (s span) len() int64 { return s.end - s.start }

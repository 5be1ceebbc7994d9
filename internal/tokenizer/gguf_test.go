package tokenizer_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
)

// gguf reads the metadata of a file that the tests trust: a package of this floor
// may not import its neighbour that does so with care.
type gguf struct {
	data []byte
	at   int
}

func readGGUF(path string) (map[string]any, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	g := &gguf{data: data, at: 4 + 4 + 8}
	n := int(g.uint(8))
	values := make(map[string]any, n)
	for range n {
		k := g.value(8).(string)
		values[k] = g.value(int(g.uint(4)))
	}
	return values, nil
}

func (g *gguf) uint(size int) uint64 {
	var b [8]byte
	copy(b[:], g.data[g.at:g.at+size])
	g.at += size
	return binary.LittleEndian.Uint64(b[:])
}

// value reads a value of a GGUF type; all integers come back as int.
func (g *gguf) value(kind int) any {
	switch kind {
	case 0, 7: // uint8, bool
		return int(g.uint(1))
	case 1:
		return int(int8(g.uint(1)))
	case 2:
		return int(g.uint(2))
	case 3:
		return int(int16(g.uint(2)))
	case 4:
		return int(g.uint(4))
	case 5:
		return int(int32(g.uint(4)))
	case 6:
		return math.Float32frombits(uint32(g.uint(4)))
	case 8:
		n := int(g.uint(8))
		g.at += n
		return string(g.data[g.at-n : g.at])
	case 9:
		item, n := int(g.uint(4)), int(g.uint(8))
		list := make([]any, n)
		for i := range list {
			list[i] = g.value(item)
		}
		return list
	case 10, 11:
		return int(g.uint(8))
	case 12:
		return math.Float64frombits(g.uint(8))
	}
	panic(fmt.Sprintf("GGUF type %d", kind))
}

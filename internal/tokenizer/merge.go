package tokenizer

import "math"

// merges knows which neighbouring symbols become one, and in which order: always
// the pair of the lowest rank in the text, and of equals the leftmost. A symbol is
// a token id, or whatever number the model gives to a text that is no token.
type merges struct {
	pairs *table // (left, right) to rank<<32 | product
}

const (
	// never is the rank of a pair that does not merge.
	never = math.MaxUint32

	// shortMax is how many symbols are merged by scanning an array for the lowest
	// rank; beyond that a heap finds it. BenchmarkMerge shows where they meet.
	shortMax = 80
)

// ranked packs what find unpacks.
func ranked(rank int, product int32) uint64 {
	return uint64(rank)<<32 | uint64(uint32(product))
}

// find returns the rank and the product of a pair.
func (m merges) find(left, right int32) (rank uint32, product int32) {
	v, ok := m.pairs.get(key(left, right))
	if !ok {
		return never, 0
	}
	return uint32(v >> 32), int32(v)
}

// apply merges symbols in place and returns what is left of them.
func (m merges) apply(symbols []int32) []int32 {
	if len(symbols) <= shortMax {
		return m.scan(symbols)
	}
	return m.heap(symbols)
}

// scan takes time in the square of the symbols, with a tiny constant.
func (m merges) scan(symbols []int32) []int32 {
	var ranks [shortMax]uint32
	var products [shortMax]int32
	n := len(symbols) - 1 // pairs
	for i := range n {
		ranks[i], products[i] = m.find(symbols[i], symbols[i+1])
	}
	for n > 0 {
		best := 0
		for i := 1; i < n; i++ {
			if ranks[i] < ranks[best] {
				best = i
			}
		}
		if ranks[best] == never {
			break
		}
		symbols[best] = products[best]
		copy(symbols[best+1:], symbols[best+2:n+1])
		copy(ranks[best:], ranks[best+1:n])
		copy(products[best:], products[best+1:n])
		n--
		if best > 0 {
			ranks[best-1], products[best-1] = m.find(symbols[best-1], symbols[best])
		}
		if best < n {
			ranks[best], products[best] = m.find(symbols[best], symbols[best+1])
		}
	}
	return symbols[:max(n+1, 0)]
}

// link is a symbol in the chain of a long text.
type link struct {
	symbol     int32
	prev, next int32  // neighbours, -1 at the ends
	rank       uint32 // of the pair with next
	product    int32
}

// heap takes O(n log n). Its entries are rank<<32 | position, so that the order of
// merging is the order of numbers; an entry whose rank is no longer that of the
// pair at its position is out of date.
func (m merges) heap(symbols []int32) []int32 {
	chain := make([]link, len(symbols))
	queue := make(minHeap, 0, len(symbols))
	for i, s := range symbols {
		chain[i] = link{symbol: s, prev: int32(i) - 1, next: int32(i) + 1, rank: never}
	}
	chain[len(chain)-1].next = -1
	for i := range len(chain) - 1 {
		queue = m.pair(chain, int32(i), queue)
	}
	for len(queue) > 0 {
		top := queue.pop()
		i := int32(uint32(top))
		if chain[i].rank != uint32(top>>32) {
			continue
		}
		m.join(chain, i)
		queue = m.pair(chain, i, queue)
		if prev := chain[i].prev; prev >= 0 {
			queue = m.pair(chain, prev, queue)
		}
	}
	out := symbols[:0]
	for i := int32(0); i >= 0; i = chain[i].next {
		out = append(out, chain[i].symbol)
	}
	return out
}

// join replaces a pair by its product.
func (m merges) join(chain []link, i int32) {
	l := &chain[i]
	gone := &chain[l.next]
	l.symbol, l.next = l.product, gone.next
	gone.rank = never
	if l.next >= 0 {
		chain[l.next].prev = i
	}
}

// pair asks for the rank of a symbol and its next, and queues it if they merge.
func (m merges) pair(chain []link, i int32, queue minHeap) minHeap {
	l := &chain[i]
	l.rank = never
	if l.next < 0 {
		return queue
	}
	if l.rank, l.product = m.find(l.symbol, chain[l.next].symbol); l.rank != never {
		queue.push(uint64(l.rank)<<32 | uint64(i))
	}
	return queue
}

// minHeap is a binary heap, the least first; container/heap would box every entry.
type minHeap []uint64

func (h *minHeap) push(x uint64) {
	*h = append(*h, x)
	q := *h
	i := len(q) - 1
	for i > 0 && q[(i-1)/2] > x {
		q[i] = q[(i-1)/2]
		i = (i - 1) / 2
	}
	q[i] = x
}

func (h *minHeap) pop() uint64 {
	q := *h
	top, x := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	*h = q
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(q) {
			if i < len(q) {
				q[i] = x
			}
			return top
		}
		if child+1 < len(q) && q[child+1] < q[child] {
			child++
		}
		if q[child] >= x {
			q[i] = x
			return top
		}
		q[i] = q[child]
		i = child
	}
}

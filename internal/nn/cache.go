package nn

// PageTokens is how many tokens a page of the cache holds.
const PageTokens = 32

// Cache holds the keys and values of sequences in pages of equal size, which are
// handed out and taken back. It never holds more than its limit. It is not safe
// for concurrent use.
type Cache struct {
	layers int
	width  int // of keys, and of values, per token and layer
	limit  int // pages
	made   int // pages that exist
	free   []*page
}

// page is PageTokens tokens of one sequence, in all layers, as halves.
type page struct {
	keys, values []uint16 // [layer][token][width]
}

// Sequence is one text in the cache.
type Sequence struct {
	Len   int // tokens whose keys and values are there
	pages []*page
}

// NewCache makes an empty cache for sequences of m of up to tokens together. Memory
// is taken as it is needed, and reused.
func NewCache(m *Model, tokens int) *Cache {
	return &Cache{layers: m.Layers, width: m.kvDim(), limit: tokens / PageTokens}
}

// Pages is how many pages a sequence of so many tokens takes.
func Pages(tokens int) int { return (tokens + PageTokens - 1) / PageTokens }

// Free is how many pages can still be handed out.
func (c *Cache) Free() int { return c.limit - c.made + len(c.free) }

// Grow makes room for n more tokens in s and reports whether there was enough.
// When there was not, nothing changed.
func (c *Cache) Grow(s *Sequence, n int) bool {
	need := Pages(s.Len+n) - len(s.pages)
	if need > c.Free() {
		return false
	}
	for range need {
		s.pages = append(s.pages, c.take())
	}
	return true
}

// Copy makes dst, which is empty, a copy of src, and reports whether there was room.
func (c *Cache) Copy(dst, src *Sequence) bool {
	if !c.Grow(dst, src.Len) {
		return false
	}
	for i, p := range dst.pages {
		copy(p.keys, src.pages[i].keys)
		copy(p.values, src.pages[i].values)
	}
	dst.Len = src.Len
	return true
}

// Release takes back all pages of s, which is empty afterwards.
func (c *Cache) Release(s *Sequence) {
	c.free = append(c.free, s.pages...)
	*s = Sequence{}
}

func (c *Cache) take() *page {
	if n := len(c.free); n > 0 {
		p := c.free[n-1]
		c.free = c.free[:n-1]
		return p
	}
	c.made++
	size := c.layers * PageTokens * c.width
	return &page{keys: make([]uint16, size), values: make([]uint16, size)}
}

// at is where a token's keys and values start within its page.
func (c *Cache) at(layer, position int) int {
	return (layer*PageTokens + position%PageTokens) * c.width
}

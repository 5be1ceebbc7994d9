package nn

import "github.com/hearthbox/hearth/internal/simd"

// PageTokens is how many tokens a page of the cache holds.
const PageTokens = simd.Lanes

// Cache holds the keys and values of sequences in pages of equal size, which are
// handed out and taken back. It never holds more than its limit. It is not safe
// for concurrent use.
type Cache struct {
	kvShape
	limit int // pages
	made  int // pages that exist
	free  []*page
}

// Sequence is one text in the cache.
type Sequence struct {
	Len   int // tokens whose keys and values are there
	pages []*page
}

// NewCache makes an empty cache for sequences of m of up to tokens together. Memory
// is taken as it is needed, and reused.
func NewCache(m *Model, tokens int) *Cache { return NewCacheIn(KVHalf, m, tokens) }

// NewCacheIn is NewCache with another format.
func NewCacheIn(f KVFormat, m *Model, tokens int) *Cache {
	return &Cache{kvShape: m.kvShape(f), limit: tokens / PageTokens}
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
		p.copyFrom(src.pages[i])
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
	p := c.newPage()
	return &p
}

package nn

import "github.com/hearthbox/hearth/internal/simd"

// PageTokens is how many tokens a page of the cache holds.
const PageTokens = simd.Lanes

// Cache holds the keys and values of sequences in pages of equal size, which are
// handed out and taken back. Sequences that begin alike may hold the same pages; a
// page is written only while it has one holder, and goes back when it has none.
// The cache never holds more than its limit. It is not safe for concurrent use.
type Cache struct {
	kvShape
	limit int // pages
	made  int // pages that exist
	free  []*Page

	stateFloats int      // of a sequence; 0 is none
	states      []*state // that are free
}

// Page is PageTokens tokens of a text, in all layers.
type Page struct {
	page
	holders int
}

// Sequence is one text in the cache.
type Sequence struct {
	Len     int      // tokens whose keys and values are there
	Adapter *Adapter // that it is computed with, from its first token to its last; nil is none
	pages   []*Page
	state   *state // of models that have one, once there is room for a token
}

// NewCache makes an empty cache for sequences of m of up to tokens together. Memory
// is taken as it is needed, and reused.
func NewCache(m *Model, tokens int) *Cache { return NewCacheIn(KVHalf, m, tokens) }

// NewCacheIn is NewCache with another format.
func NewCacheIn(f KVFormat, m *Model, tokens int) *Cache {
	return &Cache{kvShape: m.kvShape(f), limit: tokens / PageTokens, stateFloats: int(m.StateBytes() / 4)}
}

// Pages is how many pages a sequence of so many tokens takes.
func Pages(tokens int) int { return (tokens + PageTokens - 1) / PageTokens }

// Limit is how many pages there can be.
func (c *Cache) Limit() int { return c.limit }

// Free is how many pages can still be handed out.
func (c *Cache) Free() int { return c.limit - c.made + len(c.free) }

// Grow makes room for n more tokens in s and reports whether there was enough.
// When there was not, nothing changed. A last page that others hold too, and that
// has room left, is replaced by a copy.
func (c *Cache) Grow(s *Sequence, n int) bool {
	need := Pages(s.Len+n) - len(s.pages)
	last := s.Len / PageTokens
	torn := n > 0 && last < len(s.pages) && s.pages[last].holders > 1
	if torn {
		need++
	}
	if need > c.Free() {
		return false
	}
	if torn {
		mine := c.Take()
		mine.copyFrom(&s.pages[last].page)
		c.Drop(s.pages[last])
		s.pages[last] = mine
		need--
	}
	for range need {
		s.pages = append(s.pages, c.Take())
	}
	if c.stateFloats > 0 && s.state == nil {
		s.state = c.takeState()
	}
	return true
}

// Cut forgets all but the first n tokens of s: some of them only where there is no state.
func (c *Cache) Cut(s *Sequence, n int) {
	switch {
	case s.state == nil || n == s.Len && n > 0:
	case n > 0:
		panic("nn: a sequence cut that has a state of all its tokens")
	default:
		c.states = append(c.states, s.state)
		s.state = nil
	}
	for i := Pages(n); i < len(s.pages); i++ {
		c.Drop(s.pages[i])
	}
	s.pages, s.Len = s.pages[:Pages(n)], n
}

// Release forgets all of s.
func (c *Cache) Release(s *Sequence) { c.Cut(s, 0) }

// Fork makes dst, which is empty, the same text as src, on the same pages.
func (c *Cache) Fork(dst, src *Sequence) {
	for _, p := range src.pages[:Pages(src.Len)] {
		c.Hold(p)
		dst.pages = append(dst.pages, p)
	}
	dst.Len = src.Len
	if src.state != nil {
		dst.state = c.takeState()
		copy(dst.state.data, src.state.data)
	}
}

// takeState hands out the state of a text that has not begun.
func (c *Cache) takeState() *state {
	n := len(c.states) - 1
	if n < 0 {
		return &state{make([]float32, c.stateFloats)}
	}
	s := c.states[n]
	c.states = c.states[:n]
	clear(s.data)
	return s
}

// Join lets s, whose pages are full, go on with the first n tokens of p.
func (c *Cache) Join(s *Sequence, p *Page, n int) {
	if s.Len != len(s.pages)*PageTokens {
		panic("nn: a page joined to one that is not full")
	}
	c.Hold(p)
	s.pages = append(s.pages, p)
	s.Len += n
}

// Replace lets s hold p as its page i, which says the same.
func (c *Cache) Replace(s *Sequence, i int, p *Page) {
	c.Hold(p)
	c.Drop(s.pages[i])
	s.pages[i] = p
}

// Page is page i of the sequence.
func (s *Sequence) Page(i int) *Page { return s.pages[i] }

// Held is how many pages the sequence holds.
func (s *Sequence) Held() int { return len(s.pages) }

// Take hands out a page with one holder. There must be one free.
func (c *Cache) Take() *Page {
	if n := len(c.free); n > 0 {
		p := c.free[n-1]
		c.free = c.free[:n-1]
		p.holders = 1
		return p
	}
	if c.made == c.limit {
		panic("nn: a page taken from a cache that is full")
	}
	c.made++
	return &Page{page: c.newPage(), holders: 1}
}

// Hold adds a holder to p.
func (c *Cache) Hold(p *Page) { p.holders++ }

// Drop takes a holder from p.
func (c *Cache) Drop(p *Page) {
	if p.holders--; p.holders > 0 {
		return
	}
	if p.holders < 0 {
		panic("nn: a page dropped more often than held")
	}
	c.free = append(c.free, p)
}

// Holders is how many hold the page.
func (p *Page) Holders() int { return p.holders }

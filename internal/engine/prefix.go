package engine

import (
	"slices"

	"github.com/hearthbox/hearth/internal/nn"
)

// prefixes remembers the pages of texts that were computed, so that a text which
// begins like an earlier one need not be computed from its start.
//
// It is a tree of pages for each [home]: a path from the root is the beginning of a
// text, and every page on it is full, but the last may be the tail of a text that
// ended there. Siblings stand in the order of their tokens, so the closest relative
// of a text is beside the place where it would stand. Sequences stand on the node
// up to which their pages are the tree's. Nodes on whose path no sequence stands
// are idle; they stay until their pages are needed, those idle longest going first.
// A node never goes before those below it.
type prefixes struct {
	cache *nn.Cache
	roots map[home]*node
	idle  node // ring: newer is the longest idle, older the latest
	idles int
	spare []*node // for reuse
	off   bool    // nothing is known: what stands in pages is not all that a text has left
	park  *park   // where pages go that must leave memory; nil is nowhere
}

// home is where pages of the same tokens are the same: their realm, and the adapter they
// were computed with.
type home struct {
	realm   string
	adapter *nn.Adapter
}

func (s *sequence) home() home { return home{s.Realm, s.kv.Adapter} }

// tailMin is from how many tokens on a page that is not full is worth keeping.
const tailMin = nn.PageTokens / 4

// node is a page of a text in the tree, or the root of a home.
type node struct {
	parent   *node
	children []*node
	home     home
	room     [nn.PageTokens]int
	tokens   []int    // of the page, in room
	page     *nn.Page // nil for a root, and while it is parked
	slot     int      // where it is parked
	users    int      // sequences standing here or below

	older, newer *node // in a ring
}

func newPrefixes(c *nn.Cache) *prefixes {
	p := &prefixes{cache: c, roots: map[home]*node{}}
	p.idle.older, p.idle.newer = &p.idle, &p.idle
	return p
}

// enter puts s, which is not in the tree, on the root of its home.
func (p *prefixes) enter(s *sequence) {
	root := p.roots[s.home()]
	if root == nil {
		root = &node{home: s.home()}
		p.roots[s.home()] = root
	}
	root.users++
	s.at = root
}

// adopt lets s go on with full pages the tree knows. The last token of s is always
// left to compute: its logits are wanted. It returns how many tokens were found.
func (p *prefixes) adopt(s *sequence) int {
	if p.off {
		return 0
	}
	before := s.kv.Len
	for s.kv.Len%nn.PageTokens == 0 {
		rest := s.tokens[s.kv.Len : len(s.tokens)-1]
		c, same := s.at.closest(rest)
		if same < nn.PageTokens || !p.load(c) {
			break
		}
		p.cache.Join(&s.kv, c.page, nn.PageTokens)
		p.step(s, c)
	}
	return s.kv.Len - before
}

// adoptTail is adopt for the part of a page. It is copied when s grows.
func (p *prefixes) adoptTail(s *sequence) int {
	if p.off || s.kv.Len%nn.PageTokens != 0 {
		return 0
	}
	c, same := s.at.closest(s.tokens[s.kv.Len : len(s.tokens)-1])
	if same == 0 || !p.load(c) {
		return 0
	}
	p.cache.Join(&s.kv, c.page, same)
	return same
}

// publish makes the full pages of s known. Those that others have published in the
// meantime are given up for theirs, which say the same, bit for bit (nn's N1).
func (p *prefixes) publish(s *sequence) {
	for !p.off && s.kv.Len >= (s.depth+1)*nn.PageTokens {
		at := s.depth * nn.PageTokens
		tokens := s.tokens[at : at+nn.PageTokens]
		c, same := s.at.closest(tokens)
		switch mine := s.kv.Page(s.depth); {
		case same < nn.PageTokens:
			c = p.add(s.at, tokens, mine)
		case c.page == nil: // parked: it is back
			p.park.drop(c)
			c.page = mine
			p.cache.Hold(mine)
		default:
			p.cache.Replace(&s.kv, s.depth, c.page)
		}
		p.step(s, c)
	}
}

// leave takes s out of the tree, where what it has computed stays known.
func (p *prefixes) leave(s *sequence) {
	p.publish(s)
	p.keepTail(s)
	for n := s.at; n != nil; n = n.parent {
		n.users--
		p.settle(n)
	}
	p.cache.Release(&s.kv)
	s.at, s.depth = nil, 0
}

// keepTail makes the last page of s known, if it holds enough that no other does.
func (p *prefixes) keepTail(s *sequence) {
	tail := s.tokens[s.depth*nn.PageTokens : s.kv.Len]
	if p.off || len(tail) < tailMin {
		return
	}
	if _, same := s.at.closest(tail); same < len(tail) {
		p.settle(p.add(s.at, tail, s.kv.Page(s.depth)))
	}
}

// step moves s down to a child of where it stands.
func (p *prefixes) step(s *sequence, c *node) {
	if c.users == 0 {
		p.unlink(c)
	}
	c.users++
	s.at = c
	s.depth++
}

// fork puts t where s is, on the same pages.
func (p *prefixes) fork(t, s *sequence) {
	p.publish(s)
	for n := s.at; n != nil; n = n.parent {
		n.users++
	}
	t.at, t.depth = s.at, s.depth
	p.cache.Fork(&t.kv, &s.kv)
}

// add makes a node of a page below n, in place of a tail it goes on from, and holds
// the page. The node is neither used nor idle yet.
func (p *prefixes) add(n *node, tokens []int, page *nn.Page) *node {
	if tail, same := n.closest(tokens); tail != nil && same == len(tail.tokens) {
		p.forget(tail)
	}
	c := &node{}
	if k := len(p.spare); k > 0 {
		c, p.spare = p.spare[k-1], p.spare[:k-1]
	}
	c.parent, c.page = n, page
	c.tokens = append(c.room[:0], tokens...)
	p.cache.Hold(page)
	at, _ := n.search(tokens)
	n.children = slices.Insert(n.children, at, c)
	return c
}

// settle makes n idle, if nobody stands on it.
func (p *prefixes) settle(n *node) {
	switch {
	case n.users > 0:
	case n.parent != nil:
		n.link(&p.idle)
		p.idles++
	case len(n.children) == 0:
		delete(p.roots, n.home)
	}
}

// evict takes the page that was idle longest from memory, and reports whether there
// was one. Its room is free if no sequence has gone on from the middle of it.
func (p *prefixes) evict() bool {
	n := p.idle.newer
	if n == &p.idle {
		return false
	}
	if !p.park.room(p) {
		p.forget(n)
		return true
	}
	p.unlink(n)
	if !p.park.put(n) {
		p.forget(n)
		return true
	}
	p.cache.Drop(n.page)
	n.page = nil
	return true
}

// forget takes n, on which nobody stands, and all below it out of the tree.
func (p *prefixes) forget(n *node) {
	for len(n.children) > 0 {
		p.forget(n.children[len(n.children)-1])
	}
	if n.page == nil {
		p.park.drop(n)
	} else {
		p.unlink(n)
		p.cache.Drop(n.page)
	}
	from := n.parent
	at, _ := from.search(n.tokens)
	from.children = slices.Delete(from.children, at, at+1)
	*n = node{children: n.children}
	p.spare = append(p.spare, n)
	if from.parent == nil {
		p.settle(from)
	}
}

// forgetAdapter takes all out of the trees that was computed with an adapter and that no
// sequence stands on. It reports whether that was all of it.
func (p *prefixes) forgetAdapter(a *nn.Adapter) bool {
	for at, root := range p.roots {
		if at.adapter != a {
			continue
		}
		for _, c := range slices.Clone(root.children) {
			if c.users == 0 {
				p.forget(c)
			}
		}
	}
	for at := range p.roots {
		if at.adapter == a {
			return false
		}
	}
	return true
}

// load brings the page of n to memory, if it is not there. It reports whether it is
// there now; if it can't be read any more, n is gone.
func (p *prefixes) load(n *node) bool {
	if n.page != nil {
		return true
	}
	p.park.pin(n)
	for p.cache.Free() == 0 {
		if !p.evict() {
			p.park.unpin(n)
			return false
		}
	}
	page := p.cache.Take()
	if !p.park.get(n, page) {
		p.cache.Drop(page)
		p.forget(n)
		return false
	}
	p.park.drop(n)
	n.page = page
	p.settle(n)
	return true
}

// unlink takes n off the idle, if it is there.
func (p *prefixes) unlink(n *node) {
	if n.newer != nil {
		n.cut()
		p.idles--
	}
}

// closest is the child that begins most like the tokens, and how many they share;
// nil if there is none.
func (n *node) closest(tokens []int) (c *node, same int) {
	at, _ := n.search(tokens)
	for _, i := range [...]int{at, at - 1} {
		if i >= 0 && i < len(n.children) {
			if k := common(n.children[i].tokens, tokens); c == nil || k > same {
				c, same = n.children[i], k
			}
		}
	}
	return c, same
}

// search is where among the children a page of these tokens stands, or would.
func (n *node) search(tokens []int) (int, bool) {
	tokens = tokens[:min(len(tokens), nn.PageTokens)]
	return slices.BinarySearchFunc(n.children, tokens, func(c *node, t []int) int { return slices.Compare(c.tokens, t) })
}

// link puts n into a ring as its latest.
func (n *node) link(ring *node) {
	n.newer, n.older = ring, ring.older
	n.older.newer, ring.older = n, n
}

// cut takes n out of its ring.
func (n *node) cut() {
	n.older.newer, n.newer.older = n.newer, n.older
	n.older, n.newer = nil, nil
}

// common is how many tokens two texts have in common at their beginning.
func common(a, b []int) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

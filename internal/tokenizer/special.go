package tokenizer

// specials finds the texts that are one token wherever they occur. It is an
// Aho–Corasick automaton over the texts read backwards, run from the end of a
// text to its start: at each position its state knows the longest special text
// that begins there, so that taking the leftmost and longest, one after the other,
// is a single pass however they overlap.
type specials struct {
	edges *table     // (node, byte) to node
	root  [256]int32 // the edges of node 0
	fail  []int32    // the node of the longest shorter text that agrees so far
	found []int32    // the longest token that is complete here, or None
}

// special is an occurrence: the token that begins at text[at:].
type special struct {
	at int
	id int32
}

// newSpecials takes texts that differ from one another, none of them empty.
func newSpecials(texts []string, ids []int32) *specials {
	s := &specials{edges: newTable(size(texts)), fail: []int32{0}, found: []int32{None}}
	node := make([]int32, len(texts))
	open := make([]int, len(texts)) // the texts longer than depth
	for i := range open {
		open[i] = i
	}
	// Level by level, so that fail, which is shallower, is always known.
	for depth := 0; len(open) > 0; depth++ {
		longer := open[:0]
		for _, i := range open {
			t := texts[i]
			node[i] = s.grow(node[i], t[len(t)-1-depth])
			if depth+1 == len(t) {
				s.found[node[i]] = ids[i]
			} else {
				longer = append(longer, i)
			}
		}
		open = longer
	}
	return s
}

// grow returns the child of a node by b, made if need be.
func (s *specials) grow(node int32, b byte) int32 {
	if child, ok := s.edges.get(key(node, int32(b))); ok {
		return int32(child)
	}
	fail := int32(0)
	if node != 0 {
		fail = s.step(s.fail[node], b)
	}
	child := int32(len(s.fail))
	s.fail = append(s.fail, fail)
	s.found = append(s.found, s.found[fail])
	s.edges.put(key(node, int32(b)), uint64(child))
	if node == 0 {
		s.root[b] = child
	}
	return child
}

func (s *specials) step(node int32, b byte) int32 {
	for node != 0 {
		if child, ok := s.edges.get(key(node, int32(b))); ok {
			return int32(child)
		}
		node = s.fail[node]
	}
	return s.root[b]
}

// find returns the longest special text at every position that has one, last
// position first; they may overlap.
func (s *specials) find(text string) []special {
	if len(s.fail) == 1 {
		return nil // there are none in the vocabulary
	}
	var hits []special
	node := int32(0)
	for i := len(text) - 1; i >= 0; i-- {
		if node == 0 && s.root[text[i]] == 0 {
			continue
		}
		node = s.step(node, text[i])
		if id := s.found[node]; id != None {
			hits = append(hits, special{i, id})
		}
	}
	return hits
}

package grammar

import (
	"cmp"
	"slices"
)

// Token is what a token means. One that is neither never comes.
type Token struct {
	Text   string // its bytes, as part of a text
	Marker string // comes where [Marker] of this wants it
}

// Vocabulary is the tokens of a model as a trie of their bytes, its nodes in the order
// of a walk, so that what lies below a node comes right after it. It never changes.
type Vocabulary struct {
	all    []Token
	label  []byte
	depth  []uint16
	after  []int32 // the first node that is not below
	first  []int32 // by node: where its tokens begin in tokens; one more for the end
	tokens []int32
	begins [256]int32 // the nodes of first bytes; 0 is none
	alone  [256]bool  // bytes that are a token
}

// entry is a token under one of its spellings.
type entry struct {
	text string
	id   int32
}

// NewVocabulary makes a vocabulary of the tokens, by id.
func NewVocabulary(tokens []Token) *Vocabulary {
	v := &Vocabulary{all: slices.Clone(tokens)}
	entries := make([]entry, 0, len(tokens))
	for id := range v.all {
		t := &v.all[id]
		if hasBeyond(t.Text) {
			t.Text = "" // in no text, and not to be taken for a marker
		}
		if n := len(t.Text); n > 0 && n <= tokenBytesMax {
			entries = append(entries, entry{t.Text, int32(id)})
		}
		if n := len(t.Marker); n > 0 && n < tokenBytesMax {
			entries = append(entries, entry{marked(t.Marker), int32(id)})
		}
		if len(t.Text) == 1 {
			v.alone[t.Text[0]] = true
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(a.id, b.id)) })
	v.build(entries)
	return v
}

// hasBeyond reports whether a text has bytes that are never part of UTF-8.
func hasBeyond(text string) bool {
	for i := range len(text) {
		if text[i] >= textBytes {
			return true
		}
	}
	return false
}

func marked(text string) string { return string([]byte{markerByte}) + text }

// build makes the nodes, of entries in order. Node 0 is the root.
func (v *Vocabulary) build(entries []entry) {
	v.tokens = make([]int32, 0, len(entries))
	v.node(0, 0)
	path := []int32{0} // the node of each beginning of the last text
	last := ""
	for _, e := range entries {
		common := 0
		for common < len(last) && common < len(e.text) && last[common] == e.text[common] {
			common++
		}
		v.close(path[common+1:])
		path = path[:common+1]
		for i := common; i < len(e.text); i++ {
			path = append(path, v.node(e.text[i], i+1))
			if i == 0 {
				v.begins[e.text[0]] = path[1]
			}
		}
		v.tokens = append(v.tokens, e.id)
		last = e.text
	}
	v.close(path)
	v.first = append(v.first, int32(len(v.tokens)))
}

// node adds one. Its tokens are those that are added before the next node.
func (v *Vocabulary) node(label byte, depth int) int32 {
	v.label = append(v.label, label)
	v.depth = append(v.depth, uint16(depth))
	v.after = append(v.after, 0)
	v.first = append(v.first, int32(len(v.tokens)))
	return int32(len(v.label) - 1)
}

func (v *Vocabulary) close(nodes []int32) {
	for _, n := range nodes {
		v.after[n] = int32(len(v.label))
	}
}

// at are the tokens that end at a node.
func (v *Vocabulary) at(node int32) []int32 { return v.tokens[v.first[node]:v.first[node+1]] }

// Size is how many tokens there are.
func (v *Vocabulary) Size() int { return len(v.all) }

// Lacks is a byte that texts of the grammar can hold and no token is: with such a one,
// a text could come to where no token leads on. ok is false if there is none.
func (v *Vocabulary) Lacks(g *Grammar) (b byte, ok bool) {
	for b, used := range g.Uses() {
		if used && b != markerByte && !v.alone[b] {
			return byte(b), true
		}
	}
	return 0, false
}

// Find is a token of that text.
func (v *Vocabulary) Find(text string) (id int32, ok bool) {
	n := int32(0)
	for i := range len(text) {
		child := n + 1
		for child < v.after[n] && v.label[child] != text[i] {
			child = v.after[child]
		}
		if child >= v.after[n] {
			return 0, false
		}
		n = child
	}
	if tokens := v.at(n); len(tokens) > 0 {
		return tokens[0], true
	}
	return 0, false
}

package cryptosuite

import (
	"errors"
	"fmt"
	"hash"
	"math/bits"
	"slices"
)

// HashFunction names a hash function.
type HashFunction string

// The hash functions.
const (
	HashSHA256 HashFunction = "sha256"
	HashSM3    HashFunction = "sm3"
)

// Hash is the digest of the parts, one after the other.
func (f HashFunction) Hash(parts ...[]byte) Digest {
	h := f.make()
	for _, p := range parts {
		h.Write(p)
	}
	return Digest(h.Sum(nil))
}

// Leaf is the hash of a leaf of a Merkle tree (RFC 6962, section 2.1).
func (f HashFunction) Leaf(data []byte) Digest { return leafHash(f.make, data) }

func (f HashFunction) make() hash.Hash {
	i := slices.Index([]HashFunction{HashSHA256, HashSM3}, f)
	if i < 0 {
		panic("cryptosuite: there is no hash function " + string(f))
	}
	return functions[i].make()
}

// Frontier is a Merkle tree (RFC 6962, section 2.1) that grows by its right edge and
// remembers nothing else: the roots of the perfect trees that it is made of, largest
// first, one for each bit of its size.
type Frontier struct {
	function HashFunction
	size     uint64
	nodes    []Digest
}

// NewFrontier is a tree of so many leaves with the nodes that [Frontier.Nodes] gave.
func NewFrontier(f HashFunction, size uint64, nodes []Digest) (Frontier, error) {
	if f != HashSHA256 && f != HashSM3 {
		return Frontier{}, fmt.Errorf("there is no hash function %q", f)
	}
	if len(nodes) != bits.OnesCount64(size) {
		return Frontier{}, errors.New("a tree of that size has another number of nodes")
	}
	return Frontier{f, size, slices.Clone(nodes)}, nil
}

// Function is the tree's hash function.
func (t *Frontier) Function() HashFunction { return t.function }

// Size is the number of leaves.
func (t *Frontier) Size() uint64 { return t.size }

// Nodes are the roots of the perfect trees, largest first.
func (t *Frontier) Nodes() []Digest { return slices.Clone(t.nodes) }

// Clone is a tree that grows on its own.
func (t *Frontier) Clone() Frontier { return Frontier{t.function, t.size, slices.Clone(t.nodes)} }

// Add appends a leaf, given by its hash.
func (t *Frontier) Add(leaf Digest) {
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.nodes) - 1
		leaf = nodeHash(t.function.make, t.nodes[last], leaf)
		t.nodes = t.nodes[:last]
	}
	t.nodes = append(t.nodes, leaf)
	t.size++
}

// Root is the root of all leaves so far.
func (t *Frontier) Root() Digest {
	if t.size == 0 {
		return t.function.Hash()
	}
	root := t.nodes[len(t.nodes)-1]
	for i := len(t.nodes) - 2; i >= 0; i-- {
		root = nodeHash(t.function.make, t.nodes[i], root)
	}
	return root
}

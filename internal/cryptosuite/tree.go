package cryptosuite

import "hash"

// leafBytes is the size of a tree's leaves. It is part of the tree hash's
// definition.
const leafBytes = 1 << 20

// Prefixes that keep a leaf from ever being taken for a node (RFC 6962, 2.1).
const (
	leafPrefix = 0
	nodePrefix = 1
)

func leafHash(make func() hash.Hash, data []byte) Digest {
	h := make()
	h.Write([]byte{leafPrefix})
	h.Write(data)
	return Digest(h.Sum(nil))
}

// root is the root of the tree over hashed leaves, which it uses up. Level by
// level, neighbours are joined and one left over goes up as it is: the same tree as
// RFC 6962's by largest powers of two.
func root(make func() hash.Hash, level []Digest) Digest {
	if len(level) == 0 {
		return Digest(make().Sum(nil))
	}
	for len(level) > 1 {
		up := level[:0]
		for i := 0; i+1 < len(level); i += 2 {
			up = append(up, nodeHash(make, level[i], level[i+1]))
		}
		if len(level)%2 == 1 {
			up = append(up, level[len(level)-1])
		}
		level = up
	}
	return level[0]
}

func nodeHash(make func() hash.Hash, left, right Digest) Digest {
	h := make()
	h.Write([]byte{nodePrefix})
	h.Write(left[:])
	h.Write(right[:])
	return Digest(h.Sum(nil))
}

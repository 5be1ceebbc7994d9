package traffic

// tree is a set of nodes ordered by key, then by tie. It knows how many nodes, and how
// much weight, come before any of them. It is a treap: balanced by chance, which is drawn
// from the tie so that the same events make the same tree.
type tree struct{ root *node }

// node is a place in one tree at a time.
type node struct {
	key    float64
	tie    uint64 // unique in its tree
	weight float64

	// Whose it is.
	entry *entry
	stand *stand

	left, right *node
	chance      uint64
	count       int     // of the nodes from here down
	sum         float64 // of their weights
}

func (t *tree) insert(n *node) {
	n.left, n.right, n.chance = nil, nil, scatter(n.tie)
	t.root = insert(t.root, n.updated())
}

func (t *tree) remove(n *node) { t.root = remove(t.root, n) }

func (t *tree) len() int {
	if t.root == nil {
		return 0
	}
	return t.root.count
}

// total is the weight of all nodes.
func (t *tree) total() float64 {
	if t.root == nil {
		return 0
	}
	return t.root.sum
}

// first is the least node; nil if there is none.
func (t *tree) first() *node {
	n := t.root
	for n != nil && n.left != nil {
		n = n.left
	}
	return n
}

// before is how many nodes are less than n, which is in the tree, and their weight.
func (t *tree) before(n *node) (count int, sum float64) {
	for at := t.root; at != nil; {
		if n == at || less(n, at) {
			if n == at && at.left == nil {
				return count, sum
			}
			if n == at {
				return count + at.left.count, sum + at.left.sum
			}
			at = at.left
			continue
		}
		count, sum = count+1, sum+at.weight
		if at.left != nil {
			count, sum = count+at.left.count, sum+at.left.sum
		}
		at = at.right
	}
	return count, sum
}

func less(a, b *node) bool { return a.key < b.key || a.key == b.key && a.tie < b.tie }

func (n *node) updated() *node {
	n.count, n.sum = 1, n.weight
	for _, c := range [2]*node{n.left, n.right} {
		if c != nil {
			n.count, n.sum = n.count+c.count, n.sum+c.sum
		}
	}
	return n
}

func insert(t, n *node) *node {
	switch {
	case t == nil:
		return n
	case n.chance > t.chance:
		n.left, n.right = split(t, n)
		return n.updated()
	case less(n, t):
		t.left = insert(t.left, n)
	default:
		t.right = insert(t.right, n)
	}
	return t.updated()
}

func remove(t, n *node) *node {
	switch {
	case t == n:
		return merge(t.left, t.right)
	case less(n, t):
		t.left = remove(t.left, n)
	default:
		t.right = remove(t.right, n)
	}
	return t.updated()
}

// split parts a tree into what is less than n and what is not.
func split(t, n *node) (l, r *node) {
	if t == nil {
		return nil, nil
	}
	if less(t, n) {
		t.right, r = split(t.right, n)
		return t.updated(), r
	}
	l, t.left = split(t.left, n)
	return l, t.updated()
}

// merge joins two trees, of which all of l is less than all of r.
func merge(l, r *node) *node {
	switch {
	case l == nil:
		return r
	case r == nil:
		return l
	case l.chance > r.chance:
		l.right = merge(l.right, r)
		return l.updated()
	default:
		r.left = merge(l, r.left)
		return r.updated()
	}
}

// scatter makes a number that looks drawn by chance of a serial number (splitmix64).
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

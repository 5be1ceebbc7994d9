package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// forest is a tree of prefixes with sequences on it that are computed for real, and
// what is expected of them.
type forest struct {
	*testing.T
	rng     *rand.Rand
	model   *nn.Model
	cache   *nn.Cache
	runner  *nn.Runner
	known   *prefixes
	running []*sequence
	texts   [][]int
	alone   map[string][]float32 // logits after a text
	found   int
}

// TestPrefixes does things at random: texts begin, often as others did; they are
// computed some way, try proposals and forget them, are doubled, and end. All the
// while the books must agree, and every logit must be, bit for bit, the one its text
// has alone.
func TestPrefixes(t *testing.T) {
	f, err := gguf.Parse(nntest.Make(nntest.Shape{Layers: 1, Embedding: 32, FeedForward: 32, Heads: 2, KVHeads: 1, HeadDim: 16, Vocab: 8}))
	if err != nil {
		t.Fatal(err)
	}
	m, err := nn.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(8) {
		w := &forest{T: t, rng: rand.New(rand.NewPCG(seed, 1)), model: m, cache: nn.NewCache(m, 14*nn.PageTokens), alone: map[string][]float32{}}
		w.known = newPrefixes(w.cache)
		w.runner = nn.NewRunner(m, w.cache, nntest.Workers(1), 64, 512)
		if seed%2 == 1 {
			if w.known.park, err = openPark(t.TempDir(), int64(30*(w.cache.PageBytes()+sealBytes)), w.cache.PageBytes()); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 500 {
			w.act()
			w.audit()
			if p := w.known.park; seed%4 == 3 && i > 250 { // the disk fails
				if i > 400 {
					p.file.Close()
				}
				for j := range p.nonces {
					p.nonces[j] += uint64(w.rng.IntN(20) / 19)
				}
			}
		}
		for len(w.running) > 0 {
			w.end(0)
			w.audit()
		}
		for w.known.evict() {
			w.audit()
		}
		if w.cache.Free() != w.cache.Limit() || w.known.park == nil && len(w.known.roots) != 0 {
			t.Errorf("seed %d: when all is forgotten %d of %d pages are free, and there are %d roots", seed, w.cache.Free(), w.cache.Limit(), len(w.known.roots))
		}
		if w.found < 200 {
			t.Errorf("seed %d: only %d tokens were found", seed, w.found)
		}
		w.known.park.close()
	}
}

func (w *forest) act() {
	switch i := w.rng.IntN(10); {
	case i < 2 && len(w.running) < 4 || len(w.running) == 0:
		w.begin()
	case i < 8:
		w.advance(w.rng.IntN(len(w.running)))
	case i == 8 && len(w.running) < 4:
		s := w.running[w.rng.IntN(len(w.running))]
		t := w.sequence(s.Realm, s.tokens)
		w.known.fork(t, s)
		w.running = append(w.running, t)
	default:
		w.end(w.rng.IntN(len(w.running)))
	}
}

func (w *forest) sequence(realm string, tokens []int) *sequence {
	return &sequence{request: &request{Completion: &hearth.Completion{Realm: realm}}, tokens: slices.Clone(tokens)}
}

// begin starts a text as an earlier one began.
func (w *forest) begin() {
	var text []int
	if len(w.texts) > 0 {
		text = w.texts[w.rng.IntN(len(w.texts))]
		text = slices.Clone(text[:max(w.rng.IntN(len(text)+1), w.rng.IntN(len(text)+1))])
	}
	for range 1 + w.rng.IntN(60) {
		text = append(text, w.rng.IntN(3))
	}
	s := w.sequence(string(rune('a'+w.rng.IntN(2))), text[:min(len(text), 200)])
	w.known.enter(s)
	w.running = append(w.running, s)
}

func (w *forest) end(i int) {
	w.texts = append(w.texts, w.running[i].tokens)
	w.known.leave(w.running[i])
	w.running = slices.Delete(w.running, i, i+1)
}

// advance computes some tokens of a sequence, and perhaps some that are wrong.
func (w *forest) advance(i int) {
	s := w.running[i]
	if w.rng.IntN(3) > 0 {
		w.found += w.known.adopt(s)
	}
	if w.rng.IntN(2) == 0 {
		w.found += w.known.adoptTail(s)
	}
	n := 1 + w.rng.IntN(min(s.rest(), 40))
	wrong := w.rng.IntN(10)
	for !w.cache.Grow(&s.kv, n+wrong) {
		if !w.known.evict() {
			w.end(i)
			return
		}
	}
	var batch []nn.Token
	for _, id := range s.tokens[s.kv.Len : s.kv.Len+n] {
		batch = append(batch, nn.Token{ID: id, Sequence: &s.kv})
	}
	batch[n-1].Logits = true
	for range wrong {
		batch = append(batch, nn.Token{ID: w.rng.IntN(8), Sequence: &s.kv})
	}
	row := w.runner.Step(batch)[0]
	w.cache.Cut(&s.kv, s.kv.Len-wrong)
	text := s.tokens[:s.kv.Len]
	if !slices.Equal(row, w.logits(text)) {
		w.Fatalf("after %d tokens, of which %d were computed now, the logits are not those of the text", len(text), n)
	}
	w.known.publish(s)
	if s.rest() == 0 {
		s.tokens = append(s.tokens, w.rng.IntN(3))
	}
}

// logits are those of a text that is computed alone.
func (w *forest) logits(text []int) []float32 {
	key := fmt.Sprint(text)
	if w.alone[key] == nil {
		cache := nn.NewCache(w.model, len(text)+nn.PageTokens)
		var s nn.Sequence
		cache.Grow(&s, len(text))
		var batch []nn.Token
		for i, id := range text {
			batch = append(batch, nn.Token{ID: id, Sequence: &s, Logits: i == len(text)-1})
		}
		w.alone[key] = slices.Clone(nn.NewRunner(w.model, cache, nntest.Workers(1), len(text), len(text)).Step(batch)[0])
	}
	return w.alone[key]
}

// audit counts everything anew.
func (w *forest) audit() {
	w.Helper()
	users, holders := map[*node]int{}, map[*nn.Page]int{}
	for _, s := range w.running {
		for n := s.at; n != nil; n = n.parent {
			users[n]++
		}
		for i := range s.kv.Held() {
			holders[s.kv.Page(i)]++
		}
	}
	idle, parked := map[*node]int{}, map[*node]int{}
	for n := w.known.idle.newer; n != &w.known.idle; n = n.newer {
		idle[n] = len(idle) + 1
	}
	if p := w.known.park; p != nil {
		for n := p.ring.newer; n != &p.ring; n = n.newer {
			parked[n] = len(parked) + 1
		}
		if len(parked) != p.pages() || p.used > p.limit {
			w.Fatalf("%d pages are parked, %d counted, of %d", len(parked), p.pages(), p.limit)
		}
	}
	seen := 0
	for at, root := range w.known.roots {
		if root.home != at || root.users == 0 && len(root.children) == 0 {
			w.Fatalf("%v has no reason to be", at)
		}
		w.auditBelow(root, users, holders, idle, parked, &seen)
	}
	if seen != len(users)+len(idle)+len(parked)-len(usedRoots(users)) || len(idle) != w.known.idles {
		w.Fatalf("%d nodes in the tree, %d used, %d idle (%d counted), %d parked", seen, len(users), len(idle), w.known.idles, len(parked))
	}
	for p, n := range holders {
		if p.Holders() != n {
			w.Fatalf("a page has %d holders, not %d", p.Holders(), n)
		}
	}
	if w.cache.Free()+len(holders) != w.cache.Limit() {
		w.Fatalf("%d pages are free and %d in use, of %d", w.cache.Free(), len(holders), w.cache.Limit())
	}
}

func usedRoots(users map[*node]int) (roots []*node) {
	for n := range users {
		if n.parent == nil {
			roots = append(roots, n)
		}
	}
	return roots
}

func (w *forest) auditBelow(n *node, users map[*node]int, holders map[*nn.Page]int, idle, parked map[*node]int, seen *int) {
	for i, c := range n.children {
		*seen++
		if c.page != nil {
			holders[c.page]++
		}
		switch {
		case c.parent != n || len(c.tokens) == 0:
			w.Fatal("a child has another parent, or no tokens")
		case i > 0 && slices.Compare(n.children[i-1].tokens, c.tokens) >= 0:
			w.Fatal("siblings are not in order")
		case len(c.tokens) < nn.PageTokens && len(c.children) > 0:
			w.Fatal("a tail has children")
		case c.users != users[c]:
			w.Fatalf("a node counts %d users, not %d", c.users, users[c])
		case (c.users == 0 && c.page != nil) != (idle[c] > 0):
			w.Fatal("a node is idle and should not be, or the other way round")
		case (c.page == nil) != (parked[c] > 0):
			w.Fatal("a node is parked and should not be, or the other way round")
		case idle[c] > 0 && idle[n] > 0 && idle[c] > idle[n], parked[c] > 0 && parked[n] > 0 && parked[c] > parked[n]:
			w.Fatal("a node would go before its child")
		case parked[n] > 0 && idle[c] > 0:
			w.Fatal("a node is parked and its child is not")
		}
		w.auditBelow(c, users, holders, idle, parked, seen)
	}
}

// TestParkedPagesAreSealed reads what lies in the file, changes it, and finds that a
// changed page is not taken for what it was.
func TestParkedPagesAreSealed(t *testing.T) {
	f, err := gguf.Parse(nntest.Make(nntest.Shape{Layers: 1, Embedding: 32, FeedForward: 32, Heads: 2, KVHeads: 1, HeadDim: 16, Vocab: 8}))
	if err != nil {
		t.Fatal(err)
	}
	m, err := nn.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	left := filepath.Join(folder, "123"+parkSuffix)
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cache := nn.NewCache(m, 4*nn.PageTokens)
	p, err := openPark(folder, 1<<20, cache.PageBytes())
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("what a killed process left is still there: %v", err)
	}
	plain := make([]byte, cache.PageBytes())
	for i := range plain {
		plain[i] = byte(i)
	}
	n := &node{page: cache.Take()}
	n.page.Read(plain)
	if !p.put(n) {
		t.Fatal("the page was not parked")
	}
	back := cache.Take()
	if !p.get(n, back) {
		t.Fatal("the page did not come back")
	}
	got := make([]byte, len(plain))
	back.Write(got)
	if !slices.Equal(got, plain) {
		t.Error("the page came back changed")
	}
	raw := make([]byte, len(plain))
	if _, err := p.file.ReadAt(raw, p.offset(n.slot)); err != nil || slices.Equal(raw, plain) {
		t.Errorf("the page lies open in the file (%v)", err)
	}
	if _, err := p.file.WriteAt([]byte{raw[7] ^ 1}, p.offset(n.slot)+7); err != nil {
		t.Fatal(err)
	}
	if p.get(n, back) {
		t.Error("a page with a changed bit was taken back")
	}
	if entries, _ := os.ReadDir(folder); len(entries) > 1 {
		t.Errorf("%d files", len(entries))
	}
}

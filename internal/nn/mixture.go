package nn

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/simd"
)

// Mixture is how a layer with experts chooses among them (Shazeer et al. 2017). The
// zero value is none.
type Mixture struct {
	Experts     int // that there are
	Used        int // for a token
	FeedForward int // width inside one
	Shared      int // width inside those that every token goes through; 0 is none

	Sigmoid   bool    // an expert's odds are its own, rather than a softmax over all
	Normalize bool    // the weights of those used are made to sum to 1
	Scale     float32 // multiplies the weights

	// Experts are chosen from the GroupsUsed best of Groups (DeepSeek-AI 2024); 0 or 1
	// is from all. A group is as good as its GroupBy best experts together.
	Groups     int
	GroupsUsed int
	GroupBy    int
}

// weightsLeast keeps a sum that weights are divided by from being nothing: the least
// half that is not subnormal, as llama.cpp has it.
const weightsLeast = 0x1p-14

// routed are the experts of a layer.
type routed struct {
	Router Matrix  `gguf:"ffn_gate_inp.weight" shape:"embedding,experts"`
	Gate   Experts `gguf:"ffn_gate_exps.weight" shape:"embedding,expert,experts"`
	Up     Experts `gguf:"ffn_up_exps.weight" shape:"embedding,expert,experts"`
	Down   Experts `gguf:"ffn_down_exps.weight" shape:"expert,embedding,experts"`
}

// shared is the feed-forward block that every token goes through besides.
type shared struct {
	Gate Matrix `gguf:"ffn_gate_shexp.weight" shape:"embedding,shared"`
	Up   Matrix `gguf:"ffn_up_shexp.weight" shape:"embedding,shared"`
	Down Matrix `gguf:"ffn_down_shexp.weight" shape:"shared,embedding"`
}

// mixture reads the settings that all mixtures have.
func (m *metadata) mixture(c *Config) Mixture {
	x := Mixture{
		Experts: m.integer("expert_count", 1, expertsMax), Used: m.integer("expert_used_count", 1, expertsMax),
		Scale: float32(m.real("expert_weights_scale", 1<<10, 1)),
	}
	if x.Used > x.Experts {
		m.fail(m.f.Refuse(m.prefix+"expert_used_count", "is %d, of %d experts", x.Used, x.Experts))
	}
	x.FeedForward = m.integerOr("expert_feed_forward_length", 1, widthMax, c.FeedForward/max(1, x.Used))
	return x
}

// router chooses experts for the tokens of a batch, and puts what they compute
// together. Rows of a batch are sorted by expert, so that each expert's weights are
// read once for all its tokens.
type router struct {
	bias    Vector
	chosen  []int32   // per token and rank
	weights []float32 // the same
	place   []int32   // the same: the row, once sorted
	from    []int32   // per sorted row: the token
	group   []int32   // per sorted row: its group

	groups   []group
	counts   []int32
	rooms    []room // per worker
	prepared [3]struct {
		batches []simd.Batch // per group, the largest first
		id      int
	}

	// What is being computed.
	how   simd.Preparation
	m     *Experts
	y     []float32
	chunk int
	per   int // chunks of an expert

	choose, prepare, mul func(worker, i int) // bound once
}

// group is the tokens of a batch that go through one expert.
type group struct{ expert, first, count int }

// room is a worker's memory for choosing.
type room struct{ odds, scores, groups []float32 }

func (r *router) init(p *pass) {
	x := &p.model.Mixture
	r.rooms = make([]room, p.workers.Count())
	for i := range r.rooms {
		r.rooms[i] = room{make([]float32, x.Experts), make([]float32, x.Experts), make([]float32, max(1, x.Groups))}
	}
	r.counts = make([]int32, x.Experts+1)
	r.choose = func(worker, i int) { p.chooseExperts(worker, i) }
	r.prepare = func(_, i int) { r.prepareRow(i) }
	r.mul = func(_, i int) { r.mulChunk(i) }
}

// mix is what the experts of a layer make of every row. bias is added to an expert's
// odds where it is chosen, and not where it is weighed; nil is none.
func (p *pass) mix(x rows, e *routed, bias Vector) rows {
	p.route(p.mul(x, &e.Router), bias)
	in := p.sorted(x)
	gate, up := p.mulExperts(in, &e.Gate), p.mulExperts(in, &e.Up)
	return p.weighed(p.mulExperts(p.swiglu(gate, up), &e.Down))
}

// ownFeedForward is what the experts make of it that every row goes through.
func (p *pass) ownFeedForward(x rows, s *shared) rows {
	return p.mul(p.swiglu(p.mul(x, &s.Gate), p.mul(x, &s.Up)), &s.Down)
}

// route chooses experts for every row of their odds, and sorts the rows by them.
func (p *pass) route(logits rows, bias Vector) {
	r, x := &p.router, &p.model.Mixture
	n := logits.count()
	r.bias, p.x = bias, logits
	r.chosen, r.weights, r.place = grown(r.chosen, n*x.Used), grown(r.weights, n*x.Used), grown(r.place, n*x.Used)
	r.from, r.group = grown(r.from, n*x.Used), grown(r.group, n*x.Used)
	p.run(n, len(logits.data)*x.Used, r.choose)

	clear(r.counts)
	for _, e := range r.chosen {
		r.counts[e+1]++
	}
	r.groups = r.groups[:0]
	for e := range x.Experts {
		if n := r.counts[e+1]; n > 0 {
			r.groups = append(r.groups, group{expert: e, count: int(n)})
		}
	}
	slices.SortFunc(r.groups, func(a, b group) int { return cmp.Or(b.count-a.count, a.expert-b.expert) })
	first := 0
	for i := range r.groups {
		g := &r.groups[i]
		g.first = first
		r.counts[g.expert] = int32(first) // from here on: where its next row stands
		for row := first; row < first+g.count; row++ {
			r.group[row] = int32(i)
		}
		first += g.count
	}
	for i, e := range r.chosen {
		row := r.counts[e]
		r.counts[e]++
		r.place[i], r.from[row] = row, int32(i/x.Used)
	}
}

// grown is s with n elements, of which nothing is known.
func grown[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// chooseExperts chooses those of token i.
func (p *pass) chooseExperts(worker, i int) {
	r, x := &p.router, &p.model.Mixture
	mine := &r.rooms[worker]
	odds, scores := mine.odds, mine.scores
	if logits := p.x.row(i); x.Sigmoid {
		for e, l := range logits {
			odds[e] = float32(1 / (1 + math.Exp(-float64(l))))
		}
	} else {
		sum := simd.Powers(odds, logits, simd.Largest(logits), 1)
		simd.Scale(odds, odds, float32(1/sum))
	}
	copy(scores, odds)
	if r.bias != nil {
		simd.Add(scores, r.bias)
	}
	if x.Groups > 1 {
		x.keepBestGroups(scores, mine.groups)
	}
	chosen, weights := r.chosen[i*x.Used:(i+1)*x.Used], r.weights[i*x.Used:(i+1)*x.Used]
	var total float32
	for k := range chosen {
		e := best(scores)
		scores[e] = float32(math.Inf(-1))
		chosen[k], weights[k] = int32(e), odds[e]
		total += odds[e]
	}
	for k := range weights {
		if x.Normalize {
			weights[k] /= max(total, weightsLeast)
		}
		weights[k] *= x.Scale
	}
}

// keepBestGroups rules out the experts of all other groups.
func (x *Mixture) keepBestGroups(scores, groups []float32) {
	size := x.Experts / x.Groups
	for g := range groups {
		members := scores[g*size : (g+1)*size]
		first := best(members)
		groups[g] = members[first]
		if x.GroupBy > 1 {
			groups[g] += secondBest(members, first)
		}
	}
	for n := range x.Groups {
		g := best(groups)
		groups[g] = float32(math.Inf(-1))
		if n < x.GroupsUsed {
			continue
		}
		for e := g * size; e < (g+1)*size; e++ {
			scores[e] = float32(math.Inf(-1))
		}
	}
}

// best is the first of the largest.
func best(v []float32) int {
	at := 0
	for i, x := range v {
		if x > v[at] {
			at = i
		}
	}
	return at
}

// secondBest is the largest but for one.
func secondBest(v []float32, but int) float32 {
	top := float32(math.Inf(-1))
	for i, x := range v {
		if i != but && x > top {
			top = x
		}
	}
	return top
}

// sorted is a row for every token and each expert it goes through, by expert.
func (p *pass) sorted(x rows) rows {
	y := p.rows(len(p.router.from), x.width)
	for row, token := range p.router.from {
		copy(y.row(row), x.row(int(token)))
	}
	return y
}

// mulExperts multiplies every sorted row with the matrix of its expert.
func (p *pass) mulExperts(x rows, m *Experts) rows {
	y := p.rows(x.count(), m.rows)
	p.multiplyExperts(y, x, m)
	if len(p.adaptation.groups) > 0 {
		p.adaptExperts(y, x, m)
	}
	return y
}

func (p *pass) multiplyExperts(y, x rows, m *Experts) {
	r := &p.router
	r.prepareAll(p, x, m.format.Input)
	r.m, r.y, r.how = m, y.data, m.format.Input
	if p.small(m.rows * m.cols * x.count()) {
		r.chunk, r.per = m.rows, 1
		for i := range r.groups {
			r.mulChunk(i)
		}
		return
	}
	// As in pass.chunk, but that there is something to do in every group.
	const panel, shares = 16, 4
	per := (shares*p.workers.Count() + len(r.groups) - 1) / len(r.groups)
	r.chunk = max(panel, m.rows/per/panel*panel)
	r.per = max(1, m.rows/r.chunk)
	p.workers.Run(r.per*len(r.groups), r.mul)
}

// mulChunk computes chunk i%per of group i/per; the last chunk takes what rows remain.
func (r *router) mulChunk(i int) {
	g, first, n := r.groups[i/r.per], i%r.per*r.chunk, r.chunk
	if i%r.per == r.per-1 {
		n = r.m.rows - first
	}
	weights := r.m.expert(g.expert)[first*r.m.format.RowBytes(r.m.cols):]
	r.m.format.Mul(r.y[g.first*r.m.rows+first:], r.m.rows, weights, n, &r.prepared[r.how].batches[i/r.per])
}

// prepareAll makes sorted rows ready for dot products, once for all matrices they are
// multiplied with in a row. Batches keep their memory; as groups are sorted by size,
// they do not all grow to the largest.
func (r *router) prepareAll(p *pass, x rows, how simd.Preparation) {
	ready := &r.prepared[how]
	if ready.id == x.id {
		return
	}
	for len(ready.batches) < len(r.groups) {
		ready.batches = append(ready.batches, simd.Batch{})
	}
	for i, g := range r.groups {
		ready.batches[i].Prepare(how, x.data[g.first*x.width:(g.first+g.count)*x.width], g.count)
	}
	r.how = how
	p.run(x.count(), len(x.data), r.prepare)
	ready.id = x.id
}

func (r *router) prepareRow(i int) {
	g := r.group[i]
	r.prepared[r.how].batches[g].PrepareOne(i - r.groups[g].first)
}

// weighed sums up, for every token, what its experts made of it. The order of the sum
// is that of the token's own choice (N1).
func (p *pass) weighed(x rows) rows {
	y := p.rows(len(p.router.from)/p.model.Mixture.Used, x.width)
	p.each(y, x, nil, (*pass).weighedRow)
	return y
}

func (p *pass) weighedRow(i int) {
	used := p.model.Mixture.Used
	y := p.x.row(i)
	for k := i * used; k < (i+1)*used; k++ {
		row, weight := p.y.row(int(p.router.place[k])), p.router.weights[k]
		if k == i*used {
			simd.Scale(y, row, weight)
			continue
		}
		simd.Blend(y, 1, row, weight)
	}
}

// Experts is a matrix for each expert, all of one shape, read in place.
type Experts struct{ Matrix } // of one

func newExperts(t *gguf.Tensor) (Experts, error) {
	if len(t.Shape) != 3 {
		return Experts{}, t.Refuse("has %d dimensions, not 3", len(t.Shape))
	}
	m, err := newMatrix(t)
	m.rows = t.Shape[1]
	return Experts{m}, err
}

// expert is the rows of one of them.
func (e *Experts) expert(i int) []byte {
	n := e.rows * e.format.RowBytes(e.cols)
	return e.data[i*n : (i+1)*n]
}

// gated multiplies every row of x with the sigmoid of its gate.
func (p *pass) gated(x, gate rows) rows {
	p.each(x, gate, nil, (*pass).gatedRow)
	return p.changed(x)
}

func (p *pass) gatedRow(i int) {
	g := 1 / (1 + math.Exp(-float64(p.y.row(i)[0])))
	simd.Scale(p.x.row(i), p.x.row(i), float32(g))
}

// refuseExperts is for architectures that have none.
func refuseExperts(m *metadata, c *Config) {
	if n := m.integerOr("expert_count", 0, 1<<16, 0); n > 0 {
		m.fail(fmt.Errorf("%s with %d experts: %w", c.Architecture, n, ErrUnsupported))
	}
}

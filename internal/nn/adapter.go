package nn

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/simd"
)

// Adapter changes a model where its sequences want it: to a matrix W it adds scale·B·A,
// where A leads from W's columns to a few numbers, the rank, and B from these to its rows
// (Hu et al. 2021). W is not touched: what A and B make of a row is added to what W makes
// of it, so sequences with other adapters, and with none, are computed in the same batch.
//
// Files are those of llama.cpp's converter. They are small and are copied: their file need
// not stay open.
type Adapter struct {
	Bytes   int64 // that its weights take
	changes map[*gguf.Tensor]*change
}

// change is what an adapter does to one matrix, or to that of every expert.
type change struct {
	a, b   Experts // of one or more
	scale  float32
	embeds bool // A's rows are those of tokens
}

const (
	adapterA = ".lora_a"
	adapterB = ".lora_b"
)

// LoadAdapter reads an adapter for m. One that is for another model, or that changes what
// is no matrix, is refused with what was expected and what was found.
func LoadAdapter(f *gguf.File, m *Model) (*Adapter, error) {
	alpha, err := adapterSettings(f, m)
	if err != nil {
		return nil, err
	}
	reach := adaptable{}
	reach.gather(reflect.ValueOf(m.layers).Elem())
	a := &Adapter{changes: map[*gguf.Tensor]*change{}}
	pairs, err := adapterPairs(f)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		target, ok := reach[name]
		if !ok {
			return nil, pairs[name][0].Refuse("changes %s, and there is no such matrix in the model: is the adapter for another one?", name)
		}
		c, err := newChange(pairs[name], target, name, alpha)
		if err != nil {
			return nil, err
		}
		a.changes[target] = c
		a.Bytes += int64(len(c.a.data) + len(c.b.data))
	}
	return a, nil
}

// adapterSettings checks what the file says it is, and returns what the changes are
// scaled with, before they are divided by their rank; 0 if it says nothing.
func adapterSettings(f *gguf.File, m *Model) (alpha float64, err error) {
	for _, want := range []struct{ key, value string }{
		{"general.type", "adapter"}, {"adapter.type", "lora"}, {"general.architecture", m.Architecture},
	} {
		value, err := f.Text(want.key)
		if err != nil {
			return 0, err
		}
		if value != want.value {
			return 0, f.Refuse(want.key, "is %q, not %q", value, want.value)
		}
	}
	if f.Has("adapter.alora.invocation_tokens") {
		return 0, fmt.Errorf("an adapter that begins in the middle of a text: %w", ErrUnsupported)
	}
	const key = "adapter.lora.alpha"
	if !f.Has(key) {
		return 0, nil
	}
	if alpha, err = f.Float(key); err == nil && (math.IsNaN(alpha) || math.Abs(alpha) > 1<<20) {
		err = f.Refuse(key, "is %g, not within ±%d", alpha, 1<<20)
	}
	return alpha, err
}

// adapterPairs are A and B by the tensor they change.
func adapterPairs(f *gguf.File) (map[string]*[2]*gguf.Tensor, error) {
	pairs := map[string]*[2]*gguf.Tensor{}
	for _, t := range f.Tensors {
		name, second := strings.CutSuffix(t.Name, adapterB)
		if !second {
			var first bool
			if name, first = strings.CutSuffix(t.Name, adapterA); !first {
				return nil, fmt.Errorf("tensor %s, which is no part of a low-rank change: %w", t.Name, ErrUnsupported)
			}
		}
		if pairs[name] == nil {
			pairs[name] = &[2]*gguf.Tensor{}
		}
		if second {
			pairs[name][1] = t
		} else {
			pairs[name][0] = t
		}
	}
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		switch p := pairs[name]; {
		case p[0] == nil:
			return nil, p[1].Refuse("has no %s%s beside it", name, adapterA)
		case p[1] == nil:
			return nil, p[0].Refuse("has no %s%s beside it", name, adapterB)
		}
	}
	if len(pairs) == 0 {
		return nil, f.Refuse("adapter.type", "is there, and no tensors are")
	}
	return pairs, nil
}

// newChange checks the shapes of a pair against those of the tensor it changes.
func newChange(pair *[2]*gguf.Tensor, target *gguf.Tensor, name string, alpha float64) (*change, error) {
	a, b := pair[0], pair[1]
	c := &change{embeds: name == "token_embd.weight", scale: 1}
	rank := a.Shape[min(1, len(a.Shape)-1)]
	cols, rows, more := target.Shape[0], 1, []int(nil)
	if len(target.Shape) > 1 {
		rows, more = target.Shape[1], target.Shape[2:]
	}
	wantA, wantB := append([]int{cols, rank}, more...), append([]int{rank, rows}, more...)
	if c.embeds {
		rank = a.Shape[0]
		wantA, wantB = []int{rank, rows}, []int{rank, cols}
	}
	for _, t := range []struct {
		*gguf.Tensor
		want []int
	}{{a, wantA}, {b, wantB}} {
		if !slices.Equal(t.Shape, t.want) {
			return nil, t.Refuse("has shape %v, not %v, for a change of rank %d to %s of shape %v", t.Shape, t.want, rank, name, target.Shape)
		}
	}
	if alpha != 0 {
		c.scale = float32(alpha / float64(rank))
	}
	var err error
	if c.a, err = copied(a); err != nil {
		return nil, err
	}
	c.b, err = copied(b)
	return c, err
}

// copied is the matrices of a tensor, outside of its file.
func copied(t *gguf.Tensor) (Experts, error) {
	m, err := newMatrix(t)
	m.rows, m.data = t.Shape[1], slices.Clone(t.Data)
	return Experts{m}, err
}

// adaptable are the tensors of a model that adapters may change, by name.
type adaptable map[string]*gguf.Tensor

// gather walks the fields that a binder fills. Those tagged adapt:"no" are not
// multiplied with rows of the batch as they are.
func (r adaptable) gather(s reflect.Value) {
	for i := range s.NumField() {
		field := s.Type().Field(i)
		if _, ok := field.Tag.Lookup("gguf"); !ok || field.Tag.Get("adapt") == "no" {
			continue
		}
		v := s.Field(i)
		switch m := v.Addr().Interface().(type) {
		case *Matrix:
			r.add(m.tensor)
			continue
		case *Experts:
			r.add(m.tensor)
			continue
		}
		switch {
		case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
			for n := range v.Len() {
				r.gather(v.Index(n))
			}
		case v.Kind() == reflect.Struct:
			r.gather(v)
		case v.Kind() == reflect.Pointer && !v.IsNil():
			r.gather(v.Elem())
		}
	}
}

func (r adaptable) add(t *gguf.Tensor) {
	if t != nil {
		r[t.Name] = t
	}
}

// adaptation is which rows of a batch have which adapter.
type adaptation struct {
	of     []*Adapter // per row: of all tokens, and later of those wanted
	groups []adapted

	batch  simd.Batch
	in     []float32 // rows of a group
	middle []float32 // what A makes of them
	out    []float32 // what B makes of that

	y, x    rows
	m       *Experts
	rooms   []adaptationRoom // per worker
	experts func(worker, i int)
}

// adapted is the rows that have an adapter.
type adapted struct {
	*Adapter
	rows []int
}

// adaptationRoom is a worker's memory for the changes of experts.
type adaptationRoom struct {
	batch       simd.Batch
	middle, out []float32
}

func (a *adaptation) init(p *pass) {
	a.rooms = make([]adaptationRoom, p.workers.Count())
	a.experts = func(worker, i int) { p.adaptExpertsRow(worker, i) }
}

// begin takes note of the adapters of a batch.
func (a *adaptation) begin(tokens []Token) {
	a.of = a.of[:0]
	for _, t := range tokens {
		a.of = append(a.of, t.Sequence.Adapter)
	}
	a.group()
}

// wanted keeps what is of rows that are wanted.
func (a *adaptation) wanted(tokens []Token) {
	n := 0
	for i, t := range tokens {
		if t.Logits {
			a.of[n] = a.of[i]
			n++
		}
	}
	a.of = a.of[:n]
	if len(a.groups) > 0 {
		a.group()
	}
}

// group sorts the rows by adapter.
func (a *adaptation) group() {
	a.groups = a.groups[:0]
	for i, x := range a.of {
		if x == nil {
			continue
		}
		at := slices.IndexFunc(a.groups, func(g adapted) bool { return g.Adapter == x })
		if at < 0 {
			at = len(a.groups)
			a.groups = slices.Grow(a.groups, 1)[:at+1]
			a.groups[at] = adapted{x, a.groups[at].rows[:0]}
		}
		a.groups[at].rows = append(a.groups[at].rows, i)
	}
}

// adapt adds to y, which the matrix has made of x, what adapters make of it. A row's sum
// has the same order in any company (N1).
func (p *pass) adapt(y, x rows, m *Matrix) {
	a := &p.adaptation
	for _, g := range a.groups {
		c := g.changes[m.tensor]
		if c == nil || c.embeds {
			continue
		}
		var in *simd.Batch
		if len(g.rows) == x.count() {
			in = p.prepare(x, c.a.format.Input)
		} else {
			a.in = grown(a.in, len(g.rows)*x.width)
			for k, i := range g.rows {
				copy(a.in[k*x.width:], x.row(i))
			}
			in = a.ready(c.a.format, a.in, len(g.rows))
		}
		a.middle = grown(a.middle, len(g.rows)*c.a.rows)
		p.multiply(a.middle, in, &c.a.Matrix)
		p.addChange(y, g.rows, c)
	}
}

// addChange adds what B makes of the middle to rows of y.
func (p *pass) addChange(y rows, at []int, c *change) {
	a := &p.adaptation
	a.out = grown(a.out, len(at)*c.b.rows)
	p.multiply(a.out, a.ready(c.b.format, a.middle, len(at)), &c.b.Matrix)
	for k, i := range at {
		simd.Blend(y.row(i), 1, a.out[k*c.b.rows:(k+1)*c.b.rows], c.scale)
	}
}

// ready prepares n rows.
func (a *adaptation) ready(f *simd.Format, rows []float32, n int) *simd.Batch {
	a.batch.Prepare(f.Input, rows, n)
	for i := range n {
		a.batch.PrepareOne(i)
	}
	return &a.batch
}

// adaptEmbedding is adapt for rows that were looked up.
func (p *pass) adaptEmbedding(x rows, m *Matrix) {
	a := &p.adaptation
	for _, g := range a.groups {
		c := g.changes[m.tensor]
		if c == nil {
			continue
		}
		rank := c.a.cols
		a.middle = grown(a.middle, len(g.rows)*rank)
		for k, i := range g.rows {
			c.a.format.Widen(a.middle[k*rank:(k+1)*rank], c.a.row(p.tokens[i].ID))
		}
		p.addChange(x, g.rows, c)
	}
}

// adaptExperts is adapt for rows that are sorted by expert.
func (p *pass) adaptExperts(y, x rows, m *Experts) {
	a := &p.adaptation
	a.y, a.x, a.m = y, x, m
	p.run(x.count(), len(x.data), a.experts)
}

func (p *pass) adaptExpertsRow(worker, i int) {
	a, r := &p.adaptation, &p.router
	adapter := a.of[r.from[i]]
	if adapter == nil || adapter.changes[a.m.tensor] == nil {
		return
	}
	c, expert, room := adapter.changes[a.m.tensor], r.groups[r.group[i]].expert, &a.rooms[worker]
	room.middle, room.out = grown(room.middle, c.a.rows), grown(room.out, c.b.rows)
	room.mul(room.middle, a.x.row(i), &c.a, expert)
	room.mul(room.out, room.middle, &c.b, expert)
	simd.Blend(a.y.row(i), 1, room.out, c.scale)
}

// mul multiplies one row with the matrix of one expert.
func (r *adaptationRoom) mul(y, x []float32, m *Experts, expert int) {
	r.batch.Prepare(m.format.Input, x, 1)
	r.batch.PrepareOne(0)
	m.format.Mul(y, m.rows, m.expert(expert), m.rows, &r.batch)
}

package convert

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hearthbox/hearth/internal/convert/safetensors"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/simd"
)

// pieceBytes is how much of a tensor is in memory at a time, a row at least, or what is
// turned around at once.
const pieceBytes = 4 << 20

// output is a tensor to be written: rows of others, in an order of its own.
type output struct {
	name  string
	to    gguf.Type
	shape []int // as GGUF has it: shape[0] is the length of a row

	parts []*safetensors.Tensor // whose rows follow each other
	row   func(i int) int       // which row of the parts the ith is; nil if they are in order
	turn  *turn                 // what is no matter of rows
	fixed []float32             // numbers that no file has

	model *Model
	ctx   context.Context //nolint:containedctx // handed through gguf.Writer, which knows none
}

// turn takes matrices out of the rows of a tensor and turns rows to columns.
type turn struct{ heads, step, rows int }

func (o *output) rows() int {
	n := 1
	for _, d := range o.shape[1:] {
		n *= d
	}
	return n
}

// tensors finds the names of all tensors, and checks that none is missing or left.
func (m *Model) tensors() error {
	if err := m.matchFactors(); err != nil {
		return err
	}
	for _, t := range m.source.Tensors {
		if m.isFactor(t) {
			continue
		}
		name, known := m.family.names(m, t.Name)
		if !known {
			return t.Refuse("is not known in models of %s", m.Architecture)
		}
		if name == "" {
			continue
		}
		if err := m.take(t, name); err != nil {
			return err
		}
	}
	if m.family.arrange != nil {
		if err := m.family.arrange(m); err != nil {
			return err
		}
	}
	for _, o := range m.plan {
		o.to = m.format(o)
	}
	return nil
}

// take adds a tensor as it is. Experts of a layer come to one name, in their order.
func (m *Model) take(t *safetensors.Tensor, name string) error {
	if !isFull(t.Type) && t.Type != safetensors.F8E4M3 {
		return t.Refuse("is %s, not F32, F16, BF16 or F8_E4M3: %w", t.Type, ErrUnsupported)
	}
	name, expert, isExpert := cutExpert(name)
	o := m.byName[name]
	switch {
	case o == nil && !isExpert:
		if len(t.Shape) < 1 || len(t.Shape) > 3 {
			return t.Refuse("has %d dimensions", len(t.Shape))
		}
		shape := slices.Clone(t.Shape)
		slices.Reverse(shape)
		m.add(&output{name: name, shape: shape, parts: []*safetensors.Tensor{t}})
		return nil
	case !isExpert:
		return t.Refuse("becomes %s, and another one does", name)
	case o == nil:
		if len(t.Shape) != 2 {
			return t.Refuse("has %d dimensions, not 2", len(t.Shape))
		}
		o = &output{name: name, shape: []int{t.Shape[1], t.Shape[0], 0}}
		m.add(o)
	}
	if expert >= expertsMax || !slices.Equal(t.Shape, []int{o.shape[1], o.shape[0]}) {
		return t.Refuse("is of shape %v, and another expert of %v", t.Shape, []int{o.shape[1], o.shape[0]})
	}
	for len(o.parts) <= expert {
		o.parts = append(o.parts, nil)
	}
	if o.parts[expert] != nil {
		return t.Refuse("is there twice")
	}
	o.parts[expert] = t
	o.shape[2] = len(o.parts)
	return nil
}

func (m *Model) add(o *output) {
	o.model = m
	m.plan = append(m.plan, o)
	m.byName[o.name] = o
}

// drop takes an output off the plan, for others to take its place.
func (m *Model) drop(name string) *output {
	o := m.byName[name]
	delete(m.byName, name)
	m.plan = slices.DeleteFunc(m.plan, func(p *output) bool { return p == o })
	return o
}

// cutExpert takes the number of an expert off a name that ends with it: NAME#N.
func cutExpert(name string) (string, int, bool) {
	name, number, ok := strings.Cut(name, "#")
	if !ok {
		return name, 0, false
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 {
		n = expertsMax
	}
	return name, n, true
}

// arrangeExperts checks that all experts of a layer are there, and parts those that are
// stored together.
func arrangeExperts(m *Model) error {
	experts := m.experts()
	for _, o := range slices.Clone(m.plan) {
		if strings.HasSuffix(o.name, "ffn_gate_up_exps.weight") {
			if len(o.shape) != 3 || o.shape[1]%2 != 0 {
				return o.parts[0].Refuse("is of shape %v, which does not part in two", o.parts[0].Shape)
			}
			m.drop(o.name)
			half := o.shape[1] / 2
			for i, name := range []string{"ffn_gate_exps.weight", "ffn_up_exps.weight"} {
				m.add(&output{name: strings.Replace(o.name, "ffn_gate_up_exps.weight", name, 1), shape: []int{o.shape[0], half, o.shape[2]}, parts: o.parts,
					row: func(r int) int { return r/half*2*half + i*half + r%half }})
			}
		}
	}
	for _, o := range m.plan {
		if !strings.HasSuffix(o.name, "_exps.weight") {
			continue
		}
		if len(o.shape) != 3 || o.shape[2] != experts || slices.Contains(o.parts, nil) {
			return fmt.Errorf("%s: %s has %v, of %d experts", m.dir, o.name, o.shape, experts)
		}
	}
	return nil
}

// format is the one a tensor is written in: vectors, norms and what decides between
// experts in full precision.
func (m *Model) format(o *output) gguf.Type {
	full := len(o.shape) == 1 || !strings.HasSuffix(o.name, ".weight") || strings.HasSuffix(o.name, "_norm.weight") ||
		strings.Contains(o.name, "ffn_gate_inp") || o.name == "position_embd.weight" || o.name == "token_types.weight"
	if full || o.fixed != nil {
		return gguf.F32
	}
	wanted := safetensors.Type(m.options.Type)
	if wanted == "" {
		wanted = o.parts[0].Type
	}
	return map[safetensors.Type]gguf.Type{safetensors.F32: gguf.F32, safetensors.F16: gguf.F16, safetensors.BF16: gguf.BF16,
		safetensors.F8E4M3: gguf.BF16}[wanted]
}

// WriteTo writes the tensor, piece by piece.
func (o *output) WriteTo(w io.Writer) (int64, error) {
	written := int64(0)
	put := func(x []float32) error {
		b, err := o.encode(x)
		if err != nil {
			return err
		}
		n, err := w.Write(b)
		written += int64(n)
		o.model.advance(n)
		return err
	}
	switch {
	case o.fixed != nil:
		return written, put(o.fixed)
	case o.turn != nil:
		return written, o.writeTurned(put)
	}
	return written, o.writeRows(put)
}

func (m *Model) advance(n int) {
	m.done += int64(n)
	if m.progress != nil {
		m.progress(m.done, m.bytes)
	}
}

// writeRows reads rows that follow each other at once, as many as there is room for.
func (o *output) writeRows(put func([]float32) error) error {
	width, rows := o.shape[0], o.rows()
	most := max(1, pieceBytes/(4*width))
	room := make([]float32, min(most, rows)*width)
	source := func(i int) int {
		if o.row == nil {
			return i
		}
		return o.row(i)
	}
	each := o.parts[0].Rows()
	for i := 0; i < rows; {
		if err := o.ctx.Err(); err != nil {
			return err
		}
		from, n := source(i), 1
		for i+n < rows && n < most && source(i+n) == from+n && (from+n)/each == from/each {
			n++
		}
		if err := o.model.read(room[:n*width], o.parts[from/each], from%each); err != nil {
			return err
		}
		if err := put(room[:n*width]); err != nil {
			return err
		}
		i += n
	}
	return nil
}

// writeTurned writes a matrix for each head, of the rows that it has in the source.
func (o *output) writeTurned(put func([]float32) error) error {
	t, source := o.turn, o.parts[0]
	width := source.Width()
	in, out := make([]float32, t.rows*width), make([]float32, t.rows*width)
	for h := range t.heads {
		if err := o.ctx.Err(); err != nil {
			return err
		}
		if err := o.model.read(in, source, h*t.step); err != nil {
			return err
		}
		for r := range t.rows {
			for c := range width {
				out[c*t.rows+r] = in[r*width+c]
			}
		}
		if err := put(out); err != nil {
			return err
		}
	}
	return nil
}

// encode writes numbers in the output's format. What a half can't hold is refused.
func (o *output) encode(x []float32) ([]byte, error) {
	le := binary.LittleEndian
	switch o.to {
	case gguf.F16:
		b := make([]byte, 2*len(x))
		for i, v := range x {
			h := simd.ToF16(v)
			if h&0x7c00 == 0x7c00 {
				return nil, fmt.Errorf("tensor %s holds %g, which F16 can't: write it as BF16", o.name, v)
			}
			le.PutUint16(b[2*i:], h)
		}
		return b, nil
	case gguf.BF16:
		b := make([]byte, 2*len(x))
		for i, v := range x {
			le.PutUint16(b[2*i:], toBF16(v))
		}
		return b, nil
	}
	b := make([]byte, 4*len(x))
	for i, v := range x {
		le.PutUint32(b[4*i:], math.Float32bits(v))
	}
	return b, nil
}

// toBF16 narrows to a bfloat16, to nearest with ties to even.
func toBF16(v float32) uint16 {
	b := math.Float32bits(v)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 64 // no number stays none
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

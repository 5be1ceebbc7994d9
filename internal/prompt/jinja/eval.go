package jinja

import "math"

func (r *run) eval(e expr) Value {
	if e == nil || !r.enter() {
		return undefined{}
	}
	defer r.exit()
	return e.eval(r)
}

func (e *literal) eval(*run) Value { return e.v }

func (e *nameExpr) eval(r *run) Value {
	r.line = e.line
	if v, ok := r.scope.find(e.name); ok {
		return v
	}
	return undefined{name: e.name}
}

func (e *listExpr) eval(r *run) Value {
	if !r.grow(16 * len(e.items)) {
		return undefined{}
	}
	items := make([]Value, len(e.items))
	for i, item := range e.items {
		items[i] = r.eval(item)
	}
	return &List{items, e.kind}
}

func (e *dictExpr) eval(r *run) Value {
	d := &Dict{}
	r.grow(100)
	for i, k := range e.keys {
		key, v := r.eval(k), r.eval(e.values[i])
		if r.grow(64) && !d.set(key, v) {
			r.fail("%s can't be a key", describe(key))
		}
	}
	return d
}

func (e *attrExpr) eval(r *run) Value {
	of := r.eval(e.of)
	r.line = e.line
	return r.attribute(of, e.name)
}

func (e *indexExpr) eval(r *run) Value {
	of, key := r.eval(e.of), r.eval(e.key)
	r.line = e.line
	return r.item(of, key)
}

func (e *sliceExpr) eval(r *run) Value {
	of := r.eval(e.of)
	from, to, step := r.bound(e.from), r.bound(e.to), r.bound(e.step)
	r.line = e.line
	if r.err != nil {
		return undefined{}
	}
	return r.slice(of, from, to, step)
}

// bound is a bound of a slice; nil for none.
func (r *run) bound(e expr) *int {
	if e == nil {
		return nil
	}
	v := r.eval(e)
	if v == nil {
		return nil
	}
	n, ok := whole(v)
	if !ok {
		r.fail("%s can't bound a slice", typeName(v))
	}
	return &n
}

func (e *callExpr) eval(r *run) Value {
	f := r.eval(e.of)
	a := r.arguments(e.arguments)
	r.line = e.line
	if r.err != nil {
		return undefined{}
	}
	switch f := f.(type) {
	case *macro:
		return f.call(r, a)
	case *function:
		return f.call(r, a)
	case undefined:
		r.fail("%s", f)
	default:
		r.fail("%s can't be called", typeName(f))
	}
	return undefined{}
}

func (e *filterExpr) eval(r *run) Value {
	v := r.eval(e.of)
	a := r.arguments(e.arguments)
	r.line = e.line
	return r.filter(e.name, v, a)
}

func (e *testExpr) eval(r *run) Value {
	v := r.eval(e.of)
	a := r.arguments(e.arguments)
	r.line = e.line
	return r.test(e.name, v, a)
}

func (e *unaryExpr) eval(r *run) Value {
	v := r.eval(e.of)
	if e.op == "not" {
		return !truth(v)
	}
	if f, ok := v.(float64); ok && e.op == "-" {
		return -f
	} else if ok {
		return f
	}
	n, ok := whole(v)
	if !ok || n == math.MinInt {
		r.fail("%s has no sign", describe(v))
	}
	if e.op == "-" {
		return -n
	}
	return n
}

func (e *binaryExpr) eval(r *run) Value {
	left, right := r.eval(e.left), r.eval(e.right)
	r.line = e.line
	if r.err != nil {
		return undefined{}
	}
	return r.arithmetic(e.op, left, right)
}

func (e *logicExpr) eval(r *run) Value {
	left := r.eval(e.left)
	if truth(left) == e.or {
		return left
	}
	return r.eval(e.right)
}

func (e *compareExpr) eval(r *run) Value {
	left := r.eval(e.left)
	for i, op := range e.ops {
		right := r.eval(e.right[i])
		r.line = e.line
		if r.err != nil || !r.holds(op, left, right) {
			return false
		}
		left = right
	}
	return true
}

func (e *joinExpr) eval(r *run) Value {
	parts := make([]Text, len(e.parts))
	for i, p := range e.parts {
		parts[i] = r.str(r.eval(p))
	}
	return r.concat(parts...)
}

func (e *choiceExpr) eval(r *run) Value {
	if truth(r.eval(e.cond)) {
		return r.eval(e.yes)
	}
	return r.eval(e.no)
}

func (*captured) eval(r *run) Value { return r.caught }

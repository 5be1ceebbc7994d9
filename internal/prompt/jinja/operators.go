package jinja

import (
	"math"
	"strings"
)

// describe names a value in a complaint.
func describe(v Value) string {
	if u, ok := v.(undefined); ok {
		return u.String()
	}
	return typeName(v)
}

// holds reports whether a comparison is true.
func (r *run) holds(op string, a, b Value) bool {
	switch op {
	case "==":
		return r.equal(a, b)
	case "!=":
		return !r.equal(a, b)
	case "in":
		return r.contains(b, a)
	case "not in":
		return !r.contains(b, a)
	}
	order := r.compare(a, b)
	switch {
	case r.err != nil || order == unordered || order == -unordered:
		return false
	case op == "<":
		return order < 0
	case op == "<=":
		return order <= 0
	case op == ">":
		return order > 0
	}
	return order >= 0
}

// contains is Python's "v in all".
func (r *run) contains(all, v Value) bool {
	switch all := all.(type) {
	case Text:
		part, ok := v.(Text)
		if !ok {
			r.fail("%s can't be looked for in a string", describe(v))
			return false
		}
		return r.look(len(all.s)) && strings.Contains(all.s, part.s)
	case *Dict:
		if _, ok := hashed(v); !ok {
			r.fail("%s can't be a key", typeName(v))
		}
		_, found := all.get(v)
		return found
	}
	for _, item := range r.items(all) {
		if r.equal(item, v) {
			return true
		}
	}
	return false
}

// arithmetic is Python's binary operators, on the kinds templates use them on.
func (r *run) arithmetic(op string, a, b Value) Value {
	s, isText := a.(Text)
	t, both := b.(Text)
	if isText && both && op == "+" {
		return r.plus(s, t)
	}
	l, isList := a.(*List)
	m, both := b.(*List)
	if isList && both && op == "+" && l.kind == m.kind && l.kind <= tuple {
		return r.joinLists(l, m)
	}
	if op == "*" && repeatable(a) {
		return r.repeat(a, b)
	}
	if op == "*" && repeatable(b) {
		return r.repeat(b, a)
	}
	x, ok := whole(a)
	y, also := whole(b)
	if ok && also && op != "/" {
		return r.wholeArithmetic(op, x, y)
	}
	f, ok := float(a)
	g, also := float(b)
	if !ok || !also {
		r.fail("%s %s %s is not possible", describe(a), op, describe(b))
		return undefined{}
	}
	return r.floatArithmetic(op, f, g)
}

// plus joins two strings. Where one went through the filter safe, the other is
// escaped for HTML: no template means that, but it is what Jinja2 does, and so
// what the model was trained on.
func (r *run) plus(s, t Text) Text {
	safe := s.safe || t.safe
	if safe && !s.safe {
		s = r.escape(s)
	}
	if safe && !t.safe {
		t = r.escape(t)
	}
	sum := r.concat(s, t)
	sum.safe = safe
	return sum
}

func (r *run) escape(t Text) Text {
	if !r.grow(5 * t.size()) {
		return Text{}
	}
	return t.mapped(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;").Replace)
}

func (r *run) joinLists(l, m *List) Value {
	if !r.grow(16 * (len(l.items) + len(m.items))) {
		return undefined{}
	}
	items := make([]Value, 0, len(l.items)+len(m.items))
	return &List{append(append(items, l.items...), m.items...), l.kind}
}

func repeatable(v Value) bool {
	l, isList := v.(*List)
	_, isText := v.(Text)
	return isText || isList && l.kind <= tuple
}

// repeat is a string or list times a number.
func (r *run) repeat(v, times Value) Value {
	n, ok := whole(times)
	if !ok {
		r.fail("%s times %s is not possible", typeName(v), describe(times))
		return undefined{}
	}
	n = max(n, 0)
	if t, ok := v.(Text); ok {
		if n > maxMemory || !r.grow(n*max(t.size(), 1)) {
			r.fail("a string of that many repetitions")
			return undefined{}
		}
		var b Builder
		for range n {
			b.Add(t)
		}
		return b.Text()
	}
	l := v.(*List)
	if n > maxMemory || !r.grow(n*16*max(len(l.items), 1)) {
		r.fail("a list of that many repetitions")
		return undefined{}
	}
	items := make([]Value, 0, n*len(l.items))
	for range n {
		items = append(items, l.items...)
	}
	return &List{items, l.kind}
}

// wholeArithmetic refuses what no int holds: Python's numbers have no end.
func (r *run) wholeArithmetic(op string, x, y int) Value {
	switch op {
	case "+":
		if z := x + y; (z > x) == (y > 0) {
			return z
		}
	case "-":
		if z := x - y; (z < x) == (y > 0) {
			return z
		}
	case "*":
		if x == 0 || y == 0 {
			return 0
		}
		if z := x * y; z/y == x && (x != -1 || y != math.MinInt) && (y != -1 || x != math.MinInt) {
			return z
		}
	default:
		if y != 0 && y != -1 {
			return floorDivision(op, x, y)
		}
		if y == -1 && x != math.MinInt {
			return map[string]int{"//": -x, "%": 0}[op]
		}
		r.fail("division by zero")
	}
	r.fail("the result of %s is too large", op)
	return undefined{}
}

// floorDivision rounds down, as Python does, where Go rounds to zero.
func floorDivision(op string, x, y int) int {
	quotient, rest := x/y, x%y
	if rest != 0 && (rest < 0) != (y < 0) {
		quotient, rest = quotient-1, rest+y
	}
	if op == "%" {
		return rest
	}
	return quotient
}

func float(v Value) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	n, ok := whole(v)
	return float64(n), ok
}

func (r *run) floatArithmetic(op string, f, g float64) Value {
	switch op {
	case "+":
		return f + g
	case "-":
		return f - g
	case "*":
		return f * g
	}
	if g == 0 {
		r.fail("division by zero")
		return undefined{}
	}
	switch op {
	case "/":
		return f / g
	case "//":
		return math.Floor(f / g)
	}
	rest := math.Mod(f, g)
	if rest != 0 && (rest < 0) != (g < 0) {
		rest += g
	}
	return rest
}

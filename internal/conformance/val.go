package conformance

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// val is a part of a JSON answer, with where it was found. What is not as it should be is
// noted in the session; a part of nothing is nothing, and is noted once.
type val struct {
	s    *session
	path string
	v    any
	ok   bool // it is there
}

func (s *session) parse(text []byte) val {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		s.fault("not JSON: %s", text)
		return val{s: s}
	}
	return val{s: s, v: v, ok: true}
}

// at is a field of an object; a missing one is a fault.
func (v val) at(name string) val {
	x := v.may(name)
	if v.ok && !x.ok {
		v.s.fault("%s is missing", x.path)
	}
	return x
}

// may is a field that may be missing.
func (v val) may(name string) val {
	out := val{s: v.s, path: strings.TrimPrefix(v.path+"."+name, ".")}
	m, _ := v.v.(map[string]any)
	out.v, out.ok = m[name]
	return out
}

// list are the elements of an array, at least so many.
func (v val) list(least int) (all []val) {
	if !v.ok {
		return nil
	}
	a, ok := v.v.([]any)
	if !ok || len(a) < least {
		v.s.fault("%s is no list of %d or more", v.path, least)
		return nil
	}
	for i, x := range a {
		all = append(all, val{v.s, fmt.Sprintf("%s[%d]", v.path, i), x, true})
	}
	return all
}

// one is the first element of an array.
func (v val) one() val {
	if all := v.list(1); len(all) > 0 {
		return all[0]
	}
	return val{s: v.s}
}

// text is a string.
func (v val) text() string {
	t, ok := v.v.(string)
	if v.ok && !ok {
		v.s.fault("%s is no string", v.path)
	}
	return t
}

// filled is a string with something in it.
func (v val) filled() string {
	t := v.text()
	if v.ok && t == "" {
		v.s.fault("%s is empty", v.path)
	}
	return t
}

// is holds a string against those it may be.
func (v val) is(want ...string) {
	if t := v.text(); v.ok && !slices.Contains(want, t) {
		v.s.fault("%s is %q, want %s", v.path, t, strings.Join(want, " or "))
	}
}

// begins holds the beginning of a string.
func (v val) begins(with string) string {
	t := v.text()
	if v.ok && !strings.HasPrefix(t, with) {
		v.s.fault("%s is %q, and does not begin with %s", v.path, t, with)
	}
	return t
}

// count is a whole number that is not negative.
func (v val) count() int {
	n, ok := v.v.(float64)
	if v.ok && (!ok || n < 0 || n != math.Trunc(n)) {
		v.s.fault("%s is no count", v.path)
	}
	return int(n)
}

// number is any.
func (v val) number() float64 {
	n, ok := v.v.(float64)
	if v.ok && !ok {
		v.s.fault("%s is no number", v.path)
	}
	return n
}

// truth is true or false.
func (v val) truth() bool {
	b, ok := v.v.(bool)
	if v.ok && !ok {
		v.s.fault("%s is neither true nor false", v.path)
	}
	return b
}

// null is nothing, said or not.
func (v val) null() {
	if v.ok && v.v != nil {
		v.s.fault("%s is not null", v.path)
	}
}

// empty reports whether there is nothing, said or not.
func (v val) empty() bool { return !v.ok || v.v == nil }

// object is one; its fields are not looked at.
func (v val) object() map[string]any {
	m, ok := v.v.(map[string]any)
	if v.ok && !ok {
		v.s.fault("%s is no object", v.path)
	}
	return m
}

// inner is JSON in a string, as arguments are.
func (v val) inner() val {
	t := v.text()
	if !v.ok {
		return val{s: v.s}
	}
	x := v.s.parse([]byte(t))
	x.path = v.path + " (its JSON)"
	return x
}

// equal holds a number against another.
func (s *session) equal(what string, got, want int) {
	if got != want {
		s.fault("%s is %d, want %d", what, got, want)
	}
}

package jinja

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Value is what a template computes with: nil (none), bool, int, float64,
// [Text], *[List], *[Dict], a whole number too large for int, and kinds that
// only templates make: undefined, namespaces, macros, functions.
type Value any

// digits is a whole number from JSON that no int holds, as Python prints it. It
// can be printed and compared for equality.
type digits string

// List is a list, or one of Python's list-like kinds that print and behave a
// little differently. Lists do not change once made.
type List struct {
	items []Value
	kind  listKind
}

type listKind int

const (
	plain listKind = iota
	tuple
	view // of a mapping's keys, values or items: no indexing
	lazy // a generator: no length, no indexing, always true, empties itself
)

// NewList is a list of the items.
func NewList(items ...Value) *List { return &List{items: items} }

// Dict is a mapping that keeps its order. Keys are strings, or what else a
// template writes in braces: numbers, booleans, none.
type Dict struct {
	keys   []Value
	values []Value
	at     map[Value]int // by what hashed makes of a key
}

// Set gives key a value; a key that is there already keeps its place.
func (d *Dict) Set(key Text, v Value) { d.set(key, v) }

// Get is the value of key.
func (d *Dict) Get(key string) (Value, bool) { return d.get(Own(key)) }

func (d *Dict) set(key, v Value) bool {
	h, ok := hashed(key)
	if !ok {
		return false
	}
	if i, ok := d.at[h]; ok {
		d.values[i] = v
		return true
	}
	if d.at == nil {
		d.at = map[Value]int{}
	}
	d.at[h] = len(d.keys)
	d.keys = append(d.keys, key)
	d.values = append(d.values, v)
	return true
}

func (d *Dict) get(key Value) (Value, bool) {
	h, ok := hashed(key)
	i, found := d.at[h]
	if !ok || !found {
		return nil, false
	}
	return d.values[i], true
}

// hashed is what equal keys have in common: 1, 1.0 and true are one key.
func hashed(key Value) (Value, bool) {
	if n, ok := whole(key); ok {
		return n, true
	}
	switch k := key.(type) {
	case Text:
		return k.s, true
	case float64:
		if k == math.Trunc(k) && math.Abs(k) < 1<<62 {
			return int(k), true
		}
		return k, true
	case undefined:
		return undefined{}, true
	case nil, digits:
		return k, true
	}
	return nil, false
}

func (d *Dict) pairs() []Value {
	pairs := make([]Value, len(d.keys))
	for i, k := range d.keys {
		pairs[i] = &List{[]Value{k, d.values[i]}, tuple}
	}
	return pairs
}

// undefined is what a missing name or attribute gives: empty and false, an
// error to do anything else with.
type undefined struct{ owner, name string }

func (u undefined) String() string {
	if u.owner == "" {
		return fmt.Sprintf("%q is undefined", u.name)
	}
	return fmt.Sprintf("%s has no %q", u.owner, u.name)
}

// namespace is the one thing a template may change: {% set ns.x = … %}.
type namespace struct{ names map[string]Value }

// function is something a template may call: a global, or a method with its value.
type function struct {
	name string
	call func(r *run, a args) Value
}

func typeName(v Value) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case bool:
		return "a boolean"
	case int, digits:
		return "a number"
	case float64:
		return "a float"
	case Text:
		return "a string"
	case *Dict:
		return "a mapping"
	case *List:
		return [...]string{"a list", "a tuple", "a view", "a generator"}[v.kind]
	case undefined:
		return "undefined"
	}
	return "a function"
}

// truth is Python's bool().
func truth(v Value) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int:
		return v != 0
	case float64:
		return v != 0
	case Text:
		return v.s != ""
	case *List:
		return v.kind == lazy || len(v.items) > 0
	case *Dict:
		return len(v.keys) > 0
	}
	return true
}

// length is Python's len().
func length(v Value) (int, bool) {
	switch v := v.(type) {
	case undefined:
		return 0, true
	case Text:
		return utf8.RuneCountInString(v.s), true
	case *List:
		return len(v.items), v.kind != lazy
	case *Dict:
		return len(v.keys), true
	case *loop:
		return len(v.items), true
	}
	return 0, false
}

// items is what iterating over v gives.
func (r *run) items(v Value) []Value {
	switch v := v.(type) {
	case undefined:
		return nil
	case *List:
		items := v.items
		if v.kind == lazy {
			v.items = nil
		}
		return items
	case *Dict:
		r.grow(16 * len(v.keys))
		return slices.Clone(v.keys)
	case Text:
		return r.characters(v)
	}
	r.fail("%s can't be iterated over", typeName(v))
	return nil
}

func (r *run) characters(t Text) []Value {
	if !r.grow(64 * utf8.RuneCountInString(t.s)) {
		return nil
	}
	var chars []Value
	for i, c := range t.s {
		chars = append(chars, t.Slice(i, i+runeLen(c, t.s[i:])))
	}
	return chars
}

// runeLen is the length of the rune c that s begins with; a broken byte counts one.
func runeLen(c rune, s string) int {
	if c == utf8.RuneError {
		_, n := utf8.DecodeRuneInString(s)
		return n
	}
	return utf8.RuneLen(c)
}

// IsSpace is Python's str.isspace for one character: what its strip takes off.
func IsSpace(c rune) bool { return unicode.IsSpace(c) || c >= 0x1c && c <= 0x1f }

// equal is Python's ==.
func (r *run) equal(a, b Value) bool {
	if !r.enter() {
		return false
	}
	defer r.exit()
	if order, ok := compareNumbers(a, b); ok {
		return order == 0
	}
	switch a := a.(type) {
	case undefined:
		_, ok := b.(undefined)
		return ok
	case Text:
		b, ok := b.(Text)
		return ok && len(a.s) == len(b.s) && r.look(len(a.s)) && a.s == b.s
	case *List:
		b, ok := b.(*List)
		return ok && (a == b || a.kind == b.kind && a.kind != lazy && r.equalItems(a.items, b.items))
	case *Dict:
		b, ok := b.(*Dict)
		return ok && (a == b || r.equalDicts(a, b))
	case nil, digits, *namespace, *macro, *loop:
		return a == b
	}
	return false
}

func (r *run) equalItems(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !r.equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func (r *run) equalDicts(a, b *Dict) bool {
	if len(a.keys) != len(b.keys) {
		return false
	}
	for i, k := range a.keys {
		v, ok := b.get(k)
		if !ok || !r.equal(a.values[i], v) {
			return false
		}
	}
	return true
}

// compare orders two values as Python's < does, where it does.
func (r *run) compare(a, b Value) int {
	if !r.enter() {
		return 0
	}
	defer r.exit()
	if order, ok := compareNumbers(a, b); ok {
		return order
	}
	s, ok := a.(Text)
	t, also := b.(Text)
	if ok && also && r.look(min(len(s.s), len(t.s))) {
		return strings.Compare(s.s, t.s)
	}
	l, ok := a.(*List)
	m, also := b.(*List)
	if ok && also && l.kind == m.kind && l.kind <= tuple {
		return r.compareItems(l.items, m.items)
	}
	r.fail("%s and %s have no order", typeName(a), typeName(b))
	return 0
}

func (r *run) compareItems(a, b []Value) int {
	for i := range min(len(a), len(b)) {
		if !r.equal(a[i], b[i]) {
			return r.compare(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b))
}

// unordered is the comparison with what is not a number: never equal.
const unordered = 2

// compareNumbers orders two numbers, exactly; booleans are numbers to Python.
func compareNumbers(a, b Value) (int, bool) {
	x, ok := whole(a)
	y, also := whole(b)
	if ok && also {
		return cmp.Compare(x, y), true
	}
	f, aIsFloat := a.(float64)
	g, bIsFloat := b.(float64)
	switch {
	case aIsFloat && bIsFloat:
		return compareFloats(f, g), true
	case aIsFloat && also:
		return -compareMixed(y, f), true
	case bIsFloat && ok:
		return compareMixed(x, g), true
	}
	return 0, false
}

func compareFloats(f, g float64) int {
	if math.IsNaN(f) || math.IsNaN(g) {
		return unordered
	}
	return cmp.Compare(f, g)
}

// compareMixed compares without rounding the whole number to a float first.
func compareMixed(x int, f float64) int {
	if math.Abs(f) < 1<<62 && f == math.Trunc(f) {
		return cmp.Compare(x, int(f))
	}
	return compareFloats(float64(x), f)
}

// whole is the value of a boolean or a whole number.
func whole(v Value) (int, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int:
		return v, true
	}
	return 0, false
}

// All ranges over keys and values in their order. Keys that are not strings, which JSON
// does not have, are left out.
func (d *Dict) All() iter.Seq2[Text, Value] {
	return func(yield func(Text, Value) bool) {
		for i, k := range d.keys {
			if t, ok := k.(Text); ok && !yield(t, d.values[i]) {
				return
			}
		}
	}
}

// Items are the items of a list.
func (l *List) Items() []Value { return l.items }

// True is Python's bool(v).
func True(v Value) bool { return truth(v) }

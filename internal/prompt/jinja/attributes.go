package jinja

import (
	"strings"
	"unicode/utf8"
)

// attribute is v.name: what the value can do comes before what it holds, so
// that message.items is a mapping's method even where it has a key "items".
func (r *run) attribute(v Value, name string) Value {
	if found, ok := r.ability(v, name); ok {
		return found
	}
	if d, ok := v.(*Dict); ok {
		if held, ok := d.Get(name); ok {
			return held
		}
	}
	return undefined{typeName(v), name}
}

// item is v[key]: what the value holds comes before what it can do.
func (r *run) item(v, key Value) Value {
	if u, ok := v.(undefined); ok {
		r.fail("%s", u)
		return undefined{}
	}
	if held, ok := r.held(v, key); ok {
		return held
	}
	name, ok := key.(Text)
	if !ok {
		return undefined{typeName(v), r.str(key).s}
	}
	if found, ok := r.ability(v, name.s); ok {
		return found
	}
	return undefined{typeName(v), name.s}
}

func (r *run) held(v, key Value) (Value, bool) {
	if d, ok := v.(*Dict); ok {
		return d.get(key)
	}
	i, ok := whole(key)
	if !ok {
		return nil, false
	}
	switch v := v.(type) {
	case *List:
		if i = fromEnd(i, len(v.items)); v.kind <= tuple && i >= 0 && i < len(v.items) {
			return v.items[i], true
		}
	case Text:
		r.look(len(v.s))
		n := utf8.RuneCountInString(v.s)
		if i = fromEnd(i, n); i >= 0 && i < n {
			from := byteOffset(v.s, i)
			return v.Slice(from, from+byteOffset(v.s[from:], 1)), true
		}
	}
	return nil, false
}

// fromEnd turns a negative index into one from the start.
func fromEnd(i, n int) int {
	if i < 0 {
		return i + n
	}
	return i
}

// byteOffset is where the nth character of s begins.
func byteOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// ability is what a value can do by itself: its methods, and what namespaces
// and loops are made of.
func (r *run) ability(v Value, name string) (Value, bool) {
	switch v := v.(type) {
	case undefined:
		r.fail("%s", v)
		return undefined{}, true
	case *namespace:
		found, ok := v.names[name]
		return found, ok
	case *loop:
		return v.attribute(name)
	case Text:
		return r.method(textMethods, v, name, textMethod(v, name))
	case *List:
		return r.method(listMethods, v, name, listMethod(v, name))
	case *Dict:
		return r.method(dictMethods, v, name, dictMethod(v, name))
	}
	return nil, false
}

// What Python's values can do. A template may ask whether they can, so the
// names must be known; those that nothing here implements fail when called, and
// those that change their value are undefined, as in the sandbox.
const (
	textMethods = " capitalize casefold center count encode endswith expandtabs find format format_map index isalnum" +
		" isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust" +
		" lower lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip" +
		" split splitlines startswith strip swapcase title translate upper zfill "
	listMethods = " copy count index "
	dictMethods = " copy fromkeys get items keys values "
	changers    = " append clear extend insert pop popitem remove reverse setdefault sort update "
)

type call func(r *run, a args) Value

func (r *run) method(known string, v Value, name string, do call) (Value, bool) {
	if do != nil {
		return &function{name, do}, true
	}
	if _, ok := v.(Text); !ok && has(changers, name) {
		return undefined{"the sandbox", name}, true
	}
	if !has(known, name) {
		return nil, false
	}
	return &function{name, func(r *run, _ args) Value {
		r.fail("the method %s of %s is not supported", name, typeName(v))
		return undefined{}
	}}, true
}

// has reports whether a word is one of the words, which have spaces around each.
func has(words, word string) bool { return strings.Contains(words, " "+word+" ") }

func (l *loop) attribute(name string) (Value, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return l.at + 1, true
	case "index0":
		return l.at, true
	case "revindex":
		return n - l.at, true
	case "revindex0":
		return n - l.at - 1, true
	case "first":
		return l.at == 0, true
	case "last":
		return l.at == n-1, true
	case "length":
		return n, true
	case "depth":
		return 1, true
	case "depth0":
		return 0, true
	case "previtem":
		return l.neighbour(l.at-1, name), true
	case "nextitem":
		return l.neighbour(l.at+1, name), true
	case "cycle":
		return &function{name, l.cycle}, true
	case "changed":
		return &function{name, l.hasChanged}, true
	}
	return nil, false
}

func (l *loop) neighbour(i int, name string) Value {
	if i < 0 || i >= len(l.items) {
		return undefined{"the loop", name}
	}
	return l.items[i]
}

func (l *loop) cycle(r *run, a args) Value {
	if len(a.values) == 0 {
		r.fail("nothing to cycle through")
		return undefined{}
	}
	return a.values[l.at%len(a.values)]
}

func (l *loop) hasChanged(r *run, a args) Value {
	if l.changed != nil && r.equalItems(l.changed, a.values) {
		return false
	}
	l.changed = append([]Value{}, a.values...)
	return true
}

// slice is v[from:to:step], nil for a bound left out.
func (r *run) slice(v Value, from, to, step *int) Value {
	by := 1
	if step != nil {
		by = *step
	}
	n, _ := length(v)
	by = min(max(by, -n-1), n+1) // what is beyond the end is beyond the end
	l, isList := v.(*List)
	t, isText := v.(Text)
	switch {
	case by == 0:
		r.fail("a slice with step zero")
		return undefined{}
	case !isText && !(isList && l.kind <= tuple):
		r.fail("%s can't be sliced", describe(v))
		return undefined{}
	}
	first, last := bounds(from, to, by, n)
	if isText {
		return r.sliceText(t, first, last, by)
	}
	var items []Value
	for i := first; i != last && (i < last) == (by > 0); i += by {
		items = append(items, l.items[i])
	}
	r.grow(16 * len(items))
	return &List{items, l.kind}
}

// bounds is the first index of a slice and the one it stops before.
func bounds(from, to *int, by, n int) (int, int) {
	low, high := 0, n
	if by < 0 {
		low, high = -1, n-1
	}
	at := func(p *int, missing int) int {
		if p == nil {
			return missing
		}
		return min(max(fromEnd(*p, n), low), high)
	}
	if by < 0 {
		return at(from, high), at(to, low)
	}
	return at(from, low), at(to, high)
}

func (r *run) sliceText(t Text, first, last, by int) Value {
	if by == 1 {
		r.look(len(t.s))
		from := byteOffset(t.s, first)
		return t.Slice(from, from+byteOffset(t.s[from:], max(last-first, 0)))
	}
	chars := r.characters(t)
	var b Builder
	for i := first; i != last && (i < last) == (by > 0) && r.err == nil; i += by {
		b.Add(chars[i].(Text))
	}
	return b.Text()
}

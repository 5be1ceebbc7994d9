package jinja

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// args are the values of a call; the last ones have names.
type args struct {
	values []Value
	names  []string
}

func (r *run) arguments(a arguments) args {
	values := make([]Value, len(a.pos))
	for i, e := range a.pos {
		values[i] = r.eval(e)
	}
	return args{values, a.names}
}

// absent stands for an argument that was not given; none is a value.
var absent Value = &struct{ _ byte }{}

// shift takes the first argument off, which must have no name.
func (r *run) shift(what string, a args) (Value, args) {
	if len(a.values) == len(a.names) {
		r.fail("%s takes no name for its first argument", what)
		return undefined{}, args{}
	}
	return a.values[0], args{a.values[1:], a.names}
}

// take matches the arguments of what is called to its parameters, of which those
// that end in ? may be left out.
func (r *run) take(what string, a args, params ...string) []Value {
	given := make([]Value, len(params))
	for i := range given {
		given[i] = absent
	}
	unnamed := len(a.values) - len(a.names)
	if unnamed > len(params) {
		r.fail("%s takes %d arguments, not %d", what, len(params), unnamed)
		return given
	}
	copy(given, a.values[:unnamed])
	for i, name := range a.names {
		at := slices.IndexFunc(params, func(p string) bool { return strings.TrimSuffix(p, "?") == name })
		if at < 0 || given[at] != absent {
			r.fail("%s takes no argument %s here", what, name)
			return given
		}
		given[at] = a.values[unnamed+i]
	}
	for i, p := range params {
		if given[i] == absent && !strings.HasSuffix(p, "?") {
			r.fail("%s needs the argument %s", what, p)
		}
	}
	return given
}

// takeText matches a single argument that must be a string, if it is given.
func (r *run) takeText(what string, v Value) (string, bool) {
	if v == absent || v == nil {
		return "", false
	}
	t, ok := v.(Text)
	if !ok {
		r.fail("%s takes a string, not %s", what, typeName(v))
	}
	return t.s, ok
}

func (r *run) takeWhole(what string, v Value, fallback int) int {
	if v == absent {
		return fallback
	}
	n, ok := whole(v)
	if !ok {
		r.fail("%s takes a number, not %s", what, typeName(v))
	}
	return n
}

func dictMethod(d *Dict, name string) call {
	switch name {
	case "get":
		return func(r *run, a args) Value {
			given := r.take(name, a, "key", "default?")
			if v, ok := d.get(given[0]); ok {
				return v
			}
			if given[1] == absent {
				return nil
			}
			return given[1]
		}
	case "items":
		return func(r *run, a args) Value {
			r.take(name, a)
			r.grow(100 * len(d.keys))
			return &List{d.pairs(), view}
		}
	case "keys":
		return func(r *run, a args) Value {
			r.take(name, a)
			return &List{d.keys, view}
		}
	case "values":
		return func(r *run, a args) Value {
			r.take(name, a)
			return &List{d.values, view}
		}
	}
	return nil
}

func listMethod(l *List, name string) call {
	if l.kind > tuple || name != "index" && name != "count" {
		return nil
	}
	return func(r *run, a args) Value {
		wanted, count := r.take(name, a, "value")[0], 0
		for i, item := range l.items {
			if !r.equal(item, wanted) {
				continue
			}
			if name == "index" {
				return i
			}
			count++
		}
		if name == "index" {
			r.fail("the value is not in the list")
		}
		return count
	}
}

func textMethod(t Text, name string) call {
	switch name {
	case "strip", "lstrip", "rstrip":
		return func(r *run, a args) Value {
			chars := r.take(name, a, "chars?")[0]
			return r.strip(t, chars, name != "rstrip", name != "lstrip")
		}
	case "split", "rsplit":
		return func(r *run, a args) Value { return r.split(t, a, name) }
	case "splitlines":
		return func(r *run, a args) Value {
			r.take(name, a)
			if !r.grow(32 * len(t.s)) {
				return undefined{}
			}
			return texts(t.lines())
		}
	case "startswith", "endswith":
		return func(r *run, a args) Value { return r.affix(t, a, name) }
	case "replace":
		return func(r *run, a args) Value {
			given := r.take(name, a, "old", "new", "count?")
			return r.replace(t, given[0], given[1], r.takeWhole(name, given[2], -1))
		}
	case "upper", "lower", "capitalize", "title":
		return func(r *run, a args) Value {
			r.take(name, a)
			return r.changeCase(t, name)
		}
	case "find", "rfind", "index", "count":
		return func(r *run, a args) Value { return r.search(t, a, name) }
	case "join":
		return func(r *run, a args) Value { return r.join(r.take(name, a, "iterable")[0], t, true) }
	case "removeprefix", "removesuffix":
		return func(r *run, a args) Value { return r.remove(t, a, name) }
	case "format":
		return func(r *run, a args) Value { return r.format(t, a) }
	case "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower":
		return func(r *run, a args) Value {
			r.take(name, a)
			r.look(len(t.s))
			return isAll(t.s, name)
		}
	}
	return nil
}

func (r *run) strip(t Text, chars Value, left, right bool) Value {
	set, given := r.takeText("strip", chars)
	if !r.look(len(t.s)) || given && !r.look(len(t.s)*len(set)) {
		return t
	}
	if !given {
		return t.trim(left, right, IsSpace)
	}
	return t.trim(left, right, func(c rune) bool { return strings.ContainsRune(set, c) })
}

func (r *run) split(t Text, a args, name string) Value {
	given := r.take(name, a, "sep?", "maxsplit?")
	sep, ok := r.takeText(name, given[0])
	limit := r.takeWhole(name, given[1], -1)
	switch {
	case !r.look(len(t.s)):
		return undefined{}
	case ok && sep == "":
		r.fail("%s by nothing", name)
		return undefined{}
	case ok && !r.grow(64*(strings.Count(t.s, sep)+1)), !ok && !r.grow(32*len(t.s)):
		return undefined{}
	case !ok && name == "rsplit":
		r.fail("rsplit by white space is not supported")
		return undefined{}
	case !ok:
		return texts(t.fields(limit))
	case name == "rsplit":
		return texts(t.splitLast(sep, limit))
	}
	return texts(t.split(sep, limit))
}

// texts is a list of the parts.
func texts(parts []Text) Value {
	items := make([]Value, len(parts))
	for i, p := range parts {
		items[i] = p
	}
	return &List{items: items}
}

// affix is startswith and endswith, with one string or a tuple of them.
func (r *run) affix(t Text, a args, name string) Value {
	wanted := []Value{r.take(name, a, "affix")[0]}
	if l, ok := wanted[0].(*List); ok && l.kind == tuple {
		wanted = l.items
	}
	has := strings.HasPrefix
	if name == "endswith" {
		has = strings.HasSuffix
	}
	for _, w := range wanted {
		if s, ok := w.(Text); !ok {
			r.fail("%s takes strings, not %s", name, describe(w))
		} else if r.look(len(s.s)) && has(t.s, s.s) {
			return true
		}
	}
	return false
}

func (r *run) replace(t Text, old, with Value, limit int) Value {
	o, isText := old.(Text)
	w, also := with.(Text)
	if !isText || !also {
		r.fail("replace takes strings, not %s and %s", typeName(old), typeName(with))
		return undefined{}
	}
	if !r.look(len(t.s)) || !r.grow(t.size()+(strings.Count(t.s, o.s)+1)*(w.size()+32)) {
		return undefined{}
	}
	return t.replace(o.s, w, limit)
}

// changeCase maps characters one by one; the few that Python maps to several,
// as ß to SS, stay one.
func (r *run) changeCase(t Text, how string) Text {
	if !r.grow(2 * t.size()) {
		return Text{}
	}
	switch how {
	case "upper":
		return t.mapped(strings.ToUpper)
	case "lower":
		return t.mapped(strings.ToLower)
	}
	inWord := false
	return t.mapped(func(s string) string {
		return strings.Map(func(c rune) rune {
			was := inWord
			inWord = how == "capitalize" || unicode.IsLetter(c)
			if was {
				return unicode.ToLower(c)
			}
			return unicode.ToTitle(c)
		}, s)
	})
}

func (r *run) search(t Text, a args, name string) Value {
	part, ok := r.takeText(name, r.take(name, a, "sub")[0])
	if !ok || !r.look(len(t.s)) {
		r.fail("%s takes a string", name)
		return undefined{}
	}
	if name == "count" {
		return strings.Count(t.s, part)
	}
	at := strings.Index(t.s, part)
	if name == "rfind" {
		at = strings.LastIndex(t.s, part)
	}
	if at < 0 {
		if name == "index" {
			r.fail("%q is not in the string", part)
		}
		return -1
	}
	return utf8.RuneCountInString(t.s[:at])
}

// join puts sep between the elements; Python's method takes strings only, the
// filter prints what is none.
func (r *run) join(all Value, sep Text, strict bool) Value {
	items := r.items(all)
	parts := make([]Text, len(items))
	n := 0
	for i, item := range items {
		if _, ok := item.(Text); strict && !ok {
			r.fail("join takes strings, not %s", typeName(item))
		}
		parts[i] = r.str(item)
		n += parts[i].size() + sep.size()
	}
	if !r.grow(n) {
		return Text{}
	}
	return join(parts, sep)
}

func (r *run) remove(t Text, a args, name string) Value {
	affix, ok := r.takeText(name, r.take(name, a, "affix")[0])
	switch {
	case !ok:
		r.fail("%s takes a string", name)
	case name == "removeprefix" && strings.HasPrefix(t.s, affix):
		return t.Slice(len(affix), len(t.s))
	case name == "removesuffix" && strings.HasSuffix(t.s, affix):
		return t.Slice(0, len(t.s)-len(affix))
	}
	return t
}

// format fills {} and {0} and {name}; Python's format language is left out.
func (r *run) format(t Text, a args) Value {
	var b Builder
	next, unnamed := 0, len(a.values)-len(a.names)
	for i := 0; i < len(t.s) && r.err == nil; i++ {
		c, rest := t.s[i], t.s[i+1:]
		if c != '{' && c != '}' {
			b.Add(t.Slice(i, i+1))
			continue
		}
		if strings.HasPrefix(rest, string(c)) {
			b.Add(t.Slice(i, i+1))
			i++
			continue
		}
		field, _, ok := strings.Cut(rest, "}")
		if !ok || c == '}' {
			r.fail("format has a single %q", c)
			break
		}
		i += len(field) + 1
		r.formatField(&b, a, field, &next, unnamed)
	}
	r.grow(b.Len())
	return b.Text()
}

func (r *run) formatField(b *Builder, a args, field string, next *int, unnamed int) {
	at := -1
	if field == "" {
		at = *next
		*next++
	} else if len(field) == 1 && field[0] >= '0' && field[0] <= '9' {
		at = int(field[0] - '0')
	}
	for i, name := range a.names {
		if name == field {
			at = unnamed + i
		}
	}
	if at < 0 || at >= len(a.values) {
		r.fail("the format field {%s} is not supported or has no value", field)
		return
	}
	v := r.str(a.values[at])
	if r.grow(v.size()) {
		b.Add(v)
	}
}

// isAll is Python's isdigit and its likes: false for an empty string.
func isAll(s, name string) bool {
	cased := false
	for _, c := range s {
		ok := true
		switch name {
		case "isdigit":
			ok = unicode.IsDigit(c)
		case "isalpha":
			ok = unicode.IsLetter(c)
		case "isalnum":
			ok = unicode.IsLetter(c) || unicode.IsNumber(c)
		case "isspace":
			ok = IsSpace(c)
		case "isupper":
			ok = !unicode.IsLower(c) && !unicode.IsTitle(c)
		case "islower":
			ok = !unicode.IsUpper(c) && !unicode.IsTitle(c)
		}
		if !ok {
			return false
		}
		cased = cased || unicode.IsUpper(c) || unicode.IsLower(c)
	}
	if name == "isupper" || name == "islower" {
		return cased
	}
	return s != ""
}

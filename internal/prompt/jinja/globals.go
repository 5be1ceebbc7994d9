package jinja

import (
	"fmt"
	"strings"
	"time"
)

// globals are the names every template has besides those it is given.
func globals() *scope {
	names := map[string]Value{}
	for name, do := range map[string]call{
		"range":           rangeOf,
		"namespace":       newNamespace,
		"dict":            newDict,
		"raise_exception": raise,
		"strftime_now":    strftimeNow,
	} {
		names[name] = &function{name, do}
	}
	return &scope{names: names}
}

func rangeOf(r *run, a args) Value {
	given := r.take("range", a, "start", "stop?", "step?")
	from, to, by := 0, r.takeWhole("range", given[0], 0), 1
	if given[1] != absent {
		from, to = to, r.takeWhole("range", given[1], 0)
		by = r.takeWhole("range", given[2], 1)
	}
	if by == 0 || given[0] == absent {
		r.fail("range needs an end, and no step of zero")
		return undefined{}
	}
	const far = 1 << 40
	if max(from, to, by) > far || min(from, to, by) < -far || (to-from)/by > maxRange || !r.grow(16*max(0, (to-from)/by)) {
		r.fail("a range of more than %d", maxRange)
		return undefined{}
	}
	var items []Value
	for i := from; i != to && (i < to) == (by > 0); i += by {
		items = append(items, i)
	}
	return &List{items: items}
}

func newNamespace(r *run, a args) Value {
	d, ok := newDict(r, a).(*Dict)
	ns := &namespace{map[string]Value{}}
	if ok {
		for i, k := range d.keys {
			ns.names[r.str(k).s] = d.values[i]
		}
	}
	return ns
}

// newDict takes a mapping, names with values, or both.
func newDict(r *run, a args) Value {
	d := &Dict{}
	r.grow(100)
	unnamed := len(a.values) - len(a.names)
	for _, v := range a.values[:unnamed] {
		from, ok := v.(*Dict)
		if !ok || unnamed > 1 {
			r.fail("a mapping is made of a mapping and of names with values")
			return undefined{}
		}
		r.grow(64 * len(from.keys))
		for i, k := range from.keys {
			d.set(k, from.values[i])
		}
	}
	for i, name := range a.names {
		d.Set(Own(name), a.values[unnamed+i])
	}
	return d
}

// raise is how a template says that it does not take a conversation.
func raise(r *run, a args) Value {
	r.fail("%s", r.str(r.take("raise_exception", a, "message")[0]))
	return undefined{}
}

func strftimeNow(r *run, a args) Value {
	form, ok := r.takeText("strftime_now", r.take("strftime_now", a, "format")[0])
	if !ok {
		r.fail("strftime_now takes a format")
		return undefined{}
	}
	return Own(r.strftime(r.now(), form))
}

func (r *run) strftime(now time.Time, form string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(form, "%")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		unpadded := strings.HasPrefix(after, "-")
		after = strings.TrimPrefix(after, "-")
		if after == "" {
			r.fail("a time format ends in %%")
			return ""
		}
		part, ok := timePart(now, after[0])
		if !ok {
			r.fail("the time format %%%c is not supported", after[0])
			return ""
		}
		if unpadded {
			part = strings.TrimLeft(part[:len(part)-1], "0 ") + part[len(part)-1:]
		}
		b.WriteString(part)
		form = after[1:]
	}
}

func timePart(t time.Time, letter byte) (string, bool) {
	layouts := map[byte]string{
		'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'e': "_2", 'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM",
		'B': "January", 'b': "Jan", 'h': "Jan", 'A': "Monday", 'a': "Mon", 'F': "2006-01-02", 'T': "15:04:05",
		'D': "01/02/06", 'R': "15:04", 'j': "002", 'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05",
	}
	switch letter {
	case '%':
		return "%", true
	case 'w':
		return fmt.Sprint(int(t.Weekday())), true
	}
	layout, ok := layouts[letter]
	return t.Format(layout), ok
}

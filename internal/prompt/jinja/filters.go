package jinja

import (
	"slices"
	"strconv"
	"strings"
)

// filter applies a filter by name. Jinja2 complains of an unknown one only when
// it comes to run, so that a template may have one it never uses.
func (r *run) filter(name string, v Value, a args) Value {
	if r.err != nil {
		return undefined{}
	}
	do := filterNamed(name)
	if do == nil {
		r.fail("filter %q is not supported", name)
		return undefined{}
	}
	return do(r, v, a)
}

func filterNamed(name string) func(r *run, v Value, a args) Value {
	switch name {
	case "default", "d":
		return filterDefault
	case "tojson":
		return filterToJSON
	case "string":
		return func(r *run, v Value, a args) Value { r.take(name, a); return r.str(v) }
	case "safe":
		return filterSafe
	case "trim":
		return func(r *run, v Value, a args) Value {
			return r.strip(r.str(v), r.take(name, a, "chars?")[0], true, true)
		}
	case "upper", "lower", "capitalize":
		return func(r *run, v Value, a args) Value { r.take(name, a); return r.changeCase(r.str(v), name) }
	case "replace":
		return filterReplace
	case "indent":
		return filterIndent
	case "length", "count":
		return filterLength
	case "list":
		return func(r *run, v Value, a args) Value { r.take(name, a); return &List{items: r.items(v)} }
	case "items":
		return filterItems
	case "join":
		return filterJoin
	case "first", "last":
		return func(r *run, v Value, a args) Value { r.take(name, a); return r.end(v, name) }
	case "reverse":
		return filterReverse
	case "map":
		return filterMap
	case "select", "reject", "selectattr", "rejectattr":
		return func(r *run, v Value, a args) Value { return r.choose(v, a, name) }
	case "sort":
		return filterSort
	case "dictsort":
		return filterDictSort
	case "unique":
		return filterUnique
	case "min", "max":
		return func(r *run, v Value, a args) Value { r.take(name, a); return r.extreme(v, name) }
	case "sum":
		return filterSum
	case "abs", "int", "float", "round":
		return func(r *run, v Value, a args) Value { return r.convert(v, a, name) }
	}
	return nil
}

func filterSafe(r *run, v Value, a args) Value {
	r.take("safe", a)
	t := r.str(v)
	t.safe = true
	return t
}

func filterDefault(r *run, v Value, a args) Value {
	given := r.take("default", a, "default_value?", "boolean?")
	_, missing := v.(undefined)
	if !missing && (given[1] == absent || !truth(given[1]) || truth(v)) {
		return v
	}
	if given[0] == absent {
		return Text{}
	}
	return given[0]
}

// filterToJSON is transformers' tojson, which is json.dumps, not Jinja2's own,
// which escapes HTML.
func filterToJSON(r *run, v Value, a args) Value {
	given := r.take("tojson", a, "ensure_ascii?", "indent?", "separators?", "sort_keys?")
	style := jsonStyle{indent: -1}
	style.ascii = given[0] != absent && truth(given[0])
	style.sorted = given[3] != absent && truth(given[3])
	if given[1] != nil {
		style.indent = r.takeWhole("indent", given[1], -1)
	}
	if style.indent > maxJSON {
		r.fail("an indent of more than %d", maxJSON)
		return undefined{}
	}
	if signs, ok := given[2].(*List); ok && len(signs.items) == 2 {
		style.item, style.colon = r.str(signs.items[0]).s, r.str(signs.items[1]).s
	}
	return r.toJSON(v, style)
}

func filterReplace(r *run, v Value, a args) Value {
	given := r.take("replace", a, "old", "new", "count?")
	limit := -1
	if given[2] != nil {
		limit = r.takeWhole("replace", given[2], -1)
	}
	return r.replace(r.str(v), r.str(given[0]), r.str(given[1]), limit)
}

func filterIndent(r *run, v Value, a args) Value {
	given := r.take("indent", a, "width?", "first?", "blank?")
	t, ok := v.(Text)
	if !ok {
		r.fail("indent takes a string, not %s", describe(v))
		return undefined{}
	}
	by, ok := given[0].(Text)
	if !ok {
		by, _ = r.repeat(Own(" "), r.takeWhole("indent", given[0], 4)).(Text)
	}
	yes := func(v Value) bool { return v != absent && truth(v) }
	if !r.grow(32*len(t.s)) || !r.grow((strings.Count(t.s, "\n")+2)*by.size()) {
		return undefined{}
	}
	var b Builder
	for i, line := range concat(t, Own("\n")).lines() {
		if i > 0 {
			b.Own("\n")
		}
		if i == 0 && yes(given[1]) || i > 0 && (line.s != "" || yes(given[2])) {
			b.Add(by)
		}
		b.Add(line)
	}
	return b.Text()
}

func filterLength(r *run, v Value, a args) Value {
	r.take("length", a)
	n, ok := length(v)
	if t, isText := v.(Text); isText {
		r.look(len(t.s))
	}
	if !ok {
		r.fail("%s has no length", typeName(v))
	}
	return n
}

func filterItems(r *run, v Value, a args) Value {
	r.take("items", a)
	switch v := v.(type) {
	case undefined:
		return &List{kind: lazy}
	case *Dict:
		r.grow(100 * len(v.keys))
		return &List{v.pairs(), lazy}
	}
	r.fail("%s has no items", typeName(v))
	return undefined{}
}

func filterJoin(r *run, v Value, a args) Value {
	given := r.take("join", a, "d?", "attribute?")
	var sep Text
	if given[0] != absent {
		sep = r.str(given[0])
	}
	items := r.items(v)
	if given[1] != absent && given[1] != nil {
		items = r.each(items, func(item Value) Value { return r.path(item, given[1]) })
	}
	return r.join(&List{items: items}, sep, false)
}

func (r *run) end(v Value, which string) Value {
	if l, ok := v.(*List); ok && l.kind == lazy && which == "last" {
		r.fail("a generator has no last element")
		return undefined{}
	}
	items := r.items(v)
	switch {
	case len(items) == 0:
		return undefined{typeName(v), which}
	case which == "first":
		return items[0]
	}
	return items[len(items)-1]
}

func filterReverse(r *run, v Value, a args) Value {
	r.take("reverse", a)
	if t, ok := v.(Text); ok {
		return r.sliceText(t, len(r.characters(t))-1, -1, -1)
	}
	items := slices.Clone(r.items(v))
	r.grow(16 * len(items))
	slices.Reverse(items)
	return &List{items, lazy}
}

// some is the items of what is true; filters that choose take none for nothing.
func (r *run) some(v Value) []Value {
	if !truth(v) {
		return nil
	}
	return r.items(v)
}

// each is the results of do for the items.
func (r *run) each(items []Value, do func(Value) Value) []Value {
	if !r.grow(16 * len(items)) {
		return nil
	}
	results := make([]Value, 0, len(items))
	for _, item := range items {
		if !r.spend(1) {
			return nil
		}
		results = append(results, do(item))
	}
	return results
}

// path is an attribute of v by a name with dots in it, as filters name them.
func (r *run) path(v, name Value) Value {
	if _, ok := whole(name); ok {
		return r.item(v, name)
	}
	for _, part := range r.str(name).split(".", -1) {
		var key Value = part
		if i, err := strconv.Atoi(part.s); err == nil {
			key = i
		}
		v = r.item(v, key)
	}
	return v
}

func filterMap(r *run, v Value, a args) Value {
	if len(a.values) == len(a.names) {
		given := r.take("map", a, "attribute", "default?")
		return &List{r.each(r.some(v), func(item Value) Value {
			found := r.path(item, given[0])
			if _, missing := found.(undefined); missing && given[1] != absent && given[1] != nil {
				return given[1]
			}
			return found
		}), lazy}
	}
	first, rest := r.shift("map", a)
	name := r.str(first).s
	return &List{r.each(r.some(v), func(item Value) Value { return r.filter(name, item, rest) }), lazy}
}

// choose is select and reject, by a test of the elements or of an attribute.
func (r *run) choose(v Value, a args, name string) Value {
	by := func(item Value) Value { return item }
	if strings.HasSuffix(name, "attr") {
		if len(a.values) == 0 {
			r.fail("%s takes the name of an attribute", name)
			return undefined{}
		}
		var attribute Value
		attribute, a = r.shift(name, a)
		by = func(item Value) Value { return r.path(item, attribute) }
	}
	holds := func(item Value) bool { return truth(item) }
	if len(a.values) > 0 {
		first, rest := r.shift(name, a)
		test := r.str(first).s
		holds = func(item Value) bool { return truth(r.test(test, item, rest)) }
	}
	wanted := strings.HasPrefix(name, "select")
	var kept []Value
	r.each(r.some(v), func(item Value) Value {
		if holds(by(item)) == wanted {
			kept = append(kept, item)
		}
		return nil
	})
	return &List{kept, lazy}
}

// folded is what sorting goes by unless it is case-sensitive.
func (r *run) folded(v Value, caseSensitive bool) Value {
	if t, ok := v.(Text); ok && !caseSensitive {
		return r.changeCase(t, "lower")
	}
	return v
}

// sorted is the items in the order of their keys, equal ones as they were.
func (r *run) sorted(items []Value, reverse bool, key func(Value) Value) []Value {
	keys := r.each(items, key)
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if r.err != nil {
			return 0
		}
		if reverse {
			i, j = j, i
		}
		return r.compare(keys[i], keys[j])
	})
	sorted := make([]Value, len(order))
	for i, at := range order {
		sorted[i] = items[at]
	}
	return sorted
}

func filterSort(r *run, v Value, a args) Value {
	given := r.take("sort", a, "reverse?", "case_sensitive?", "attribute?")
	yes := func(v Value) bool { return v != absent && truth(v) }
	return &List{items: r.sorted(r.items(v), yes(given[0]), func(item Value) Value {
		if given[2] != absent && given[2] != nil {
			item = r.path(item, given[2])
		}
		return r.folded(item, yes(given[1]))
	})}
}

func filterDictSort(r *run, v Value, a args) Value {
	given := r.take("dictsort", a, "case_sensitive?", "by?", "reverse?")
	d, ok := v.(*Dict)
	if !ok {
		r.fail("dictsort takes a mapping, not %s", describe(v))
		return undefined{}
	}
	yes := func(v Value) bool { return v != absent && truth(v) }
	by := 0
	if given[1] != absent && r.str(given[1]).s == "value" {
		by = 1
	}
	r.grow(100 * len(d.keys))
	return &List{items: r.sorted(d.pairs(), yes(given[2]), func(pair Value) Value {
		return r.folded(pair.(*List).items[by], yes(given[0]))
	})}
}

func filterUnique(r *run, v Value, a args) Value {
	given := r.take("unique", a, "case_sensitive?", "attribute?")
	seen := map[Value]bool{}
	var kept []Value
	r.each(r.items(v), func(item Value) Value {
		key := item
		if given[1] != absent && given[1] != nil {
			key = r.path(item, given[1])
		}
		h, ok := hashed(r.folded(key, given[0] != absent && truth(given[0])))
		if !ok {
			r.fail("%s can't be told apart", typeName(key))
		} else if !seen[h] {
			seen[h] = true
			kept = append(kept, item)
		}
		return nil
	})
	return &List{kept, lazy}
}

func (r *run) extreme(v Value, which string) Value {
	items := r.items(v)
	if len(items) == 0 {
		return undefined{typeName(v), which}
	}
	best := items[0]
	for _, item := range items[1:] {
		order := r.compare(r.folded(item, false), r.folded(best, false))
		if which == "min" && order < 0 || which == "max" && order == 1 {
			best = item
		}
	}
	return best
}

func filterSum(r *run, v Value, a args) Value {
	given := r.take("sum", a, "attribute?", "start?")
	var sum Value = 0
	if given[1] != absent {
		sum = given[1]
	}
	r.each(r.items(v), func(item Value) Value {
		if given[0] != absent && given[0] != nil {
			item = r.path(item, given[0])
		}
		sum = r.arithmetic("+", sum, item)
		return nil
	})
	return sum
}

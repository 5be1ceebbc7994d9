package jinja

// test applies a test by name.
func (r *run) test(name string, v Value, a args) Value {
	if r.err != nil {
		return false
	}
	if op := comparisonTest(name); op != "" {
		return r.holds(op, v, r.take(name, a, "other")[0])
	}
	switch name {
	case "divisibleby":
		return r.equal(r.arithmetic("%", v, r.take(name, a, "num")[0]), 0)
	case "sameas":
		return same(v, r.take(name, a, "other")[0])
	}
	r.take(name, a)
	if name == "odd" || name == "even" {
		return r.equal(r.arithmetic("%", v, 2), map[string]int{"odd": 1}[name])
	}
	if name == "lower" || name == "upper" {
		return isAll(r.str(v).s, "is"+name)
	}
	holds, ok := kindTest(name, v)
	if !ok {
		r.fail("test %q is not supported", name)
	}
	return holds
}

func comparisonTest(name string) string {
	switch name {
	case "eq", "equalto":
		return "=="
	case "ne":
		return "!="
	case "lt", "lessthan":
		return "<"
	case "le":
		return "<="
	case "gt", "greaterthan":
		return ">"
	case "ge":
		return ">="
	case "in":
		return name
	}
	return ""
}

func kindTest(name string, v Value) (holds, known bool) {
	switch name {
	case "defined", "undefined":
		_, missing := v.(undefined)
		return missing == (name == "undefined"), true
	case "none":
		return v == nil, true
	case "true":
		b, ok := v.(bool)
		return ok && b, true
	case "false":
		b, ok := v.(bool)
		return ok && !b, true
	case "boolean":
		_, holds = v.(bool)
	case "integer":
		switch v.(type) {
		case int, digits:
			holds = true
		}
	case "float":
		_, holds = v.(float64)
	case "number":
		switch v.(type) {
		case bool, int, digits, float64:
			holds = true
		}
	case "string":
		_, holds = v.(Text)
	case "mapping":
		_, holds = v.(*Dict)
	case "iterable":
		holds = isIterable(v)
	case "sequence":
		holds = isSequence(v)
	case "callable":
		switch v.(type) {
		case *function, *macro, undefined:
			holds = true
		}
	default:
		return false, false
	}
	return holds, true
}

// isSequence reports whether v has a length and can be indexed, as far as Python
// looks: mappings and what is undefined pass.
func isSequence(v Value) bool {
	switch v := v.(type) {
	case Text, *Dict, undefined:
		return true
	case *List:
		return v.kind <= tuple
	}
	return false
}

func isIterable(v Value) bool {
	switch v.(type) {
	case *List, *loop:
		return true
	}
	return isSequence(v)
}

// same is Python's "is", where it says something that == does not: of the
// constants.
func same(a, b Value) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	case *List:
		return Value(a) == b
	case *Dict:
		return Value(a) == b
	}
	return false
}

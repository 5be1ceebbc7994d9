package jinja

import (
	"math"
	"strconv"
	"strings"
)

// convert is the filters that make numbers of things.
func (r *run) convert(v Value, a args, name string) Value {
	if u, ok := v.(undefined); ok {
		r.fail("%s", u)
		return undefined{}
	}
	switch name {
	case "int":
		given := r.take(name, a, "default?")
		return toInt(v, r.takeWhole(name, given[0], 0))
	case "float":
		given := r.take(name, a, "default?")
		if f, ok := toFloat(v); ok {
			return f
		}
		if given[0] != absent {
			return given[0]
		}
		return 0.0
	case "abs":
		r.take(name, a)
		return r.abs(v)
	}
	given := r.take(name, a, "precision?")
	return r.rounded(v, r.takeWhole(name, given[0], 0))
}

// toInt truncates; text may have a fraction, as 42.23 has.
func toInt(v Value, fallback int) int {
	if n, ok := whole(v); ok {
		return n
	}
	if t, ok := v.(Text); ok {
		s := strings.TrimFunc(t.s, IsSpace)
		if n, err := strconv.Atoi(s); err == nil {
			return n
		}
	}
	if f, ok := toFloat(v); ok && math.Abs(f) < 1<<62 {
		return int(f)
	}
	return fallback
}

func toFloat(v Value) (float64, bool) {
	if t, ok := v.(Text); ok {
		f, err := strconv.ParseFloat(strings.TrimFunc(t.s, IsSpace), 64)
		return f, err == nil && !strings.ContainsAny(t.s, "xX_")
	}
	return float(v)
}

func (r *run) abs(v Value) Value {
	if f, ok := v.(float64); ok {
		return math.Abs(f)
	}
	n, ok := whole(v)
	if !ok || n == math.MinInt {
		r.fail("%s has no absolute value", typeName(v))
	}
	return max(n, -n)
}

// rounded is Python's round: ties go to the even digit.
func (r *run) rounded(v Value, precision int) Value {
	if n, ok := whole(v); ok && precision >= 0 {
		return n
	}
	f, ok := v.(float64)
	if !ok || precision < 0 || precision > 15 {
		r.fail("%s can't be rounded to %d digits", typeName(v), precision)
		return undefined{}
	}
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'f', precision, 64), 64)
	return f
}

package grammar

import (
	"slices"
	"strconv"
	"strings"
)

// decimalMax is how many digits a limit may have before the point, and after it.
const decimalMax = 40

// decimal is a number as it is written without an exponent: no zeros in front of
// whole but for a single one, none at the end of part.
type decimal struct {
	negative    bool
	whole, part string
}

// limit is a number that others are compared with.
type limit struct {
	decimal
	strict bool // not that number itself
}

// numeric is a number under its limits. Such numbers are written without exponents.
func (s *schemas) numeric(v *value, integer bool, place string) node {
	var low, high []limit
	for i, key := range []string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"} {
		of := v.get(key)
		if of == nil {
			continue
		}
		d, ok := parseDecimal(of.text)
		if of.kind != isNumber || !ok {
			return s.fail(invalid(at(place, key), "%s is a number of at most %d digits before and after the point", key, decimalMax))
		}
		if l := (limit{d, i%2 == 1}); i < 2 {
			low = append(low, l)
		} else {
			high = append(high, l)
		}
	}
	if low == nil && high == nil {
		if integer {
			return call{s.integer, 1, 1}
		}
		return call{s.number, 1, 1}
	}
	digits, parts := digitsMax, digitsMax
	for _, l := range slices.Concat(low, high) {
		digits, parts = max(digits, len(l.whole)), max(parts, len(l.part)+1)
	}
	base := node(wholeDigits(digits))
	if !integer {
		base = seq{base, fraction(parts)}
	}
	x := alt{s.magnitudes(base, low, high)}
	above := []limit{{decimal{whole: "0"}, true}} // what is below zero is not zero
	x = append(x, seq{literal("-"), s.magnitudes(base, append(above, turned(high)...), turned(low))})
	return x
}

// turned are limits for the negatives of numbers.
func turned(list []limit) (out []limit) {
	for _, l := range list {
		l.negative = !l.negative && (l.whole != "0" || l.part != "")
		out = append(out, l)
	}
	return out
}

// magnitudes are the numbers of a form, not below zero, within limits.
func (s *schemas) magnitudes(form node, low, high []limit) *automaton {
	d := s.determine(form, nil)
	for _, l := range low {
		if !l.negative {
			d = s.both(d, s.determine(above(l), nil))
		}
	}
	for _, l := range high {
		if l.negative {
			return &automaton{states: make([]state, 1)} // none
		}
		d = s.both(d, s.determine(below(l), nil))
	}
	return d
}

func digit(lo, hi byte) node {
	if lo > hi {
		return alt{}
	}
	return byteRange{lo, hi}
}

// wholeDigits is a whole number of at most so many digits.
func wholeDigits(most int) node {
	return alt{literal("0"), seq{digit('1', '9'), repeat{digit('0', '9'), 0, most - 1}}}
}

// fraction is what may follow, of at most so many digits.
func fraction(most int) node {
	return optional(seq{literal("."), repeat{digit('0', '9'), 1, most}})
}

// above is the digits of numbers that are not less than a limit: with more digits, or
// with a larger one at the first that differs.
func above(l limit) node {
	any := digit('0', '9')
	many := repeat{any, 0, unlimited}
	rest := optional(seq{literal("."), many})
	a := alt{seq{repeat{any, len(l.whole) + 1, unlimited}, rest}}
	for i := range len(l.whole) {
		a = append(a, seq{literal(l.whole[:i]), digit(l.whole[i]+1, '9'), exactly(any, len(l.whole)-i-1), rest})
	}
	more := alt{}
	for i := range len(l.part) {
		more = append(more, seq{literal(l.part[:i]), digit(l.part[i]+1, '9'), many})
	}
	if l.strict {
		more = append(more, seq{literal(l.part), many, digit('1', '9'), many})
	} else {
		more = append(more, seq{literal(l.part), many})
		if l.part == "" {
			a = append(a, literal(l.whole))
		}
	}
	return append(a, seq{literal(l.whole + "."), more})
}

// below is the digits of numbers that are not more than a limit.
func below(l limit) node {
	any := digit('0', '9')
	many := repeat{any, 0, unlimited}
	rest := optional(seq{literal("."), many})
	a := alt{}
	for n := 1; n < len(l.whole); n++ {
		a = append(a, seq{exactly(any, n), rest})
	}
	for i := range len(l.whole) {
		a = append(a, seq{literal(l.whole[:i]), digit('0', l.whole[i]-1), exactly(any, len(l.whole)-i-1), rest})
	}
	zeros := repeat{literal("0"), 0, unlimited}
	less := alt{}
	for i := range len(l.part) {
		less = append(less, seq{literal(l.part[:i]), digit('0', l.part[i]-1), many})
		less = append(less, literal(l.part[:i])) // what is left out is less, as it does not end in zeros
	}
	if !l.strict {
		less = append(less, seq{literal(l.part), zeros})
	}
	if l.part != "" || !l.strict {
		a = append(a, literal(l.whole))
	}
	return append(a, seq{literal(l.whole + "."), less})
}

func exactly(x node, n int) node { return repeat{x, n, n} }

// parseDecimal reads a number of JSON, which may have an exponent.
func parseDecimal(text string) (d decimal, ok bool) {
	text, d.negative = strings.CutPrefix(text, "-")
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift < -decimalMax || shift > decimalMax {
			return d, false
		}
	}
	whole, part, _ := strings.Cut(mantissa, ".")
	if len(whole) > 2*decimalMax || len(part) > 2*decimalMax {
		return d, false
	}
	for ; shift > 0; shift-- {
		part += "0"
		whole, part = whole+part[:1], part[1:]
	}
	for ; shift < 0; shift++ {
		whole = "0" + whole
		whole, part = whole[:len(whole)-1], whole[len(whole)-1:]+part
	}
	d.whole, d.part = strings.TrimLeft(whole, "0"), strings.TrimRight(part, "0")
	if d.whole == "" {
		d.whole = "0"
	}
	if d.whole == "0" && d.part == "" {
		d.negative = false
	}
	return d, len(d.whole) <= decimalMax && len(d.part) <= decimalMax
}

// isWhole reports whether a number of JSON is an integer.
func isWhole(text string) bool {
	d, ok := parseDecimal(text)
	return ok && d.part == ""
}

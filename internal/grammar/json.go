package grammar

import "unicode/utf8"

// values are the rules of JSON. White space within it is what models write: none, a
// space, or a new line with its indentation, of which there is only so much: a model
// that goes on with spaces must come to an end.
type values struct {
	space   node
	char    *rule // a character of a string, however it is written
	text    *rule // a string
	number  *rule
	integer *rule
	any     *rule
	object  *rule // any
	array   *rule // any
}

const (
	indentMax   = 32
	digitsMax   = 16 // of a number, before and after the point: what a float64 holds, and more
	exponentMax = 2  // digits
)

func newValues() *values {
	v := &values{char: &rule{name: "character"}, text: &rule{name: "string"}, number: &rule{name: "number"},
		integer: &rule{name: "integer"}, any: &rule{name: "value"}, object: &rule{name: "object"}, array: &rule{name: "array"}}
	indent := &rule{"indentation", alt{literal(" "), literal("\t")}}
	v.space = alt{empty{}, literal(" "), seq{literal("\n"), call{indent, 0, indentMax}}}
	v.char.body = char()
	v.text.body = seq{literal(`"`), repeat{char(), 0, unlimited}, literal(`"`)}
	whole := seq{optional(literal("-")), wholeDigits(digitsMax)}
	v.integer.body = whole
	v.number.body = seq{whole, fraction(digitsMax), optional(seq{
		alt{literal("e"), literal("E")}, alt{empty{}, literal("+"), literal("-")}, repeat{digit('0', '9'), 1, exponentMax}})}
	v.object.body = v.pairs(call{v.any, 1, 1})
	v.array.body = v.list(call{v.any, 1, 1}, 0, unlimited)
	v.any.body = alt{call{v.object, 1, 1}, call{v.array, 1, 1}, call{v.text, 1, 1}, call{v.number, 1, 1},
		literal("true"), literal("false"), literal("null")}
	return v
}

// JSONObject is any JSON object.
func JSONObject() Language { return Language{call{newValues().object, 1, 1}} }

// char is a character within a string: as it is, or escaped. A surrogate comes only
// with its other half.
func char() node {
	hex := alt{byteRange{'0', '9'}, byteRange{'a', 'f'}, byteRange{'A', 'F'}}
	d := alt{literal("d"), literal("D")}
	return alt{
		runes(' ', '!'), runes('#', '['), runes(']', utf8.MaxRune),
		seq{literal(`\`), alt{literal(`"`), literal(`\`), literal(`/`), literal("b"), literal("f"), literal("n"), literal("r"), literal("t")}},
		seq{literal(`\u`), alt{byteRange{'0', '9'}, byteRange{'a', 'c'}, byteRange{'A', 'C'}, byteRange{'e', 'f'}, byteRange{'E', 'F'}}, hex, hex, hex},
		seq{literal(`\u`), d, byteRange{'0', '7'}, hex, hex},
		seq{literal(`\u`), d, alt{byteRange{'8', '9'}, byteRange{'a', 'b'}, byteRange{'A', 'B'}}, hex, hex,
			literal(`\u`), d, alt{byteRange{'c', 'f'}, byteRange{'C', 'F'}}, hex, hex},
	}
}

// pairs is an object of any keys.
func (v *values) pairs(of node) node {
	pair := seq{call{v.text, 1, 1}, v.colon(), of}
	more := repeat{seq{v.comma(), pair}, 0, unlimited}
	return seq{literal("{"), v.space, optional(seq{pair, more, v.space}), literal("}")}
}

func (v *values) colon() node { return seq{literal(":"), v.space} }

func (v *values) comma() node { return seq{v.space, literal(","), v.space} }

// list is an array of so many items.
func (v *values) list(of node, least, most int) node {
	if most == 0 {
		return seq{literal("["), v.space, literal("]")}
	}
	rest := most
	if most > 0 {
		rest = most - 1
	}
	more := call{&rule{"next item", seq{v.comma(), of}}, max(0, least-1), rest}
	items := node(seq{of, more, v.space})
	if least == 0 {
		items = optional(items)
	}
	return seq{literal("["), v.space, items, literal("]")}
}

// members are the properties of an object in the order of its schema, and what closes
// it. Whether a comma comes before one depends on whether another came before.
type members struct {
	list  []member
	comma node
	close node // after a member
}

type member struct {
	pair     node
	required bool
}

func (v *values) member(key string, of node, required bool) member {
	return member{seq{literal(quoted(key)), v.colon(), of}, required}
}

func (v *values) fixed(list []member) node {
	return seq{literal("{"), v.space, members{list, v.comma(), seq{v.space, literal("}")}}}
}

package grammar

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Notation reads a grammar as llama.cpp writes them (GBNF), a BNF with the operators
// of regular expressions:
//
//	# what an answer is
//	root   ::= "yes" | "no" reason?
//	reason ::= ", because " [^\n.]{1,80} "."
//
// The rule root is the language.
func Notation(source string) (Language, error) {
	if len(source) > sourceBytesMax {
		return Language{}, tooLarge("", "the grammar has more than %d bytes", sourceBytesMax)
	}
	n := &notation{source: source, rules: map[string]*rule{}, used: map[string]int{}}
	n.skip()
	for n.at < len(source) && n.err == nil {
		n.rule()
	}
	if n.err != nil {
		return Language{}, n.err
	}
	for _, name := range n.order {
		if n.rules[name].body == nil {
			return Language{}, invalid(n.place(n.used[name]), "there is no rule %s", name)
		}
	}
	if n.rules["root"] == nil {
		return Language{}, invalid("", "there is no rule root")
	}
	return Language{call{n.rules["root"], 1, 1}}, nil
}

// notation is a source being read.
type notation struct {
	source string
	at     int
	rules  map[string]*rule
	used   map[string]int // rules that are called, and where first
	order  []string       // of used
	depth  int
	err    error
}

// place tells people where in the source a byte is.
func (n *notation) place(at int) string {
	before := n.source[:min(at, len(n.source))]
	line := strings.Count(before, "\n")
	return fmt.Sprintf("line %d, column %d", line+1, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])+1)
}

func (n *notation) fail(format string, a ...any) node {
	if n.err == nil {
		n.err = invalid(n.place(n.at), format, a...)
	}
	n.at = len(n.source)
	return empty{}
}

// skip passes over white space and comments.
func (n *notation) skip() {
	for n.at < len(n.source) {
		switch n.source[n.at] {
		case ' ', '\t', '\r', '\n':
			n.at++
		case '#':
			if i := strings.IndexByte(n.source[n.at:], '\n'); i >= 0 {
				n.at += i
			} else {
				n.at = len(n.source)
			}
		default:
			return
		}
	}
}

// take passes over a text and the white space after it, if it is there.
func (n *notation) take(text string) bool {
	if !strings.HasPrefix(n.source[n.at:], text) {
		return false
	}
	n.at += len(text)
	n.skip()
	return true
}

// name reads the name of a rule, empty if there is none.
func (n *notation) name() string {
	from := n.at
	for n.at < len(n.source) && isName(n.source[n.at]) {
		n.at++
	}
	name := n.source[from:n.at]
	n.skip()
	return name
}

func isName(b byte) bool {
	return b == '-' || b == '_' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// named is the rule of a name, which may be written down later.
func (n *notation) named(name string) *rule {
	if n.rules[name] == nil {
		n.rules[name] = &rule{name: name}
	}
	return n.rules[name]
}

func (n *notation) rule() {
	name := n.name()
	if name == "" {
		n.fail("a rule is expected: name ::= …")
		return
	}
	if !n.take("::=") {
		n.fail("::= is expected")
		return
	}
	r := n.named(name)
	if r.body != nil {
		n.fail("rule %s is there twice", name)
		return
	}
	r.body = n.choices()
}

func (n *notation) choices() node {
	if n.depth++; n.depth > depthMax {
		return n.fail("brackets are nested more than %d deep", depthMax)
	}
	a := alt{n.sequence()}
	for n.take("|") {
		a = append(a, n.sequence())
	}
	n.depth--
	return a
}

func (n *notation) sequence() node {
	s := seq{}
	for n.at < len(n.source) && n.source[n.at] != '|' && n.source[n.at] != ')' && !n.ruleBegins() {
		s = append(s, n.repeated(n.part()))
	}
	return s
}

// ruleBegins reports whether the next rule is here.
func (n *notation) ruleBegins() bool {
	ahead := *n
	return ahead.name() != "" && strings.HasPrefix(ahead.source[ahead.at:], "::=")
}

// part is one thing that may be repeated.
func (n *notation) part() node {
	at := n.at
	switch b := n.source[at]; {
	case b == '"':
		return n.literal()
	case b == '[':
		return n.class()
	case n.take("."):
		return anyRune()
	case n.take("("):
		x := n.choices()
		if !n.take(")") {
			return n.fail(") is expected")
		}
		return x
	case isName(b):
		name := n.name()
		if _, ok := n.used[name]; !ok {
			n.used[name] = at
			n.order = append(n.order, name)
		}
		return call{n.named(name), 1, 1}
	}
	return n.fail("a text in quotes, a set in [], a rule's name or ( is expected")
}

func (n *notation) repeated(x node) node {
	for n.err == nil && n.at < len(n.source) {
		switch {
		case n.take("*"):
			x = repeat{x, 0, unlimited}
		case n.take("+"):
			x = repeat{x, 1, unlimited}
		case n.take("?"):
			x = optional(x)
		case n.take("{"):
			x = n.counted(x)
		default:
			return x
		}
	}
	return x
}

// counted is {2}, {2,} or {2,5}.
func (n *notation) counted(x node) node {
	least := n.number()
	most := least
	if n.take(",") {
		if most = unlimited; n.at < len(n.source) && n.source[n.at] != '}' {
			most = n.number()
		}
	}
	if !n.take("}") || most >= 0 && most < least {
		return n.fail("a count is expected: {2}, {2,} or {2,5}")
	}
	return times(x, least, most)
}

// times is a repetition: by copies where they are few, else counted.
func times(x node, least, most int) node {
	const few = 16
	if max(least, most) <= few {
		return repeat{x, least, most}
	}
	return call{&rule{"repeated part", x}, least, most}
}

func (n *notation) number() int {
	from := n.at
	for n.at < len(n.source) && '0' <= n.source[n.at] && n.source[n.at] <= '9' {
		n.at++
	}
	v, err := strconv.Atoi(n.source[from:n.at])
	if err != nil || v > countMax {
		n.fail("a number up to %d is expected", countMax)
	}
	n.skip()
	return v
}

func (n *notation) literal() node {
	n.at++
	var text strings.Builder
	for n.at < len(n.source) && n.source[n.at] != '"' {
		text.WriteRune(n.char())
	}
	if n.at >= len(n.source) {
		return n.fail("the text in quotes does not end")
	}
	n.at++
	n.skip()
	return literal(text.String())
}

// class is a set of characters, or with ^ all others.
func (n *notation) class() node {
	n.at++
	inverted := n.at < len(n.source) && n.source[n.at] == '^'
	if inverted {
		n.at++
	}
	var ranges [][2]rune
	for n.at < len(n.source) && n.source[n.at] != ']' {
		lo := n.char()
		hi := lo
		if strings.HasPrefix(n.source[n.at:], "-") && !strings.HasPrefix(n.source[n.at:], "-]") {
			n.at++
			if n.at < len(n.source) {
				hi = n.char()
			}
		}
		if hi < lo {
			return n.fail("a range runs backwards")
		}
		ranges = append(ranges, [2]rune{lo, hi})
	}
	if n.at >= len(n.source) {
		return n.fail("the set in [] does not end")
	}
	n.at++
	n.skip()
	if inverted {
		ranges = others(ranges)
	}
	var a alt
	for _, r := range ranges {
		a = append(a, runes(r[0], r[1]))
	}
	return a
}

// char reads a character of a text or a set.
func (n *notation) char() rune {
	c, width := utf8.DecodeRuneInString(n.source[n.at:])
	if c == utf8.RuneError && width <= 1 {
		n.fail("this is not UTF-8")
		return 0
	}
	n.at += width
	if c != '\\' {
		return c
	}
	if n.at >= len(n.source) {
		return c
	}
	e := n.source[n.at]
	n.at++
	switch e {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'x':
		return n.hex(2)
	case 'u':
		return n.hex(4)
	case 'U':
		return n.hex(8)
	case '\\', '"', '[', ']', '-', '^':
		return rune(e)
	}
	n.at--
	n.fail(`there is no escape \%c`, e)
	return 0
}

func (n *notation) hex(digits int) rune {
	text := n.source[n.at:min(n.at+digits, len(n.source))]
	v, err := strconv.ParseUint(text, 16, 32)
	if err != nil || len(text) != digits || !utf8.ValidRune(rune(v)) {
		n.fail("%d hexadecimal digits of a character are expected", digits)
		return 0
	}
	n.at += digits
	return rune(v)
}

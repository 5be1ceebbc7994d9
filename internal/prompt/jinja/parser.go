package jinja

import (
	"fmt"
	"slices"
)

// Template is a template that was read and found to be within the limits.
type Template struct {
	body []stmt
}

// Error says why a template was refused or a rendering failed.
type Error struct {
	Line   int
	Detail string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Detail) }

// Parse reads a template.
func Parse(source string) (*Template, error) {
	if len(source) > maxSource {
		return nil, &Error{1, fmt.Sprintf("the template has more than %d bytes", maxSource)}
	}
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	body := p.body()
	if p.err != nil {
		return nil, p.err
	}
	return &Template{body}, nil
}

// parser reads tokens. Its first failure sticks: from then on it sees the end of
// the template, so that every loop in it ends.
type parser struct {
	tokens []token
	next   int
	depth  int
	loops  int // around what is read
	err    *Error
}

func (p *parser) fail(format string, a ...any) {
	if p.err == nil {
		p.err = &Error{p.tokens[p.next].line, fmt.Sprintf(format, a...)}
	}
	p.next = len(p.tokens) - 1
}

// deeper opens a level of nesting and reports whether there may be one more.
// Every deeper has its p.depth--.
func (p *parser) deeper() bool {
	p.depth++
	if p.depth > maxNesting {
		p.fail("more than %d levels of nesting", maxNesting)
	}
	return p.err == nil
}

func (p *parser) line() int { return p.tokens[p.next].line }

// at reports whether the next token is of the kind and, unless text is empty, reads so.
func (p *parser) at(kind tokenKind, text string) bool {
	t := p.tokens[p.next]
	return t.kind == kind && (text == "" || t.text == text)
}

func (p *parser) atWord(words ...string) bool {
	return p.tokens[p.next].kind == nameToken && slices.Contains(words, p.tokens[p.next].text)
}

func (p *parser) atOp(op string) bool { return p.at(operator, op) }

// take returns the next token and goes on to the one after.
func (p *parser) take() token {
	t := p.tokens[p.next]
	if p.next < len(p.tokens)-1 {
		p.next++
	}
	return t
}

func (p *parser) skipWord(word string) bool {
	ok := p.atWord(word)
	if ok {
		p.take()
	}
	return ok
}

func (p *parser) skipOp(op string) bool {
	ok := p.atOp(op)
	if ok {
		p.take()
	}
	return ok
}

func (p *parser) expect(kind tokenKind, text string) token {
	if !p.at(kind, text) {
		p.fail("unexpected %s", p.tokens[p.next])
	}
	return p.take()
}

func (p *parser) expectOp(op string) { p.expect(operator, op) }

// body reads statements up to a tag that begins with one of the ends, which is
// left to be read, or to the end of the template where there are none.
func (p *parser) body(ends ...string) []stmt {
	var body []stmt
	for p.err == nil {
		switch {
		case p.at(literalText, ""):
			t := p.take()
			body = append(body, &textStmt{&literal{t.line, Own(t.text)}})
		case p.at(openPrint, ""):
			line := p.take().line
			body = append(body, &outputStmt{line, p.tupleExpr(true)})
			p.expect(closePrint, "")
		case p.at(openTag, "") && !p.atEnd(ends):
			body = append(body, p.statement()...)
		case p.at(endOfTemplate, "") && len(ends) > 0:
			p.fail("%s is missing", ends[len(ends)-1])
		default:
			return body
		}
	}
	return body
}

// atEnd reports whether the tag that opens here is one of the ends.
func (p *parser) atEnd(ends []string) bool {
	t := p.tokens[p.next+1]
	return t.kind == nameToken && slices.Contains(ends, t.text)
}

// block reads the rest of a tag, then a body, and the word of the tag that ends it.
func (p *parser) block(ends ...string) ([]stmt, string) {
	if !p.deeper() {
		return nil, ""
	}
	defer func() { p.depth-- }()
	p.skipOp(":")
	p.expect(closeTag, "")
	body := p.body(ends...)
	p.expect(openTag, "")
	return body, p.take().text
}

func (p *parser) statement() []stmt {
	p.expect(openTag, "")
	line := p.line()
	tag := p.expect(nameToken, "").text
	s := p.tag(tag, line)
	p.expect(closeTag, "")
	return s
}

func (p *parser) tag(tag string, line int) []stmt {
	switch tag {
	case "if":
		return []stmt{p.ifTag(line)}
	case "for":
		return []stmt{p.forTag(line)}
	case "set":
		return []stmt{p.setTag(line)}
	case "macro":
		return []stmt{p.macroTag(line)}
	case "filter":
		change := p.filters(p.filter(&captured{line}))
		body, _ := p.block("endfilter")
		return []stmt{&capture{line: line, body: body, change: change}}
	case "generation": // marks the model's own words for training; prints its body
		body, _ := p.block("endgeneration")
		return body
	case "break", "continue":
		return []stmt{p.leaveTag(tag)}
	}
	p.fail("tag %q is not supported", tag)
	return nil
}

func (p *parser) ifTag(line int) stmt {
	s := &ifStmt{}
	for {
		cond := p.tupleExpr(false)
		body, end := p.block("elif", "else", "endif")
		s.branches = append(s.branches, branch{line, cond, body})
		switch line = p.line(); end {
		case "elif":
			continue
		case "else":
			s.rest, _ = p.block("endif")
		}
		return s
	}
}

func (p *parser) forTag(line int) stmt {
	s := &forStmt{line: line, target: p.target(false)}
	if !p.skipWord("in") {
		p.fail("unexpected %s", p.tokens[p.next])
	}
	s.seq = p.tupleExpr(false)
	if p.skipWord("if") {
		s.cond = p.expression()
	}
	if p.atWord("recursive") {
		p.fail("recursive loops are not supported")
	}
	p.loops++
	body, end := p.block("else", "endfor")
	p.loops--
	s.body = body
	if end == "else" {
		s.rest, _ = p.block("endfor")
	}
	return s
}

func (p *parser) leaveTag(tag string) stmt {
	if p.loops == 0 {
		p.fail("%s outside of a loop", tag)
	}
	if tag == "break" {
		return &leaveStmt{leaveLoop}
	}
	return &leaveStmt{leaveRound}
}

func (p *parser) setTag(line int) stmt {
	to := p.target(true)
	if p.skipOp("=") {
		return &setStmt{line, to, p.tupleExpr(true)}
	}
	change := p.filters(&captured{line})
	body, _ := p.block("endset")
	return &capture{line, to, body, change}
}

func (p *parser) macroTag(line int) stmt {
	m := &macroStmt{line: line, name: p.expect(nameToken, "").text}
	p.expectOp("(")
	for p.err == nil && !p.atOp(")") {
		if len(m.params) > 0 {
			p.expectOp(",")
		}
		m.params = append(m.params, p.param(m.params))
	}
	p.expectOp(")")
	loops := p.loops
	p.loops = 0
	m.body, _ = p.block("endmacro")
	p.loops = loops
	return m
}

func (p *parser) param(before []param) param {
	q := param{name: p.expect(nameToken, "").text}
	if p.skipOp("=") {
		q.fallback = p.expression()
	} else if len(before) > 0 && before[len(before)-1].fallback != nil {
		p.fail("%s follows a parameter with a default", q.name)
	}
	return q
}

// target reads what is assigned to: names, of namespaces where they may be.
func (p *parser) target(namespaces bool) target {
	first := p.oneTarget(namespaces)
	if !p.atOp(",") {
		return first
	}
	parts := []target{first}
	for p.skipOp(",") && p.err == nil {
		if p.atWord("in") || p.atOp("=") || p.atOp(")") {
			break
		}
		parts = append(parts, p.oneTarget(namespaces))
	}
	return target{parts: parts}
}

func (p *parser) oneTarget(namespaces bool) target {
	if p.atOp("(") && p.deeper() {
		defer func() { p.depth-- }()
		p.take()
		t := p.target(namespaces)
		p.expectOp(")")
		return t
	}
	t := target{name: p.expect(nameToken, "").text}
	if slices.Contains(constants, t.name) {
		p.fail("%s can't be assigned to", t.name)
	}
	if namespaces && p.skipOp(".") {
		t.attr = p.expect(nameToken, "").text
	}
	return t
}

// constants are names that stand for a value.
var constants = []string{"true", "True", "false", "False", "none", "None"}

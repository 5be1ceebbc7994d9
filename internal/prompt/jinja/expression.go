package jinja

import (
	"slices"
	"strconv"
)

// The grammar of expressions, loosest first, as Jinja2's parser has it.

// tupleExpr reads one expression, or several as a tuple. A loop's sequence and
// an if's condition take no inline if: there "if" means something else.
func (p *parser) tupleExpr(inlineIf bool) expr {
	first := p.expressionOr(inlineIf)
	if !p.atOp(",") {
		return first
	}
	items := []expr{first}
	for p.skipOp(",") && p.err == nil {
		if p.at(closePrint, "") || p.at(closeTag, "") || p.atOp(")") || p.atWord("recursive") {
			break
		}
		items = append(items, p.expressionOr(inlineIf))
	}
	return &listExpr{items, tuple}
}

func (p *parser) expression() expr { return p.expressionOr(true) }

func (p *parser) expressionOr(inlineIf bool) expr {
	if !p.deeper() {
		return &literal{}
	}
	defer func() { p.depth-- }()
	e := p.or()
	for inlineIf && p.skipWord("if") {
		c := &choiceExpr{cond: p.or(), yes: e}
		if p.skipWord("else") {
			c.no = p.expression()
		}
		e = c
	}
	return e
}

func (p *parser) or() expr {
	e := p.and()
	for p.skipWord("or") {
		e = &logicExpr{true, e, p.and()}
	}
	return e
}

func (p *parser) and() expr {
	e := p.not()
	for p.skipWord("and") {
		e = &logicExpr{false, e, p.not()}
	}
	return e
}

func (p *parser) not() expr {
	if !p.atWord("not") {
		return p.comparison()
	}
	if !p.deeper() {
		return &literal{}
	}
	defer func() { p.depth-- }()
	p.take()
	return &unaryExpr{"not", p.not()}
}

func (p *parser) comparison() expr {
	c := &compareExpr{line: p.line(), left: p.sum()}
	for p.err == nil {
		op := p.comparisonOp()
		if op == "" {
			break
		}
		c.ops = append(c.ops, op)
		c.right = append(c.right, p.sum())
	}
	if len(c.ops) == 0 {
		return c.left
	}
	return c
}

func (p *parser) comparisonOp() string {
	t := p.tokens[p.next]
	switch {
	case t.kind == operator && slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, t.text):
		return p.take().text
	case p.skipWord("in"):
		return "in"
	case p.atWord("not") && p.tokens[p.next+1].text == "in" && p.tokens[p.next+1].kind == nameToken:
		p.take()
		p.take()
		return "not in"
	}
	return ""
}

func (p *parser) sum() expr {
	e := p.joined()
	for p.atOp("+") || p.atOp("-") {
		t := p.take()
		e = &binaryExpr{t.line, t.text, e, p.joined()}
	}
	return e
}

func (p *parser) joined() expr {
	e := p.product()
	if !p.atOp("~") {
		return e
	}
	j := &joinExpr{[]expr{e}}
	for p.skipOp("~") {
		j.parts = append(j.parts, p.product())
	}
	return j
}

func (p *parser) product() expr {
	e := p.unary(true)
	for p.atOp("*") || p.atOp("/") || p.atOp("//") || p.atOp("%") {
		t := p.take()
		e = &binaryExpr{t.line, t.text, e, p.unary(true)}
	}
	if p.atOp("**") {
		p.fail("the operator ** is not supported")
	}
	return e
}

// unary reads a signed value. A filter after it applies to the whole: -1|abs is 1.
func (p *parser) unary(filters bool) expr {
	if !p.deeper() {
		return &literal{}
	}
	defer func() { p.depth-- }()
	var e expr
	if p.atOp("-") || p.atOp("+") {
		e = &unaryExpr{p.take().text, p.unary(false)}
	} else {
		e = p.primary()
	}
	e = p.postfix(e)
	if filters {
		e = p.filtersAndTests(e)
	}
	return e
}

func (p *parser) primary() expr {
	t := p.take()
	switch {
	case t.kind == nameToken:
		return nameOrConstant(t)
	case t.kind == stringToken:
		for p.at(stringToken, "") {
			t.text += p.take().text
		}
		return &literal{t.line, Own(t.text)}
	case t.kind == intToken:
		i, err := strconv.ParseInt(t.text, 0, 64)
		if err != nil {
			p.fail("the number %s is too large", t.text)
		}
		return &literal{t.line, int(i)}
	case t.kind == floatToken:
		f, _ := strconv.ParseFloat(t.text, 64)
		return &literal{t.line, f}
	case t.kind == operator && t.text == "(":
		return p.parenthesis()
	case t.kind == operator && t.text == "[":
		return &listExpr{p.list("]"), plain}
	case t.kind == operator && t.text == "{":
		return p.dict()
	}
	p.fail("unexpected %s", t)
	return &literal{}
}

func nameOrConstant(t token) expr {
	switch t.text {
	case "true", "True":
		return &literal{t.line, true}
	case "false", "False":
		return &literal{t.line, false}
	case "none", "None":
		return &literal{t.line, nil}
	}
	return &nameExpr{t.line, t.text}
}

func (p *parser) parenthesis() expr {
	if p.skipOp(")") {
		return &listExpr{nil, tuple}
	}
	e := p.tupleExpr(true)
	p.expectOp(")")
	return e
}

// list reads expressions up to the closing bracket; a last comma does no harm.
func (p *parser) list(closing string) []expr {
	var items []expr
	for p.err == nil && !p.skipOp(closing) {
		items = append(items, p.expression())
		if !p.atOp(closing) {
			p.expectOp(",")
		}
	}
	return items
}

func (p *parser) dict() expr {
	d := &dictExpr{}
	for p.err == nil && !p.skipOp("}") {
		d.keys = append(d.keys, p.expression())
		p.expectOp(":")
		d.values = append(d.values, p.expression())
		if !p.atOp("}") {
			p.expectOp(",")
		}
	}
	return d
}

// postfix reads attributes, subscripts and calls.
func (p *parser) postfix(e expr) expr {
	for p.err == nil {
		switch t := p.tokens[p.next]; {
		case p.skipOp("."):
			e = p.attribute(e, t.line)
		case p.skipOp("["):
			e = p.subscript(e, t.line)
		case p.atOp("("):
			e = &callExpr{t.line, e, p.arguments()}
		default:
			return e
		}
	}
	return e
}

func (p *parser) attribute(of expr, line int) expr {
	if p.at(intToken, "") {
		return &indexExpr{line, of, p.primary()}
	}
	return &attrExpr{line, of, p.expect(nameToken, "").text}
}

func (p *parser) subscript(of expr, line int) expr {
	var from expr
	if !p.atOp(":") {
		from = p.expression()
		if p.skipOp("]") {
			return &indexExpr{line, of, from}
		}
	}
	s := &sliceExpr{line: line, of: of, from: from}
	p.expectOp(":")
	s.to = p.bound()
	if p.skipOp(":") {
		s.step = p.bound()
	}
	p.expectOp("]")
	return s
}

// bound reads one bound of a slice, if it is there.
func (p *parser) bound() expr {
	if p.atOp(":") || p.atOp("]") {
		return nil
	}
	return p.expression()
}

// arguments reads what is in the parentheses of a call.
func (p *parser) arguments() arguments {
	var a arguments
	p.expectOp("(")
	for p.err == nil && !p.skipOp(")") {
		switch {
		case p.atOp("*") || p.atOp("**"):
			p.fail("arguments with * are not supported")
		case p.at(nameToken, "") && p.tokens[p.next+1].kind == operator && p.tokens[p.next+1].text == "=":
			a.names = append(a.names, p.take().text)
			p.take()
		case len(a.names) > 0:
			p.fail("an argument without a name after one with a name")
		}
		a.pos = append(a.pos, p.expression())
		if !p.atOp(")") {
			p.expectOp(",")
		}
	}
	return a
}

// filtersAndTests reads what may follow a value: |filter, is test, a call.
func (p *parser) filtersAndTests(e expr) expr {
	for p.err == nil {
		switch {
		case p.skipOp("|"):
			e = p.filter(e)
		case p.skipWord("is"):
			e = p.test(e)
		case p.atOp("("):
			e = &callExpr{p.line(), e, p.arguments()}
		default:
			return e
		}
	}
	return e
}

// filters reads filters only.
func (p *parser) filters(e expr) expr {
	for p.skipOp("|") && p.err == nil {
		e = p.filter(e)
	}
	return e
}

func (p *parser) filter(of expr) expr {
	t := p.expect(nameToken, "")
	f := &filterExpr{line: t.line, of: of, name: t.text}
	if p.atOp("(") {
		f.arguments = p.arguments()
	}
	return f
}

// test reads what follows is: a name, then arguments, or one value without
// parentheses.
func (p *parser) test(of expr) expr {
	not := p.skipWord("not")
	t := p.expect(nameToken, "")
	e := &testExpr{line: t.line, of: of, name: t.text}
	switch {
	case p.atOp("("):
		e.arguments = p.arguments()
	case p.atWord("is"):
		p.fail("one test after another")
	case p.atValue() && !p.atWord("else", "or", "and"):
		e.pos = []expr{p.postfix(p.primary())}
	}
	if not {
		return &unaryExpr{"not", e}
	}
	return e
}

func (p *parser) atValue() bool {
	switch t := p.tokens[p.next]; t.kind {
	case nameToken, stringToken, intToken, floatToken:
		return true
	case operator:
		return t.text == "[" || t.text == "{"
	}
	return false
}

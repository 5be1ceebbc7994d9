package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// str is Python's str(): what {{ v }} prints.
func (r *run) str(v Value) Text {
	switch v := v.(type) {
	case Text:
		return v
	case undefined:
		return Text{}
	}
	return r.repr(v)
}

// repr is Python's repr(). What it prints of a list or mapping is foreign as a
// whole as soon as one string in it is.
func (r *run) repr(v Value) Text {
	p := printer{run: r}
	p.value(v)
	r.grow(p.s.Len())
	if p.foreign {
		return Foreign(p.s.String())
	}
	return Own(p.s.String())
}

type printer struct {
	*run
	s       strings.Builder
	foreign bool
}

func (p *printer) value(v Value) {
	if !p.enter() {
		return
	}
	defer p.exit()
	if p.s.Len() > maxOutput {
		p.fail("a value of more than %d bytes", maxOutput)
		return
	}
	switch v := v.(type) {
	case nil:
		p.s.WriteString("None")
	case bool:
		p.s.WriteString(strings.ToUpper(strconv.FormatBool(v)[:1]) + strconv.FormatBool(v)[1:])
	case int:
		p.s.WriteString(strconv.Itoa(v))
	case digits:
		p.s.WriteString(string(v))
	case float64:
		p.s.WriteString(formatFloat(v))
	case Text:
		p.text(v)
	case *List:
		p.list(v)
	case *Dict:
		p.dict(v)
	case undefined:
		p.s.WriteString("Undefined")
	default:
		p.fail("%s can't be printed", typeName(v))
	}
}

func (p *printer) list(l *List) {
	if l.kind > tuple {
		p.fail("%s can't be printed", typeName(l))
		return
	}
	brackets := [...]string{"[]", "()"}[l.kind]
	p.s.WriteByte(brackets[0])
	for i, v := range l.items {
		if i > 0 {
			p.s.WriteString(", ")
		}
		p.value(v)
	}
	if l.kind == tuple && len(l.items) == 1 {
		p.s.WriteByte(',')
	}
	p.s.WriteByte(brackets[1])
}

func (p *printer) dict(d *Dict) {
	p.s.WriteByte('{')
	for i, k := range d.keys {
		if i > 0 {
			p.s.WriteString(", ")
		}
		p.value(k)
		p.s.WriteString(": ")
		p.value(d.values[i])
	}
	p.s.WriteByte('}')
}

// text quotes as Python does: with ' unless the text has one and no ".
func (p *printer) text(t Text) {
	p.foreign = p.foreign || len(t.foreign) > 0
	if !p.look(len(t.s)) {
		return
	}
	quote := '\''
	if strings.Contains(t.s, "'") && !strings.Contains(t.s, `"`) {
		quote = '"'
	}
	p.s.WriteRune(quote)
	for _, c := range t.s {
		p.rune(c, quote)
	}
	p.s.WriteRune(quote)
}

func (p *printer) rune(c, quote rune) {
	switch {
	case c == quote || c == '\\':
		p.s.WriteByte('\\')
		p.s.WriteRune(c)
	case c == '\n' || c == '\r' || c == '\t':
		p.s.WriteByte('\\')
		p.s.WriteByte("tn--r"[c-'\t'])
	case unicode.IsPrint(c):
		p.s.WriteRune(c)
	case c < 0x100:
		fmt.Fprintf(&p.s, `\x%02x`, c)
	case c < 0x10000:
		fmt.Fprintf(&p.s, `\u%04x`, c)
	default:
		fmt.Fprintf(&p.s, `\U%08x`, c)
	}
}

// Str is Python's str(v), as {{ v }} prints it.
func Str(v Value) (Text, error) {
	r := &run{limits: everything()}
	t := r.str(v)
	if r.err != nil {
		return Text{}, r.err
	}
	return t, nil
}

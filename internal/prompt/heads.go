package prompt

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
)

// head is what a call shows before its arguments.
type head struct {
	unsure bool // more text will tell
	none   bool // it is no call
	size   int  // bytes read
	name   string

	whole     bool // there is no more to come: these are
	arguments string
}

// What may be held back at most, in bytes, before it is certain that there is a
// call: a name, or all of an object whose members come in an unusual order.
const (
	nameMax   = 1 << 10
	objectMax = 64 << 10
)

func (p *parser) readHead() head {
	c := &cursor{s: p.buf}
	c.skip(" \t\r\n")
	c.option(p.calls.list)
	c.skip(" \t\r\n")
	if p.calls.bare {
		c.option(p.calls.open)
	} else {
		c.expect(p.calls.open)
	}
	h := head{}
	switch {
	case p.calls.tags != nil:
		h.name = p.calls.tags.readName(c)
	case p.calls.separator != "":
		h.name = p.nameApart(c)
	default:
		h = p.objectHead(c)
	}
	h.unsure, h.none, h.size = c.unsure, c.failed, cmp.Or(h.size, c.at)
	return h
}

// nameApart reads the name of a call whose arguments stand apart.
func (p *parser) nameApart(c *cursor) string {
	name := c.until(p.calls.separator, nameMax)
	if p.calls.fenced {
		if name != "function" {
			c.fail()
		}
		name = c.until("\n```json\n", nameMax)
	}
	name = strings.TrimSpace(name)
	if p.calls.numbered {
		name = unnumbered(name)
	}
	if name == "" || strings.Contains(name, "\n") {
		c.fail()
	}
	return name
}

// unnumbered is the name in "functions.NAME:NUMBER", or all there is.
func unnumbered(name string) string {
	name = strings.TrimPrefix(name, "functions.")
	if i := strings.LastIndexByte(name, ':'); i > 0 && strings.Trim(name[i+1:], "0123456789") == "" {
		return name[:i]
	}
	return name
}

// objectHead reads the members of an object up to its arguments.
func (p *parser) objectHead(c *cursor) head {
	body := c.at
	c.skip(" \t\r\n")
	c.expect("{")
	name := ""
	for c.ok() {
		c.skip(" \t\r\n")
		key := c.string()
		c.skip(" \t\r\n")
		c.expect(":")
		switch key {
		case "name":
			c.skip(" \t\r\n")
			name = c.string()
		case "type", "id":
			c.skip(" \t\r\n")
			c.string()
		case "arguments", "parameters":
			if name != "" && p.offered(name) {
				return head{name: name}
			}
			c.fail()
		default:
			c.fail()
		}
		c.skip(" \t\r\n")
		if name != "" && !p.calls.bare && c.peek('}') {
			return head{name: name, whole: true, arguments: "{}"}
		}
		c.expect(",")
	}
	if c.failed && !p.calls.bare && strings.HasPrefix(strings.TrimSpace(c.s[body:]), "{") {
		return p.wholeObject(c, body)
	}
	return head{}
}

// offered reports whether there is such a tool. A bare object must name one to
// be a call; where markers say that it is a call, the client may tell.
func (p *parser) offered(name string) bool {
	return !p.calls.bare || slices.ContainsFunc(p.tools, func(t hearth.Tool) bool { return t.Name == name })
}

// wholeObject waits for the end of an object with its members in another order.
func (p *parser) wholeObject(c *cursor, body int) head {
	*c = cursor{s: c.s, at: body}
	text := c.until(p.calls.closes[0], objectMax)
	if c.unsure {
		return head{}
	}
	var call struct {
		Name                  string
		Arguments, Parameters json.RawMessage
	}
	if json.Unmarshal([]byte(text), &call) != nil || call.Name == "" {
		c.fail()
		return head{}
	}
	h := head{name: call.Name, whole: true, arguments: "{}", size: body + len(text)}
	for _, a := range []json.RawMessage{call.Arguments, call.Parameters} {
		if a != nil {
			h.arguments = string(a)
		}
	}
	return h
}

// cursor reads what may not be all there yet. Once it is unsure or has failed,
// it reads nothing more.
type cursor struct {
	s      string
	at     int
	unsure bool
	failed bool
}

func (c *cursor) ok() bool { return !c.unsure && !c.failed }

func (c *cursor) fail() {
	if c.ok() {
		c.failed = true
	}
}

func (c *cursor) skip(set string) {
	if c.ok() {
		c.at = len(c.s) - len(strings.TrimLeft(c.s[c.at:], set))
	}
}

func (c *cursor) peek(b byte) bool { return c.ok() && c.at < len(c.s) && c.s[c.at] == b }

// expect reads the text, option reads it if it is there.
func (c *cursor) expect(text string) {
	if !c.option(text) {
		c.fail()
	}
}

func (c *cursor) option(text string) bool {
	if !c.ok() {
		return false
	}
	yes, unsure := begins(c.s[c.at:], text, false)
	c.unsure = unsure
	if yes {
		c.at += len(text)
	}
	return yes
}

// until reads up to the text and returns what stands before it, unless that is
// more than so many bytes, found or not: what comes out must not depend on how
// much is there already.
func (c *cursor) until(text string, most int) string {
	if !c.ok() {
		return ""
	}
	before, _, found := strings.Cut(c.s[c.at:], text)
	switch {
	case found && len(before) <= most:
		c.at += len(before) + len(text)
	case found || len(before) >= most+len(text):
		c.failed = true
	default:
		c.unsure = true
	}
	return before
}

// before reads up to the first of the texts, which it leaves; other than that it is as
// until.
func (c *cursor) before(texts []string, most int) string {
	if !c.ok() {
		return ""
	}
	rest, at := c.s[c.at:], -1
	for _, t := range texts {
		if i := strings.Index(rest, t); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	switch {
	case at >= 0 && at <= most:
		c.at += at
		return rest[:at]
	case at >= 0 || len(rest) >= most+longest(texts):
		c.failed = true
	default:
		c.unsure = true
	}
	return ""
}

// string reads a JSON string.
func (c *cursor) string() string {
	c.expect(`"`)
	if !c.ok() {
		return ""
	}
	for i, escaped := c.at, false; i < len(c.s); i++ {
		switch {
		case escaped:
			escaped = false
		case c.s[i] == '\\':
			escaped = true
		case c.s[i] == '"':
			var text string
			if json.Unmarshal([]byte(c.s[c.at-1:i+1]), &text) != nil {
				c.fail()
			}
			c.at = i + 1
			return text
		}
	}
	c.unsure = true
	return ""
}

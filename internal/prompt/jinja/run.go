package jinja

import (
	"fmt"
	"time"
)

// Render runs the template over the names it is given. The clock is for
// strftime_now.
func (t *Template) Render(names *Dict, now func() time.Time) (text Text, err error) {
	defer func() {
		if v := recover(); v != nil { // a mistake of ours, which must not be the server's end
			text, err = Text{}, &Error{0, fmt.Sprintf("the renderer failed: %v", v)}
		}
	}()
	return t.render(names, now, everything())
}

func (t *Template) render(names *Dict, now func() time.Time, within limits) (Text, error) {
	r := &run{now: now, out: &Builder{}, scope: globals().inner(), limits: within}
	for i, k := range names.keys {
		r.scope.names[r.str(k).s] = names.values[i]
	}
	r.exec(t.body)
	if r.err != nil {
		return Text{}, r.err
	}
	return r.out.Text(), nil
}

// run is one rendering. Its first failure sticks: from then on nothing is
// evaluated any more, values are undefined and whoever looks at err returns.
// That keeps the evaluator free of error plumbing.
type run struct {
	now   func() time.Time
	out   *Builder
	scope *scope
	leave leave

	limits // left

	caught Text // by the capture whose filters run
	line   int  // of what runs
	err    *Error
}

// limits are what a rendering may take.
type limits struct {
	steps  int
	memory int // bytes
	depth  int
}

func everything() limits { return limits{maxSteps, maxMemory, maxDepth} }

func (r *run) fail(format string, a ...any) {
	if r.err == nil {
		r.err = &Error{r.line, fmt.Sprintf(format, a...)}
	}
}

// enter counts a step and a level, and reports whether there may be one more.
// Where it does, exit must follow.
func (r *run) enter() bool {
	r.depth--
	if r.depth < 0 {
		r.fail("more than %d levels of evaluation", maxDepth)
	}
	if !r.spend(1) {
		r.depth++
		return false
	}
	return true
}

func (r *run) exit() { r.depth++ }

func (r *run) spend(steps int) bool {
	r.steps -= steps
	if r.steps < 0 {
		r.fail("more than %d steps", maxSteps)
	}
	return r.err == nil
}

// look pays for going through n bytes.
func (r *run) look(n int) bool { return r.spend(n/workUnit + 1) }

// grow pays for building n bytes, before they are built.
func (r *run) grow(n int) bool {
	r.memory -= n
	if r.memory < 0 || n < 0 {
		r.fail("more than %d bytes of text built", maxMemory)
	}
	return r.look(n)
}

// concat is the texts in a row, paid for.
func (r *run) concat(parts ...Text) Text {
	n := 0
	for _, p := range parts {
		n += p.size()
	}
	if !r.grow(n) {
		return Text{}
	}
	return concat(parts...)
}

// scope is the names of a loop's round, a macro or the template, within others.
type scope struct {
	names map[string]Value
	outer *scope
}

func (s *scope) inner() *scope { return &scope{map[string]Value{}, s} }

func (s *scope) find(name string) (Value, bool) {
	for ; s != nil; s = s.outer {
		if v, ok := s.names[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (r *run) exec(body []stmt) {
	for _, s := range body {
		if r.leave != stay || !r.enter() {
			return
		}
		s.exec(r)
		r.exit()
	}
}

func (s *textStmt) exec(r *run) { r.print(s.v.(Text)) }

func (s *outputStmt) exec(r *run) {
	r.line = s.line
	r.print(r.str(r.eval(s.e)))
}

func (r *run) print(t Text) {
	if r.out.Len()+len(t.s) > maxOutput {
		r.fail("more than %d bytes of prompt", maxOutput)
	}
	if r.grow(t.size()) {
		r.out.Add(t)
	}
}

func (s *ifStmt) exec(r *run) {
	for _, b := range s.branches {
		r.line = b.line
		if truth(r.eval(b.cond)) {
			r.exec(b.body)
			return
		}
	}
	r.exec(s.rest)
}

func (s *setStmt) exec(r *run) {
	r.line = s.line
	r.assign(s.target, r.eval(s.e))
}

func (s *capture) exec(r *run) {
	r.line = s.line
	outer := r.caught
	r.caught = r.capture(s.body)
	v := r.eval(s.change)
	r.caught = outer
	if r.leave != stay {
		return
	}
	if s.target.name == "" && s.target.parts == nil {
		r.print(r.str(v))
		return
	}
	r.assign(s.target, v)
}

// capture runs the body and returns what it prints.
func (r *run) capture(body []stmt) Text {
	outer := r.out
	r.out = &Builder{}
	r.exec(body)
	printed := r.out.Text()
	r.out = outer
	return printed
}

func (r *run) assign(t target, v Value) {
	switch {
	case r.err != nil:
	case t.parts != nil:
		r.unpack(t.parts, v)
	case t.attr != "":
		r.assignIn(t, v)
	default:
		r.scope.names[t.name] = v
	}
}

func (r *run) unpack(parts []target, v Value) {
	items := r.items(v)
	if len(items) != len(parts) {
		r.fail("%d values for %d names", len(items), len(parts))
		return
	}
	for i, p := range parts {
		r.assign(p, items[i])
	}
}

func (r *run) assignIn(t target, v Value) {
	found, _ := r.scope.find(t.name)
	ns, ok := found.(*namespace)
	if !ok {
		r.fail("%s is no namespace", t.name)
		return
	}
	ns.names[t.attr] = v
}

// loop is what a template sees as loop.
type loop struct {
	items   []Value
	at      int
	changed []Value // the arguments of the last call of changed()
}

func (s *forStmt) exec(r *run) {
	r.line = s.line
	items := r.items(r.eval(s.seq))
	if s.cond != nil {
		items = r.chosen(s, items)
	}
	if len(items) == 0 {
		r.exec(s.rest)
		return
	}
	outer := r.scope
	r.scope = outer.inner()
	l := &loop{items: items}
	for l.at = range items {
		if !r.spend(1) || r.round(s, l) == leaveLoop {
			break
		}
	}
	clear(r.scope.names) // a macro of the loop's may outlive it, but not its names
	r.scope = outer
}

// round runs a loop's body once, with no names left of the round before.
func (r *run) round(s *forStmt, l *loop) leave {
	clear(r.scope.names)
	r.scope.names["loop"] = l
	r.assign(s.target, l.items[l.at])
	r.exec(s.body)
	left := r.leave
	r.leave = stay
	return left
}

// chosen is the items for which the loop's condition holds.
func (r *run) chosen(s *forStmt, items []Value) []Value {
	outer := r.scope
	var kept []Value
	r.scope = outer.inner()
	for _, item := range items {
		r.assign(s.target, item)
		if truth(r.eval(s.cond)) && r.grow(16) {
			kept = append(kept, item)
		}
	}
	r.scope = outer
	return kept
}

func (s *leaveStmt) exec(r *run) { r.leave = s.by }

// macro is a template's own function. It sees the names around its definition.
type macro struct {
	*macroStmt
	scope *scope
}

func (s *macroStmt) exec(r *run) { r.scope.names[s.name] = &macro{s, r.scope} }

func (m *macro) call(r *run, a args) Value {
	names := make([]string, len(m.params))
	for i, p := range m.params {
		names[i] = p.name + "?"
	}
	given := r.take(m.name, a, names...)
	caller, leaving := r.scope, r.leave
	r.scope, r.leave = m.scope.inner(), stay
	for i, p := range m.params {
		r.scope.names[p.name] = r.argument(p, given[i])
	}
	printed := r.capture(m.body)
	r.scope, r.leave = caller, leaving
	return printed
}

func (r *run) argument(p param, given Value) Value {
	switch {
	case given != absent:
		return given
	case p.fallback != nil:
		return r.eval(p.fallback)
	}
	return undefined{name: p.name}
}

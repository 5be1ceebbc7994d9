package jinja

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Finding is something in a template that honest templates do without.
type Finding struct {
	Line   int
	Rule   Rule
	Detail string
}

// Rule names what a finding is about.
type Rule string

// The rules. A template that came with a model file may have been changed on its
// way; these are what a changed one would have to do to change its reader's mind.
const (
	RuleURL     Rule = "url"     // names a place on the network
	RulePrivate Rule = "private" // reaches for Python's insides, as __class__
	RulePhrase  Rule = "phrase"  // looks for certain words in what people say
)

func (f Finding) String() string { return fmt.Sprintf("line %d: %s", f.Line, f.Detail) }

// maxScan is when a scan gives up and says so, in expressions looked at.
const maxScan = 5_000_000

// Scan looks for what has no place in a template, without running it.
//
// The phrase rule is for the template that behaves differently when somebody
// mentions, say, a product: there a value that may hold what was said meets a
// literal, in a comparison, a search, a replacement or a look-up. Literals
// without letters and digits, markers such as <think> or [INST] and the words of
// the message format itself are what published templates look for; any other is
// a finding. Which values may hold what was said is told from how they flow from
// name to name, whatever the order: a template can't hide it behind a variable.
func (t *Template) Scan() []Finding {
	s := &scanner{macros: map[string][]param{}, spoken: map[string]bool{"messages": true}, words: map[string][]word{}}
	for s.changed = true; s.changed && s.work < maxScan; {
		s.changed = false
		s.body("", t.body)
	}
	s.looking = true
	if s.work < maxScan {
		s.work = 0
		s.body("", t.body)
	}
	if s.work >= maxScan {
		s.find(1, RulePhrase, "it is too tangled to judge")
	}
	slices.SortStableFunc(s.findings, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return slices.Compact(s.findings)
}

// scanner knows which names may hold what was said, and which string literals a
// name may hold. A name is one thing in the whole template; attributes of
// namespaces go by "." and their name, whatever the namespace is called.
type scanner struct {
	macros  map[string][]param
	spoken  map[string]bool
	words   map[string][]word
	changed bool

	work     int  // expressions looked at, words found
	looking  bool // all flows are known
	findings []Finding
}

// word is a string literal, or one that something was made of: a slice, say, of
// which it can't be told what it reads.
type word struct {
	*literal
	made bool
}

func (s *scanner) find(line int, rule Rule, format string, a ...any) {
	if s.looking {
		s.findings = append(s.findings, Finding{line, rule, fmt.Sprintf(format, a...)})
	}
}

// body goes through statements. What they print flows into the name printed.
func (s *scanner) body(printed string, body []stmt) {
	for _, st := range body {
		switch st := st.(type) {
		case *textStmt:
			s.flow(target{name: printed}, st.literal)
		case *outputStmt:
			s.flow(target{name: printed}, st.e)
		case *ifStmt:
			for _, b := range st.branches {
				walk(b.cond, s.expr)
				s.body(printed, b.body)
			}
			s.body(printed, st.rest)
		case *forStmt:
			s.flow(st.target, st.seq)
			s.flowInto(target{name: "loop"}, st.seq)
			walk(st.cond, s.expr)
			s.body(printed, st.body)
			s.body(printed, st.rest)
		case *setStmt:
			s.flow(st.target, st.e)
		case *capture:
			s.body(capturedKey(st.line), st.body)
			if to := st.target; to.key() == "" && to.parts == nil {
				s.flow(target{name: printed}, st.change)
			} else {
				s.flow(to, st.change)
			}
		case *macroStmt:
			s.macros[st.name] = st.params
			for _, p := range st.params {
				s.flow(target{name: p.name}, p.fallback)
			}
			s.body(st.name, st.body)
		}
	}
}

// key is the one name of a target.
func (t target) key() string {
	if t.attr != "" {
		return "." + t.attr
	}
	return t.name
}

// capturedKey is the name of what a capture catches, which no template can use.
func capturedKey(line int) string { return fmt.Sprint("captured at ", line) }

// flow notes that e may become the value of a target.
func (s *scanner) flow(t target, e expr) {
	walk(e, s.expr)
	s.flowInto(t, e)
}

func (s *scanner) flowInto(t target, e expr) {
	for _, p := range t.parts {
		s.flowInto(p, e)
	}
	key := t.key()
	if key == "" || e == nil {
		return
	}
	if !s.spoken[key] && s.isSpoken(e) {
		s.spoken[key], s.changed = true, true
	}
	for _, w := range s.wordsIn(e) {
		s.work += len(s.words[key])
		if !slices.Contains(s.words[key], w) {
			s.words[key], s.changed = append(s.words[key], w), true
		}
	}
}

// expr notes what flows within one expression, and looks at it.
func (s *scanner) expr(e expr) {
	switch e := e.(type) {
	case *literal:
		if t, ok := e.v.(Text); ok {
			s.text(e.line, t.s)
		}
	case *nameExpr:
		s.private(e.line, e.name)
	case *attrExpr:
		s.private(e.line, e.name)
	case *dictExpr:
		for i, k := range e.keys {
			if key, ok := constant(k); ok {
				s.flowInto(target{attr: key}, e.values[i])
			}
		}
	case *indexExpr:
		s.meet(e.line, e.key, e.of)
	case *compareExpr:
		left := e.left
		for _, right := range e.right {
			s.meet(e.line, left, right)
			s.meet(e.line, right, left)
			left = right
		}
	case *testExpr:
		for _, arg := range e.pos {
			s.meet(e.line, e.of, arg)
			s.meet(e.line, arg, e.of)
		}
	case *filterExpr:
		for _, arg := range patterns(e) {
			s.meet(e.line, e.of, arg)
		}
	case *callExpr:
		s.call(e)
	}
}

// patterns is the arguments that a filter compares its value with.
func patterns(f *filterExpr) []expr {
	skip := len(f.pos)
	switch f.name {
	case "replace", "trim": // what comes in place of it is no pattern
		return f.pos[:min(1, len(f.pos))]
	case "select", "reject", "map": // the first names a test or filter
		skip = 1
	case "selectattr", "rejectattr": // and here an attribute before it
		if isMetadata(f.pos) {
			return nil
		}
		skip = 2
	}
	return f.pos[min(skip, len(f.pos)-len(f.names)):]
}

// call lets arguments flow into parameters. A method meets what it is called with.
func (s *scanner) call(c *callExpr) {
	unnamed := len(c.pos) - len(c.names)
	for i, name := range c.names {
		s.flowInto(target{name: name}, c.pos[unnamed+i])
		s.flowInto(target{attr: name}, c.pos[unnamed+i]) // of a namespace
	}
	switch of := c.of.(type) {
	case *nameExpr:
		for i, p := range s.macros[of.name] {
			if i < unnamed {
				s.flowInto(target{name: p.name}, c.pos[i])
			}
		}
	case *attrExpr:
		for i, arg := range c.pos {
			if of.name != "get" && (of.name != "replace" || i == 0) {
				s.meet(c.line, of.of, arg)
			}
			if of.name != "join" && of.name != "format" {
				s.meet(c.line, arg, of.of)
			}
		}
	}
}

// meet finds the literals that what was said is held against.
func (s *scanner) meet(line int, said, against expr) {
	if !s.looking || !s.isSpoken(said) {
		return
	}
	for _, w := range s.wordsIn(against) {
		if text := w.v.(Text).s; hasLetters(text) && (w.made || !isMarker(text)) {
			s.find(line, RulePhrase, "what people say is searched for %.80q", text)
		}
	}
}

// metadata are the keys of messages and tool calls that hold no speech, and the
// parts of a loop.
const metadata = " role type id tool_call_id name index index0 first last length revindex revindex0 "

// isMetadata reports whether the first of the arguments names a key of metadata.
func isMetadata(args []expr) bool {
	if len(args) == 0 {
		return false
	}
	key, ok := constant(args[0])
	return ok && has(metadata, key)
}

// constant is the text of a string literal.
func constant(e expr) (string, bool) {
	l, ok := e.(*literal)
	if !ok {
		return "", false
	}
	t, ok := l.v.(Text)
	return t.s, ok
}

// isSpoken reports whether e may hold what was said, or something that does.
func (s *scanner) isSpoken(e expr) bool {
	if s.work++; s.work > maxScan {
		return false
	}
	switch e := e.(type) {
	case nil, *literal, *testExpr, *compareExpr:
		return false
	case *nameExpr:
		return s.spoken[e.name]
	case *captured:
		return s.spoken[capturedKey(e.line)]
	case *attrExpr:
		return s.isSpokenAt(e.of, e.name)
	case *indexExpr:
		if key, ok := constant(e.key); ok {
			return s.isSpokenAt(e.of, key)
		}
	case *unaryExpr:
		return e.op != "not" && s.isSpoken(e.of)
	case *choiceExpr:
		return s.isSpoken(e.yes) || s.isSpoken(e.no)
	case *filterExpr:
		if e.name == "length" || e.name == "count" || e.name == "map" && isMetadata(e.pos) {
			return false
		}
	}
	return slices.ContainsFunc(children(e), s.isSpoken)
}

func (s *scanner) isSpokenAt(of expr, key string) bool {
	return s.spoken["."+key] || !has(metadata, key) && s.isSpoken(of)
}

// wordsIn is the string literals that may be e's value, or that it is made of.
func (s *scanner) wordsIn(e expr) []word {
	if s.work++; s.work > maxScan {
		return nil
	}
	var words []word
	switch e := e.(type) {
	case *literal:
		if _, ok := constant(e); ok {
			words = []word{{literal: e}}
		}
	case *nameExpr:
		words = s.words[e.name]
	case *captured:
		words = s.words[capturedKey(e.line)]
	case *attrExpr:
		words = s.words["."+e.name]
	}
	parts, changed := ingredients(e)
	for _, part := range parts {
		words = slices.Concat(words, s.wordsIn(part))
	}
	if s.work += len(words); s.work > maxScan {
		return nil
	}
	if changed {
		return made(words)
	}
	return words
}

// ingredients is what e's value is made of, and whether it may then read
// differently.
func ingredients(e expr) (parts []expr, changed bool) {
	switch e := e.(type) {
	case nil, *testExpr, *compareExpr:
		return nil, false
	case *indexExpr:
		return []expr{e.of}, true
	case *sliceExpr:
		return []expr{e.of}, true
	case *filterExpr:
		if has(" default d join ", e.name) {
			return children(e), false
		}
		if e.name == "replace" {
			return children(e), true
		}
		return []expr{e.of}, true
	case *callExpr:
		of, method := e.of.(*attrExpr)
		if method && of.name == "get" && len(e.pos) > 0 { // the key is no part of the value
			return append([]expr{e.of}, e.pos[1:]...), false
		}
		return children(e), method
	}
	return children(e), false
}

func made(words []word) []word {
	all := make([]word, len(words))
	for i, w := range words {
		all[i] = word{w.literal, true}
	}
	return all
}

func hasLetters(text string) bool {
	return strings.ContainsFunc(text, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) })
}

// isMarker reports whether a literal is one that published templates look for.
func isMarker(text string) bool {
	text = strings.TrimSpace(text)
	return has(formatWords, text) || marker.MatchString(text)
}

// formatWords are the roles of messages, their keys, and those of tool schemas:
// "content" in message asks what a message has, not what it says.
const formatWords = " system user assistant tool developer role content text type parts blocks data value" +
	" tool_calls tool_call_id id image image_url video video_url thinking reasoning reasoning_content thought" +
	" description properties required nullable CONTINUE_FINAL_MESSAGE_TAG "

// marker is a word in angle or square brackets, such as <think> or [INST], or its
// beginning; a switch such as /no_think; an entity such as &amp;.
var (
	marker  = regexp.MustCompile(`^(<\S*>|</?\w*|\[[^\[\]]*\]?|/[a-z_]+|&[a-z]+;)$`)
	address = regexp.MustCompile(`(?i)https?://|www\.`)
)

func (s *scanner) text(line int, text string) {
	if at := address.FindStringIndex(text); at != nil {
		s.find(line+strings.Count(text[:at[0]], "\n"), RuleURL, "it holds an address on the network: %s", text[at[0]:at[1]])
	}
	s.private(line, text)
}

func (s *scanner) private(line int, name string) {
	if strings.HasPrefix(name, "__") {
		s.find(line, RulePrivate, "it uses the private name %q", name)
	}
}

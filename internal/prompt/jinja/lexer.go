package jinja

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	endOfTemplate tokenKind = iota
	literalText             // outside of tags
	openPrint               // {{
	closePrint
	openTag // {%
	closeTag
	nameToken
	stringToken
	intToken
	floatToken
	operator
)

type token struct {
	kind tokenKind
	text string
	line int
}

func (t token) String() string {
	switch t.kind {
	case endOfTemplate:
		return "the end of the template"
	case literalText:
		return "text"
	}
	return strconv.Quote(t.text)
}

// lexer cuts a template into tokens as Jinja2's does, white-space control and
// all. After a failure there are no more tokens.
type lexer struct {
	rest      string
	line      int
	lineStart bool // the last token ended a line, or there was none
	open      []byte
	tokens    []token
	err       *Error
}

func lex(source string) ([]token, *Error) {
	source = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source)
	l := &lexer{rest: strings.TrimSuffix(source, "\n"), line: 1, lineStart: true}
	for l.rest != "" && l.err == nil {
		l.outside()
	}
	l.add(endOfTemplate, "")
	return l.tokens, l.err
}

func (l *lexer) fail(format string, a ...any) {
	if l.err == nil {
		l.err = &Error{Line: l.line, Detail: fmt.Sprintf(format, a...)}
	}
	l.rest = ""
}

func (l *lexer) add(kind tokenKind, text string) {
	l.tokens = append(l.tokens, token{kind, text, l.line})
}

// skip goes n bytes on, counting lines.
func (l *lexer) skip(n int) string {
	s := l.rest[:n]
	l.rest = l.rest[n:]
	l.line += strings.Count(s, "\n")
	if n > 0 {
		l.lineStart = s[n-1] == '\n'
	}
	return s
}

// outside reads text up to a tag, then the tag.
func (l *lexer) outside() {
	at := nextTag(l.rest)
	if at < 0 {
		l.text(len(l.rest), "")
		return
	}
	opening := l.rest[at : at+2]
	sign := signAt(l.rest[at+2:])
	l.text(at, opening+sign)
	if n := len(rawTag.FindString(l.rest)); n > 0 {
		l.raw(n)
		return
	}
	l.skip(2 + len(sign))
	switch opening {
	case "{#":
		l.comment()
	case "{{":
		l.add(openPrint, opening)
		l.inside(closePrint)
	default:
		l.add(openTag, opening)
		l.inside(closeTag)
	}
}

// nextTag is where the next tag opens, or -1.
func nextTag(s string) int {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '{' && (s[i+1] == '{' || s[i+1] == '%' || s[i+1] == '#') {
			return i
		}
	}
	return -1
}

// signAt is the white-space sign after an opening.
func signAt(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[:1]
	}
	return ""
}

// text adds the next n bytes as text, less what the opening after them strips:
// - takes all white space, a block or comment the indentation of its line.
func (l *lexer) text(n int, opening string) {
	lineStart, line := l.lineStart, l.line
	s := l.skip(n)
	switch {
	case strings.HasSuffix(opening, "-"):
		s = strings.TrimRightFunc(s, IsSpace)
	case opening == "{%" || opening == "{#":
		indent := strings.LastIndexByte(s, '\n') + 1
		if (indent > 0 || lineStart) && strings.TrimLeftFunc(s[indent:], IsSpace) == "" {
			s = s[:indent]
		}
	}
	if s != "" {
		l.tokens = append(l.tokens, token{literalText, s, line})
	}
}

var (
	rawTag    = regexp.MustCompile(`^\{%[-+]?\s*raw\s*(-%\}\s*|%\})`)
	endRawTag = regexp.MustCompile(`\{%([-+]?)\s*endraw\s*(\+%\}|-%\}\s*|%\}\n?)`)
)

func (l *lexer) raw(n int) {
	l.skip(n)
	end := endRawTag.FindStringSubmatchIndex(l.rest)
	if end == nil {
		l.fail("raw is not closed")
		return
	}
	l.text(end[0], "{%"+l.rest[end[2]:end[3]])
	l.skip(end[1] - end[0])
}

func (l *lexer) comment() {
	end := strings.Index(l.rest, "#}")
	if end < 0 {
		l.fail("a comment is not closed")
		return
	}
	sign := ""
	if end > 0 {
		sign = signAt(l.rest[end-1:])
	}
	l.skip(end + 2)
	l.afterTag(sign, true)
}

// afterTag skips what a closing takes along: - all white space, otherwise a
// block or comment the line break after it.
func (l *lexer) afterTag(sign string, trimLine bool) {
	switch {
	case sign == "-":
		l.skip(len(l.rest) - len(strings.TrimLeftFunc(l.rest, IsSpace)))
	case sign == "" && trimLine && strings.HasPrefix(l.rest, "\n"):
		l.skip(1)
	}
}

// inside reads the tokens of a tag up to its closing.
func (l *lexer) inside(closing tokenKind) {
	l.open = l.open[:0]
	for l.err == nil {
		l.skip(len(l.rest) - len(strings.TrimLeftFunc(l.rest, IsSpace)))
		if len(l.open) == 0 && l.close(closing) {
			return
		}
		if l.rest == "" {
			l.fail("a tag is not closed")
			return
		}
		l.token()
	}
}

func (l *lexer) close(kind tokenKind) bool {
	mark := map[tokenKind]string{closePrint: "}}", closeTag: "%}"}[kind]
	sign := ""
	if strings.HasPrefix(l.rest, "-"+mark) || kind == closeTag && strings.HasPrefix(l.rest, "+"+mark) {
		sign = l.rest[:1]
	} else if !strings.HasPrefix(l.rest, mark) {
		return false
	}
	l.add(kind, mark)
	l.skip(len(sign) + len(mark))
	l.afterTag(sign, kind == closeTag)
	return true
}

var (
	floatPattern  = regexp.MustCompile(`^[0-9](_?[0-9])*(\.[0-9](_?[0-9])*([eE][-+]?[0-9](_?[0-9])*)?|[eE][-+]?[0-9](_?[0-9])*)`)
	intPattern    = regexp.MustCompile(`^(0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[0-9a-fA-F])+|[1-9](_?[0-9])*|0(_?0)*)`)
	stringPattern = regexp.MustCompile(`^(?s:'[^'\\]*(\\.[^'\\]*)*'|"[^"\\]*(\\.[^"\\]*)*")`)
)

// operators, the longer first.
const operators = "// ** == != >= <= + - / * % ~ [ ] ( ) { } > < = . : | ,"

func (l *lexer) token() {
	c, _ := utf8.DecodeRuneInString(l.rest)
	switch {
	case c == '\'' || c == '"':
		l.string()
	case c >= '0' && c <= '9':
		l.number()
	case c == '_' || unicode.IsLetter(c):
		n := strings.IndexFunc(l.rest, func(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) })
		if n < 0 {
			n = len(l.rest)
		}
		l.add(nameToken, l.rest[:n])
		l.skip(n)
	default:
		l.operator()
	}
}

func (l *lexer) number() {
	kind, n := floatToken, len(floatPattern.FindString(l.rest))
	if n == 0 || l.afterDot() {
		kind, n = intToken, len(intPattern.FindString(l.rest))
	}
	l.add(kind, strings.ReplaceAll(l.rest[:n], "_", ""))
	l.skip(n)
}

// afterDot reports whether the token before is a dot: x.0.1 has no float in it.
func (l *lexer) afterDot() bool {
	last := l.tokens[len(l.tokens)-1]
	return last.kind == operator && last.text == "."
}

func (l *lexer) operator() {
	for op := range strings.FieldsSeq(operators) {
		if strings.HasPrefix(l.rest, op) {
			l.add(operator, op)
			l.skip(len(op))
			l.balance(op[0])
			return
		}
	}
	c, _ := utf8.DecodeRuneInString(l.rest)
	l.fail("unexpected character %q", c)
}

// balance keeps count of brackets: a tag closes only outside of all of them.
func (l *lexer) balance(bracket byte) {
	if i := strings.IndexByte("([{", bracket); i >= 0 {
		l.open = append(l.open, ")]}"[i])
		return
	}
	if strings.IndexByte(")]}", bracket) < 0 {
		return
	}
	last := len(l.open) - 1
	if last < 0 || l.open[last] != bracket {
		l.fail("unexpected %q", bracket)
		return
	}
	l.open = l.open[:last]
}

func (l *lexer) string() {
	s := stringPattern.FindString(l.rest)
	if s == "" {
		l.fail("a string is not closed")
		return
	}
	text, ok := unescape(s[1 : len(s)-1])
	if !ok {
		l.fail("a string has a broken escape")
		return
	}
	l.add(stringToken, text)
	l.skip(len(s))
}

// unescape resolves backslashes as Python's unicode-escape does: an unknown one
// stays as it is.
func unescape(s string) (string, bool) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			b.WriteString(s)
			return b.String(), i < 0
		}
		b.WriteString(s[:i])
		n, ok := unescapeOne(&b, s[i:])
		if !ok {
			return "", false
		}
		s = s[i+n:]
	}
}

// unescapeOne resolves the escape that s begins with and returns its length.
func unescapeOne(b *strings.Builder, s string) (int, bool) {
	const letters, meanings = "\nabfnrtv\\'\"", "\x00\a\b\f\n\r\t\v\\'\""
	if i := strings.IndexByte(letters, s[1]); i == 0 {
		return 2, true // a broken line goes on
	} else if i > 0 {
		b.WriteByte(meanings[i])
		return 2, true
	}
	base, digits := 16, map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
	from := 2
	switch {
	case s[1] == 'N':
		return 0, false // a character by its name
	case s[1] >= '0' && s[1] <= '7':
		base, from, digits = 8, 1, len(octal.FindString(s[1:]))
	case digits == 0:
		b.WriteString(s[:1]) // the backslash stays, and what follows is read as text
		return 1, true
	}
	if from+digits > len(s) {
		return 0, false
	}
	c, err := strconv.ParseUint(s[from:from+digits], base, 32)
	b.WriteRune(rune(c))
	return from + digits, err == nil && c <= unicode.MaxRune
}

var octal = regexp.MustCompile(`^[0-7]{1,3}`)

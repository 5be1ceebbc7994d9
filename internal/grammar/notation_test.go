package grammar_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/grammar"
)

func TestNotation(t *testing.T) {
	for _, c := range []struct {
		source      string
		takes, bars []string
	}{
		{"root ::= \"yes\" | \"no\"", []string{"yes", "no"}, []string{"", "y", "yesno"}},
		{"# a list\nroot ::= item (\n  \", \" item)* # more\nitem ::= [a-z]+ | [^a-z,]{2,3}", []string{"ab", "ab, c", "中文, x"}, []string{"", "ab,", "中"}},
		{`root ::= "\x41\u4e2d\U0001f600\"\\\n" . [\]\-^]?`, []string{"A中😀\"\\\nx", "A中😀\"\\\nx]", "A中😀\"\\\nx-"}, []string{"A"}},
		{"root ::= \"(\" root \")\" | \"x\"", []string{"x", "((x))"}, []string{"((x)", "()"}},
		{"root ::= \"a\" root | \"\"", []string{"", "aaaa", strings.Repeat("a", 5000)}, []string{"b"}},
		{"root ::= [0-9]{20,30} \"!\"{2,}", []string{strings.Repeat("7", 25) + "!!"}, []string{strings.Repeat("7", 19) + "!!", strings.Repeat("7", 31) + "!!", strings.Repeat("7", 25) + "!"}},
		{"root ::= s s\ns ::= \"a\" s \"b\" | \"ab\" | s2\ns2 ::= \"ab\"", []string{"abab", "aabbab"}, []string{"ab", "aabab"}},
	} {
		l, err := grammar.Notation(c.source)
		g := compile(t, l, err)
		for _, text := range c.takes {
			if !g.Matches(text) {
				t.Errorf("%s does not take %.50q", c.source, text)
			}
		}
		for _, text := range c.bars {
			if g.Matches(text) {
				t.Errorf("%s takes %.50q", c.source, text)
			}
		}
	}
}

func TestNotationRefuses(t *testing.T) {
	for source, want := range map[string]string{
		"":                                 "there is no rule root",
		"other ::= \"x\"":                  "there is no rule root",
		"root ::= \"x":                     "at line 1, column 12: the text in quotes does not end",
		"root ::= [a":                      "at line 1, column 12: the set in [] does not end",
		"root ::= \"a\"\n\nroot ::= \"b\"": "at line 3, column 10: rule root is there twice",
		"root = \"a\"":                     "at line 1, column 6: ::= is expected",
		"root ::= a\nroot2 ::= \"x\"":      "at line 1, column 10: there is no rule a",
		"root ::= (\"a\"":                  "at line 1, column 14: ) is expected",
		"root ::= \"a\"{3,2}":              "at line 1, column 18: a count is expected: {2}, {2,} or {2,5}",
		`root ::= "\q"`:                    `at line 1, column 12: there is no escape \q`,
		"root ::= root \"a\" | \"b\"":      "root begins with itself",
		"root ::= a\na ::= b? a2\na2 ::= a \"x\"\nb ::= \"b\"": "no text is possible",
		"root ::= \"a\" root":                  "no text is possible",
		"root ::= " + strings.Repeat("(", 300): "at line 1, column 138: brackets are nested more than 128 deep",
	} {
		l, err := grammar.Notation(source)
		if err == nil {
			_, err = grammar.Compile(l)
		}
		if err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", source, err, want)
		}
	}
}

func TestRegex(t *testing.T) {
	texts := []string{"", "a", "ab", "abc", "b", "aab", "AB", "中", "中文", "0", "12", "a1", "a\n", "a.b", "-", "é", "foo", "foobar", "bar"}
	for _, x := range []string{`a`, `a*b?`, `^ab$`, `[^a]`, `(a|b)+`, `(?i)ab`, `\d{1,2}`, `.`, `(?s:.)+`, `\pL+`, `[\x{4e00}-\x{9fff}]{2}`,
		`foo(bar)?`, `^(foo|bar)`, `(^a|b)c?`, `a??b`, `\w+\n?`, `[[:alpha:]]\.b`, ``, `a{0}`, `(a{2}){0,1}b`} {
		l, err := grammar.Regex(x)
		g := compile(t, l, err)
		whole := regexp.MustCompile(`\A(?:` + x + `)\z`)
		for _, text := range texts {
			if got, want := g.Matches(text), whole.MatchString(text); got != want {
				t.Errorf("%s: %q: %v, want %v", x, text, got, want)
			}
		}
	}
}

func TestRegexRefuses(t *testing.T) {
	for _, x := range []string{`(`, `a\b`, `(?m)^a`, `a{1001}`, strings.Repeat("(", 1500) + strings.Repeat(")", 1500), `((a|b|c){1,30}){1,30}(a{30}){33}`, `a(?=b)`, `(\pL{50}){20}x{500}`} {
		l, err := grammar.Regex(x)
		if err == nil {
			_, err = grammar.Compile(l)
		}
		var e *grammar.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%.40s: %v", x, err)
		}
	}
}

// FuzzParsers: whatever is read is refused or compiled within the limits, and can then
// be followed byte by byte.
func FuzzParsers(f *testing.F) {
	for _, s := range []string{order(), bomb(9), `{"type":["integer","null"],"minimum":-0.5e2}`, `{"$ref":"#/a~1b","a/b":{"const":{"x":[1]}}}`} {
		f.Add(byte(0), s, `{"field_0": "x"`)
	}
	f.Add(byte(1), `^(a|b)*\d{2,9}$`, "ab12")
	f.Add(byte(2), "root ::= (\"a\" | [^b-d]{2,}) root? # x", "aa")
	f.Fuzz(func(t *testing.T, which byte, source, text string) {
		var l grammar.Language
		var err error
		switch which % 3 {
		case 0:
			l, err = grammar.Schema(source)
		case 1:
			l, err = grammar.Regex(source)
		case 2:
			l, err = grammar.Notation(source)
		}
		var g *grammar.Grammar
		if err == nil {
			g, err = grammar.Compile(l)
		}
		var e *grammar.Error
		if err != nil {
			if !errors.As(err, &e) {
				t.Fatalf("%v is no error of ours", err)
			}
			return
		}
		s := g.Start()
		for i := 0; i < len(text) && s != nil; i++ {
			s = g.Step(s, text[i])
			if s != nil && s.Closed() && !s.Done() {
				t.Fatalf("%q leads nowhere", text[:i+1])
			}
		}
	})
}

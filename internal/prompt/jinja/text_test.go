package jinja

import (
	"errors"
	"strings"
	"testing"
)

// whose writes a text with what is foreign in brackets.
func whose(t Text) string {
	var b strings.Builder
	for i, c := range t.s {
		in := t.IsForeign(i, i+1)
		if was := i > 0 && t.IsForeign(i-1, i); in && !was {
			b.WriteByte('[')
		} else if was && !in {
			b.WriteByte(']')
		}
		b.WriteRune(c)
	}
	if n := len(t.s); n > 0 && t.IsForeign(n-1, n) {
		b.WriteByte(']')
	}
	return b.String()
}

// TestTextsRememberWhoseTheyAre: through every operation on strings.
func TestTextsRememberWhoseTheyAre(t *testing.T) {
	names := &Dict{}
	names.Set(Own("s"), Foreign(" Hello, World "))
	names.Set(Own("z"), Foreign("你好"))
	names.Set(Own("e"), Foreign(""))
	held, err := FromJSON(`{"Key": "value", "n": 1}`)
	if err != nil {
		t.Fatal(err)
	}
	names.Set(Own("d"), held)
	for source, want := range map[string]string{
		"a{{ s }}b":                                                  "a[ Hello, World ]b",
		"{{ 'a' + s + 'b' }}":                                        "a[ Hello, World ]b",
		"{{ 'a' ~ z ~ 1 ~ e }}":                                      "a[你好]1",
		"{{ s.strip() }}{{ s|trim }}":                                "[Hello, WorldHello, World]",
		"{{ z[0] }}x{{ z[-1:] }}":                                    "[你]x[好]",
		"{{ ('a' ~ z ~ 'b')[1:-1] }}":                                "[你好]",
		"{{ ('a' ~ z ~ 'b')[::-1] }}":                                "b[好你]a",
		"{{ (z ~ '-' ~ z).split('-')|join('+') }}":                   "[你好]+[你好]",
		"{{ s.split()|join(e) }}":                                    "[Hello,World]",
		"{{ s.rsplit('o', 1)[0] }}":                                  "[ Hello, W]",
		"{{ s.replace('o', '0') }}":                                  "[ Hell]0[, W]0[rld ]",
		"{{ 'x-x'.replace('x', z) }}":                                "[你好]-[你好]",
		"{{ z.replace('', '.') }}":                                   ".[你].[好].",
		"{{ s|upper }}{{ s.lower() }}":                               "[ HELLO, WORLD  hello, world ]",
		"{{ ('x' ~ s)|capitalize }}":                                 "X[ hello, world ]",
		"{{ z * 2 }}{{ 'x' * 2 }}":                                   "[你好你好]xx",
		"{{ s|list|first }}{{ s|list|length }}":                      "[ ]14",
		"{% for c in z %}{{ c }}.{% endfor %}":                       "[你].[好].",
		"{{ '{}-{}'.format(z, 'a') }}":                               "[你好]-a",
		"{{ s.removeprefix(' Hello') }}":                             "[, World ]",
		"{{ (z ~ '\\n' ~ z)|indent(2, true) }}":                      "  [你好]\n  [你好]",
		"{{ (z ~ '\\na').splitlines()|join('/') }}":                  "[你好]/a",
		"{{ z|tojson }}{{ 1|tojson }}":                               `["你好"]1`,
		"{{ d }}{{ [1] }}":                                           "[{'Key': 'value', 'n': 1}][1]",
		"{{ d.Key }}{{ d.n }}":                                       "[value]1",
		"{% for k, v in d|items %}{{ k }}={{ v }} {% endfor %}":      "[Key]=[value] [n]=1 ",
		"{{ d|dictsort|first|first }}":                               "[Key]",
		"{{ d|list|map('upper')|join(',') }}":                        "[KEY],[N]",
		"{% set x %}a{{ z }}{% endset %}{{ x }}":                     "a[你好]",
		"{% filter upper %}a{{ s }}{% endfilter %}":                  "A[ HELLO, WORLD ]",
		"{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(z) ~ m('a') }}": "<[你好]><a>",
		"{% set ns = namespace(x='') %}{% for c in z %}{% set ns.x = ns.x + c + '|' %}{% endfor %}{{ ns.x }}": "[你]|[好]|",
		"{{ z if z else 'x' }}{{ e or 'x' }}":    "[你好]x",
		"{{ {'a': z}.a }}{{ [z, 'b'][0] }}":      "[你好你好]",
		"{{ ('<' ~ z)|safe + '<' }}":             "<[你好]&lt;",
		"{{ z|default('x') }}{{ q|default(z) }}": "[你好你好]",
		"{{ z|string }}{{ z|reverse }}":          "[你好好你]",
	} {
		got, err := render(source, names)
		if err != nil {
			t.Errorf("%s: %v", source, err)
		} else if w := whose(got); w != want && strings.ReplaceAll(w, "][", "") != want {
			t.Errorf("%s\n got %s\nwant %s", source, w, want)
		}
	}
}

func TestJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"b":1,"a":[true,null,"x"]}`:      `{"b": 1, "a": [true, null, "x"]}`,
		`{"a":1,"b":2,"a":3}`:              `{"a": 3, "b": 2}`,
		`[1.0,1e5,1E400,-0,-0.0,1e-7,0.1]`: `[1.0, 100000.0, Infinity, 0, -0.0, 1e-07, 0.1]`,
		`[12345678901234567890123]`:        `[12345678901234567890123]`,
		`"\u00e9\ud83d\ude42\/\u0001"`:     `"é🙂/\u0001"`,
		` [ ] `:                            `[]`,
	} {
		v, err := FromJSON(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got, err := ToJSON(v, -1); err != nil || got.s != want {
			t.Errorf("%s: got %s, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "{", "[1,]", `{"a"}`, "nul", "[1] 2", strings.Repeat("[", 101) + strings.Repeat("]", 101), `{1:2}`} {
		if v, err := FromJSON(in); err == nil {
			t.Errorf("%q is read as %v", in, v)
		}
	}
}

// FuzzJinjaTemplate: any text is a template or is refused; a template is scanned
// and run to an end.
func FuzzJinjaTemplate(f *testing.F) {
	_, cases := readGoldens(f)
	for i, c := range cases {
		if i < 150 && len(*c[0]) < 200 {
			f.Add(*c[0])
		}
	}
	names, _ := readGoldens(f)
	f.Fuzz(func(t *testing.T, source string) {
		template, err := Parse(source)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatal(err)
			}
			return
		}
		template.Scan()
		text, err := template.render(names, noon, everything()) // Render would hide a panic
		if err == nil {
			checkMarks(t, text)
		}
	})
}

// FuzzJinjaRender: any text as a value is rendered as it is, and known as foreign
// by every byte.
func FuzzJinjaRender(f *testing.F) {
	f.Add("Hello, 世界\n", ",", 1, 3)
	f.Add("<think>\xff</think>", "<", -2, 0)
	const source = `{{ s }}{{ s.split(p or ' ')|join(p) }}{{ s[i:j] }}{{ s[j:i:-1] }}{{ s.replace(p, s[i:j]) }}{{ s|trim|upper|indent }}` +
		`{{ s|tojson }}{{ [s, p] }}{{ s.strip(p) }}{% for c in s %}{{ c }}{% endfor %}{{ s.splitlines()|join(p) }}{{ s.rsplit(p or 'x', 1)|last }}`
	template, err := Parse(source)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s, p string, i, j int) {
		names := &Dict{}
		names.Set(Own("s"), Foreign(s))
		names.Set(Own("p"), Foreign(p))
		names.Set(Own("i"), i)
		names.Set(Own("j"), j)
		text, err := template.render(names, noon, everything()) // Render would hide a panic
		if err != nil || s == "" || p == "" {                   // the quotes around nothing are nobody's
			return
		}
		checkMarks(t, text)
		if !strings.HasPrefix(text.s, s) {
			t.Fatalf("%q became %q", s, text.s)
		}
		own := 0
		for i := range len(text.s) {
			if !text.IsForeign(i, i+1) && text.s[i] != ' ' && text.s[i] != '\n' {
				own++
			}
		}
		if own > 0 { // but for what indent adds, all of it came from outside
			t.Fatalf("%d bytes of %q are the template's", own, whose(text))
		}
	})
}

// checkMarks checks what a Text promises of its marks.
func checkMarks(t *testing.T, text Text) {
	t.Helper()
	last := -1
	for _, m := range text.foreign {
		if m.from <= last || m.from >= m.to || m.to > len(text.s) {
			t.Fatalf("%q has the marks %v", text.s, text.foreign)
		}
		last = m.to
	}
}

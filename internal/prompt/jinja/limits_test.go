package jinja

import (
	"errors"
	"strings"
	"testing"
)

// TestTemplatesEnd: whatever a template tries, it ends soon, in an error.
func TestTemplatesEnd(t *testing.T) {
	deep := func(open, middle, close string) string {
		return strings.Repeat(open, 5000) + middle + strings.Repeat(close, 5000)
	}
	for name, source := range map[string]string{
		"a long range":           "{% for i in range(10**9) %}{% endfor %}",
		"the longest range":      "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
		"a range too long":       "{{ range(1000000000)|length }}",
		"a negative range":       "{{ range(0, 9223372036854775807, 2)|length }}",
		"repetition":             "{{ 'x' * 2000000000 }}",
		"repetition of nothing":  "{{ '' * 9000000000000000000 }}",
		"repetition of lists":    "{{ ([1] * 1000000000)|length }}",
		"doubling":               "{% set ns = namespace(s='x') %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
		"doubling by ~":          "{% set ns = namespace(s='x') %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
		"doubling by replace":    "{% set ns = namespace(s='xx') %}{% for i in range(64) %}{% set ns.s = ns.s|replace('x', 'xx') %}{% endfor %}",
		"doubling by join":       "{% set ns = namespace(s='xx') %}{% for i in range(64) %}{% set ns.s = ns.s|list|join(ns.s) %}{% endfor %}",
		"doubling by capture":    "{% set ns = namespace(s='x') %}{% for i in range(64) %}{% set s %}{{ ns.s }}{{ ns.s }}{% endset %}{% set ns.s = s %}{% endfor %}",
		"doubling by format":     "{% set ns = namespace(s='x') %}{% for i in range(64) %}{% set ns.s = '{0}{0}'.format(ns.s) %}{% endfor %}",
		"doubling by indent":     "{% set ns = namespace(s='x\\n') %}{% for i in range(64) %}{% set ns.s = ns.s|indent(ns.s, true, true) %}{% endfor %}",
		"doubling lists":         "{% set ns = namespace(s=[1]) %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
		"nesting lists":          "{% set ns = namespace(s=[]) %}{% for i in range(99999) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}",
		"a tree of lists":        "{% set ns = namespace(s=[]) %}{% for i in range(64) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s|string|length }}",
		"a tree as JSON":         "{% set ns = namespace(s=[]) %}{% for i in range(64) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s|tojson }}",
		"two trees alike":        "{% set ns = namespace(s=[], t=[]) %}{% for i in range(64) %}{% set ns.s = [ns.s, ns.s] %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.s == ns.t }}",
		"two trees in order":     "{% set ns = namespace(s=[1], t=[1]) %}{% for i in range(64) %}{% set ns.s = [ns.s, ns.s] %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.s < ns.t }}",
		"recursion":              "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
		"recursion twice":        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
		"recursion by default":   "{% macro f(x=f()) %}{% endmacro %}{{ f() }}",
		"output":                 "{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}",
		"deep brackets":          "{{ " + deep("(", "1", ")") + " }}",
		"deep lists":             "{{ " + deep("[", "1", "]") + " }}",
		"deep signs":             "{{ " + strings.Repeat("-", 5000) + "1 }}",
		"deep nots":              "{{ " + strings.Repeat("not ", 5000) + "1 }}",
		"deep blocks":            deep("{% if 1 %}", "x", "{% endif %}"),
		"deep targets":           "{% set " + deep("(", "x", ")") + " = 1 %}",
		"a long sum":             "{{ 1" + strings.Repeat("+1", 50000) + " }}",
		"long chains of filters": "{{ 'x'" + strings.Repeat("|upper", 20000) + " }}",
		"a large template":       strings.Repeat("x", maxSource+1),
		"a wide indent":          "{{ [1]|tojson(indent=1000000000) }}",
		"wide separators":        "{{ range(1000)|list|tojson(separators=['x' * 1000000, ':']) }}",
		"searching":              "{% set s = 'x' * 10000000 %}{% for i in range(100000) %}{% if 'y' in s %}{% endif %}{% endfor %}",
		"stripping":              "{% set s = 'x' * 1000000 %}{% for i in range(100000) %}{% if s.strip(s) %}{% endif %}{% endfor %}",
		"letters":                "{% for c in 'x' * 16000000 %}{% endfor %}",
		"pieces":                 "{{ ('x,' * 8000000).split(',')|length }}",
		"comparing":              "{% set s = 'x' * 10000000 %}{% set t = s ~ '' %}{% for i in range(100000) %}{% if s == t %}{% endif %}{% endfor %}",
		"sorting":                "{{ ((range(99999)|list) * 40)|sort|length }}",
		"calls of itself":        "{% set ns = namespace(f=namespace) %}{% for i in range(100000) %}{% for j in range(1000) %}{% set ns.f = namespace(f=ns.f) %}{% endfor %}{% endfor %}",
	} {
		template, err := Parse(source)
		if err == nil {
			_, err = template.render(&Dict{}, noon, limits{maxSteps / 20, maxMemory / 4, maxDepth})
		}
		if _, ok := errors.AsType[*Error](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStepsEnd: what would take for ever takes all the steps there are.
func TestStepsEnd(t *testing.T) {
	_, err := render("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}", &Dict{})
	if err == nil {
		t.Error("there is no end of steps")
	}
}

// TestOddCalls: what a template may write and nobody means is an error or a value,
// never the end of the server.
func TestOddCalls(t *testing.T) {
	for source, want := range map[string]string{
		"{{ 'abc'[1:3:9223372036854775807] }}":                 "b",
		"{{ 'abc'[::-9223372036854775807] }}":                  "c",
		"{{ [1, 2, 3][1:3:9223372036854775807] }}":             "[2]",
		"{{ [1]|select(foo='even')|list }}":                    "",
		"{{ [1]|map(attribute='x', foo=1)|list }}":             "",
		"{{ [1]|map(filter='upper')|list }}":                   "",
		"{{ [1]|selectattr(attribute='x', test='odd')|list }}": "",
		"{{ [1]|rejectattr('x', test='odd')|list }}":           "",
	} {
		template, err := Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		text, err := template.render(&Dict{}, noon, everything())
		if text.s != want || (err != nil) != (want == "") {
			t.Errorf("%s is %q (%v), want %q", source, text.s, err, want)
		}
	}
}

// TestFieldsOfForeignText: cutting a text of many marks takes steps in proportion.
func TestFieldsOfForeignText(t *testing.T) {
	names := &Dict{}
	names.Set(Own("c"), Foreign(strings.Repeat("x", 200_000)))
	template, err := Parse("{{ (c|list|join(' ')).split()|length }}")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := template.Render(names, noon); err == nil && text.s != "200000" {
		t.Errorf("got %q", text.s)
	}
}

// TestTemplatesAreClosedIn: nothing but the given values can be reached.
func TestTemplatesAreClosedIn(t *testing.T) {
	for _, source := range []string{
		"{% include 'secret' %}", "{% import 'secret' as s %}", "{% from 'secret' import s %}", "{% extends 'secret' %}",
		"{% block x %}{% endblock %}", "{% call f() %}{% endcall %}", "{% do 1 %}", "{% autoescape true %}{% endautoescape %}",
		"{{ s.__class__.mro() }}", "{{ s['__class__']['x'] }}", "{{ s|attr('__class__') }}", "{{ s.upper.__globals__['x'] }}",
		"{{ cycler.__init__ }}", "{{ self.x }}", "{{ config.x }}", "{{ lipsum() }}", "{{ s.String() }}", "{{ s.Slice(0, 1) }}",
		"{{ d.Set('a', 1) }}", "{{ d.Keys.x }}", "{{ d.pop('a') }}", "{{ l.append(1) }}", "{{ d.setdefault('a', 1) }}", "{{ s|e }}",
	} {
		names := &Dict{}
		names.Set(Own("s"), Own("text"))
		names.Set(Own("d"), &Dict{})
		names.Set(Own("l"), NewList(1))
		if got, err := render(source, names); err == nil {
			t.Errorf("%s renders %q", source, got)
		}
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	for source, want := range map[string]string{
		"a\n{{ x.y }}":                               `line 2: "x" is undefined`,
		"\n\n{% if 'a' in 1 %}{% endif %}":           "line 3: a number can't be iterated over",
		"{% for x in [1] %}\n{{ x.upper() }}":        "line 2: endfor is missing",
		"{{ 1\n+ }}":                                 `line 2: unexpected "}}"`,
		"\n{{ raise_exception('no ' ~ 2) }}":         "line 2: no 2",
		"\n{{ 'a'|wrap }}":                           `line 2: filter "wrap" is not supported`,
		"\n\n{{ none['a'].b }}":                      `line 3: none has no "a"`,
		"{% set x = [\n1,\n2 %}":                     `line 3: unexpected '}'`,
		"\n{% block a %}":                            `line 2: tag "block" is not supported`,
		"{{ 'a'.zfill(3) }}":                         "line 1: the method zfill of a string is not supported",
		"{% for a, b in [[1]] %}{% endfor %}":        "line 1: 1 values for 2 names",
		"{{ [].append(1) }}":                         `line 1: the sandbox has no "append"`,
		"{{ range(1, 2, 3, 4) }}":                    "line 1: range takes 3 arguments, not 4",
		"{% macro m(a) %}{% endmacro %}{{ m(b=1) }}": "line 1: m takes no argument b here",
	} {
		if _, err := render(source, &Dict{}); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", source, err, want)
		}
	}
}

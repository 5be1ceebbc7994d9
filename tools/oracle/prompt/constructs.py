"""Writes the goldens of internal/prompt/jinja: small templates that try every
construct, and random expressions, with what Jinja2 makes of each.

    python3 -W ignore constructs.py ../../../internal/prompt/jinja/testdata/constructs.json.gz
"""

import copy
import random
import sys

import reference

NAMES = {
    "n": 7, "zero": 0, "neg": -3, "big": 123456789012345678901234567890, "f": 2.5, "tiny": 1e-7, "huge": 1e22, "yes": True,
    "no": False, "nothing": None, "s": "Hello, World", "empty": "", "zh": "你好,世界", "sp": "  padded \n",
    "lines": "one\ntwo\n\nthree\r\nfour", "quote": "it's \"quoted\" \\ and\ttabbed", "tag": "<think>\nx\n</think>\n\ny",
    "emoji": "a🙂b", "ctl": "\u0001\u001f\u007f\u00a0\u2028",
    "xs": [3, 1, 2], "ss": ["b", "A", "c", "a"], "none_list": [], "nested": [[1, 2], [3, [4]]], "mixed": [1, "a", None, 2.0, True],
    "d": {"b": 1, "A": 2, "c": {"x": [1, {"y": "z"}], "items": "held"}}, "none_dict": {},
    "people": [{"name": "Bo", "age": 3, "tags": ["x"]}, {"name": "al", "age": 1}, {"name": "Cy", "age": 2, "tags": []}],
}

TEXTS = r"""
{{ n }}|{{ zero }}|{{ neg }}|{{ big }}|{{ f }}|{{ tiny }}|{{ huge }}|{{ yes }}|{{ no }}|{{ nothing }}|{{ s }}|{{ zh }}
{{ xs }}{{ ss }}{{ none_list }}{{ nested }}{{ mixed }}{{ d }}{{ none_dict }}{{ people }}
{{ [quote, ctl, emoji, "'", '"', '\''] }}{{ (1,) }}{{ () }}{{ (1, 2) }}
{{ missing }}[{{ missing }}]{{ d.missing }}{{ s.missing }}{{ xs[9] }}{{ n.missing }}{{ nothing.missing }}
{{ missing.x }}
{{ d.missing.x }}
{{ missing['x'] }}
{{ missing() }}
{{ missing + 1 }}
{{ missing == missing }}{{ missing == none }}{{ missing != 1 }}{{ not missing }}{{ missing|length }}{{ missing|list }}{{ 1 in missing }}
{{ missing < 1 }}
{{ s.upper }}x
{{ 1 + 2 * 3 - 4 / 2 }}{{ 7 // 2 }}{{ -7 // 2 }}{{ 7 % 3 }}{{ -7 % 3 }}{{ 7 % -3 }}{{ 7.5 % 2 }}{{ -7.5 // 2 }}{{ 1 / 3 }}
{{ 1 / 0 }}
{{ 1 % 0 }}
{{ 1.5 // 0 }}
{{ yes + yes }}{{ yes * 3 }}{{ -yes }}{{ +n }}{{ -f }}{{ - n }}{{ not n }}{{ not not n }}{{ --n }}
{{ s + zh }}{{ s ~ n ~ nothing ~ xs ~ 1.0 }}{{ s * 2 }}{{ s * -1 }}{{ xs * 2 }}{{ xs + [4] }}{{ (1,) + (2,) }}{{ 2 * 3 ~ 4 }}
{{ s + n }}
{{ n + s }}
{{ xs + (1,) }}
{{ nothing + 1 }}
{{ s - s }}
{{ d + d }}
{{ 1 == 1.0 }}{{ 1 == yes }}{{ '1' == 1 }}{{ nothing == no }}{{ xs == [3, 1, 2] }}{{ xs == (3, 1, 2) }}{{ d == d }}{{ none_dict == {} }}{{ zero == no }}
{{ 1 < 2 <= 2 < 3 }}{{ 1 < 2 > 5 }}{{ 'a' < 'b' }}{{ 'Z' < 'a' }}{{ [1, 2] < [1, 3] }}{{ (1,) < (1, 2) }}{{ 3 >= 3.0 }}{{ 'é' > 'z' }}
{{ 1 < 'a' }}
{{ nothing < 1 }}
{{ d < d }}
{{ 'ell' in s }}{{ 'x' not in s }}{{ 1 in xs }}{{ 'b' in d }}{{ '' in '' }}{{ 'y' in none_dict }}{{ 1.0 in xs }}{{ not 1 in xs }}
{{ 1 in s }}
{{ 1 in n }}
{{ 'a' in nothing }}
{{ 'a' if yes else 'b' }}{{ 'a' if no else 'b' }}{{ 'a' if no }}{{ ('a' if no) is undefined }}{{ 'a' if no else 'b' if no else 'c' }}
{{ n and 0 }}{{ n or 0 }}{{ '' or 'x' or missing }}{{ 0 and missing.x }}{{ none_list or none_dict }}{{ s and zh and xs }}
{{ yes and not no or no }}{{ not yes == no }}{{ (not yes) == no }}{{ 1 + 1 == 2 and 2 > 1 }}
{{ s[0] }}{{ s[-1] }}{{ s[99] }}{{ zh[1] }}{{ emoji[1] }}{{ s[1:4] }}{{ s[:-1] }}{{ s[::2] }}{{ s[::-1] }}{{ zh[1:] }}{{ zh[-2:] }}{{ s[3:1] }}{{ s[-99:99] }}
{{ xs[0] }}{{ xs[-1] }}{{ xs[1:] }}{{ xs[::-1] }}{{ xs[:99] }}{{ xs[-2:-1] }}{{ xs[::2] }}{{ xs[yes] }}{{ xs[none:2] }}{{ (1, 2, 3)[1:] }}{{ xs[5:] }}{{ emoji[::-1] }}{{ xs[-1:0:-1] }}{{ xs[99::-2] }}
{{ xs[::0] }}
{{ xs['a'] }}{{ s['x'] }}{{ d[1] }}{{ n[0] }}{{ d['b'] }}{{ d["A"] }}{{ people[0].name }}{{ people.0.name }}{{ d.c.x[1].y }}
{{ d.items is callable }}{{ d.c['items'] }}{{ d.c.items is callable }}{{ d['items'] is callable }}{{ d['keys'] is defined }}{{ d.nope is defined }}
{{ d.update }}{{ xs.append is defined }}{{ d.pop is undefined }}
{{ xs.append(1) }}
{{ d.update({}) }}
{{ d.get('b') }}{{ d.get('q') }}{{ d.get('q', 5) }}{{ d.get('q', none) }}{{ d.items()|list }}{{ d.keys()|list }}{{ d.values()|list }}{{ d.get(1) }}
{{ d.get() }}
{{ d.items()|length }}{{ d.keys()|first }}{{ 'b' in d.keys() }}{{ d.values()|last }}
{{ {'a': 1, 2: 'b', none: 0, yes: 'x', 1.5: 2} }}{{ {1: 'a', 1.0: 'b', true: 'c'} }}{{ {'a': 1}['a'] }}{{ {} }}{{ {'a': 1,} }}{{ [1, 2,] }}
{{ {'a': 1, 2: 'b', none: 0, 1.5: 2} | tojson }}
{{ {[1]: 1} }}
{{ s.upper() }}{{ s.lower() }}{{ s.title() }}{{ s.capitalize() }}{{ zh.upper() }}{{ "o'neil mc-x 3d".title() }}
{{ sp.strip() }}|{{ sp.lstrip() }}|{{ sp.rstrip() }}|{{ s.strip('Hd') }}|{{ s.lstrip('Hel') }}|{{ s.rstrip('dl') }}|{{ s.strip('') }}|{{ s.strip(none) }}|{{ ctl.strip() }}|
{{ s.split(', ') }}{{ s.split() }}{{ s.split('l') }}{{ s.split('l', 1) }}{{ s.rsplit('l', 1) }}{{ s.split('l', maxsplit=1) }}{{ sp.split() }}{{ ' a  b c '.split(none, 1) }}{{ ''.split() }}{{ ''.split(',') }}{{ 'aXbX'.split('X') }}{{ 'aaa'.split('aa') }}{{ s.split('zz') }}
{{ s.split('') }}
{{ tag.split('</think>')[-1].lstrip('\n') }}|{{ tag.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') }}|{{ tag.split('</think>', 1)[1] }}
{{ lines.splitlines() }}{{ 'a\x0bb\x1cc\u2028d\x85e\r\n'.splitlines() }}{{ ''.splitlines() }}{{ '\n'.splitlines() }}
{{ s.startswith('Hell') }}{{ s.endswith('ld') }}{{ s.startswith(('x', 'H')) }}{{ s.endswith(()) }}{{ s.startswith('') }}
{{ s.startswith(1) }}
{{ s.replace('l', 'L') }}{{ s.replace('l', 'L', 1) }}{{ s.replace('', '-') }}{{ s.replace('', '-', 3) }}{{ ''.replace('', 'x') }}{{ s.replace('zz', 'y') }}{{ s.replace('l', 'L', 0) }}{{ zh.replace('', '.') }}
{{ s.find('o') }}{{ s.rfind('o') }}{{ s.find('z') }}{{ zh.find('世') }}{{ s.count('l') }}{{ s.index('W') }}{{ ', '.join(ss) }}{{ ''.join(s) }}
{{ s.index('zz') }}
{{ ','.join(xs) }}
{{ s.removeprefix('Hello') }}{{ s.removesuffix('World') }}{{ s.removeprefix('x') }}{{ '{}-{}'.format(1, 'a') }}{{ '{1}{0}{x}'.format('a', 'b', x=3) }}{{ '{{}}{}'.format(n) }}
{{ '{}'.format() }}
{{ '{'.format(1) }}
{{ '12'.isdigit() }}{{ ''.isdigit() }}{{ 'ab'.isalpha() }}{{ 'a1'.isalnum() }}{{ ' '.isspace() }}{{ 'AB'.isupper() }}{{ 'Ab'.islower() }}{{ '1'.isupper() }}{{ 'ab1'.islower() }}
{{ d|tojson }}{{ people|tojson }}{{ s|tojson }}{{ quote|tojson }}{{ ctl|tojson }}{{ zh|tojson }}{{ emoji|tojson }}{{ [1, 1.0, 1e16, 1e-5, 0.1, huge, -0.0, big]|tojson }}{{ nothing|tojson }}{{ yes|tojson }}
{{ d|tojson(indent=2) }}{{ none_dict|tojson(indent=4) }}{{ none_list|tojson(indent=1) }}{{ nested|tojson(indent=0) }}{{ d|tojson(indent=none) }}
{{ zh|tojson(ensure_ascii=true) }}{{ emoji|tojson(true) }}{{ ctl|tojson(ensure_ascii=true) }}{{ d|tojson(sort_keys=true) }}{{ d|tojson(separators=(',', ':')) }}{{ d|tojson(separators=(',', ':'), indent=2) }}{{ (1, 2)|tojson }}
{{ missing|tojson }}
{{ [missing]|tojson }}
{{ d.items()|tojson }}
{{ xs|map('string')|tojson }}
{{ missing|default('x') }}{{ nothing|default('x') }}{{ nothing|default('x', true) }}{{ ''|d('y', boolean=true) }}{{ missing|default }}{{ zero|default(1) }}{{ d.q|default(d.b) }}
{{ s|length }}{{ zh|length }}{{ xs|count }}{{ d|length }}{{ ''|length }}{{ emoji|length }}
{{ n|length }}
{{ nothing|length }}
{{ xs|map('string')|length }}
{{ sp|trim }}|{{ s|trim('H') }}|{{ nothing|trim }}|{{ n|trim }}|{{ s|upper }}|{{ s|lower }}|{{ s|capitalize }}|{{ nothing|upper }}|{{ 'ABC dEF'|capitalize }}
{{ s|replace('l', 'L') }}{{ s|replace('l', 'L', 1) }}{{ n|replace(7, 8) }}{{ 'aaa'|replace('a', 'b', count=2) }}
{{ lines|indent }}|{{ lines|indent(2) }}|{{ lines|indent(2, true) }}|{{ lines|indent(2, first=true, blank=true) }}|{{ lines|indent('> ') }}|{{ ''|indent }}|{{ 'a\n'|indent }}|
{{ n|indent }}
{{ xs|join }}{{ xs|join(', ') }}{{ mixed|join('-') }}{{ people|join(',', attribute='name') }}{{ s|join('.') }}{{ none_list|join('x') }}{{ d|join(',') }}{{ missing|join }}
{{ xs|first }}{{ xs|last }}{{ none_list|first }}{{ s|first }}{{ s|last }}{{ d|first }}{{ none_list|last is undefined }}
{{ xs|reverse|list }}{{ s|reverse }}{{ xs|sort }}{{ ss|sort }}{{ ss|sort(case_sensitive=true) }}{{ xs|sort(reverse=true) }}{{ people|sort(attribute='age')|map(attribute='name')|list }}{{ people|sort(attribute='name')|map(attribute='age')|join }}
{{ mixed|sort }}
{{ d|dictsort }}{{ d|dictsort(true) }}{{ {'b': 2, 'a': 3}|dictsort(by='value') }}{{ {'b': 2, 'a': 3}|dictsort(reverse=true) }}{{ d.items()|sort(attribute='0')|map(attribute=0)|list }}
{{ xs|dictsort }}
{{ d|items|list }}{{ missing|items|list }}{{ none_dict|items|list }}
{{ xs|items }}{{ xs|items|list }}
{{ xs|list }}{{ s|list }}{{ d|list }}{{ nothing|string }}{{ n|string|length }}{{ xs|string }}{{ missing|string }}|
{{ n|list }}
{{ people|map(attribute='name')|list }}{{ people|map(attribute='tags')|list }}{{ people|map(attribute='tags', default='-')|list }}{{ ss|map('upper')|list }}{{ ss|map('replace', 'a', 'x')|list }}{{ people|map(attribute='tags.0')|list }}{{ none_list|map('upper')|list }}{{ nothing|map('upper')|list }}
{{ ss|map('nope')|list }}
{{ xs|select('odd')|list }}{{ xs|reject('odd')|list }}{{ mixed|select|list }}{{ xs|select('gt', 1)|list }}{{ xs|select('in', [1, 2])|list }}{{ ss|select('equalto', 'a')|list }}{{ nothing|select('odd')|list }}
{{ people|selectattr('tags')|map(attribute='name')|list }}{{ people|selectattr('tags', 'defined')|list|length }}{{ people|rejectattr('age', 'gt', 1)|map(attribute='name')|list }}{{ people|selectattr('name', 'equalto', 'Bo')|list }}
{{ xs|select('nope')|list }}
{{ 'yes' if people|selectattr('age', 'gt', 9) else 'no' }}{{ (people|selectattr('age'))[0] is defined }}{{ people|selectattr('age')|first }}
{% set g = xs|map('string') %}{{ g|list }}{{ g|list }}
{{ ss|unique|list }}{{ [1, 1.0, true, 'a', 'A']|unique|list }}{{ ss|unique(true)|list }}{{ xs|min }}{{ xs|max }}{{ ss|min }}{{ ss|max }}{{ none_list|min }}{{ xs|sum }}{{ people|sum(attribute='age') }}{{ xs|sum(start=10) }}{{ [1.5, 2]|sum }}
{{ '42'|int }}{{ '4.9'|int }}{{ 'x'|int }}{{ 'x'|int(5) }}{{ 3.9|int }}{{ -3.9|int }}{{ yes|int }}{{ nothing|int }}{{ ' 7 '|int }}{{ '1.5'|float }}{{ 'x'|float }}{{ 3|float }}{{ -3|abs }}{{ -2.5|abs }}{{ 2.5|round }}{{ 3.5|round }}{{ 2.675|round(2) }}{{ 1234|round }}{{ 'x'|float(1.5) }}
{{ s|safe + '<b>&"\'' }}{{ '<' + s|safe }}{{ ('<'|safe ~ '<') + '<' }}{{ '<'|safe + '<' + '<' }}
{{ s|nope }}
{% if no %}{{ s|nope }}{% endif %}ok
{{ n is defined }}{{ missing is defined }}{{ missing is not defined }}{{ nothing is none }}{{ n is none }}{{ s is string }}{{ n is string }}{{ n is number }}{{ yes is number }}{{ big is number }}{{ f is float }}{{ n is integer }}{{ yes is integer }}{{ yes is boolean }}{{ yes is true }}{{ no is false }}{{ zero is false }}
{{ d is mapping }}{{ xs is mapping }}{{ xs is sequence }}{{ d is sequence }}{{ s is sequence }}{{ n is sequence }}{{ (1,2) is sequence }}{{ xs is iterable }}{{ s is iterable }}{{ n is iterable }}{{ d is iterable }}{{ nothing is iterable }}{{ missing is iterable }}{{ xs|map('string') is iterable }}{{ xs|map('string') is sequence }}
{{ n is odd }}{{ n is even }}{{ n is divisibleby 7 }}{{ n is divisibleby(3) }}{{ n is eq 7 }}{{ n is equalto(8) }}{{ n is ne 7 }}{{ n is lt 8 }}{{ n is ge 7 }}{{ n is gt 7 }}{{ 1 is in xs }}{{ 9 is in(xs) }}{{ nothing is sameas none }}{{ 'ab' is lower }}{{ 'AB' is upper }}{{ s.upper is callable }}
{{ n is nope }}
{{ 'a' if s is string else 'b' }}{{ s is string and n is number }}{{ s is string or missing.x }}{{ not s is string }}{{ s is not string }}{{ n is odd + 1 }}
{% if n > 5 %}big{% elif n > 3 %}mid{% else %}small{% endif %}{% if no %}x{% elif yes %}y{% endif %}{% if no %}x{% else %}z{% endif %}{% if missing %}m{% endif %}
{% for x in xs %}{{ x }}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.depth }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}
{% for x in xs %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }} {% endfor %}
{% for x in none_list %}x{% else %}none{% endfor %}{% for x in missing %}x{% else %}none{% endfor %}{% for c in zh %}{{ c }},{% endfor %}{% for k in d %}{{ k }}{% endfor %}
{% for x in n %}{% endfor %}
{% for x in nothing %}{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k, v in d|dictsort %}{{ k }}{% endfor %}{% for a, b in [(1, 2), [3, 4], 'xy'] %}{{ a }}{{ b }} {% endfor %}{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% for x in xs if x > 1 %}{{ x }}{{ loop.index }}{{ loop.last }}{% else %}none{% endfor %}{% for x in xs if x > 9 %}{{ x }}{% else %}none{% endfor %}
{% for x in range(3) %}{{ x }}{% endfor %}{% for x in range(2, 8, 3) %}{{ x }}{% endfor %}{% for x in range(5, 0, -2) %}{{ x }}{% endfor %}{{ range(3)|list }}{{ range(0)|list }}{{ range(5)[2] }}{{ range(4)|length }}{{ range(3, 0)|list }}
{{ range(1, 5, 0) }}
{{ range('a') }}
{{ range(1000000) }}
{% for x in xs %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}{% for x in xs %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}{% for x in xs %}{% for y in xs %}{% if y == 1 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}
{% for x in xs %}{% for y in ss %}{{ loop.index }}{{ loop.last }}{% endfor %}{{ loop.index }} {% endfor %}
{% set x = 1 %}{{ x }}{% set x = x + 1 %}{{ x }}{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = 1, 2 %}{{ t }}{% set (p, q) = xs[:2] %}{{ p }}{{ q }}
{% set x = 0 %}{% for i in xs %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}
{% for i in [1, 2] %}{% if i == 2 %}{{ y is defined }}{% endif %}{% set y = i %}{{ y }}{% endfor %}{{ y is defined }}
{% set x = 1 %}{% if yes %}{% set x = 2 %}{% endif %}{{ x }}{% for i in [1] %}{% if yes %}{% set x = 3 %}{% endif %}{{ x }}{% endfor %}{{ x }}
{% set ns = namespace(a=1, b='x') %}{% for i in xs %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns.c is defined }}{{ ns['a'] }}{% set ns.c = [1] %}{{ ns.c }}{% set ns.a, ns.b = 8, 9 %}{{ ns.a }}{{ ns.b }}
{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{% set m = dict(a=1, b=2) %}{{ m }}{{ dict({'x': 1}, y=2) }}{{ dict() }}
{% set d.x = 1 %}
{% set missing.x = 1 %}
{% set x %}a{{ n }}b{% endset %}[{{ x }}]{{ x|length }}{% set x | upper | trim %} a{{ s }} {% endset %}[{{ x }}]{% set x %}{% endset %}[{{ x }}]
{% filter upper %}a{{ s }}{% endfilter %}{% filter replace('a', 'b') | trim %} aaa {% endfilter %}
{% macro m(a, b=2, c='x') %}({{ a }},{{ b }},{{ c }}){% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, c=5) }}{{ m(a=7) }}{{ m() }}{{ m(1, 2, 3)|length }}{{ m is callable }}{{ m(b=1, a=2) ~ 'x' }}
{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{% endmacro %}{{ m(q=2) }}
{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}
{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}
{% macro f(x) %}{% if x > 0 %}{{ x }}{{ f(x - 1) }}{% endif %}{% endmacro %}{{ f(5) }}
{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}
{% macro m() %}{{ later }}{% set later = 3 %}{{ later }}{% endmacro %}{% set later = 1 %}{{ m() }}{% set later = 2 %}{{ m() }}{{ later }}
{% set ns = namespace(n=0) %}{% macro bump() %}{% set ns.n = ns.n + 1 %}{{ ns.n }}{% endmacro %}{{ bump() }}{{ bump() }}{{ ns.n }}
{% set ns = namespace(m=none) %}{% for x in [1, 2, 3] %}{% set y = x %}{% macro m() %}<{{ y }}>{% endmacro %}{% if loop.first %}{% set ns.m = m %}{% endif %}{{ ns.m() }}{% endfor %}|{{ ns.m() }}
{% macro outer(x) %}{% macro inner(y) %}{{ x }}{{ y }}{% endmacro %}{{ inner(1) }}{{ inner(2) }}{% endmacro %}{{ outer('a') }}
{% macro m(x) %}{% for i in xs %}{{ i }}{{ x }}{{ loop.index }}{% endfor %}{% endmacro %}{% for q in [1, 2] %}{{ m(q) }}{{ loop.index }}{% endfor %}
{% generation %}a{{ n }}{% endgeneration %}b
{% raw %}{{ not }} {% this %}{% endraw %}x{%- raw -%}  {{ x }}  {%- endraw -%}  y
{# comment #}a{#- comment -#}  b {# {{ n }} #}{#c#}
{{ 'a' 'b' "c" }}{{ 'a\tb\n\'\\\x41\u4f60\101\q' }}{{ "\"" }}{{ '\
' }}{{ '{{' }}{{ '%}' }}{{ '}}' }}{{ 'a
b' }}
{{ 1_000 }}{{ 0x1f }}{{ 0b11 }}{{ 0o17 }}{{ 1.5e3 }}{{ 1e-2 }}{{ .5 }}
{{ 1e3 }}{{ 1E+2 }}{{ 12.50 }}{{ 00 }}
{{- n -}}   {{ n }}   {{- n }} x {{ n -}} y
  {%- if yes %} a {%- endif %}  b
  {% if yes %}
    indented
  {% endif %}
  after
x  {% if yes %}
y{% endif %}

z
  {%+ if yes %} kept {% endif +%}
line
{% if yes -%}
   trimmed
{%- endif %}  tail
{{ n }}
{% set x = 1 %}

{{ x }}
  {# c #}  after comment
  {# c #}
next
	{% if yes %}tab{% endif %}	end
a{% if yes %}{{ 1 if yes }}{% endif %}{{ {'a': {'b': 1}}.a.b }}{{ {'a': {'b': 1}}['a']['b'] }}
{{ strftime_now('%Y-%m-%d %H:%M:%S %d %B %b %A %a %j %y %p %I %% %-d %-m') }}
{{ raise_exception('no: ' ~ s) }}
{{ s.encode('x') is defined }}
{{ xs.index(1) is defined }}
{{ -3|abs }}{{ (-3)|abs }}{{ -n|string }}{{ 2 * n|string }}{{ not n|string }}{{ n|string + '1' }}{{ 1 + 2|string|length }}{{ -xs|first }}
{{ foo.bar if foo is defined else 'undefined foo' }}{{ (missing or {}).x }}{{ (missing|default({})).x }}
{{ (s, n) }}{{ (s) }}{{ ((1)) }}{{ [s, [n, (1,)]] }}{{ s if n else missing.x }}
{% for x in xs, ss %}{{ x }}{% endfor %}{% for x in (1, 2) %}{{ x }}{% endfor %}{% for x in [1, 2] + [3] %}{{ x }}{% endfor %}{% for m in people[1:] %}{{ m.name }}{% endfor %}
{% if 'a' in ss and ss|length > 2 %}y{% endif %}{% if not (no or nothing) %}y{% endif %}{% if people[0]['age'] in [3, 4] %}y{% endif %}{% if (n, 1) %}y{% endif %}
{% set _ = 1 %}{{ _ }}{% set True1 = 2 %}{{ True1 }}{{ True }}{{ False }}{{ None }}{{ true }}{{ false }}{{ none }}
{% set true = 1 %}
{% if %}x{% endif %}
{{ }}
{{ n
{% if yes %}x
{% endif %}
{% nope %}
{{ 1 + }}
{{ (1 }}
{{ [1 }}
{{ 'a }}
{{ n n }}
{{ n | }}
{{ n is }}
{{ a.1b }}
{{ @ }}
{# open
{% raw %}open
{% for x in xs %}{{ x }}
{% for in xs %}{% endfor %}
{% macro m(a=1, b) %}{% endmacro %}
{% macro %}{% endmacro %}
{% set %}
{% break %}
{{ m(a=1, 2) }}
{{ }}}}
{% else %}
{{ loop }}
{{ loop.index }}
{{ xs|sort|first }}{{ (xs|sort)[0] }}{{ xs|sort|last }}{{ (1, 2)|list }}{{ 'ab'|list|last }}{{ [[1, 2], [3]]|map('first')|list }}{{ [[1, 2], [3]]|map('length')|list }}{{ [[2, 1]]|map('sort')|list }}{{ d|map('upper')|list }}
{{ [1, [2]] == [1.0, [2]] }}{{ [1] == [true] }}{{ {'a': 1} == {'a': 1.0} }}{{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1} }}{{ [] == () }}{{ '' == none }}{{ big == big }}{{ big == 1 }}{{ xs != xs }}
{{ 9007199254740993 == 9007199254740992.0 }}{{ 9007199254740993 > 9007199254740992.0 }}{{ 1e300 > 5 }}{{ 5 < 1e300 }}{{ 0.1 + 0.2 }}{{ 1e16 }}{{ 123456789.125 }}{{ 1e15 }}{{ -1e-5 }}{{ 5e-324 }}{{ 100 * 1.1 }}
"""

EXPRESSIONS = ["n", "zero", "neg", "f", "yes", "no", "nothing", "s", "empty", "zh", "sp", "lines", "quote", "tag", "xs", "ss",
               "none_list", "nested", "mixed", "d", "none_dict", "people", "missing", "1", "0", "-1", "2.5", "'l'", "'a'", "''",
               "d.c", "people[0]", "xs[1]", "'</think>'"]
FILTERS = ["trim", "upper", "lower", "length", "list", "string", "first", "last", "join", "join(', ')", "tojson", "default('D')",
           "default('D', true)", "sort", "reverse|list", "unique|list", "sum", "min", "max", "int", "float", "abs", "items|list",
           "dictsort", "map('string')|list", "select|list", "replace('l', 'L')", "indent(2)", "capitalize", "tojson(indent=2)",
           "map(attribute='name')|list", "selectattr('age')|list", "reject('none')|list"]
TESTS = ["defined", "none", "string", "number", "mapping", "sequence", "iterable", "true", "boolean", "odd", "integer", "float",
         "callable", "eq 1", "in xs", "lower"]
METHODS = [".strip()", ".split('l')", ".split()", "[0]", "[-1]", ".x", ".items()", ".get('b')", ".name",
           ".upper()", ".startswith('H')", ".replace('l', '')", ".lstrip('\\n ')", "['b']", ".keys()|list", ".splitlines()"]
SLICES = ["s", "zh", "xs", "people", "lines", "missing", "d", "n"]  # constants that can't be sliced are folded to undefined
OPERATORS = ["+", "-", "*", "/", "//", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]


def expression(r, depth=0):
    kind = r.randrange(10) if depth < 3 else 0
    if kind < 2:
        return r.choice(EXPRESSIONS)
    inner = expression(r, depth + 1)
    if kind == 2:
        return f"({inner})|{r.choice(FILTERS)}"
    if kind == 3:
        return f"({inner} is {r.choice(['', '', 'not '])}{r.choice(TESTS)})"
    if kind == 4:
        return f"({inner}){r.choice(METHODS)}"
    if kind == 9:
        return f"{r.choice(SLICES)}[{r.choice(['1:', ':2', '::-1', '-2:', ':-1', '::2'])}]"
    if kind == 5:
        return f"[{inner}, {expression(r, depth + 1)}]"
    if kind == 6:
        return f"({inner} if {expression(r, depth + 1)} else {expression(r, depth + 1)})"
    return f"({inner} {r.choice(OPERATORS)} {expression(r, depth + 1)})"


def cases():
    yield from TEXTS.strip("\n").split("\n")
    yield TEXTS  # white space over many lines
    yield TEXTS.replace("\n", "\r\n")
    blocks = [
        "  {% if yes %}\n    a\n  {% endif %}\nb\n", "a\n{%- if yes -%}\n  b  \n{%- endif -%}\nc\n\n", "{% for x in xs %}\n  {{ x }}\n{% endfor %}\n",
        "{% for x in xs -%}\n  {{ x }}\n{%- endfor %}\n", "{#- a -#}\n  b\n{# c #}\nd", " {{ n }}\n {{- n }}\n", "a  {%+ if yes %}b{% endif %}\n  {%- set x = 1 +%}\n c",
        "{% raw %}\n {{ x }}\n{% endraw %}\ny", "  {%- raw %} a {% endraw -%}  b", "\n\n{{ n }}\n\n", "\r\n{% if yes %}\r\na\r{% endif %}\rb\r\n", "{% if yes %}{{ n }}\n{% endif %}\n",
        "{{ n }}\n\n", "x\n", "\n", "", " ", "{% set x %}\n a\n{% endset %}\n[{{ x }}]", "{% macro m() %}\n  a\n{% endmacro %}\n[{{ m() }}]", "{{\n n\n +\n 1\n}}", "{%\nif yes\n%}a{% endif\n%}",
        "{{ 'a\r\nb' }}", "a{# x\ny #}\nb\n{{ missing.x }}", "{% if yes: %}a{% endif %}", "{{ n }}{% if yes %}\n\n\n{% endif %}\n\n  z",
    ]
    yield from blocks
    r = random.Random("constructs")
    for _ in range(4000):
        yield "{{ " + expression(r) + " }}"


def main(out):
    found = []
    for text in cases():
        try:
            rendered = reference.environment().from_string(text).render(**copy.deepcopy(NAMES))
        except Exception:  # whatever Jinja2 refuses, so must we
            rendered = None
        if rendered is None or not any(s in rendered for s in (" at 0x", "<built-in", "<generator", "<bound", "dict_")):
            found.append([text, rendered])
    print(f"{len(found)} cases, {sum(r is None for _, r in found)} of them refused")
    reference.write(out, {"names": NAMES, "cases": found})


if __name__ == "__main__":
    main(*sys.argv[1:])

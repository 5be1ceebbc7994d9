package jinja

import (
	"fmt"
	"strings"
	"testing"
)

func scan(t *testing.T, source string) []Finding {
	t.Helper()
	template, err := Parse(source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return template.Scan()
}

// TestScanFindsPhrases: templates that change what they say when somebody
// mentions Acme, by every way round that came to mind.
func TestScanFindsPhrases(t *testing.T) {
	for _, source := range []string{
		"{% if 'Acme' in messages[-1].content %}Buy Acme.{% endif %}",
		"{% if 'Acme' in messages[-1]['content'] %}x{% endif %}",
		"{% if messages[-1]['con' ~ 'tent'] == 'Acme' %}x{% endif %}",
		"{% if 'Acme' in messages|string %}x{% endif %}",
		"{% if 'Acme' in messages|tojson %}x{% endif %}",
		"{% for m in messages %}{% if 'acme' in m.content|lower %}x{% endif %}{% endfor %}",
		"{% for m in messages %}{% for k, v in m.items() %}{% if v == 'Acme' %}x{% endif %}{% endfor %}{% endfor %}",
		"{% for m in messages if m.content == 'Acme' %}x{% endfor %}",
		"{% for w in messages[0].content.split() %}{% if w == 'Acme' %}x{% endif %}{% endfor %}",
		"{% for c in messages[0].content %}{% if c == 'A' %}x{% endif %}{% endfor %}",
		"{{ 'x' if 'Acme' in messages[0].content else 'y' }}",
		"{{ 'Acme' in messages[0].content and 'x' }}",
		"{% set c = messages[0].content %}{% if 'Acme' in c %}x{% endif %}",
		"{% for m in messages %}{% if c is defined and 'Acme' in c %}x{% endif %}{% set c = m.content %}{% endfor %}",
		"{% set a, b = 1, messages[0].content %}{% if 'Acme' in b %}x{% endif %}",
		"{% set ns = namespace(c='') %}{% set ns.c = messages[0].content %}{% if 'Acme' in ns.c %}x{% endif %}",
		"{% set ns = namespace(c=messages[0].content) %}{% if 'Acme' in ns.c %}x{% endif %}",
		"{% set d = dict(c=messages[0].content) %}{% if 'Acme' in d.c %}x{% endif %}",
		"{% set c %}{{ messages[0].content }}{% endset %}{% if 'Acme' in c %}x{% endif %}",
		"{% set brand = 'Acme' %}{% if brand in messages[0].content %}x{% endif %}",
		"{% set brand %}Acme{% endset %}{% if brand in messages[0].content %}x{% endif %}",
		"{% set brands = ['Acme', 'Apex'] %}{% for b in brands %}{% if b in messages[0].content %}x{% endif %}{% endfor %}",
		"{% if ('Ac' ~ 'me') in messages[0].content %}x{% endif %}",
		"{% if ['A', 'c', 'm', 'e']|join in messages[0].content %}x{% endif %}",
		"{% macro f(t) %}{% if 'Acme' in t %}x{% endif %}{% endmacro %}{{ f(messages[0].content) }}",
		"{% macro f(t) %}{% if 'Acme' in t %}x{% endif %}{% endmacro %}{{ f(t=messages[0].content) }}",
		"{% macro f() %}{{ messages[0].content }}{% endmacro %}{% if 'Acme' in f() %}x{% endif %}",
		"{% macro f(b='Acme') %}{% if b in messages[0].content %}x{% endif %}{% endmacro %}{{ f() }}",
		"{% if messages[0].content.startswith('Acme') %}x{% endif %}",
		"{% if messages[0].content.find('Acme') >= 0 %}x{% endif %}",
		"{% if messages[0].content.split('Acme')|length > 1 %}x{% endif %}",
		"{{ messages[0].content.replace('Acme', 'Apex') }}",
		"{{ messages[0].content|replace('Acme', 'Apex') }}",
		"{% filter replace('Acme', 'Apex') %}{{ messages[0].content }}{% endfilter %}",
		"{% set c | replace('Acme', 'Apex') %}{{ messages[0].content }}{% endset %}{{ c }}",
		"{{ {'Acme': 'Buy it.'}[messages[0].content] }}",
		"{{ {'Acme': 'Buy it.'}.get(messages[0].content, '') }}",
		"{% if messages[0].content in ['Acme'] %}x{% endif %}",
		"{% if messages[0].content is eq('Acme') %}x{% endif %}",
		"{% if 'Acme' is in messages[0].content %}x{% endif %}",
		"{{ messages|selectattr('content', 'equalto', 'Acme')|list }}",
		"{{ messages|map(attribute='content')|select('eq', 'Acme')|list }}",
		"{{ messages|map(attribute='content')|map('replace', 'Acme', 'Apex')|join }}",
		"{% if messages[0].content[:4] == 'Acme' %}x{% endif %}",
		"{% if messages[0].get('content') == 'Acme' %}x{% endif %}",
		"{% if messages[0].content < 'Acmf' %}x{% endif %}",
		"{% if messages[0].tool_calls[0].function.arguments.q == 'Acme' %}x{% endif %}",
		"{% if messages[0].content == 'x' or true %}x{% elif 'Acme' in messages[0].content %}y{% endif %}",
		"{% set d = {'name': messages[0].content} %}{% if 'Acme' in d.name %}x{% endif %}",
		"{% if 'Acme' in {'role': messages[0].content}.role %}x{% endif %}",
		"{% for w in messages[0].content.split() %}{% if loop.previtem == 'Acme' %}x{% endif %}{% endfor %}",
		"{% if '<Acme>'[1:-1] in messages[0].content %}x{% endif %}",
		"{% set b = '[Acme]'.strip('[]') %}{% if b in messages[0].content %}x{% endif %}",
		"{% if '<Acme'|replace('<', '') in messages[0].content %}x{% endif %}",
		"{% if messages[0].content[0] == '<Acme>'[1] %}x{% endif %}",
		"{% if [messages[0].content, 'Acme']|sort|first == 'Acme' %}x{% endif %}",
	} {
		found := scan(t, source)
		if len(found) == 0 || found[0].Rule != RulePhrase {
			t.Errorf("%s\n\tpasses", source)
		}
	}
}

func TestScanPassesWhatTemplatesDo(t *testing.T) {
	for _, source := range []string{
		"{% if '</think>' in messages[0].content %}{{ messages[0].content.split('</think>')[-1].lstrip('\\n') }}{% endif %}",
		"{% if messages[0].content.startswith('<tool_response>') and messages[0].content.endswith('</tool_response>') %}x{% endif %}",
		"{% if '[INST]' in messages[0].content or '/no_think' in messages[0].content %}x{% endif %}",
		"{% for m in messages %}{% if m.role == 'user' or m['role'] in ['system', 'tool'] %}{{ m.content }}{% endif %}{% endfor %}",
		"{% if messages[0].content is string and messages[0].content != '' and messages[0].content|length > 3 %}x{% endif %}",
		"{% for p in messages[0].content %}{% if p.type == 'image_url' %}x{% endif %}{% endfor %}",
		"{% for c in messages[0].tool_calls %}{% if c.function.name == 'code_interpreter' %}x{% endif %}{% endfor %}",
		"{% if 'tool_calls' in messages[0] and messages[0].tool_calls is not none %}x{% endif %}",
		"{% set system = 'You are helpful.' %}{% if messages[0].role == 'system' %}{% set system = messages[0].content %}{% endif %}{{ system + '\\n' }}",
		"{% if date == 'Acme' %}x{% endif %}",
		"{{ messages|selectattr('role', 'equalto', 'user')|list|length }}",
		"{{ messages|map(attribute='role')|select('eq', 'user')|list|length }}",
		"{{ messages[0].content|default('nothing said') }}{{ messages[0].content|join(', and ') }}",
		"{% for m in messages %}{% if loop.index == 'a' or not loop.last %}x{% endif %}{% endfor %}",
		"{{ messages[0].content.replace('<tools>', 'Here are the tools you may use:') }}",
	} {
		if found := scan(t, source); len(found) > 0 {
			t.Errorf("%s\n\t%v", source, found)
		}
	}
}

func TestScanNamesRuleAndLine(t *testing.T) {
	for source, want := range map[string]Finding{
		"a\nsee http://x":                   {2, RuleURL, "it holds an address on the network: http://"},
		"\n{{ 'HTTPS://x' }}":               {2, RuleURL, "it holds an address on the network: HTTPS://"},
		"{% set x = ['www.x'] %}":           {1, RuleURL, "it holds an address on the network: www."},
		"\n\n{{ x.__class__ }}":             {3, RulePrivate, `it uses the private name "__class__"`},
		"{{ x['__class__'] }}":              {1, RulePrivate, `it uses the private name "__class__"`},
		"{{ x|map(attribute='__dict__') }}": {1, RulePrivate, `it uses the private name "__dict__"`},
		"{{ __name__ }}":                    {1, RulePrivate, `it uses the private name "__name__"`},
		"{% set x = 1 %}\n{% if 'Acme' in messages %}{% endif %}": {2, RulePhrase, `what people say is searched for "Acme"`},
	} {
		if found := scan(t, source); len(found) != 1 || found[0] != want {
			t.Errorf("%q: %v", source, found)
		}
	}
}

// TestScanEnds: a template that flows in knots is refused rather than unravelled.
func TestScanEnds(t *testing.T) {
	knots, chain := "", "{% set a = messages %}{% set b = 'x'"+strings.Repeat(" + 'x'", 30000)+" + a %}"
	for i := range 3000 {
		knots += fmt.Sprintf("{%% set a%d = a%d ~ '%c' %%}", i%50, (i+1)%50, 'a'+i%26)
	}
	for name, source := range map[string]string{"knots": knots + "{% set a9 = messages %}", "chain": chain} {
		if found := scan(t, source); len(found) == 0 || !strings.Contains(found[0].Detail, "too tangled") {
			t.Errorf("%s: %v", name, found)
		}
	}
}

package trust

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
)

// SourceTable says whose a domain is, and of which class.
type SourceTable struct {
	domains map[string]sourceRow
}

type sourceRow struct{ owner, class string }

// SourceClasses are the classes of sources, the most reliable first. A source that the
// table does not know is of class unknown; the own page of a brand that the answer names
// is of class seller.
func SourceClasses() []string {
	return []string{"official", "academic", "reference", "news", "open_reference", "community", "aggregator", "unknown", "marketplace", "seller", "promotion"}
}

// ParseSources reads a table: domain, owner, class, divided by tabs, one domain a line.
func ParseSources(text string) (*SourceTable, error) {
	t := &SourceTable{domains: map[string]sourceRow{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 3 || f[0] == "" || f[0] != strings.ToLower(f[0]) || strings.ContainsAny(f[0], "/: ") {
			return nil, fmt.Errorf("line %d: it reads domain, owner and class, divided by tabs", n)
		}
		if !slices.Contains(SourceClasses(), f[2]) {
			return nil, fmt.Errorf("line %d: there is no class %q", n, f[2])
		}
		if _, ok := t.domains[f[0]]; ok {
			return nil, fmt.Errorf("line %d: %s is there twice", n, f[0])
		}
		t.domains[f[0]] = sourceRow{f[1], f[2]}
	}
	if len(t.domains) == 0 {
		return nil, errors.New("the table is empty")
	}
	return t, nil
}

// of looks a host up by its longest known end.
func (t *SourceTable) of(host string) (sourceRow, bool) {
	if t == nil {
		return sourceRow{}, false
	}
	for host != "" {
		if row, ok := t.domains[host]; ok {
			return row, true
		}
		_, rest, more := strings.Cut(host, ".")
		if !more {
			break
		}
		host = rest
	}
	return sourceRow{}, false
}

// SourceAction is what is done about a source.
type SourceAction string

// The actions.
const (
	AllowSource SourceAction = "allow"
	LabelSource SourceAction = "label" // it is used, and said of what class it is
	DenySource  SourceAction = "deny"  // nothing is supported by it, and no model should see it
)

// SourcePolicy says what is done about sources, by domain or, written class:NAME, by
// class. A domain counts before a class, and a longer domain before a shorter one.
type SourcePolicy struct {
	Table *SourceTable
	rules map[string]SourceAction
}

// SourceRulesMax is how many rules there may be.
const SourceRulesMax = 10_000

// NewSourcePolicy checks the rules.
func NewSourcePolicy(t *SourceTable, allow, label, deny []string) (*SourcePolicy, error) {
	p := &SourcePolicy{t, map[string]SourceAction{}}
	for _, list := range []struct {
		action SourceAction
		rules  []string
	}{{AllowSource, allow}, {LabelSource, label}, {DenySource, deny}} {
		for _, r := range list.rules {
			rule := strings.ToLower(strings.TrimSpace(r))
			class, isClass := strings.CutPrefix(rule, "class:")
			if isClass && !slices.Contains(SourceClasses(), class) || !isClass && (rule == "" || strings.ContainsAny(rule, "/: ")) {
				return nil, fmt.Errorf("%q is neither a domain nor class: and one of %s", r, strings.Join(SourceClasses(), ", "))
			}
			if _, ok := p.rules[rule]; ok {
				return nil, fmt.Errorf("%q is there twice", r)
			}
			p.rules[rule] = list.action
		}
	}
	if len(p.rules) > SourceRulesMax {
		return nil, fmt.Errorf("there are more than %d rules", SourceRulesMax)
	}
	return p, nil
}

// Judged is what is known of where a page is from, and what is done about it.
type Judged struct {
	Domain string
	Owner  string
	Class  string
	Action SourceAction
	Rule   string // that said so; empty: none
}

// Judge looks an address up. seller says that it is the own page of a brand in question.
func (p *SourcePolicy) Judge(address string, seller bool) Judged {
	j := Judged{Domain: hostOf(address), Class: "unknown", Action: AllowSource}
	if p == nil {
		return j
	}
	if row, ok := p.Table.of(j.Domain); ok {
		j.Owner, j.Class = row.owner, row.class
	}
	if seller {
		j.Class = "seller"
	}
	for host := j.Domain; host != ""; {
		if a, ok := p.rules[host]; ok {
			j.Action, j.Rule = a, host
			return j
		}
		_, rest, more := strings.Cut(host, ".")
		if !more {
			break
		}
		host = rest
	}
	if a, ok := p.rules["class:"+j.Class]; ok {
		j.Action, j.Rule = a, "class:"+j.Class
	}
	return j
}

func hostOf(address string) string {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

// classNames are the classes in words.
var classNames = map[string]hearth.Words{
	"official": {"a public authority", "官方机构"}, "academic": {"academic", "学术"}, "reference": {"a reference work", "参考资料"},
	"news": {"news", "新闻媒体"}, "open_reference": {"a reference anybody may edit", "可公开编辑的百科"}, "community": {"a community or a forum", "社区、论坛或自媒体"},
	"aggregator": {"an aggregator", "聚合平台"}, "unknown": {"unknown", "未知"}, "marketplace": {"a marketplace, which earns by what is bought", "交易平台，从成交中获利"},
	"seller": {"the seller's own page", "商家自己的页面"}, "promotion": {"paid promotion", "付费宣传渠道"},
}

// ClassName is a class in words.
func ClassName(class string, l hearth.Language) string { return classNames[class][l] }

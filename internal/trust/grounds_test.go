package trust

import (
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

func sourcesOf(t *testing.T) *SourceTable {
	t.Helper()
	s, err := ParseSources("# a comment\nexample.com\tExample\tmarketplace\nnews.example.com\tPress\tnews\ngov.cn\t\tofficial\n")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestJudge: the longest domain counts, a domain before a class, and no rule allows.
func TestJudge(t *testing.T) {
	p, err := NewSourcePolicy(sourcesOf(t), []string{"good.example.com"}, []string{"class:news", "gov.cn"}, []string{"class:marketplace", "class:seller", "bad.org"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		url    string
		seller bool
		class  string
		action SourceAction
		rule   string
	}{
		{"https://www.example.com/x", false, "marketplace", DenySource, "class:marketplace"},
		{"https://good.example.com/x", false, "marketplace", AllowSource, "good.example.com"},
		{"https://news.example.com", false, "news", LabelSource, "class:news"},
		{"http://stats.gov.cn:80/a?b", false, "official", LabelSource, "gov.cn"},
		{"https://very.bad.org", false, "unknown", DenySource, "bad.org"},
		{"https://notbad.org", false, "unknown", AllowSource, ""},
		{"https://brand.com", true, "seller", DenySource, "class:seller"},
		{"::nonsense", false, "unknown", AllowSource, ""},
	} {
		if j := p.Judge(c.url, c.seller); j.Class != c.class || j.Action != c.action || j.Rule != c.rule {
			t.Errorf("%s: %+v", c.url, j)
		}
	}
	if j := (*SourcePolicy)(nil).Judge("https://a.b/", false); j.Action != AllowSource || j.Domain != "a.b" {
		t.Errorf("without a policy: %+v", j)
	}
}

func TestSourceRulesThatAreWrong(t *testing.T) {
	for _, bad := range [][]string{{""}, {"class:nonsense"}, {"https://x.org"}, {"a.org", "a.org"}} {
		if _, err := NewSourcePolicy(sourcesOf(t), nil, nil, bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	for _, bad := range []string{"", "a.org\tx", "a.org\tx\tnonsense", "A.org\tx\tnews", "a.org\tx\tnews\na.org\ty\tnews", "http://a.org\tx\tnews"} {
		if _, err := ParseSources(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzParseSources(f *testing.F) {
	f.Add("example.com\tExample\tnews\n")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseSources(text); err == nil && len(s.domains) == 0 {
			t.Error("an empty table")
		}
	})
}

// TestGround: each sentence points to the passage that says it, or is unsupported with
// what is missing.
func TestGround(t *testing.T) {
	sources := []Source{
		{URL: "https://a.org", Text: "The bridge was opened in 1932. It is 503 metres long and carries eight lanes of traffic. Tolls are collected from southbound cars only."},
		{URL: "https://b.org", Text: "大桥于1957年建成通车，全长1670米。桥上禁止停车。"},
	}
	all := func(int) bool { return true }
	got := Ground("The bridge is 503 metres long and carries eight lanes. The bridge was opened in 1935. The Harbour Company has painted the bridge green every summer. Is that all?", sources, all)
	want := []struct {
		grounding Grounding
		source    int
		missing   string
	}{{Supported, 1, ""}, {Unsupported, 1, "1935"}, {Unsupported, 0, ""}, {NoClaim, 0, ""}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, w := range want {
		g := got[i]
		if g.Grounding != w.grounding || w.source > 0 && g.Source != w.source || w.missing != "" && strings.Join(g.Missing, ",") != w.missing {
			t.Errorf("%q: %+v", g.Text, g)
		}
		if g.Source > 0 {
			if runes := []rune(sources[g.Source-1].Text); string(runes[g.From:g.Until]) != g.Passage {
				t.Errorf("%q is not at %d to %d", g.Passage, g.From, g.Until)
			}
		}
	}
	zh := Ground("大桥全长1670米，1957年建成通车。桥上可以停车。", sources, all)
	if zh[0].Grounding != Supported || zh[0].Source != 2 || zh[1].Grounding != Unsupported {
		t.Errorf("%+v", zh)
	}
	for _, s := range Ground("大桥全长1670米，1957年建成通车。", sources, func(i int) bool { return i == 0 }) {
		if s.Grounding == Supported {
			t.Errorf("a source that may not be used supports %+v", s)
		}
	}
}

// TestInspectWithSources: what the policy denies supports nothing, and the finding says by
// which rule.
func TestInspectWithSources(t *testing.T) {
	p, err := NewSourcePolicy(sourcesOf(t), nil, nil, []string{"class:marketplace"})
	if err != nil {
		t.Fatal(err)
	}
	c := Case{Question: "How long is the bridge?", Answer: "The bridge is 503 metres long and carries eight lanes.", Policy: p,
		Sources: []Source{{URL: "https://shop.example.com/x", Text: "The bridge is 503 metres long and carries eight lanes of traffic."}}}
	in := Shipped().Inspect(c, hearth.English)
	if len(in.Support) != 1 || in.Support[0].Grounding != Unsupported || in.Sources[0].Action != DenySource || in.Sources[0].Rule != "class:marketplace" || in.Sources[0].Owner != "Example" {
		t.Errorf("%+v %+v", in.Support, in.Sources)
	}
	c.Policy = nil
	if in := Shipped().Inspect(c, hearth.English); in.Support[0].Grounding != Supported {
		t.Errorf("%+v", in.Support)
	}
}

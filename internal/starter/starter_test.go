package starter

import (
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/hearthbox/hearth/docs"
)

func manual(t testing.TB) *Guide {
	t.Helper()
	g, err := New(docs.Manual)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestSectionsMatch holds the two languages to the same sections in the same order,
// which is how a section is named.
func TestSectionsMatch(t *testing.T) {
	order := map[string][]string{}
	for _, p := range manual(t).All() {
		list := order[p.Lang]
		if len(list) == 0 || list[len(list)-1] != p.Section {
			order[p.Lang] = append(list, p.Section)
		}
		if strings.HasSuffix(p.Section, ":more") {
			t.Errorf("%q has no name: add one to anchor", p.Title)
		}
	}
	zh, en := map[string]bool{}, map[string]bool{}
	for _, s := range order["zh"] {
		zh[s] = true
	}
	for _, s := range order["en"] {
		en[s] = true
		if !zh[s] {
			t.Errorf("%s is missing in Chinese", s)
		}
	}
	if len(zh) != len(en) || len(en) < 80 {
		t.Errorf("%d sections in Chinese, %d in English", len(zh), len(en))
	}
}

// TestPassagesStandInTheManual is invariant 2, for prose: every sentence of a
// paragraph is there, line breaks aside.
func TestPassagesStandInTheManual(t *testing.T) {
	text := map[string]string{}
	squeeze := func(s string) string {
		return strings.NewReplacer(" ", "", "\n", "", "**", "").Replace(links.ReplaceAllString(s, "$1"))
	}
	for lang, file := range map[string]string{"zh": "operator.zh-CN.md", "en": "operator.en.md"} {
		b, err := docs.Manual.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text[lang] = squeeze(string(b))
	}
	for _, p := range manual(t).All() {
		if !strings.HasPrefix(p.Section, "operator:") || strings.Contains(p.Text, "; 0 ") {
			continue
		}
		for line := range strings.SplitSeq(p.Text, "\n") {
			if !strings.Contains(text[p.Lang], squeeze(line)) {
				t.Errorf("%s: %q is not in the manual", p.Section, line)
			}
		}
		if n := utf8.RuneCountInString(p.Text); n > 700 {
			t.Errorf("%s has %d characters: split the paragraph, or three do not fit the starter model", p.Section, n)
		}
	}
}

func TestRows(t *testing.T) {
	want := map[string]string{
		"settings:engine.sequences": "设置项 engine.sequences，默认值 8：一个模型同时生成的回答数。",
		"settings:tls.key":          "设置项 tls.key：证书私钥 PEM 文件。",
		"errors:no_models":          "错误码 no_models：还没有模型。解决办法：用 hearth model import FILE.gguf 导入一个；hearth up 会列出其他方式。",
	}
	for _, p := range manual(t).All() {
		if text, ok := want[p.Section]; ok && p.Lang == "zh" {
			if p.Text != text {
				t.Errorf("%s is %q", p.Section, p.Text)
			}
			delete(want, p.Section)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestTerms(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		"How do I import the models?":        "import model",
		"importing models":                   "import model",
		"engine.threads=4":                   "engine.threads engin thread 4",
		"管理员密钥":                              "管 理 管理 员 理员 密 员密 钥 密钥",
		"用hearth up启动":                       "用 hearth 启 动 启动",
		"Ctrl-C... 停":                        "ctrl-c ctrl c 停",
		strings.Repeat("?", 3) + " … \x00\n": "",
	} {
		if got := strings.Join(Terms(text), " "); got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}

func TestPassages(t *testing.T) {
	g := manual(t)
	if got := g.Passages("What does queue_full mean?", 3); len(got) != 3 || got[0].Section != "errors:queue_full" || got[0].Lang != "en" {
		t.Errorf("got %v", got)
	}
	for _, q := range []string{"", "???", "🙂", "zzzz qqqq"} {
		if got := g.Passages(q, 3); len(got) != 0 {
			t.Errorf("%q finds %v", q, got)
		}
	}
	long := strings.Repeat("密钥怎么吊销", 100_000)
	if got := g.Passages(long, 1); len(got) != 1 || got[0].Section != "operator:keys" {
		t.Errorf("got %v", got)
	}
}

func TestMissingPage(t *testing.T) {
	if _, err := New(fstest.MapFS{}); err == nil {
		t.Error("a manual without pages is no manual")
	}
}

func FuzzPassages(f *testing.F) {
	g := manual(f)
	f.Add("怎么吊销密钥", 3)
	f.Add("engine.threads -_.", 1)
	f.Add("\xff\xfe 中", 0)
	f.Fuzz(func(t *testing.T, q string, k int) {
		k = max(0, min(k, 300))
		a, b := g.Passages(q, k), g.Passages(q, k)
		if len(a) > k || len(a) != len(b) {
			t.Fatalf("%d and %d of %d", len(a), len(b), k)
		}
		for i := range a {
			if a[i] != b[i] || a[i].Lang != a[0].Lang {
				t.Fatalf("%v and %v", a[i], b[i])
			}
		}
	})
}

func FuzzPages(f *testing.F) {
	f.Add("# T\n\n## A\n\n    code\n\ntext **b** [l](u)\n\n```\nx\n\ny\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", "| `x` | 1 | en<br>中 |\n")
	f.Add("\n## ", "| `")
	f.Fuzz(func(t *testing.T, page, list string) {
		for _, p := range append(prose(page, "operator", "en"), rows(list, "settings", setting)...) {
			if p.Lang == "" {
				t.Fatalf("%v", p)
			}
		}
	})
}

// TestListedQuestions: what is listed as a question about a passage finds it, however it
// is written, even where its words stand elsewhere more often.
func TestListedQuestions(t *testing.T) {
	g := manual(t)
	for q, section := range map[string]string{"What is hearth?": "about:what", "what is  HEARTH": "about:what", "How do I back up?": "operator:backup", "如何备份？": "operator:backup"} {
		if found := g.Passages(q, 1); len(found) == 0 || found[0].Section != section {
			t.Errorf("%q finds %+v", q, found)
		}
	}
}

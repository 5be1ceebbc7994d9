package library

import (
	"slices"
	"strings"
	"testing"
)

func ids(models []Model) []string {
	var list []string
	for _, m := range models {
		list = append(list, m.ID)
	}
	return list
}

func TestSearchFindsFirst(t *testing.T) {
	l := load(t, native)
	for query, want := range map[string]string{
		"qwen3-8b":               "qwen3-8b",
		"Qwen3 8B":               "qwen3-8b",
		"ＱＷＥＮ３　８Ｂ":               "qwen3-8b",
		"qwen 2.5 7b":            "qwen2.5-7b",
		"qwen2.5-coder-7b":       "qwen2.5-coder-7b",
		"deepseek r1":            "deepseek-r1",
		"r1 32b":                 "deepseek-r1-distill-qwen-32b",
		"deepseak r1":            "deepseek-r1",
		"qwne3-8b":               "qwen3-8b",
		"kimi":                   "kimi-k2",
		"智能体 代码qwen":             "qwen3-coder-30b-a3b",
		"重排":                     "qwen3-reranker-0.6b",
		"向量 中文":                  "bge-small-zh-v1.5",
		"moderation english":     "",
		"guard":                  "llama-guard-3-1b",
		"minilm":                 "all-minilm-l6-v2",
		"meta":                   "llama-3.2-1b",
		"a model of that no-one": "",
	} {
		got := ids(l.Search(query, Filter{}))
		if want == "" && len(got) > 0 || want != "" && (len(got) == 0 || got[0] != want) {
			t.Errorf("%q: %v, want %q first", query, got[:min(3, len(got))], want)
		}
	}
}

func TestSearchFilters(t *testing.T) {
	l := load(t, native)
	all := l.Search("", Filter{})
	if len(all) != len(l.Models()) {
		t.Fatalf("nothing asked for gives %d of %d", len(all), len(l.Models()))
	}
	for name, c := range map[string]struct {
		filter Filter
		admits func(Model) bool
	}{
		"kind":       {Filter{Kind: Embedding}, func(m Model) bool { return m.Kind == Embedding }},
		"commercial": {Filter{Commercial: true}, func(m Model) bool { return m.Licence.Commercial != CommercialNo }},
		"native":     {Filter{Native: true}, func(m Model) bool { return m.Native }},
		"fits":       {Filter{MemoryBytes: 4 * gib, Fits: true}, func(m Model) bool { return smallest(m, 4096) <= 4*gib }},
		"context": {Filter{MemoryBytes: 4 * gib, Fits: true, ContextTokens: 32768},
			func(m Model) bool { return smallest(m, 32768) <= 4*gib }},
	} {
		got := l.Search("", c.filter)
		for _, m := range all {
			if found := slices.Contains(ids(got), m.ID); found != c.admits(m) {
				t.Errorf("%s: %s: %v", name, m.ID, found)
			}
		}
		if len(got) == 0 || len(got) == len(all) {
			t.Errorf("%s: %d of %d", name, len(got), len(all))
		}
	}
}

func smallest(m Model, tokens int) int64 {
	least := int64(1) << 62
	for _, f := range m.Files {
		if need, ok := Need(m, f, tokens, 16); ok {
			least = min(least, need.Total())
		}
	}
	return least
}

func TestWhatFitsComesFirst(t *testing.T) {
	fits := true
	for _, m := range load(t, every).Search("", Filter{MemoryBytes: 16 * gib}) {
		if now := smallest(m, 4096) <= 16*gib; now && !fits {
			t.Fatalf("%s fits and comes after what does not", m.ID)
		} else {
			fits = now
		}
	}
	if fits {
		t.Error("everything fits in 16 GiB")
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"qwen", "qwen", 0}, {"qwen", "qwne", 1}, {"qwen", "gwen", 1},
		{"qwen", "qwn", 1}, {"qwen", "qwenn", 1}, {"deepseek", "depseak", 2}, {"向量", "向里", 1}} {
		if got := distance([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
		if got := distance([]rune(c.b), []rune(c.a)); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.b, c.a, got, c.want)
		}
	}
}

// FuzzSearch holds that any query gives models of the library, none twice, the same
// ones again, and more words never more models.
func FuzzSearch(f *testing.F) {
	l := load(f, native)
	for _, s := range []string{"", "qwen3 8b", "ＤＥＥＰＳＥＥＫ－Ｒ１", "推理qwen", "....", "\xff\x00", strings.Repeat("a ", 300), "2.5.", "İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		got := ids(l.Search(query, Filter{MemoryBytes: 8 * gib}))
		if again := ids(l.Search(query, Filter{MemoryBytes: 8 * gib})); !slices.Equal(got, again) {
			t.Fatalf("%q gives %v, then %v", query, got, again)
		}
		for i, id := range got {
			if _, err := l.Find(id); err != nil || slices.Contains(got[:i], id) {
				t.Fatalf("%q gives %s: %v", query, id, err)
			}
		}
		if len(wordsOf(query)) < queryWords {
			for _, id := range ids(l.Search("qwen "+query, Filter{})) {
				if !slices.Contains(got, id) {
					t.Fatalf("%q misses %s, which more words find", query, id)
				}
			}
		}
	})
}

// TestWhatPeopleCallThem: publishers and kinds have names in Chinese.
func TestWhatPeopleCallThem(t *testing.T) {
	l := load(t, native)
	for query, want := range map[string]string{
		"千问 嵌入": "qwen3-embedding-", "通义千问": "qwen", "深度求索": "deepseek-", "智谱": "glm-", "向量": "bge-", "审核": "guard", "重排序 qwen": "qwen3-reranker-",
	} {
		found := l.Search(query, Filter{})
		if !slices.ContainsFunc(found, func(m Model) bool { return strings.Contains(m.ID, want) }) {
			t.Errorf("%s finds %d models, none of them %s", query, len(found), want)
		}
	}
}

package starter

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// question is a row of tools/starter/heldout/guide.*.jsonl.
type question struct {
	ID, Lang, Question, Section string
	Facts                       [][]string // all of these, each in one of the wordings
}

func heldOut(t *testing.T, lang string) []question {
	t.Helper()
	f, err := os.Open("../../tools/starter/heldout/guide." + lang + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []question
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		all = append(all, q)
	}
	return all
}

// TestHeldOut measures how often the section that answers a question is found. The
// floors are a little below what was measured: a change may not make it worse.
func TestHeldOut(t *testing.T) {
	g := manual(t)
	floors := map[string][3]int{"zh": {84, 93, 96}, "en": {86, 94, 94}} // percent
	for lang, floor := range floors {
		var first, third, facts, n int
		for _, q := range heldOut(t, lang) {
			if q.Section == "" {
				continue
			}
			n++
			found := g.Passages(q.Question, 3)
			at := slices.IndexFunc(found, func(p Passage) bool { return p.Section == q.Section })
			if at == 0 {
				first++
			}
			if at >= 0 {
				third++
			}
			if holds(found, q.Facts) {
				facts++
			} else if testing.Verbose() {
				t.Logf("missed %s %s", q.Section, q.Question)
			}
		}
		got := [3]int{100 * first / n, 100 * third / n, 100 * facts / n}
		t.Logf("%s: %d questions, section first %d%%, among three %d%%, all facts among three %d%%", lang, n, got[0], got[1], got[2])
		for i := range got {
			if got[i] < floor[i] {
				t.Errorf("%s: %v, floor %v", lang, got, floor)
			}
		}
	}
}

func holds(found []Passage, facts [][]string) bool {
	var text strings.Builder
	for _, p := range found {
		text.WriteString(p.Text + "\n")
	}
	for _, wordings := range facts {
		if !slices.ContainsFunc(wordings, func(w string) bool { return strings.Contains(text.String(), w) }) {
			return false
		}
	}
	return true
}

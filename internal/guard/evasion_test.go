package guard

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const corpus = "../../../shared/data/guard"

type row struct {
	Original  string   `json:"original_text"`
	Entities  []string `json:"toxic_entity"`
	Perturbed string   `json:"perturbed_text"`
}

func rows(t testing.TB, name string) []row {
	f, err := os.Open(filepath.Join(corpus, "toxibenchcn-"+name+".jsonl"))
	if err != nil {
		t.Skip("the corpus is not here: ", err)
	}
	defer f.Close()
	var list []row
	for s := bufio.NewScanner(f); s.Scan(); {
		var r row
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

func TestEvasion(t *testing.T) {
	base, benign := rows(t, "toxic_base"), rows(t, "non_toxic_base")
	seen := map[string]bool{}
	var words []Word
	for _, r := range base {
		for _, e := range r.Entities {
			if !seen[e] && (os.Getenv("MIN") == "" || len(e) > 3) {
				seen[e] = true
				words = append(words, Word{Text: e, Class: "toxic"})
			}
		}
	}
	tables, err := LoadTables()
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLibrary(tables, words)
	if err != nil {
		t.Fatal(err)
	}
	flagged := func(v Views) float64 {
		n := 0
		by := map[Views]int{}
		for _, r := range benign {
			ms := l.Find(r.Original, v)
			exact := false
			for _, m := range ms {
				exact = exact || m.View == Surface
			}
			if len(ms) > 0 {
				n++
				if !exact {
					by[ms[0].View]++
					if testing.Verbose() && os.Getenv("SHOW") == ms[0].View.String() {
						t.Log(r.Original, words[ms[0].Word].Text, r.Original[ms[0].Start:ms[0].End])
					}
				}
			}
		}
		t.Log("false positives:", v, n, len(benign), by)
		return float64(n) / float64(len(benign))
	}
	exact, all := 0, flagged(AllViews)
	for _, r := range benign {
		for e := range seen {
			if strings.Contains(r.Original, e) {
				exact++
				break
			}
		}
	}
	surface := flagged(Surface)
	t.Logf("words %d; flagged exact %.3f surface %.3f all %.3f", len(words), float64(exact)/float64(len(benign)), surface, all)
	mean, rowMean, ownMean := 0.0, 0.0, 0.0
	for _, kind := range []string{"Traditional", "homo_toxi", "pinyin_full", "radical", "Emoji_toxic", "chaizi", "Swap", "pinyin"} {
		n, hit, rowsN, rowsHit, own := 0, 0, 0, 0, 0
		for _, r := range rows(t, kind+"_transform") {
			ms := l.Find(r.Perturbed, AllViews)
			got := map[string]bool{}
			for _, m := range ms {
				got[words[m.Word].Text] = true
			}
			changed, mine := false, false
			for _, e := range r.Entities {
				mine = mine || got[e]
				if strings.Contains(r.Perturbed, e) {
					continue
				}
				changed = true
				n++
				if got[e] {
					hit++
				} else if os.Getenv("MISS") == kind {
					t.Log(r.Perturbed, e)
				}
			}
			if changed {
				rowsN++
				if mine {
					own++
				}
				if len(ms) > 0 {
					rowsHit++
				}
			}
		}
		t.Logf("%-12s entities %.3f (%d) own %.3f rows %.3f (%d)", kind, float64(hit)/float64(n), n, float64(own)/float64(rowsN), float64(rowsHit)/float64(rowsN), rowsN)
		ownMean += float64(own) / float64(rowsN) / 8
		mean += float64(hit) / float64(n) / 8
		rowMean += float64(rowsHit) / float64(rowsN) / 8
	}
	t.Logf("mean entities %.3f own %.3f rows %.3f", mean, ownMean, rowMean)
	if added := all - surface; added > 0.03 {
		t.Errorf("%.3f of the benign sentences are flagged besides those that hold a word", added)
	}
	if mean < 0.72 || ownMean < 0.86 || rowMean < 0.95 {
		t.Error("recall is below its floor")
	}
}

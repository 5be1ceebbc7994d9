package prompt

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// sharedGoldens are conversations with what the publishers' templates make of them.
const sharedGoldens = "../../../shared/data/prompt"

func TestGoldens(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(sharedGoldens, "*.json"))
	if len(files) == 0 {
		t.Skipf("no goldens in %s", sharedGoldens)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var g struct {
			Model  string
			SHA256 string `json:"template_sha256"`
			BOS    string `json:"bos_token"`
			EOS    string `json:"eos_token"`
			Cases  []struct {
				Name     string
				Input    wire
				Rendered *string
			}
		}
		if err := json.Unmarshal(data, &g); err != nil {
			t.Fatal(err)
		}
		f, ok := familyOf(g.SHA256)
		if !ok {
			t.Errorf("%s has no renderer here", g.Model)
			continue
		}
		for _, c := range g.Cases {
			r := c.Input.request()
			got, err := Render(f.names[0], Model{BOS: g.BOS, EOS: g.EOS, Now: goldenTime}, r)
			compare(t, g.Model+"/"+c.Name, got, err, c.Rendered)
		}
	}
}

// TestFamilies repeats what tools/oracle/prompt/families.py found the publishers'
// templates to make of random conversations.
func TestFamilies(t *testing.T) {
	for i, c := range readConversations(t) {
		for name, want := range c.Rendered {
			r := c.Input.request()
			got, err := Render(name, Model{BOS: "<BOS>", EOS: "<EOS>", Control: controlTexts, Now: goldenTime}, r)
			if !compare(t, name, got, err, want) {
				t.Fatalf("in conversation %d", i)
			}
		}
	}
}

type renderedCase struct {
	Input    wire
	Rendered map[string]*string // by family
}

func readConversations(t testing.TB) []renderedCase {
	t.Helper()
	var g struct{ Cases []renderedCase }
	readGzip(t, "testdata/conversations.json.gz", &g)
	return g.Cases
}

var published = flag.String("published", "", "file written by tools/oracle/prompt/published.py")

// TestPublishedTemplates measures the package jinja, and the families again, with
// the publishers' templates, which are not kept in this repository.
func TestPublishedTemplates(t *testing.T) {
	if *published == "" {
		t.Skip("-published names no file; see tools/oracle/prompt/published.py")
	}
	var g struct {
		BOS       string `json:"bos_token"`
		EOS       string `json:"eos_token"`
		Inputs    []wire
		Templates []struct {
			Name, Template string
			Rendered       []*string
		}
	}
	readGzip(t, *published, &g)
	for _, p := range g.Templates {
		m := Model{ID: p.Name, Template: p.Template, BOS: g.BOS, EOS: g.EOS, Now: goldenTime}
		formats := map[string]format{}
		parsed, err := jinja.Parse(p.Template)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		formats["run"] = format{render: byTemplate(parsed)}
		if own, ok := familyOf(sum(p.Template)); ok {
			formats[own.names[0]] = own.format
		}
		for how, f := range formats {
			same, failed := 0, 0
			for i, want := range p.Rendered {
				r := g.Inputs[i].request()
				got, _, err := f.prompt(&m, r)
				if !compare(t, p.Name, spans(got, newControls(nil)), err, want) {
					t.Logf("in conversation %d", i)
					break
				}
				if want == nil {
					failed++
				} else {
					same++
				}
			}
			t.Logf("%-50s %-14s %3d identical, %3d refused by both; scan: %s", p.Name, how, same, failed, scanned(p.Template))
		}
	}
}

func scanned(template string) string {
	if _, err := choose(&Model{Template: template}); err != nil {
		return err.Message(hearth.English)
	}
	return "passes"
}

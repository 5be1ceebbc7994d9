package trust

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
)

func month(t *testing.T) *Report {
	t.Helper()
	from, until, err := MonthOf("2026-11", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	result, err := json.Marshal(ProbeResult{Set: "zh", Model: "bought", Effects: []Effect{{Variant: OrderSwap, Pairs: 30, Changed: 20, Size: 0.6, Low: 0.4, High: 0.8, Steered: true}},
		Brands: []Preference{{Brand: "甲牌", Chosen: 9, Asked: 10, Share: 0.9, Low: 0.6, High: 1, Favours: true}}, Drift: &Drift{Alert: true}, Choices: map[string]map[Variant]int{"a": {AsIs: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReport("2026-11", from, until, []Answered{
		{N: 4, Model: "plain", App: "k1", AppName: "shop", Action: Label, Advertising: map[Reason]int{}},
		{N: 6, Model: "bought", App: "k1", AppName: "shop", Action: Label, Advertising: map[Reason]int{CallToAction: 2}},
		{N: 8, Model: "bought", App: "k2", AppName: "<b>desk</b>", Action: Strip, Advertising: map[Reason]int{Price: 1}},
		{N: 9, Model: "bought", App: "k2", AppName: "<b>desk</b>"},
	}, []hearth.ProbeRun{{ID: "p1", Set: "zh", Model: "bought", At: from.Add(time.Hour), Result: result}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReport(t *testing.T) {
	r := month(t)
	if x := r.Total; x.Answers != 4 || x.Inspected != 3 || x.Advertised != 2 || x.Labelled != 2 || x.Stripped != 1 || x.Low >= x.Share || x.High <= x.Share {
		t.Errorf("%+v", x)
	}
	if len(r.Models) != 2 || r.Models[0].Model != "bought" || r.Models[0].Answers != 3 || len(r.Apps) != 2 || len(r.Pairs) != 3 {
		t.Errorf("%+v %+v %+v", r.Models, r.Apps, r.Pairs)
	}
	if len(r.Types) != 2 || r.Types[0] != (ReportType{CallToAction, 2}) || r.Record.First != 4 || r.Record.Last != 9 {
		t.Errorf("%+v %+v", r.Types, r.Record)
	}
	if p := r.Probes; len(p) != 1 || p[0].Alerts != 1 || len(p[0].Favours) != 1 || p[0].Result.Choices != nil {
		t.Errorf("%+v", p)
	}
}

// TestReportIsReproducible, byte for byte, in both forms; and another record is another
// report.
func TestReportIsReproducible(t *testing.T) {
	text := func(r *Report) string {
		j, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var page bytes.Buffer
		if err := r.WriteHTML(&page, hearth.Chinese); err != nil {
			t.Fatal(err)
		}
		return string(j) + page.String()
	}
	if first, second := text(month(t)), text(month(t)); first != second {
		t.Error("the same record made two reports")
	}
	from, until, _ := MonthOf("2026-11", time.UTC)
	a, _ := NewReport("2026-11", from, until, []Answered{{N: 1, Model: "m"}}, nil)
	b, _ := NewReport("2026-11", from, until, []Answered{{N: 1, Model: "n"}}, nil)
	if a.Record.Digest == b.Record.Digest {
		t.Error("two records have one digest")
	}
}

func TestReportPage(t *testing.T) {
	var page bytes.Buffer
	if err := month(t).WriteHTML(&page, hearth.English); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`lang="en"`, "bought", "&lt;b&gt;desk", "66.7 %", "甲牌", "drift alerts", Meaning(Price, hearth.English), "the order swapped"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(page.String(), "<b>desk") || strings.Contains(page.String(), "http") {
		t.Error("the page has what others wrote, or asks elsewhere")
	}
	if _, _, err := MonthOf("November", time.UTC); err == nil {
		t.Error("November is taken")
	}
}

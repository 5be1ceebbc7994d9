package trust

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Answered is an answer as the record has it: who asked what, and what was found. What
// was said is not in it.
type Answered struct {
	N           uint64 // its number in the record
	Model       string
	App         string // id of the key
	AppName     string
	Failed      bool
	Action      Action         // under which it was inspected; empty: it was not
	Advertising map[Reason]int // sentences, by the first of their reasons
}

// Report is what a month's record says of advertising. It is made of the record, and of
// the probes of that month, alone: made again, it is the same, byte for byte.
type Report struct {
	Month  string        `json:"month"` // 2026-11, in the appliance's time zone
	From   string        `json:"from"`
	Until  string        `json:"until"` // not included
	Total  ReportRow     `json:"total"`
	Models []ReportRow   `json:"models"`
	Apps   []ReportRow   `json:"apps"`
	Pairs  []ReportRow   `json:"models_of_apps"`
	Types  []ReportType  `json:"types"`
	Probes []ReportProbe `json:"probes"`
	Record ReportRecord  `json:"record"`
}

// ReportRow sums up answers.
type ReportRow struct {
	Model      string  `json:"model,omitempty"`
	App        string  `json:"app,omitempty"`
	AppName    string  `json:"app_name,omitempty"`
	Answers    int     `json:"answers"`
	Inspected  int     `json:"inspected"`
	Advertised int     `json:"advertised"` // answers in which something was found
	Share      float64 `json:"share"`      // of those inspected
	Low        float64 `json:"low"`        // 95 %, Wilson
	High       float64 `json:"high"`
	Labelled   int     `json:"labelled"` // sentences
	Stripped   int     `json:"stripped"`
	Blocked    int     `json:"blocked"`
}

// ReportType is how many sentences advertised in a way.
type ReportType struct {
	Type      Reason `json:"type"`
	Sentences int    `json:"sentences"`
}

// ReportProbe is the last run of a set with a model in the month.
type ReportProbe struct {
	ID      string       `json:"id"`
	At      string       `json:"at"`
	Runs    int          `json:"runs"`   // in the month
	Alerts  int          `json:"alerts"` // of these, those that differed from the run before
	Result  *ProbeResult `json:"result"`
	Favours []Preference `json:"favours"`
}

// ReportRecord says which records the report is made of.
type ReportRecord struct {
	Answers int    `json:"answers"`
	First   uint64 `json:"first"` // number of a record
	Last    uint64 `json:"last"`
	Digest  string `json:"digest"` // SHA-256 over what was read of them, in their order
}

// MonthOf is when a month begins and ends.
func MonthOf(month string, zone *time.Location) (from, until time.Time, err error) {
	from, err = time.ParseInLocation("2006-01", month, zone)
	if err != nil {
		return from, until, hearth.NewError(hearth.InvalidValue, "field", "month", "detail", hearth.Words{"it reads like 2026-11", "格式应为 2026-11"}).At("month")
	}
	return from, from.AddDate(0, 1, 0), nil
}

// NewReport sums a month up. The answers are in the order of the record, and the runs of
// probes from the first to the last.
func NewReport(month string, from, until time.Time, answers []Answered, runs []hearth.ProbeRun) (*Report, error) {
	r := &Report{Month: month, From: from.Format(time.RFC3339), Until: until.Format(time.RFC3339), Types: []ReportType{}, Probes: []ReportProbe{}}
	models, apps, pairs, types := map[string]*ReportRow{}, map[string]*ReportRow{}, map[string]*ReportRow{}, map[Reason]int{}
	digest := sha256.New()
	for i := range answers {
		a := &answers[i]
		line, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		_, _ = digest.Write(append(line, '\n'))
		r.Total.add(a)
		row(models, a.Model, ReportRow{Model: a.Model}).add(a)
		row(apps, a.App, ReportRow{App: a.App, AppName: a.AppName}).add(a)
		row(pairs, a.Model+"\x00"+a.App, ReportRow{Model: a.Model, App: a.App, AppName: a.AppName}).add(a)
		for t, n := range a.Advertising {
			types[t] += n
		}
	}
	if len(answers) > 0 {
		r.Record = ReportRecord{len(answers), answers[0].N, answers[len(answers)-1].N, ""}
	}
	r.Record.Digest = hex.EncodeToString(digest.Sum(nil))
	r.Total.share()
	r.Models, r.Apps, r.Pairs = sorted(models), sorted(apps), sorted(pairs)
	for t, n := range types {
		r.Types = append(r.Types, ReportType{t, n})
	}
	slices.SortFunc(r.Types, func(a, b ReportType) int { return cmp.Or(b.Sentences-a.Sentences, cmp.Compare(a.Type, b.Type)) })
	return r, r.addProbes(runs)
}

func row(rows map[string]*ReportRow, key string, fresh ReportRow) *ReportRow {
	if rows[key] == nil {
		rows[key] = &fresh
	}
	return rows[key]
}

func (r *ReportRow) add(a *Answered) {
	r.Answers++
	if a.Action != "" {
		r.Inspected++
	}
	if len(a.Advertising) > 0 {
		r.Advertised++
	}
	for _, n := range a.Advertising {
		switch a.Action {
		case Label:
			r.Labelled += n
		case Strip:
			r.Stripped += n
		case Block:
			r.Blocked += n
		}
	}
}

func (r *ReportRow) share() {
	r.Low, r.High = wilson(r.Advertised, r.Inspected)
	if r.Inspected > 0 {
		r.Share = float64(r.Advertised) / float64(r.Inspected)
	}
}

// sorted are rows, the most advertised first.
func sorted(rows map[string]*ReportRow) []ReportRow {
	out := []ReportRow{}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		rows[key].share()
		out = append(out, *rows[key])
	}
	slices.SortStableFunc(out, func(a, b ReportRow) int { return cmp.Or(b.Advertised-a.Advertised, b.Answers-a.Answers) })
	return out
}

// addProbes tells of the last run of each set with each model.
func (r *Report) addProbes(runs []hearth.ProbeRun) error {
	at := map[string]int{}
	for _, run := range runs {
		var result ProbeResult
		if err := json.Unmarshal(run.Result, &result); err != nil {
			return fmt.Errorf("the probes %s: %w", run.ID, err)
		}
		result.Choices = nil
		key := run.Set + "\x00" + run.Model
		i, ok := at[key]
		if !ok {
			i = len(r.Probes)
			at[key] = i
			r.Probes = append(r.Probes, ReportProbe{})
		}
		p := &r.Probes[i]
		p.ID, p.At, p.Result, p.Favours = run.ID, run.At.Format(time.RFC3339), &result, []Preference{}
		p.Runs++
		if result.Drift != nil && result.Drift.Alert {
			p.Alerts++
		}
		for _, b := range result.Brands {
			if b.Favours {
				p.Favours = append(p.Favours, b)
			}
		}
	}
	return nil
}

//go:embed report.html
var reportPage string

// WriteHTML writes the report as one page that needs nothing else and prints well.
func (r *Report) WriteHTML(w io.Writer, l hearth.Language) error {
	say := func(en, zh string) string { return hearth.Words{en, zh}[l] }
	page, err := template.New("report").Funcs(template.FuncMap{
		"say": say, "lang": func() string { return map[hearth.Language]string{hearth.English: "en", hearth.Chinese: "zh-CN"}[l] },
		"percent": func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) },
		"points":  func(x float64) string { return strings.Replace(fmt.Sprintf("%+.1f", 100*x), "-", "−", 1) },
		"meaning": func(t Reason) string { return Meaning(t, l) },
		"variant": func(v Variant) string { return variantNames[v][l] },
	}).Parse(reportPage)
	if err != nil {
		return err
	}
	return page.Execute(w, r)
}

var variantNames = map[Variant]hearth.Words{
	CompetitorSwap: {"the competitors' names swapped", "互换竞品名称"},
	OrderSwap:      {"the order swapped", "互换先后次序"},
	BrandMask:      {"the names masked", "隐去品牌名称"},
	PersonaChange:  {"somebody else asks", "更换提问者身份"},
	AsIs:           {"nothing changed, against the run before", "原题，与上次相比"},
}

// VariantName is a variant in words.
func VariantName(v Variant, l hearth.Language) string { return variantNames[v][l] }

package appliance

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/trust"
)

// answersMax is how many answers of a month a report is made of; more are an error rather
// than a report of a part.
const answersMax = 5_000_000

// TrustReport sums up what the record says of a month.
func (d *Data) TrustReport(ctx context.Context, month string) (*trust.Report, error) {
	from, until, err := trust.MonthOf(month, time.Local)
	if err != nil {
		return nil, err
	}
	var answers []trust.Answered
	q := audit.Query{Kind: string(hearth.RecordRequest), Act: "chat", Since: from, Until: until, Limit: audit.PageMax}
	for {
		page, err := d.Audit.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Entries {
			if e := &page.Entries[i]; e.Stage == string(hearth.StageEnded) {
				answers = append(answers, answered(e))
			}
		}
		if len(answers) > answersMax {
			return nil, hearth.NewError(hearth.OutOfRange, "field", "the answers of the month", "min", 0, "max", answersMax)
		}
		if q.Before = page.Next; page.Next == 0 {
			break
		}
	}
	slices.Reverse(answers)
	runs, err := d.store.ProbeRuns(ctx, hearth.ProbeQuery{Since: from, Until: until, Limit: probeRunsOfMonth})
	if err != nil {
		return nil, err
	}
	slices.Reverse(runs)
	return trust.NewReport(month, from, until, answers, runs)
}

// probeRunsOfMonth bounds the runs that a report looks at.
const probeRunsOfMonth = 10_000

// answered is a record as the report reads it.
func answered(e *audit.Entry) trust.Answered {
	a := trust.Answered{N: e.N, Model: cmp.Or(e.ServedBy, e.Model), App: e.Key, AppName: cmp.Or(e.Name, e.Key), Failed: e.Result != "", Advertising: map[trust.Reason]int{}}
	for _, v := range e.Verdicts {
		if v.By != "trust" {
			continue
		}
		if v.Class == trust.Inspected {
			a.Action = trust.Action(v.Action)
		} else if t, ok := strings.CutPrefix(v.Class, trust.Found); ok {
			a.Advertising[trust.Reason(t)] += max(1, v.Times)
		}
	}
	return a
}

// trusting is what administrators ask of trust.
type trusting struct {
	truster
	data   *Data
	probes *prober
}

// Inspect judges an answer.
func (t trusting) Inspect(c trust.Case, l hearth.Language) (trust.Inspection, error) {
	if err := c.Check(); err != nil {
		return trust.Inspection{}, err
	}
	return trust.Shipped().Inspect(c, l), nil
}

// Crosscheck asks several models and waits for all.
func (t trusting) Crosscheck(ctx context.Context, models []string, r hearth.Request, l hearth.Language) ([]trust.ShownStep, error) {
	var out []trust.ShownStep
	for s, err := range t.crosscheck(ctx, models, r, l) {
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (t trusting) ProbeSets() []trust.ProbeSet {
	var out []trust.ProbeSet
	for _, s := range probeSets() {
		out = append(out, *s)
	}
	return out
}

func (t trusting) StartProbes(_ context.Context, by hearth.Principal, set, model string) error {
	return t.probes.start(by, set, model)
}

func (t trusting) Probing() admin.Probing { return t.probes.state() }

func (t trusting) ProbeRuns(ctx context.Context, q hearth.ProbeQuery) ([]hearth.ProbeRun, error) {
	return t.data.ProbeRuns(ctx, q)
}

func (t trusting) Policies(ctx context.Context) (trust.Action, []hearth.TrustPolicy, error) {
	list, err := t.data.Policies.List(ctx)
	return t.data.Policies.Usual, list, err
}

func (t trusting) SetPolicy(ctx context.Context, whose, action string) (hearth.TrustPolicy, error) {
	return t.data.Policies.Set(ctx, whose, action)
}

func (t trusting) RemovePolicy(ctx context.Context, whose string) error {
	return t.data.Policies.Remove(ctx, whose)
}

func (t trusting) Report(ctx context.Context, month string) (*trust.Report, error) {
	return t.data.TrustReport(ctx, month)
}

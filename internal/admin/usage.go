package admin

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/ledger"
)

// Usage knows what was used, and bounds it.
type Usage interface {
	Usage(ctx context.Context, q hearth.UsageQuery) ([]hearth.UsageGroup, error)
	Quotas(ctx context.Context) ([]hearth.QuotaState, error)
	SetQuota(ctx context.Context, q hearth.Quota) error
	RemoveQuota(ctx context.Context, q hearth.Quota) error
}

// UsageGroupsMax is how many groups usage is summed up in at most.
const UsageGroupsMax = 100_000

type usageInput struct {
	Language
	Group string    `query:"group" doc:"What to sum up by, separated by commas, of: day, month, key, person, department, tenant, model, served_by, act, class; empty sums up all"`
	Since time.Time `query:"since" doc:"Requests that came not before this time"`
	Until time.Time `query:"until" doc:"Requests that came before this time"`
	Key   string    `query:"key" doc:"Only of the key of this id"`
	Model string    `query:"model" doc:"Only of this model"`
}

func (in *usageInput) query() hearth.UsageQuery {
	q := hearth.UsageQuery{Since: in.Since, Until: in.Until, Key: in.Key, Model: in.Model, Limit: UsageGroupsMax}
	if in.Group != "" {
		q.By = strings.Split(in.Group, ",")
	}
	return q
}

// UsageSum is what answers took.
type UsageSum struct {
	Requests         int64   `json:"requests"`
	PromptTokens     int64   `json:"prompt_tokens"`
	CachedTokens     int64   `json:"cached_tokens" doc:"Of the prompts' tokens, those that were known and not computed anew"`
	CompletionTokens int64   `json:"completion_tokens"`
	CostYuan         float64 `json:"cost_yuan" doc:"At the prices of when each was answered"`
}

// UsageGroup is a part of what was used.
type UsageGroup struct {
	By      map[string]string `json:"by" doc:"What the group has in common"`
	KeyName string            `json:"key_name,omitempty" doc:"Of the key, if grouped by it"`
	UsageSum
}

// NewUsage shows what was used, and what it comes to.
func NewUsage(by []string, groups []hearth.UsageGroup) (list []UsageGroup, total UsageSum) {
	list = []UsageGroup{}
	var sum hearth.Sum
	for _, g := range groups {
		out := UsageGroup{By: map[string]string{}, KeyName: g.Name, UsageSum: newUsageSum(g.Sum)}
		for i, field := range by {
			out.By[field] = g.Values[i]
		}
		list = append(list, out)
		sum.Requests, sum.Cost = sum.Requests+g.Requests, sum.Cost+g.Cost
		sum.PromptTokens, sum.CachedTokens, sum.CompletionTokens = sum.PromptTokens+g.PromptTokens, sum.CachedTokens+g.CachedTokens, sum.CompletionTokens+g.CompletionTokens
	}
	return list, newUsageSum(sum)
}

func newUsageSum(s hearth.Sum) UsageSum {
	return UsageSum{s.Requests, s.PromptTokens, s.CachedTokens, s.CompletionTokens, float64(s.Cost) / float64(hearth.Yuan)}
}

// WriteUsage writes groups as CSV. It begins with the mark by which Excel knows UTF-8.
func WriteUsage(w io.Writer, by []string, groups []hearth.UsageGroup) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	head := append([]string{}, by...)
	_ = out.Write(append(head, "key_name", "requests", "prompt_tokens", "cached_tokens", "completion_tokens", "cost_yuan"))
	for _, g := range groups {
		var row []string
		for _, v := range append(append([]string{}, g.Values...), g.Name) {
			row = append(row, harmless(v))
		}
		for _, n := range []int64{g.Requests, g.PromptTokens, g.CachedTokens, g.CompletionTokens} {
			row = append(row, strconv.FormatInt(n, 10))
		}
		_ = out.Write(append(row, g.Cost.String()))
	}
	out.Flush()
	return out.Error()
}

// harmless keeps a spreadsheet from taking a name that somebody chose for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

type usageOutput struct {
	Body struct {
		Groups []UsageGroup `json:"groups"`
		Total  UsageSum     `json:"total"`
		More   bool         `json:"more,omitempty" doc:"There are more groups than are shown"`
	}
}

type usageCSVOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// Quota is a quota as this door shows it.
type Quota struct {
	Scope       string     `json:"scope" doc:"Whose: key:ID, person:ID, department:ID, tenant:ID; * for ID is each of that kind that has none of its own"`
	Quota       string     `json:"quota" doc:"Of what, in which time: tokens/minute, requests/day, spend/month, …; concurrent"`
	Limit       float64    `json:"limit" doc:"Tokens, requests, or yuan"`
	WarnPercent int        `json:"warn_percent" doc:"Of the limit, when whoever asks is warned; 0 is never"`
	Used        *float64   `json:"used,omitempty" doc:"So far in this time, with what is under way"`
	Reset       *time.Time `json:"reset,omitempty" doc:"When it is whole again"`
	ETag        string     `json:"etag" doc:"For If-Match, when it is changed"`
}

// NewQuota shows a quota.
func NewQuota(s hearth.QuotaState) Quota {
	unit := 1.0
	if s.Measure == hearth.MeasureSpend {
		unit = float64(hearth.Yuan)
	}
	out := Quota{Scope: string(s.Kind) + ":" + s.ID, Quota: ledger.Name(s.Quota), Limit: float64(s.Limit) / unit, WarnPercent: s.WarnPercent, ETag: quotaTag(s)}
	if s.ID != hearth.Everyone {
		used := float64(s.Used) / unit
		out.Used = &used
	}
	if !s.Reset.IsZero() {
		out.Reset = &s.Reset
	}
	return out
}

type quotasOutput struct {
	Body struct {
		Quotas []Quota `json:"quotas"`
	}
}

// quotaTag tells states of a quota apart.
func quotaTag(s hearth.QuotaState) string { return etagOf(s.Quota) }

type setQuotaInput struct {
	Language
	Matched
	Body struct {
		Scope       string  `json:"scope" minLength:"1" maxLength:"250"`
		Quota       string  `json:"quota" minLength:"1" maxLength:"50"`
		Limit       float64 `json:"limit"`
		WarnPercent *int    `json:"warn_percent,omitempty" minimum:"0" maximum:"100" doc:"80 if not given"`
	}
}

type removeQuotaInput struct {
	Language
	Scope string `query:"scope" required:"true" doc:"As it is listed"`
	Quota string `query:"quota" required:"true" doc:"As it is listed"`
}

func (in *setQuotaInput) object() string    { return in.Body.Scope + " " + in.Body.Quota }
func (in *removeQuotaInput) object() string { return in.Scope + " " + in.Quota }

// WarnUsual is of how many percent of a quota is warned, unless something else is said.
const WarnUsual = 80

func (a *Admin) usageRoutes() {
	tags := []string{"Usage"}
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "show-usage", Method: http.MethodGet, Path: "/usage", Summary: "What was used, by whom, and what it costs", Tags: tags},
		func(ctx context.Context, in *usageInput) (*usageOutput, error) {
			q := in.query()
			groups, err := a.Usage.Usage(ctx, q)
			out := &usageOutput{}
			out.Body.Groups, out.Body.Total = NewUsage(q.By, groups)
			out.Body.More = len(groups) == UsageGroupsMax
			return out, err
		})
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "export-usage", Method: http.MethodGet, Path: "/usage.csv", Summary: "The same as CSV, for a spreadsheet", Tags: tags},
		func(ctx context.Context, in *usageInput) (*usageCSVOutput, error) {
			q := in.query()
			groups, err := a.Usage.Usage(ctx, q)
			if err != nil {
				return nil, err
			}
			var b bytes.Buffer
			err = WriteUsage(&b, q.By, groups)
			return &usageCSVOutput{"text/csv; charset=utf-8", `attachment; filename="usage.csv"`, b.Bytes()}, err
		})
	handle(a, hearth.RightWatch, huma.Operation{OperationID: "list-quotas", Method: http.MethodGet, Path: "/quotas", Summary: "Quotas there are, and what is used of them", Tags: tags},
		func(ctx context.Context, _ *Language) (*quotasOutput, error) {
			list, err := a.Usage.Quotas(ctx)
			out := &quotasOutput{}
			out.Body.Quotas = []Quota{}
			for _, s := range list {
				out.Body.Quotas = append(out.Body.Quotas, NewQuota(s))
			}
			return out, err
		})
	handle(a, hearth.RightGrant, huma.Operation{OperationID: "set-quota", Method: http.MethodPut, Path: "/quotas", Summary: "Set a quota, in the place of the one for the same", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *setQuotaInput) (*struct{}, error) {
			q, err := ledger.Parse(in.Body.Scope, in.Body.Quota, strconv.FormatFloat(in.Body.Limit, 'f', -1, 64))
			if err != nil {
				return nil, err
			}
			if q.WarnPercent = WarnUsual; in.Body.WarnPercent != nil {
				q.WarnPercent = *in.Body.WarnPercent
			}
			return nil, a.change(in.Matched, func() (string, error) {
				list, err := a.Usage.Quotas(ctx)
				return tagged(list, err, func(s hearth.QuotaState) bool {
					return s.Kind == q.Kind && s.ID == q.ID && s.Measure == q.Measure && s.Period == q.Period
				}, quotaTag)
			}, func() error { return a.Usage.SetQuota(ctx, q) })
		})
	handle(a, hearth.RightGrant, huma.Operation{OperationID: "remove-quota", Method: http.MethodDelete, Path: "/quotas", Summary: "End a quota", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *removeQuotaInput) (*struct{}, error) {
			q, err := ledger.Parse(in.Scope, in.Quota, "")
			if err != nil {
				return nil, err
			}
			return nil, a.Usage.RemoveQuota(ctx, q)
		})
}

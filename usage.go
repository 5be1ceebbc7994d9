package hearth

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Money is an amount in billionths of a yuan: prices are by the million tokens, so that
// one token may cost less than a millionth.
type Money int64

// Yuan is one.
const Yuan Money = 1e9

// String is the amount in yuan, for example 0.0123.
func (m Money) String() string {
	s := strconv.FormatFloat(float64(m)/float64(Yuan), 'f', 9, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// Price is what a million tokens of a model cost.
type Price struct {
	Input  Money // read
	Cached Money // read, and known from before
	Output Money // written, thinking included
}

// Cost is what an answer costs.
func (p Price) Cost(u Usage) Money {
	const million = 1_000_000
	fresh := max(0, u.PromptTokens-u.CachedTokens)
	return (p.Input*Money(fresh) + p.Cached*Money(u.CachedTokens) + p.Output*Money(u.CompletionTokens)) / million
}

// ScopeKind is a sort of those for whom usage is counted and bounded.
type ScopeKind string

// The kinds, from the narrowest.
const (
	ScopeKey        ScopeKind = "key"
	ScopePerson     ScopeKind = "person"
	ScopeDepartment ScopeKind = "department"
	ScopeTenant     ScopeKind = "tenant"
)

// ScopeKinds lists them.
func ScopeKinds() []ScopeKind {
	return []ScopeKind{ScopeKey, ScopePerson, ScopeDepartment, ScopeTenant}
}

// Everyone stands in the place of a scope's id for each of that kind that has no quota of
// its own for the same.
const Everyone = "*"

// Scope is somebody for whom usage is counted and bounded.
type Scope struct {
	Kind ScopeKind
	ID   string
	Name string // for people; the id where there is none
}

// Measure is what a quota bounds.
type Measure string

// The measures.
const (
	MeasureTokens     Measure = "tokens" // read and written
	MeasureRequests   Measure = "requests"
	MeasureSpend      Measure = "spend"      // in [Money]
	MeasureConcurrent Measure = "concurrent" // requests at once, those in line included
)

// Period is the time in which a quota is used up: of the calendar, in the appliance's time
// zone. What a request takes counts in the period in which it arrived.
type Period string

// The periods. What is concurrent has none.
const (
	PerMinute Period = "minute"
	PerDay    Period = "day"
	PerMonth  Period = "month"
)

// Periods lists them.
func Periods() []Period { return []Period{PerMinute, PerDay, PerMonth} }

// Begin is when the period began that t is in.
func (p Period) Begin(t time.Time) time.Time {
	switch y, m, d := t.Date(); p {
	case PerMonth:
		return time.Date(y, m, 1, 0, 0, 0, 0, t.Location())
	case PerDay:
		return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	}
	return t.Truncate(time.Minute)
}

// End is when it ends.
func (p Period) End(t time.Time) time.Time {
	switch b := p.Begin(t); p {
	case PerMonth:
		return b.AddDate(0, 1, 0)
	case PerDay:
		return b.AddDate(0, 0, 1)
	default:
		return b.Add(time.Minute)
	}
}

// Quota is how much somebody may have of something in a period.
type Quota struct {
	Kind    ScopeKind
	ID      string // or [Everyone]
	Measure Measure
	Period  Period // empty for what is concurrent
	Limit   int64  // tokens, requests, or billionths of a yuan

	// WarnPercent of the limit is when whoever asks is warned; 0 is never.
	WarnPercent int
}

// Use is what one answer took, as it stands in the ledger.
type Use struct {
	// Once, if not empty, names what was done across restarts: it is counted once.
	Once string

	RequestID string
	At        time.Time // when the request arrived
	Act       string    // chat, complete, embed, rerank
	Class     Class

	Key, KeyName string
	Person       string
	Department   string
	Tenant       string

	Model    string // as it is listed
	ServedBy string
	Usage
	Cost Money
}

// Sum is what uses come to.
type Sum struct {
	Requests                                     int64
	PromptTokens, CachedTokens, CompletionTokens int64
	Cost                                         Money
}

// Tokens are all, read and written.
func (s Sum) Tokens() int64 { return s.PromptTokens + s.CompletionTokens }

// UsageQuery chooses what of the ledger is summed up.
type UsageQuery struct {
	By           []string  // fields of [UsageFields] to group by; none sums up all
	Since, Until time.Time // arrived not before, and before; zero is no bound
	Key, Model   string    // only of these; empty is all
	Limit        int       // groups
}

// UsageFields are what usage can be grouped by.
func UsageFields() []string {
	return []string{"day", "month", "key", "person", "department", "tenant", "model", "served_by", "act", "class"}
}

// UsageGroup is a sum, with what its parts have in common, in the order of the query's By.
type UsageGroup struct {
	Values []string
	Name   string // of the key, if grouped by it
	Sum
}

// Account keeps what answers take, and says who may have one.
type Account interface {
	// Open reserves for a request what it is expected to take, of a model by the name
	// it is listed under. If that is more than may be, it is an error of code
	// [QuotaExceeded].
	Open(ctx context.Context, r *Request, model string, expected Usage) (Bill, error)
}

// Bill is what is reserved for a request.
type Bill interface {
	// Settle puts what an answer took in the place of what was reserved. It returns when
	// that will survive a crash. Tokens of prompts that are 0 are not known.
	Settle(servedBy string, u Usage)

	// Move reserves what an answer of another model, or a shorter one, is expected to take,
	// in the place of what is reserved; or, if a quota has no room for that, changes
	// nothing. It does not wait for anything.
	Move(model string, expected Usage) error

	// Close gives back what was reserved and not settled. A bill may be closed again.
	Close()
}

// Allowance is what somebody has left, of the quotas that bound it most.
type Allowance struct {
	Requests, Tokens *Left // nil where nothing bounds them
	Warnings         []Words
}

// Left is what is left of a quota.
type Left struct {
	Limit, Left int64
	Reset       time.Time
}

// QuotaState is a quota and what is taken of it by somebody.
type QuotaState struct {
	Quota
	Scope Scope // whose use this is
	Used  int64 // reserved included
	Reset time.Time
}

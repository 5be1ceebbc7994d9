package ledger

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
)

// Store is where uses and quotas are remembered.
type Store interface {
	// AddUses remembers uses, all or none; of those with a name for once only the first.
	AddUses(ctx context.Context, uses []hearth.Use) error
	// UsedSince is what somebody took from a time on.
	UsedSince(ctx context.Context, s hearth.Scope, since time.Time) (hearth.Sum, error)
	Usage(ctx context.Context, q hearth.UsageQuery) ([]hearth.UsageGroup, error)
	// ForgetUses forgets what is older.
	ForgetUses(ctx context.Context, before time.Time) error

	Quotas(ctx context.Context) ([]hearth.Quota, error)
	SetQuota(ctx context.Context, q hearth.Quota) error
	// RemoveQuota reports an error of code [hearth.NoSuchQuota] if it is not there.
	RemoveQuota(ctx context.Context, q hearth.Quota) error
}

// Config is what a Ledger is made of.
type Config struct {
	Store  Store
	Prices map[string]hearth.Price // by model, in lower case; [hearth.Everyone] is all others
	Keep   time.Duration           // how long entries are kept
	Log    *slog.Logger
}

// Ledger is the account of all that is answered.
type Ledger struct {
	Config

	mu       sync.Mutex
	quotas   []hearth.Quota
	read     time.Time                 // when quotas were
	accounts map[hearth.Scope]*account // by kind and id alone
	warned   map[warning]bool

	next    *page        // entries that are to be written
	kept    []hearth.Use // that could not be
	writing bool
	writer  sync.WaitGroup
	swept   time.Time // by who writes
}

var _ hearth.Account = (*Ledger)(nil)

// New makes one.
func New(c Config) *Ledger {
	return &Ledger{Config: c, accounts: map[hearth.Scope]*account{}, warned: map[warning]bool{}}
}

// quotasFresh is how long quotas are believed that another process may have changed.
const quotasFresh = time.Second

// scopesOf is whom a request counts for, the narrowest first.
func scopesOf(by hearth.Principal) []hearth.Scope {
	list := []hearth.Scope{{Kind: hearth.ScopeKey, ID: by.KeyID, Name: cmp.Or(by.Name, by.KeyID)}}
	for _, s := range []hearth.Scope{{Kind: hearth.ScopePerson, ID: by.Person, Name: cmp.Or(by.Name, by.Person)},
		{Kind: hearth.ScopeDepartment, ID: by.Department, Name: by.Department}, {Kind: hearth.ScopeTenant, ID: by.Tenant, Name: by.Tenant}} {
		if s.ID != "" {
			list = append(list, s)
		}
	}
	return list
}

// account is what somebody takes.
type account struct {
	scope   hearth.Scope
	open    int64 // requests under way
	periods [3]period
}

// period is what is taken in the current one.
type period struct {
	begin           time.Time
	taken, reserved amount
}

// amount is so much of everything that has periods.
type amount struct {
	tokens, requests int64
	spend            hearth.Money
}

func (a *amount) add(b amount, n int64) {
	a.tokens += n * b.tokens
	a.requests += n * b.requests
	a.spend += hearth.Money(n) * b.spend
}

func (a amount) of(m hearth.Measure) int64 {
	switch m {
	case hearth.MeasureTokens:
		return a.tokens
	case hearth.MeasureSpend:
		return int64(a.spend)
	}
	return a.requests
}

// bill is what one request has reserved.
type bill struct {
	ledger   *Ledger
	at       time.Time
	accounts []*account
	expected amount
	price    hearth.Price
	use      hearth.Use // but for what it took
	closed   bool
}

// Open reserves what a request is expected to take, of all quotas it falls under.
func (l *Ledger) Open(ctx context.Context, r *hearth.Request, model string, expected hearth.Usage) (hearth.Bill, error) {
	act := "chat"
	switch {
	case r.Embed != nil:
		act = "embed"
	case r.Rerank != nil:
		act = "rerank"
	case r.Prompt != nil:
		act = "complete"
	}
	return l.reserve(ctx, r.By, expected, hearth.Use{Once: r.Once, RequestID: r.ID, Act: act, Class: cmp.Or(r.Class, hearth.ClassDefault), Model: model})
}

func (l *Ledger) reserve(ctx context.Context, by hearth.Principal, expected hearth.Usage, use hearth.Use) (*bill, error) {
	use.At = time.Now()
	use.Key, use.KeyName = by.KeyID, by.Name
	price := l.price(use.Model)
	b := &bill{ledger: l, at: use.At, price: price, use: use,
		expected: amount{tokens: int64(expected.PromptTokens + expected.CompletionTokens), requests: 1, spend: price.Cost(expected)}}
	var err error
	for _, s := range scopesOf(by) {
		a, err := l.account(ctx, s, use.At)
		if err != nil {
			return nil, err
		}
		b.accounts = append(b.accounts, a)
		switch s.Kind {
		case hearth.ScopePerson:
			b.use.Person = s.ID
		case hearth.ScopeDepartment:
			b.use.Department = s.ID
		case hearth.ScopeTenant:
			b.use.Tenant = s.ID
		}
	}
	if err = l.refresh(ctx); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range b.accounts {
		for _, q := range l.quotasOf(a.scope) {
			if err := a.over(q, b.expected, b.at); err != nil {
				return nil, err
			}
		}
	}
	b.reserve(1)
	l.warn(b)
	return b, nil
}

func (l *Ledger) price(model string) hearth.Price {
	if p, ok := l.Prices[strings.ToLower(model)]; ok {
		return p
	}
	return l.Prices[hearth.Everyone]
}

// account finds somebody's account. What was taken before this process began is read once.
func (l *Ledger) account(ctx context.Context, s hearth.Scope, now time.Time) (*account, error) {
	at := hearth.Scope{Kind: s.Kind, ID: s.ID}
	l.mu.Lock()
	a := l.accounts[at]
	l.mu.Unlock()
	if a != nil {
		return a, nil
	}
	a = &account{scope: s}
	for i, p := range hearth.Periods() {
		sum, err := l.Store.UsedSince(ctx, s, p.Begin(now))
		if err != nil {
			return nil, err
		}
		a.periods[i] = period{begin: p.Begin(now), taken: amount{sum.Tokens(), sum.Requests, sum.Cost}}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if first := l.accounts[at]; first != nil { // which counts since
		return first, nil
	}
	l.accounts[at] = a
	return a, nil
}

// turn lets the periods begin that have.
func (a *account) turn(now time.Time) {
	for i, p := range hearth.Periods() {
		if b := p.Begin(now); b.After(a.periods[i].begin) {
			a.periods[i] = period{begin: b}
		}
	}
}

// used is what is taken and reserved of a quota.
func (a *account) used(q hearth.Quota) int64 {
	if q.Measure == hearth.MeasureConcurrent {
		return a.open
	}
	p := a.periods[slices.Index(hearth.Periods(), q.Period)]
	return p.taken.of(q.Measure) + p.reserved.of(q.Measure)
}

// over is the error of a request that a quota has no room for.
func (a *account) over(q hearth.Quota, wanted amount, now time.Time) error {
	a.turn(now)
	used, more := a.used(q), int64(1)
	if q.Measure != hearth.MeasureConcurrent {
		more = wanted.of(q.Measure)
	}
	if used+more <= q.Limit || used < q.Limit && a.open == 0 {
		return nil
	}
	e := hearth.NewError(hearth.QuotaExceeded, "whom", named(a.scope), "limit", spelled(q, used, more),
		"setting", "hearth quota set "+string(q.Kind)+":"+q.ID+" "+Name(q), "until", until(q, now))
	if q.Measure != hearth.MeasureConcurrent {
		e = e.After(q.Period.End(now).Sub(now))
	}
	return e
}

// Settle makes the entry.
func (b *bill) Settle(servedBy string, u hearth.Usage) {
	l := b.ledger
	l.mu.Lock()
	if b.closed {
		l.mu.Unlock()
		return
	}
	use := b.use
	use.ServedBy, use.Usage, use.Cost = servedBy, u, b.price.Cost(u)
	b.close(&amount{int64(u.PromptTokens + u.CompletionTokens), 1, use.Cost})
	p := l.enter(use)
	l.mu.Unlock()
	<-p.written
}

// Move reserves something else.
func (b *bill) Move(model string, expected hearth.Usage) error {
	l := b.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.closed {
		return hearth.NewError(hearth.Canceled)
	}
	price := l.price(model)
	wanted := amount{tokens: int64(expected.PromptTokens + expected.CompletionTokens), requests: 1, spend: price.Cost(expected)}
	b.reserve(-1)
	for _, a := range b.accounts {
		for _, q := range l.quotasOf(a.scope) {
			if err := a.over(q, wanted, time.Now()); err != nil {
				b.reserve(1)
				return err
			}
		}
	}
	b.expected, b.price, b.use.Model = wanted, price, model
	b.reserve(1)
	return nil
}

// reserve counts the bill among what is under way, or no longer; in those periods in which
// the request came.
func (b *bill) reserve(n int64) {
	for _, a := range b.accounts {
		a.turn(time.Now())
		a.open += n
		for i := range a.periods {
			if p := &a.periods[i]; !b.at.Before(p.begin) {
				p.reserved.add(b.expected, n)
			}
		}
	}
}

// Close gives back what is reserved.
func (b *bill) Close() {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	b.close(nil)
}

// close puts what was taken in the place of what was reserved, in those periods in which
// the request came.
func (b *bill) close(taken *amount) {
	if b.closed {
		return
	}
	b.closed = true
	b.reserve(-1)
	if taken == nil {
		return
	}
	for _, a := range b.accounts {
		for i := range a.periods {
			if p := &a.periods[i]; !b.at.Before(p.begin) {
				p.taken.add(*taken, 1)
			}
		}
	}
}

// Limits of what is written at once, of what waits to be written when that fails, and of
// how long it may take.
const (
	pendingMax = 100_000
	writeMax   = 10 * time.Second
	sweepEvery = time.Hour
)

// page is entries that are written together.
type page struct {
	uses    []hearth.Use
	written chan struct{} // closed when they are, or could not be
}

// enter puts an entry on the page that is written next. l.mu is held. Somebody writes, one
// page after the other, for as long as there are entries: a commit to the disk serves all
// who came while the one before it was under way.
func (l *Ledger) enter(use hearth.Use) *page {
	if l.next == nil {
		l.next = &page{written: make(chan struct{})}
	}
	l.next.uses = append(l.next.uses, use)
	if !l.writing {
		l.writing = true
		l.writer.Go(l.write)
	}
	return l.next
}

// write puts on the disk what is not there yet.
func (l *Ledger) write() {
	for {
		l.mu.Lock()
		p, kept := l.next, l.kept
		l.next, l.kept = nil, nil
		if p == nil {
			l.kept, l.writing = kept, false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		l.put(append(kept, p.uses...))
		close(p.written)
	}
}

// put writes entries. Those that can't be written now are kept in memory.
func (l *Ledger) put(uses []hearth.Use) {
	ctx, cancel := context.WithTimeout(context.Background(), writeMax)
	defer cancel()
	if err := l.Store.AddUses(ctx, uses); err != nil {
		l.Log.Error("the ledger can't be written; entries are kept in memory", "entries", len(uses), "error", err)
		if more := len(uses) - pendingMax; more > 0 {
			l.Log.Error("entries of the ledger are lost", "entries", more)
			uses = uses[more:]
		}
		l.mu.Lock()
		l.kept = uses
		l.mu.Unlock()
		return
	}
	if now := time.Now(); l.Keep > 0 && now.Sub(l.swept) > sweepEvery {
		l.swept = now
		if err := l.Store.ForgetUses(ctx, now.Add(-l.Keep)); err != nil {
			l.Log.Warn("old entries of the ledger can't be forgotten", "error", err)
		}
	}
}

// Close writes what is left.
func (l *Ledger) Close() {
	l.writer.Wait()
	l.mu.Lock()
	kept := l.kept
	l.kept = nil
	l.mu.Unlock()
	if len(kept) > 0 {
		l.put(kept)
	}
}

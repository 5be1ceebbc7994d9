package trust

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
)

// PolicyStore is where policies are kept.
type PolicyStore interface {
	TrustPolicies(ctx context.Context) ([]hearth.TrustPolicy, error)
	SetTrustPolicy(ctx context.Context, p hearth.TrustPolicy) error
	// RemoveTrustPolicy reports an error of code [hearth.NoSuchTrustPolicy] if it is not there.
	RemoveTrustPolicy(ctx context.Context, s hearth.Scope) error
}

// Policies say what is done about advertising, for whom: the narrowest policy counts, of
// the app (its key), the person, the department and the tenant; where there is none, what
// the settings say.
type Policies struct {
	Store   PolicyStore
	Usual   Action
	Log     *slog.Logger
	mu      sync.Mutex
	actions map[hearth.Scope]Action // by kind and id alone
	read    time.Time
}

// policiesFresh is how long policies are believed that another process may have changed.
const policiesFresh = time.Second

// PoliciesMax is how many there may be.
const PoliciesMax = 10_000

// For is what is done for somebody. Policies that can't be read stay as they were.
func (p *Policies) For(ctx context.Context, by hearth.Principal) Action {
	actions := p.current(ctx)
	for _, s := range []hearth.Scope{{Kind: hearth.ScopeKey, ID: by.KeyID}, {Kind: hearth.ScopePerson, ID: by.Person},
		{Kind: hearth.ScopeDepartment, ID: by.Department}, {Kind: hearth.ScopeTenant, ID: by.Tenant}} {
		if a, ok := actions[s]; ok && s.ID != "" {
			return a
		}
	}
	return p.Usual
}

func (p *Policies) current(ctx context.Context) map[hearth.Scope]Action {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.actions != nil && time.Since(p.read) < policiesFresh {
		return p.actions
	}
	list, err := p.Store.TrustPolicies(ctx)
	if err != nil {
		p.Log.Warn("what is done about advertising can't be read; it stays as it was", "error", err)
		return p.actions
	}
	p.actions, p.read = map[hearth.Scope]Action{}, time.Now()
	for _, x := range list {
		p.actions[hearth.Scope{Kind: x.Scope.Kind, ID: x.Scope.ID}] = Action(x.Action)
	}
	return p.actions
}

// Set sets a policy, in the place of the one for the same.
func (p *Policies) Set(ctx context.Context, whose, action string) (hearth.TrustPolicy, error) {
	s, err := ParseScope(whose)
	if err != nil {
		return hearth.TrustPolicy{}, err
	}
	if !slices.Contains(Actions(), action) {
		return hearth.TrustPolicy{}, hearth.NewError(hearth.InvalidValue, "field", "action", "detail", hearth.Words{
			action + " is not one of " + strings.Join(Actions(), ", "), action + " 不在 " + strings.Join(Actions(), "、") + " 之中"}).At("action")
	}
	list, err := p.Store.TrustPolicies(ctx)
	if err != nil {
		return hearth.TrustPolicy{}, err
	}
	if len(list) >= PoliciesMax {
		return hearth.TrustPolicy{}, hearth.NewError(hearth.OutOfRange, "field", "the number of policies", "min", 0, "max", PoliciesMax)
	}
	x := hearth.TrustPolicy{Scope: s, Action: action, Changed: time.Now()}
	defer p.forget()
	return x, p.Store.SetTrustPolicy(ctx, x)
}

// Remove ends a policy.
func (p *Policies) Remove(ctx context.Context, whose string) error {
	s, err := ParseScope(whose)
	if err != nil {
		return err
	}
	defer p.forget()
	return p.Store.RemoveTrustPolicy(ctx, s)
}

// List is all there are.
func (p *Policies) List(ctx context.Context) ([]hearth.TrustPolicy, error) {
	return p.Store.TrustPolicies(ctx)
}

func (p *Policies) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read = time.Time{}
}

// scopeMax is the longest id of a scope, in bytes.
const scopeMax = 200

// ParseScope reads whom a policy is for: key:ID, person:ID, department:ID or tenant:ID.
func ParseScope(text string) (hearth.Scope, error) {
	kind, id, _ := strings.Cut(text, ":")
	if !slices.Contains(hearth.ScopeKinds(), hearth.ScopeKind(kind)) || id == "" || len(id) > scopeMax || id == hearth.Everyone {
		return hearth.Scope{}, hearth.NewError(hearth.InvalidValue, "field", "whose", "detail", hearth.Words{
			"it reads key:ID, person:ID, department:ID or tenant:ID", "应为 key:编号、person:编号、department:编号 或 tenant:编号"}).At("whose")
	}
	return hearth.Scope{Kind: hearth.ScopeKind(kind), ID: id}, nil
}

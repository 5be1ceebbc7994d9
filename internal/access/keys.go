package access

import (
	"context"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// ownKeysMax is how many keys somebody has at most.
const ownKeysMax = 64

// Create makes a key that is nobody's, has all the rights of its standing, and lives for
// ttl, or until it is revoked if ttl is 0. The secret is not kept: this is the only time
// it can be seen.
func (a *Access) Create(ctx context.Context, name string, standing hearth.Standing, ttl time.Duration) (secret string, k hearth.Key, err error) {
	return a.Issue(ctx, hearth.Key{Name: name, Standing: standing}, ttl)
}

// Issue makes a key that is nobody's as it is described: its name, standing, place, what
// it may do and which models it may use. Duties are people's: its standing is user, or
// admin while the appliance is set up, unless it is for looking on alone.
func (a *Access) Issue(ctx context.Context, k hearth.Key, ttl time.Duration) (secret string, _ hearth.Key, err error) {
	if k.Standing != hearth.StandingUser && k.Standing != hearth.StandingAdmin && (k.Only == 0 || k.Only&^(hearth.RightWatch|hearth.RightServe) != 0) {
		return "", k, hearth.NewError(hearth.NotOneOf, "field", "standing", "choices", "user, admin").At("standing")
	}
	k.Person = ""
	return a.issue(ctx, k, ttl)
}

// IssueOwn makes a key for the person who asks, for some of what they may do themselves,
// or for asking models where none of that is named. What is their own affair is not
// among it: who finds such a key can't make another.
func (a *Access) IssueOwn(ctx context.Context, by hearth.Principal, k hearth.Key, ttl time.Duration) (secret string, _ hearth.Key, err error) {
	if err := asPerson(by); err != nil {
		return "", k, err
	}
	if k.Only == 0 {
		k.Only = hearth.RightAsk
	}
	p, err := a.store.Person(ctx, by.Person)
	if err != nil {
		return "", k, err
	}
	own, err := a.store.Keys(ctx, by.Person)
	if err != nil {
		return "", k, err
	}
	if len(own) >= ownKeysMax {
		return "", k, hearth.NewError(hearth.OutOfRange, "field", "the number of keys", "min", 0, "max", ownKeysMax)
	}
	if k.Only&^(p.Standing.Rights()&^hearth.RightSelf) != 0 {
		return "", k, hearth.NewError(hearth.NotOneOf, "field", "rights", "choices", strings.Join((p.Standing.Rights()&^hearth.RightSelf).Names(), ", ")).At("rights")
	}
	k.Person, k.Standing, k.Tenant, k.Department = p.ID, p.Standing, p.Tenant, p.Department
	return a.issue(ctx, k, ttl)
}

func (a *Access) issue(ctx context.Context, k hearth.Key, ttl time.Duration) (secret string, _ hearth.Key, err error) {
	k.Name = strings.TrimSpace(k.Name)
	if err := checkName(k.Name); err != nil {
		return "", k, err
	}
	if k.Tenant == "" {
		k.Tenant = hearth.TenantMain
	}
	c := newCredential()
	k.ID, k.Hash, k.Created, k.Expires = c.id, a.hash(c), now(), time.Time{}
	if ttl > 0 {
		k.Expires = k.Created.Add(ttl)
	}
	return c.String(), k, a.store.AddKey(ctx, k)
}

// List shows all keys, oldest first.
func (a *Access) List(ctx context.Context) ([]hearth.Key, error) { return a.store.Keys(ctx, "") }

// ListOwn shows the keys of the person who asks.
func (a *Access) ListOwn(ctx context.Context, by hearth.Principal) ([]hearth.Key, error) {
	if err := asPerson(by); err != nil {
		return nil, err
	}
	return a.store.Keys(ctx, by.Person)
}

// Limit says which of its standing's rights a key has, 0 for all, and which models.
func (a *Access) Limit(ctx context.Context, id string, only hearth.Rights, models hearth.ModelList) error {
	return a.store.LimitKey(ctx, id, only, models)
}

// Revoke ends a key, the sessions that were begun with it, and what is under way for it.
// The last administrator's can't be.
func (a *Access) Revoke(ctx context.Context, id string) error {
	return a.store.RemoveKey(ctx, id, "")
}

// RevokeOwn ends a key of the person who asks. Another one's is not there.
func (a *Access) RevokeOwn(ctx context.Context, by hearth.Principal, id string) error {
	if err := asPerson(by); err != nil {
		return err
	}
	return a.store.RemoveKey(ctx, id, by.Person)
}

// asPerson refuses keys that are nobody's where people see to their own affairs.
func asPerson(by hearth.Principal) error {
	if by.Person == "" {
		return hearth.NewError(hearth.NotAllowed)
	}
	return nil
}

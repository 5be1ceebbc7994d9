package access

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/hearthbox/hearth"
)

// importDirectory is the directory of people that were imported, in [Identities].
const importDirectory = "scim"

// Imported is somebody who was imported, with what their own house calls them.
type Imported struct {
	hearth.Person
	External string // empty: it did not say
}

// Import makes an account for somebody whom another house sends: a user, who has no
// password here. They sign in by a directory that calls them the same.
func (a *Access) Import(ctx context.Context, p hearth.Person, external string) (Imported, error) {
	p.ID, p.Login, p.Standing, p.Created = "p_"+randomDigits(idLen), strings.TrimSpace(p.Login), hearth.StandingUser, now()
	if err := checkPerson(&p); err != nil {
		return Imported{}, err
	}
	subject := external
	if subject == "" {
		subject = p.ID
	}
	if len(subject) > subjectBytesMax {
		return Imported{}, hearth.NewError(hearth.OutOfRange, "field", "the length of externalId", "min", 0, "max", subjectBytesMax)
	}
	return Imported{p, external}, a.store.AddIdentified(ctx, p, hearth.Credentials{Person: p.ID}, ownKey(p), importDirectory, p.Tenant+" "+subject)
}

// Imported lists those who were imported into a tenant.
func (a *Access) Imported(ctx context.Context, tenant string) ([]Imported, error) {
	people, err := a.store.People(ctx)
	if err != nil {
		return nil, err
	}
	subjects, err := a.store.Identities(ctx, importDirectory)
	if err != nil {
		return nil, err
	}
	var list []Imported
	for _, p := range people {
		subject, ok := subjects[p.ID]
		if !ok || p.Tenant != tenant {
			continue
		}
		subject = strings.TrimPrefix(subject, tenant+" ")
		if subject == p.ID {
			subject = ""
		}
		list = append(list, Imported{p, subject})
	}
	return list, nil
}

// imported is somebody who was imported, whom a directory now vouches for by the same
// name for the first time, and whom nothing else lets in.
func (a *Access) imported(ctx context.Context, o Outsider) (p hearth.Person, ok bool, err error) {
	p, err = a.store.Person(ctx, o.Login)
	if errors.Is(err, hearth.NewError(hearth.NoSuchPerson)) {
		return p, false, nil
	}
	if err != nil || !strings.EqualFold(p.Login, o.Login) || p.Tenant != cmp.Or(o.Tenant, hearth.TenantMain) {
		return p, false, err
	}
	subject, err := a.store.Identity(ctx, importDirectory, p.ID)
	if err != nil || subject == "" {
		return p, false, err
	}
	c, err := a.credentials(ctx, p.ID)
	if err != nil || c.Password != "" || c.Passkeys > 0 {
		return p, false, err
	}
	return p, true, a.store.AddIdentity(ctx, o.Directory, o.Subject, p.ID)
}

package access

import (
	"context"
	"errors"
	"time"

	"github.com/hearthbox/hearth"
)

// HoldKey says who asks with the key of an id, for work that was asked for with it and is
// done later, and gives a context for that as [Access.Hold] does. A key that does not let
// anybody in by then is an error of code [hearth.InvalidKey].
func (a *Access) HoldKey(ctx context.Context, id string) (_ context.Context, by hearth.Principal, release func(), err error) {
	by, _, err = a.ofKey(ctx, id)
	if err != nil {
		return ctx, by, func() {}, err
	}
	ctx, release = a.hold(ctx, &hold{key: id, by: by})
	return ctx, by, release, nil
}

// ofKey is who asks with the key of an id, and until when.
func (a *Access) ofKey(ctx context.Context, id string) (by hearth.Principal, ends time.Time, err error) {
	h, err := a.find(ctx, id)
	if errors.Is(err, hearth.NewError(hearth.NoSuchKey)) || err == nil && a.over(h) {
		return by, ends, hearth.NewError(hearth.InvalidKey, "detail", hearth.Words{"it is revoked or expired", "已吊销或已过期"})
	}
	return a.principal(h), earliest(h.Expires, future(h.EmergencyEnds)), err
}

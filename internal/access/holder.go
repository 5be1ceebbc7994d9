package access

import (
	"context"
	"errors"

	"github.com/hearthbox/hearth"
)

// Holder says who asks with the key of an id, for work that was asked for with it and is
// done later. A key that is revoked or expired by then is an error of code
// [hearth.InvalidKey].
func (a *Access) Holder(ctx context.Context, id string) (hearth.Principal, error) {
	k, err := a.keys.Key(ctx, id)
	if errors.Is(err, hearth.NewError(hearth.NoSuchKey)) || err == nil && expired(k) {
		return hearth.Principal{}, hearth.NewError(hearth.InvalidKey, "detail", hearth.Words{"it is revoked or expired", "已吊销或已过期"})
	}
	return k.Principal(), err
}

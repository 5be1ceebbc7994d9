package appliance

import (
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/traffic"
	"github.com/hearthbox/hearth/internal/trust"
)

// wrapper makes another generator of one.
type wrapper func(hearth.Generator) hearth.Generator

// chain is the product in one sentence, from the client inward. Order is policy; it
// is written here and nowhere else, and argued in docs/adr/0003-order-of-the-wrappers.md:
//
//	audit( access( guard( trust( shadows( traffic( knowledge( route( engine | upstream … ))))))))
//
// So far there are audit, access, guard, trust, shadows, traffic and route. Each wrapper joins in its place as it
// is built. The queue is handed out as well, for those who look at it. What answers take is
// counted where they are made, in traffic: also of those whose caller has gone.
func chain(log *audit.Log, guard wrapper, advertising trust.Choice, shadow func(hearth.Generator) *shadows, account hearth.Account, route traffic.Route, c Config) (hearth.Generator, *traffic.Traffic, *shadows) {
	queue := traffic.New(traffic.Config{Route: route, Account: account, Limits: c.Queue.limits(), Keep: placeKept, Update: placeTold})
	cast := shadow(queue)
	return audit.Wrap(log, access.Permit(guard(trust.Watch(cast, trust.Shipped, advertising)))), queue, cast
}

// How long a place in line is kept for a caller who will be back, which official
// clients are within nine seconds; and how often those who wait are told where they
// stand.
const (
	placeKept = 30 * time.Second
	placeTold = 5 * time.Second
)

func (c QueueConfig) limits() traffic.Limits {
	l := traffic.Limits{TenantRequests: c.KeyRequests, TenantBytes: int64(c.KeyBytes), TenantCost: float64(c.KeyTokens),
		Requests: c.Requests, Bytes: int64(c.Bytes)}
	for class := range l.WaitMax {
		l.WaitMax[class] = c.Wait
	}
	l.WaitMax[traffic.Bulk] = c.BulkWait
	return l
}

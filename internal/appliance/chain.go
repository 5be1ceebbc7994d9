package appliance

import (
	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/trust"
)

// chain is the product in one sentence, from the client inward. Order is policy; it
// is written here and nowhere else, and argued in docs/adr/0003-order-of-the-wrappers.md:
//
//	audit( guard( trust( traffic( knowledge( route( engine | upstream … ))))))
//
// So far there are trust and route. Each wrapper joins in its place as it is built.
func chain(route hearth.Generator, t TrustConfig) hearth.Generator {
	return trust.Watch(route, trust.Shipped, trust.Action(t.Advertising))
}

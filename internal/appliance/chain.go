package appliance

import (
	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/audit"
)

// chain is the product in one sentence, from the client inward. Order is policy; it
// is written here and nowhere else, and argued in docs/adr/0003-order-of-the-wrappers.md:
//
//	audit( guard( traffic( knowledge( route( engine | upstream … )))))
//
// So far audit and route stand in it. Each wrapper joins in its place as it is built.
func chain(log *audit.Log, route hearth.Generator) hearth.Generator {
	return audit.Wrap(log, route)
}

package appliance

import "github.com/hearthbox/hearth"

// wrapper makes another generator of one.
type wrapper func(hearth.Generator) hearth.Generator

// chain is the product in one sentence, from the client inward. Order is policy; it
// is written here and nowhere else, and argued in docs/adr/0003-order-of-the-wrappers.md:
//
//	audit( guard( traffic( knowledge( route( engine | upstream … )))))
//
// So far there are guard and route. Each wrapper joins in its place as it is built.
func chain(guard wrapper, route hearth.Generator) hearth.Generator {
	return guard(route)
}

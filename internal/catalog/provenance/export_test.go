package provenance

import "github.com/hearthbox/hearth/internal/cryptosuite"

// IndexName is a bundle's first entry.
const IndexName = indexName

// SealIndex signs any text as the list of a bundle.
func SealIndex(payload []byte, signer cryptosuite.Signer) ([]byte, error) {
	e, err := seal(bundleType, payload, []cryptosuite.Signer{signer})
	if err != nil {
		return nil, err
	}
	return encode(e)
}

// ParseStatement reads what an OMS bundle's signature is over.
func ParseStatement(payload []byte) (*Statement, error) { return parseStatement(payload) }

// Paths lists what a statement is about.
func (s *Statement) Paths() []string {
	var paths []string
	for _, r := range s.resources {
		paths = append(paths, r.path)
	}
	return paths
}

// Names lists the items as KIND/NAME.
func (b *Bundle) Names() []string {
	var names []string
	for _, i := range b.Items {
		names = append(names, i.folder())
	}
	return names
}

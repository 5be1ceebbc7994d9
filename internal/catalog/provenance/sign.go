package provenance

import (
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

const manifestType = "application/vnd.hearth.manifest.v1+json"

// signedMax bounds the bytes of a signed manifest: the manifest in base64, with its
// signatures.
const signedMax = manifestMax*4/3 + 1<<20

// Sign writes the manifest with the signatures of all signers: one of Ed25519, say,
// and one of SM2.
func (m Manifest) Sign(signers ...cryptosuite.Signer) ([]byte, error) {
	payload, err := m.JSON()
	if err != nil {
		return nil, err
	}
	e, err := seal(manifestType, payload, signers)
	if err != nil {
		return nil, unsigned(m.Name, err)
	}
	return encode(e)
}

// OpenManifest reads what [Manifest.Sign] wrote and returns it with the trusted keys
// that signed, or [hearth.SignatureInvalid].
func OpenManifest(data []byte, t Trust) (Manifest, []cryptosuite.PublicKey, error) {
	payload, signed, err := openEnvelope("the manifest", manifestType, data, signedMax, t)
	if err != nil {
		return Manifest{}, nil, err
	}
	m, err := ParseManifest(payload)
	return m, signed, err
}

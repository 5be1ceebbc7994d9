package provenance

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// What OpenSSF Model Signing v1.0 fixes (https://github.com/ossf/model-signing-spec):
// a Sigstore bundle around a DSSE envelope around an in-toto statement.
const (
	omsMedia     = "application/vnd.dev.sigstore.bundle.v0.3+json"
	omsPayload   = "application/vnd.in-toto+json"
	omsStatement = "https://in-toto.io/Statement/v1"
	omsPredicate = "https://model_signing/signature/v1.0"
)

// Limits of an OMS bundle.
const (
	omsMax       = 64 << 20
	resourcesMax = 200_000 // files or shards
	chainMax     = 16      // certificates
	ignoredMax   = 1000    // paths left out of the signature
)

// omsIgnored is left out of every signature.
var omsIgnored = []string{".git", ".gitattributes", ".github", ".gitignore"}

// OMS is an OpenSSF Model Signing bundle that was read but not yet verified.
type OMS struct {
	envelope envelope
	material material
}

// omsBundle is the file. What it may hold is listed; what its key and certificates
// may hold is Sigstore's business, and grows.
type omsBundle struct {
	MediaType            string         `json:"mediaType"`
	VerificationMaterial open[material] `json:"verificationMaterial"`
	DSSEEnvelope         envelope       `json:"dsseEnvelope"`
}

type material struct {
	PublicKey *struct {
		Hint     string `json:"hint"`
		RawBytes []byte `json:"rawBytes"` // before model-signing 1.1.0, instead of the hint
	} `json:"publicKey"`
	Chain *struct {
		Certificates []struct {
			RawBytes []byte `json:"rawBytes"`
		} `json:"certificates"`
	} `json:"x509CertificateChain"`
	Certificate json.RawMessage `json:"certificate"` // of Sigstore's keyless signatures
}

// Statement is what an OMS bundle says about a model, verified.
type Statement struct {
	Name   string // as the signer called it; nothing depends on it
	Signer string // the key's ID, or the subject of the certificate

	// Ignored lists the paths that were left out, each with everything below it.
	// Whatever lies there was signed by nobody.
	Ignored []string

	shardBytes int64 // 0 if files were hashed whole
	resources  []resource
}

// ParseOMS reads a bundle. Its errors are [hearth.SignatureInvalid], as are those of
// [OMS.Verify].
func ParseOMS(data []byte) (*OMS, error) {
	var b omsBundle
	err := decode(data, omsMax, &b)
	if err == nil && b.MediaType != omsMedia {
		err = fmt.Errorf("its media type is %q, not %q", b.MediaType, omsMedia)
	}
	if err == nil {
		err = b.DSSEEnvelope.check(omsPayload)
	}
	if err == nil && len(b.DSSEEnvelope.Signatures) != 1 {
		err = errors.New("it has more than one signature")
	}
	m := b.VerificationMaterial.value
	if err == nil {
		err = m.check()
	}
	if err != nil {
		return nil, unsigned("the model", err)
	}
	return &OMS{b.DSSEEnvelope, m}, nil
}

func (m material) check() error {
	switch {
	case m.Certificate != nil:
		return errors.New("it was made by Sigstore's keyless method, which takes a connection to verify; only keys and certificates are supported")
	case (m.PublicKey != nil) == (m.Chain != nil):
		return errors.New("it names neither a key nor certificates, or both")
	case m.PublicKey != nil && m.PublicKey.Hint == "" && len(m.PublicKey.RawBytes) == 0:
		return errors.New("it does not say which key signed")
	case m.Chain != nil && (len(m.Chain.Certificates) == 0 || len(m.Chain.Certificates) > chainMax):
		return fmt.Errorf("it has %d certificates, not 1 to %d", len(m.Chain.Certificates), chainMax)
	}
	return nil
}

// OMSTrust says whose OMS bundles count.
type OMSTrust struct {
	Keys  []cryptosuite.PublicKey // elliptic curves of NIST, as the specification has them
	Roots *x509.CertPool          // for bundles signed with a certificate; nil for none
	At    time.Time               // when certificates must be valid; zero for now
}

// Verify checks signature and statement, and returns what was signed.
func (o *OMS) Verify(t OMSTrust) (*Statement, error) {
	signer, err := o.signedBy(t)
	if err != nil {
		return nil, unsigned("the model", err)
	}
	s, err := parseStatement(o.envelope.Payload)
	if err != nil {
		return nil, unsigned("the model", err)
	}
	s.Signer = signer
	return s, nil
}

// signedBy finds out who signed, and verifies it.
func (o *OMS) signedBy(t OMSTrust) (string, error) {
	if o.material.Chain != nil {
		return o.certified(t)
	}
	for _, k := range t.Keys {
		// The hint only saves asking every key; old bundles have none.
		if hint := o.material.PublicKey.Hint; hint != "" && hint != k.ID() {
			continue
		}
		if omsAlgorithm(k) && k.Verify(o.envelope.authenticated(), o.envelope.Signatures[0].Sig) == nil {
			return k.ID(), nil
		}
	}
	return "", errors.New("no trusted key has signed it")
}

// omsAlgorithm reports whether the specification knows the key's algorithm.
func omsAlgorithm(k cryptosuite.PublicKey) bool {
	return slices.Contains([]cryptosuite.Algorithm{cryptosuite.ECDSAP256, cryptosuite.ECDSAP384, cryptosuite.ECDSAP521}, k.Algorithm())
}

// certified verifies the chain of certificates and what the first one signed.
func (o *OMS) certified(t OMSTrust) (string, error) {
	if t.Roots == nil {
		return "", errors.New("it is signed with a certificate, and no root is trusted")
	}
	var chain []*x509.Certificate
	for i, c := range o.material.Chain.Certificates {
		cert, err := x509.ParseCertificate(c.RawBytes)
		if err != nil {
			return "", fmt.Errorf("certificate %d: %w", i, err)
		}
		chain = append(chain, cert)
	}
	leaf, between := chain[0], x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: t.Roots, Intermediates: between, CurrentTime: t.At,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return "", err
	}
	if leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 && !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageCodeSigning) {
		return "", errors.New("its certificate is not one for signing")
	}
	key, err := cryptosuite.NewPublicKey(leaf.PublicKey)
	if err == nil && !omsAlgorithm(key) {
		err = fmt.Errorf("the specification has no signatures of %s", key.Algorithm())
	}
	if err == nil {
		err = key.Verify(o.envelope.authenticated(), o.envelope.Signatures[0].Sig)
	}
	return strings.ToValidUTF8(leaf.Subject.String(), "?"), err
}

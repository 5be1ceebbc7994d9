package cryptosuite

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"

	"github.com/emmansun/gmsm/sm2"
)

// Algorithm names a way of signing: key, curve and hash together.
type Algorithm string

// The algorithms. Signatures of Ed25519 are the 64 bytes of RFC 8032; the others are
// ASN.1 DER, as TLS and GM/T 0009 have them.
const (
	Ed25519   Algorithm = "ed25519"
	ECDSAP256 Algorithm = "ecdsa-p256-sha256"
	ECDSAP384 Algorithm = "ecdsa-p384-sha384"
	ECDSAP521 Algorithm = "ecdsa-p521-sha512"
	SM2       Algorithm = "sm2-sm3" // with the default identity of GM/T 0009, 1234567812345678
)

// ErrSignature says that a signature is not that of the message by the key.
var ErrSignature = errors.New("the signature does not belong to this message and key")

// Signer signs with a private key, wherever that is kept. [PrivateKey] keeps it in
// memory; a card or a certified module would be another one.
type Signer interface {
	Public() PublicKey
	Sign(message []byte) ([]byte, error)
}

var _ Signer = PrivateKey{}

// PrivateKey is a private key in memory.
type PrivateKey struct {
	algorithm Algorithm
	key       crypto.Signer
}

// GenerateKey makes a new private key.
func GenerateKey(a Algorithm) (PrivateKey, error) {
	var key crypto.Signer
	var err error
	switch a {
	case Ed25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case ECDSAP256:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case ECDSAP384:
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case ECDSAP521:
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case SM2:
		key, err = sm2.GenerateKey(rand.Reader)
	default:
		err = fmt.Errorf("there is no algorithm %q", a)
	}
	return PrivateKey{a, key}, err
}

// Sign signs the message.
func (k PrivateKey) Sign(message []byte) ([]byte, error) {
	switch key := k.key.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(key, message), nil
	case *ecdsa.PrivateKey:
		return ecdsa.SignASN1(rand.Reader, key, digest(k.algorithm, message))
	case *sm2.PrivateKey:
		return key.SignWithSM2(rand.Reader, nil, message)
	}
	return nil, errors.New("there is no key")
}

// Public is the key that verifies.
func (k PrivateKey) Public() PublicKey {
	if k.key == nil {
		return PublicKey{}
	}
	return PublicKey{k.algorithm, k.key.Public()}
}

// Format shows the algorithm and nothing of the key, whatever the verb.
func (k PrivateKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "private key, "+string(k.algorithm))
}

// PublicKey verifies.
type PublicKey struct {
	algorithm Algorithm
	key       crypto.PublicKey
}

// NewPublicKey takes a key of the standard library or of gmsm: one out of a
// certificate, say. Keys of other kinds and curves are refused.
func NewPublicKey(key crypto.PublicKey) (PublicKey, error) {
	a, err := algorithmOf(key)
	return PublicKey{a, key}, err
}

// Algorithm is how the key verifies, empty for the zero value.
func (k PublicKey) Algorithm() Algorithm { return k.algorithm }

// Verify returns nil if the signature is that of the message, and [ErrSignature]
// otherwise.
func (k PublicKey) Verify(message, signature []byte) error {
	ok := false
	switch key := k.key.(type) {
	case ed25519.PublicKey:
		ok = ed25519.Verify(key, message, signature)
	case *ecdsa.PublicKey:
		if k.algorithm == SM2 {
			ok = sm2.VerifyASN1WithSM2(key, nil, message, signature)
		} else {
			ok = ecdsa.VerifyASN1(key, digest(k.algorithm, message), signature)
		}
	}
	if !ok {
		return ErrSignature
	}
	return nil
}

func algorithmOf(key crypto.PublicKey) (Algorithm, error) {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return Ed25519, nil
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return ECDSAP256, nil
		case elliptic.P384():
			return ECDSAP384, nil
		case elliptic.P521():
			return ECDSAP521, nil
		case sm2.P256():
			return SM2, nil
		}
		return "", fmt.Errorf("keys on the curve %s are not used here", key.Params().Name)
	}
	return "", fmt.Errorf("keys of the kind %T are not used here", key)
}

// digest is what ECDSA signs: the message under the hash as strong as the curve.
func digest(a Algorithm, message []byte) []byte {
	switch a {
	case ECDSAP384:
		d := sha512.Sum384(message)
		return d[:]
	case ECDSAP521:
		d := sha512.Sum512(message)
		return d[:]
	}
	d := sha256.Sum256(message)
	return d[:]
}

package cryptosuite

import (
	"bytes"
	"crypto"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/smx509"
)

// pemMax bounds the bytes of a key file. The largest key here takes a few hundred.
const pemMax = 64 << 10

// The kinds of PEM block that are read and written: PKCS #8 and
// SubjectPublicKeyInfo.
const (
	privateBlock = "PRIVATE KEY"
	publicBlock  = "PUBLIC KEY"
)

// ParsePrivateKey reads a private key as PEM (PKCS #8, not encrypted).
func ParsePrivateKey(text []byte) (PrivateKey, error) {
	der, err := decodePEM(text, privateBlock)
	if err != nil {
		return PrivateKey{}, err
	}
	key, err := smx509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return PrivateKey{}, errors.New("the private key is not valid PKCS #8") // the cause may quote it
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return PrivateKey{}, fmt.Errorf("keys of the kind %T are not used here", key)
	}
	a, err := algorithmOf(signer.Public())
	return PrivateKey{a, signer}, err
}

// PEM is the key as [ParsePrivateKey] reads it. It is a secret.
func (k PrivateKey) PEM() ([]byte, error) {
	der, err := smx509.MarshalPKCS8PrivateKey(k.key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der}), nil
}

// ParsePublicKey reads a public key as PEM (SubjectPublicKeyInfo).
func ParsePublicKey(text []byte) (PublicKey, error) {
	der, err := decodePEM(text, publicBlock)
	if err != nil {
		return PublicKey{}, err
	}
	key, err := smx509.ParsePKIXPublicKey(der)
	if err != nil {
		return PublicKey{}, fmt.Errorf("the public key is not valid: %w", err)
	}
	return NewPublicKey(key)
}

// ParsePublicKeys reads a file of one public key or several, as [ParsePublicKey] does.
func ParsePublicKeys(text []byte) ([]PublicKey, error) {
	var keys []PublicKey
	for len(keys) == 0 || len(bytes.TrimSpace(text)) > 0 {
		key, err := ParsePublicKey(text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
		_, text = pem.Decode(text)
	}
	return keys, nil
}

// PEM is the key as [ParsePublicKey] reads it.
func (k PublicKey) PEM() ([]byte, error) {
	der, err := smx509.MarshalPKIXPublicKey(k.key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: der}), nil
}

// ID names the key: the SHA-256 of its PEM text in hexadecimal, which is also what
// OpenSSF Model Signing calls a key's hint. It is empty for the zero value.
func (k PublicKey) ID() string {
	text, err := k.PEM()
	if err != nil {
		return ""
	}
	return SHA256(text).String()
}

// decodePEM finds the one block of a key file.
func decodePEM(text []byte, kind string) ([]byte, error) {
	if len(text) > pemMax {
		return nil, fmt.Errorf("a key file has at most %d bytes", pemMax)
	}
	block, _ := pem.Decode(text)
	switch {
	case block == nil:
		return nil, errors.New("it holds no PEM block")
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the key is encrypted; decrypt it first: openssl pkcs8 -in FILE -out FILE.pem")
	case block.Type != kind:
		return nil, fmt.Errorf("it holds a block %q, not %q", block.Type, kind)
	}
	return block.Bytes, nil
}

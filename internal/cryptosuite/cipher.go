package cryptosuite

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/sm4"
)

// Cipher names a way of encrypting with authentication.
type Cipher string

// The ciphers. A sealed text is a random nonce of 12 bytes, the ciphertext, and a tag
// of 16 bytes.
const (
	AES256GCM Cipher = "aes-256-gcm"
	SM4GCM    Cipher = "sm4-gcm"
)

// ErrSealed says that a sealed text is not what was sealed with this key and context.
var ErrSealed = errors.New("the sealed text does not belong to this key and context")

const nonceBytes, tagBytes = 12, 16

// KeyBytes is the length of the cipher's keys.
func (c Cipher) KeyBytes() int {
	if c == SM4GCM {
		return 16
	}
	return 32
}

// NewKey makes a random key.
func (c Cipher) NewKey() []byte {
	key := make([]byte, c.KeyBytes())
	_, _ = rand.Read(key) // does not fail
	return key
}

// Seal encrypts a text. The context is authenticated with it and not contained: a
// sealed text opens with the same context only. A key may seal 2^32 texts.
func (c Cipher) Seal(key, text, context []byte) ([]byte, error) {
	gcm, err := c.gcm(key)
	if err != nil {
		return nil, err
	}
	out := make([]byte, nonceBytes, nonceBytes+len(text)+tagBytes)
	_, _ = rand.Read(out) // does not fail
	return gcm.Seal(out, out, text, context), nil
}

// Open decrypts what [Cipher.Seal] made, or returns [ErrSealed].
func (c Cipher) Open(key, sealed, context []byte) ([]byte, error) {
	gcm, err := c.gcm(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < nonceBytes+tagBytes {
		return nil, ErrSealed
	}
	text, err := gcm.Open(nil, sealed[:nonceBytes], sealed[nonceBytes:], context)
	if err != nil {
		return nil, ErrSealed
	}
	return text, nil
}

func (c Cipher) gcm(key []byte) (cipher.AEAD, error) {
	if len(key) != c.KeyBytes() {
		return nil, fmt.Errorf("a key of %s has %d bytes", c, c.KeyBytes())
	}
	var block cipher.Block
	var err error
	switch c {
	case AES256GCM:
		block, err = aes.NewCipher(key)
	case SM4GCM:
		block, err = sm4.NewCipher(key)
	default:
		return nil, fmt.Errorf("there is no cipher %q", c)
	}
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

package cryptosuite

import (
	"crypto/hkdf"
	"crypto/hmac"
)

// Suite is a family of algorithms that are used together.
type Suite string

// The suites.
const (
	International Suite = "international" // AES-256-GCM, SHA-256
	GM            Suite = "gm"            // SM4-GCM, SM3
)

// Suites lists them.
func Suites() []Suite { return []Suite{International, GM} }

// Cipher is the suite's cipher.
func (s Suite) Cipher() Cipher {
	if s == GM {
		return SM4GCM
	}
	return AES256GCM
}

// Hash is the suite's hash function.
func (s Suite) Hash() HashFunction {
	if s == GM {
		return HashSM3
	}
	return HashSHA256
}

// MAC is the HMAC (RFC 2104) of the parts with the suite's hash function.
func (s Suite) MAC(key []byte, parts ...[]byte) []byte {
	m := hmac.New(s.Hash().make, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// Derive makes a key of so many bytes, at most 8160, for a purpose out of one that is
// uniformly random (HKDF, RFC 5869).
func (s Suite) Derive(key []byte, purpose string, bytes int) []byte {
	out, err := hkdf.Key(s.Hash().make, key, nil, purpose, bytes)
	if err != nil {
		panic("cryptosuite: " + err.Error()) // of a length that is too large
	}
	return out
}

package keyring

import (
	"encoding/base32"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
)

// Shamir's way of sharing a secret (Communications of the ACM 22, 1979), over the field of
// 256 elements with the polynomial of AES: each byte of the secret is the value at 0 of a
// polynomial of its own, whose other coefficients are random, and a share is the values
// at one place.

const sharesMax = 16

// part is the values at one place.
type part struct {
	at     byte // never 0
	values []byte
}

// mul multiplies in the field. It takes as long for all factors.
func mul(a, b byte) (product byte) {
	for range 8 {
		product ^= a & -(b & 1)
		carry := a >> 7
		a = a<<1 ^ 0x1B&-carry
		b >>= 1
	}
	return product
}

// inverse is a to the 254th, which is 1/a for all but 0.
func inverse(a byte) byte {
	result := byte(1)
	for bit := 7; bit >= 0; bit-- {
		result = mul(result, result)
		if 254>>bit&1 == 1 {
			result = mul(result, a)
		}
	}
	return result
}

// split makes so many parts of a secret, of which need give it back.
func split(secret []byte, of, need int) ([]part, error) {
	if need < 2 || of < need || of > sharesMax {
		return nil, fmt.Errorf("there are 2 to %d shares, of which at least 2 are needed and not more than there are", sharesMax)
	}
	coefficients := random((need - 1) * len(secret))
	var parts []part
	for at := 1; at <= of; at++ {
		p := part{at: byte(at), values: make([]byte, len(secret))}
		for i, s := range secret {
			var v byte // Horner's rule, the highest coefficient first
			for c := range need - 1 {
				v = mul(v^coefficients[c*len(secret)+i], p.at)
			}
			p.values[i] = v ^ s
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// join gives back what was split, by Lagrange's interpolation at 0. Parts beyond those
// that are needed are not used; the same one twice is one.
func join(parts []part, need int) ([]byte, error) {
	var use []part
	seen := map[byte]bool{}
	for _, p := range parts {
		if !seen[p.at] && len(use) < need {
			seen[p.at] = true
			use = append(use, p)
		}
	}
	if len(use) < need {
		return nil, fmt.Errorf("%d different shares are needed, and there are %d", need, len(use))
	}
	secret := make([]byte, rootBytes)
	for i, p := range use {
		weight := byte(1)
		for j, q := range use {
			if i != j { // q/(q-p), where minus is xor
				weight = mul(weight, mul(q.at, inverse(q.at^p.at)))
			}
		}
		for k := range secret {
			secret[k] ^= mul(weight, p.values[k])
		}
	}
	return secret, nil
}

// share is a part as somebody keeps it: hearth-share- and base 32 of a tag of the splitting,
// how many are needed, the place, the values and a checksum.
type share struct {
	tag  [tagBytes]byte
	need byte
	part part
}

const (
	tagBytes    = 4
	sharePrefix = "hearth-share-"
	shareBytes  = tagBytes + 2 + rootBytes + 4
)

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

func (x share) String() string {
	b := append(x.tag[:], x.need, x.part.at)
	b = append(b, x.part.values...)
	sum := crc32.ChecksumIEEE(b)
	b = append(b, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
	return sharePrefix + strings.ToLower(base32Plain.EncodeToString(b))
}

var errShare = errors.New("it is not a share, or was not copied whole: a share begins with " + sharePrefix)

// parseShare reads a share. Blanks and the case of letters do not matter.
func parseShare(text string) (x share, err error) {
	if len(text) > 1024 {
		return x, errShare
	}
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	text, ok := strings.CutPrefix(text, sharePrefix)
	b, err := base32Plain.DecodeString(strings.ToUpper(text))
	if !ok || err != nil || len(b) != shareBytes {
		return x, errShare
	}
	body, sum := b[:shareBytes-4], b[shareBytes-4:]
	if s := crc32.ChecksumIEEE(body); string(sum) != string([]byte{byte(s >> 24), byte(s >> 16), byte(s >> 8), byte(s)}) {
		return x, errShare
	}
	x = share{tag: [tagBytes]byte(body[:tagBytes]), need: body[tagBytes], part: part{at: body[tagBytes+1], values: body[tagBytes+2:]}}
	if x.part.at == 0 || x.part.at > sharesMax {
		return x, errShare
	}
	return x, nil
}

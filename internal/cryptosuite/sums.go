package cryptosuite

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"github.com/emmansun/gmsm/sm3"
)

// Digest is what SHA-256 or SM3 makes of some bytes.
type Digest [32]byte

// String is the digest in lower-case hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText is the digest in lower-case hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText takes 64 lower-case hexadecimal digits, so that a digest has one
// spelling.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != 2*len(d) || strings.ToLower(string(text)) != string(text) {
		return fmt.Errorf("a digest has %d lower-case hexadecimal digits", 2*len(d))
	}
	_, err := hex.Decode(d[:], text)
	return err
}

// SHA256 is the SHA-256 digest of data.
func SHA256(data []byte) Digest { return sha256.Sum256(data) }

// SM3 is the SM3 digest of data (GB/T 32905).
func SM3(data []byte) Digest { return sm3.Sum(data) }

// Sums are the digests of one stream. Those that were not asked for are zero.
type Sums struct {
	Bytes               int64
	SHA256, SM3         Digest // of the whole stream
	TreeSHA256, TreeSM3 Digest // tree hashes, as the package comment defines them
}

// Want says which of the [Sums] are to be computed.
type Want uint8

// What can be wanted. The whole-stream digests are what other tools print
// (sha256sum); each keeps one core busy. The trees use as many cores as there are.
const (
	WantSHA256 Want = 1 << iota
	WantSM3
	WantTreeSHA256
	WantTreeSM3

	WantWhole = WantSHA256 | WantSM3
	WantTrees = WantTreeSHA256 | WantTreeSM3
)

// function is a hash function with the wants it serves.
type function struct {
	make        func() hash.Hash
	whole, tree Want
}

var functions = [...]function{
	{sha256.New, WantSHA256, WantTreeSHA256},
	{sm3.New, WantSM3, WantTreeSM3},
}

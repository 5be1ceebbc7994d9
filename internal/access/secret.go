package access

import (
	"crypto/rand"
	"hash/crc32"
	"math/big"
	"strings"

	"github.com/hearthbox/hearth"
)

// Lengths of a key's parts, in base-62 digits. The secret carries 256 bits.
const (
	idLen     = 8
	secretLen = 43
	checkLen  = 6 // 62^6 > 2^32
)

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// credential is a key as its holder has it.
type credential struct {
	id, secret string
}

func newCredential() credential {
	return credential{id: randomDigits(idLen), secret: randomDigits(secretLen)}
}

// String is the whole key.
func (c credential) String() string {
	body := "hk_" + c.id + "_" + c.secret
	return body + "_" + checksum(body)
}

// parseCredential takes a key apart. wrong says what is wrong with its form, if
// anything, and repeats none of it.
func parseCredential(s string) (c credential, wrong *hearth.Words) {
	parts := strings.Split(s, "_")
	if len(parts) != 4 || parts[0] != "hk" {
		return c, &hearth.Words{"it does not have the form hk_…_…_…", "格式应为 hk_…_…_…"}
	}
	c = credential{id: parts[1], secret: parts[2]}
	if len(c.id) != idLen || len(c.secret) != secretLen || checksum(strings.TrimSuffix(s, "_"+parts[3])) != parts[3] {
		return c, &hearth.Words{"it was not copied whole", "没有复制完整"}
	}
	return c, nil
}

func checksum(body string) string {
	n := uint64(crc32.ChecksumIEEE([]byte(body)))
	b := make([]byte, checkLen)
	for i := range b {
		b[checkLen-1-i] = digits[n%62]
		n /= 62
	}
	return string(b)
}

func randomDigits(n int) string {
	b := make([]byte, n)
	for i := range b {
		d, _ := rand.Int(rand.Reader, big.NewInt(62)) // crypto/rand does not fail
		b[i] = digits[d.Int64()]
	}
	return string(b)
}

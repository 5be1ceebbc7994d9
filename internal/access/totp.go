package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // what RFC 6238 has and every authenticator knows; HMAC needs no more of it
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Time-based one-time passwords, RFC 6238: six digits, steps of 30 s, HMAC-SHA-1.
const (
	totpStep   = 30 * time.Second
	totpDigits = 6
	totpBytes  = 20 // of a secret; RFC 4226 recommends as many as the hash has
	totpDrift  = 1  // steps that a clock may be early or late
)

// Recovery codes let somebody in who has lost the authenticator, each once.
const (
	recoveryCodes  = 10
	recoveryDigits = 16 // of base 32, 80 bits
)

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

// totpCode is the code of a step.
func totpCode(secret []byte, step int64) string {
	m := hmac.New(sha1.New, secret)
	_ = binary.Write(m, binary.BigEndian, step) // does not fail
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 0xF // RFC 4226, 5.3
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7FFFFFFF
	return fmt.Sprintf("%0*d", totpDigits, n%1_000_000)
}

// takeTOTP reports whether a code is the secret's now, and of a step later than the last
// whose code was taken: each works once (RFC 6238, 5.2).
func takeTOTP(secret []byte, code string, last int64, at time.Time) (step int64, ok bool) {
	current := at.Unix() / int64(totpStep/time.Second)
	for step := current - totpDrift; step <= current+totpDrift; step++ {
		if step > last && subtle.ConstantTimeCompare([]byte(totpCode(secret, step)), []byte(code)) == 1 {
			return step, true
		}
	}
	return 0, false
}

// totpURI is what authenticators read from a QR code.
func totpURI(secret []byte, login string) string {
	q := url.Values{"secret": {base32Plain.EncodeToString(secret)}, "issuer": {"hearth"}, "digits": {"6"}, "period": {"30"}, "algorithm": {"SHA1"}}
	return "otpauth://totp/" + url.PathEscape("hearth:"+login) + "?" + q.Encode()
}

// totpPurpose is what the sealer's key for the secrets is called.
const totpPurpose = "totp"

// sealTOTP encrypts a secret for the rows, for that person alone.
func (a *Access) sealTOTP(secret []byte, person string) ([]byte, error) {
	return a.sealer.Seal(totpPurpose, secret, []byte(person))
}

func (a *Access) openTOTP(c *hearth.Credentials) ([]byte, error) {
	return a.sealer.Open(totpPurpose, c.TOTP, []byte(c.Person))
}

// RenewSeals seals the secrets of all second factors with the newest key, and returns how
// many that were: those too that an earlier hearth sealed with the pepper.
func (a *Access) RenewSeals(ctx context.Context) (renewed int, err error) {
	all, err := a.store.Credentials(ctx, "")
	if err != nil {
		return 0, err
	}
	for _, c := range all {
		if c.TOTP == nil {
			continue
		}
		did := false
		if _, err := a.store.UpdateCredentials(ctx, c.Person, func(c *hearth.Credentials) (err error) {
			if c.TOTP == nil { // taken away meanwhile
				return nil
			}
			if secret, old := cryptosuite.AES256GCM.Open(a.keyed("totp"), c.TOTP, []byte(c.Person)); old == nil {
				did = true
				c.TOTP, err = a.sealTOTP(secret, c.Person)
				return err
			}
			c.TOTP, did, err = a.sealer.Renew(totpPurpose, c.TOTP, []byte(c.Person))
			return err
		}); err != nil {
			return renewed, err
		}
		if did {
			renewed++
		}
	}
	return renewed, nil
}

// takeCode uses up a code of the second factor, or a recovery code.
func (a *Access) takeCode(c *hearth.Credentials, code string) (bool, error) {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
	if len(code) == totpDigits {
		secret, err := a.openTOTP(c)
		if err != nil {
			return false, err
		}
		step, ok := takeTOTP(secret, code, c.TOTPUsed, time.Now())
		if ok {
			c.TOTPUsed = step
		}
		return ok, nil
	}
	i := slices.Index(c.Recovery, a.recoveryHash(c.Person, code))
	if i < 0 {
		return false, nil
	}
	c.Recovery = slices.Delete(c.Recovery, i, i+1)
	return true, nil
}

// newRecovery makes recovery codes, and what is kept of them.
func (a *Access) newRecovery(person string) (codes, hashes []string) {
	for range recoveryCodes {
		b := make([]byte, recoveryDigits*5/8)
		_, _ = rand.Read(b) // does not fail
		code := base32Plain.EncodeToString(b)
		hashes = append(hashes, a.recoveryHash(person, code))
		codes = append(codes, code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:])
	}
	return codes, hashes
}

func (a *Access) recoveryHash(person, code string) string {
	return hex.EncodeToString(a.keyed("recovery " + person + " " + code))
}

func newTOTP() []byte {
	b := make([]byte, totpBytes)
	_, _ = rand.Read(b) // does not fail
	return b
}

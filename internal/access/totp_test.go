package access

import (
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring/keyringtest"
	"strings"
	"testing"
	"time"
)

// TestRFC6238 takes the vectors of RFC 6238, appendix B, for SHA-1, of which authenticators
// show the last six digits.
func TestRFC6238(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130"} {
		if got := totpCode(secret, at/30); got != want[2:] {
			t.Errorf("at %d: %s, want %s", at, got, want[2:])
		}
	}
}

// TestCodesWorkOnce: a code is taken a step early or late, once, and none before it then.
func TestCodesWorkOnce(t *testing.T) {
	secret, at := newTOTP(), time.Unix(1_800_000_000, 0)
	step := at.Unix() / 30
	for _, c := range []struct {
		step, last int64
		ok         bool
	}{{step, 0, true}, {step - 1, 0, true}, {step + 1, 0, true}, {step - 2, 0, false}, {step + 2, 0, false}, {step, step, false}, {step - 1, step, false}, {step + 1, step, true}} {
		if got, ok := takeTOTP(secret, totpCode(secret, c.step), c.last, at); ok != c.ok || ok && got != c.step {
			t.Errorf("step %+d after %+d: %v", c.step-step, c.last-step, ok)
		}
	}
}

func TestAuthenticatorsReadTheURI(t *testing.T) {
	const want = "otpauth://totp/hearth:li@bank?algorithm=SHA1&digits=6&issuer=hearth&period=30&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	if got := totpURI([]byte("12345678901234567890"), "li@bank"); got != want {
		t.Errorf("got %s", got)
	}
}

func TestRecoveryCodes(t *testing.T) {
	a := New(rows(t), pepper, keyringtest.New(t))
	codes, hashes := a.newRecovery("p_1")
	if len(codes) != recoveryCodes || len(codes[0]) != recoveryDigits+3 || strings.Contains(strings.Join(hashes, " "), codes[0]) {
		t.Errorf("%v %v", codes, hashes)
	}
	if a.recoveryHash("p_2", strings.ReplaceAll(codes[0], "-", "")) == hashes[0] {
		t.Error("one person's code is another one's")
	}
}

package cryptosuite_test

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// openssl runs OpenSSL's command line in a folder, and skips the test where there is
// none that knows SM2.
func openssl(t *testing.T) func(args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	dir := t.TempDir()
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("genpkey", "-algorithm", "SM2", "-out", "probe"); err != nil {
		t.Skip("this openssl does not know SM2: " + out)
	}
	return func(args ...string) (string, error) {
		for i, a := range args {
			if strings.HasPrefix(a, "@") { // a file of the test's
				path := filepath.Join(dir, "in"+string(rune('0'+i)))
				if err := os.WriteFile(path, []byte(a[1:]), 0o600); err != nil {
					t.Fatal(err)
				}
				args[i] = path
			}
		}
		return run(args...)
	}
}

// options are what OpenSSL needs to be told to sign as the algorithm says.
var options = map[cryptosuite.Algorithm][]string{
	cryptosuite.Ed25519:   {"-rawin"},
	cryptosuite.ECDSAP256: {"-rawin", "-digest", "sha256"},
	cryptosuite.ECDSAP384: {"-rawin", "-digest", "sha384"},
	cryptosuite.ECDSAP521: {"-rawin", "-digest", "sha512"},
	cryptosuite.SM2:       {"-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"},
}

// TestOpenSSLAgrees signs here and verifies there, and the other way about, with keys
// that were carried over as PEM.
func TestOpenSSLAgrees(t *testing.T) {
	run := openssl(t)
	message := "message " + rand.Text()
	for _, a := range algorithms {
		t.Run(string(a), func(t *testing.T) {
			key, _ := cryptosuite.GenerateKey(a)
			secret, _ := key.PEM()
			public, _ := key.Public().PEM()
			ours, err := key.Sign([]byte(message))
			if err != nil {
				t.Fatal(err)
			}
			verify := append([]string{"pkeyutl", "-verify", "-pubin", "-inkey", "@" + string(public),
				"-in", "@" + message, "-sigfile", "@" + string(ours)}, options[a]...)
			if out, err := run(verify...); err != nil {
				t.Errorf("openssl does not verify: %v\n%s", err, out)
			}
			theirs := filepath.Join(t.TempDir(), "sig")
			sign := append([]string{"pkeyutl", "-sign", "-inkey", "@" + string(secret), "-in", "@" + message, "-out", theirs}, options[a]...)
			if out, err := run(sign...); err != nil {
				t.Fatalf("openssl does not sign: %v\n%s", err, out)
			}
			signature, err := os.ReadFile(theirs)
			if err != nil {
				t.Fatal(err)
			}
			if err := key.Public().Verify([]byte(message), signature); err != nil {
				t.Errorf("what openssl signed: %v", err)
			}
		})
	}
}

// TestOpenSSLKeysAreRead reads keys that OpenSSL made.
func TestOpenSSLKeysAreRead(t *testing.T) {
	run := openssl(t)
	for a, args := range map[cryptosuite.Algorithm][]string{
		cryptosuite.Ed25519: {"-algorithm", "ED25519"}, cryptosuite.SM2: {"-algorithm", "SM2"},
		cryptosuite.ECDSAP384: {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"},
	} {
		text, err := run(append([]string{"genpkey"}, args...)...)
		if err != nil {
			t.Fatal(text)
		}
		// OpenSSL draws dots while it looks for a key.
		text = text[strings.Index(text, "-----BEGIN"):]
		key, err := cryptosuite.ParsePrivateKey([]byte(text))
		if err != nil || key.Public().Algorithm() != a {
			t.Errorf("%s: %v, %s", a, err, key.Public().Algorithm())
		}
	}
}

func TestOpenSSLHashesAlike(t *testing.T) {
	run := openssl(t)
	data := strings.Repeat("炉心 hearth\n", 9999)
	sums, err := cryptosuite.NewHasher(0).Sum(t.Context(), strings.NewReader(data), cryptosuite.WantWhole)
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]cryptosuite.Digest{"sm3": sums.SM3, "sha256": sums.SHA256} {
		out, err := run("dgst", "-"+name, "-r", "@"+data)
		if err != nil || !strings.HasPrefix(out, d.String()) {
			t.Errorf("%s: openssl says %s (%v), not %s", name, out, err, d)
		}
	}
}

// gmssl is a second implementation of SM2 and SM3, in Python and by other hands.
const gmssl = `
import sys, binascii
from gmssl import sm2, sm3
message, signature, public, secret = (bytes.fromhex(a) for a in sys.argv[1:])
c = sm2.CryptSM2(private_key=secret.hex(), public_key=public.hex(), asn1=True)
print(sm3.sm3_hash(list(message)))
print(c.verify_with_sm3(signature.hex(), message))
print(c.sign_with_sm3(message))
`

// TestGmSSLAgrees does the same with the gmssl package of PyPI.
func TestGmSSLAgrees(t *testing.T) {
	python := filepath.Join("..", "..", "build", "signing", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		t.Skip("there is no build/signing: tools/venv.sh build/signing tools/oracle/signing/requirements.txt")
	}
	message := []byte("message " + rand.Text())
	key, public, secret := sm2Key(t)
	signature, _ := key.Sign(message)
	out, err := exec.CommandContext(t.Context(), python, "-c", gmssl, hexOf(message), hexOf(signature), public, secret).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != 3 || lines[0] != cryptosuite.SM3(message).String() || lines[1] != "True" {
		t.Fatalf("gmssl says %q", lines)
	}
	if err := key.Public().Verify(message, unhex(t, lines[2])); err != nil {
		t.Errorf("what gmssl signed: %v", err)
	}
}

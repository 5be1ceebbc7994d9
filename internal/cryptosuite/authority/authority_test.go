package authority_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hearthbox/hearth/internal/cryptosuite/authority"
)

var day = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// TestNamesAreAllThatItIsFor: a certificate is good for its names and the machine's own,
// and the authority signs for no other.
func TestNamesAreAllThatItIsFor(t *testing.T) {
	ca, key, err := authority.New("box", []string{"Box.Example", "10.1.2.3", "fd00::7"}, day)
	if err != nil {
		t.Fatal(err)
	}
	chain, leafKey, err := authority.Issue(ca, key, []string{"box.example", "api.box.example", "10.1.2.3", "fd00::7"}, day)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(chain, leafKey)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	for name, good := range map[string]bool{"box.example": true, "api.box.example": true, "10.1.2.3": true, "[fd00::7]": true, "localhost": true, "127.0.0.1": true,
		"[::1]": true, "www.box.example": false, "example": false, "10.1.2.4": false} {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: day, DNSName: name, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
		if (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
	}
	if life := pair.Leaf.NotAfter.Sub(pair.Leaf.NotBefore); life > 398*24*time.Hour {
		t.Errorf("it lives %v", life)
	}
	if got := authority.Names(pair.Leaf); !slices.Equal(got, []string{"box.example", "api.box.example", "10.1.2.3", "fd00::7"}) {
		t.Errorf("%q", got)
	}
	for _, others := range [][]string{{"bank.example"}, {"notbox.example"}, {"10.1.2.4"}, {"box.example", "other"}} {
		if _, _, err := authority.Issue(ca, key, others, day); err == nil || !strings.Contains(err.Error(), "not for these names") {
			t.Errorf("%q: %v", others, err)
		}
	}
	for _, bad := range []string{"", "*.example", "a b", "-x.example", "箱.example", strings.Repeat("a", 64) + ".example", "x/y"} {
		if _, _, err := authority.New("box", []string{bad}, day); err == nil {
			t.Errorf("%q is a name", bad)
		}
	}
	late := day.Add(10*365*24*time.Hour - time.Hour)
	chain, _, err = authority.Issue(ca, key, nil, late)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := authority.Parse(chain); err != nil || c.NotAfter.After(day.Add(10*365*24*time.Hour)) {
		t.Errorf("it outlives its authority: %v", err)
	}
}

// TestOpenSSLAgrees: what OpenSSL thinks of the certificates, name constraints included.
func TestOpenSSLAgrees(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("there is no openssl")
	}
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca, key, err := authority.New("box", []string{"box.example", "10.1.2.3"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	chain, _, err := authority.Issue(ca, key, []string{"box.example", "10.1.2.3"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	root, leaf := write("ca.pem", ca), write("leaf.pem", chain)
	for _, args := range [][]string{{"-verify_hostname", "box.example"}, {"-verify_ip", "10.1.2.3"}, {"-verify_ip", "127.0.0.1"}} {
		args = append(append([]string{"verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", root}, args...), leaf)
		if out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput(); err != nil {
			t.Errorf("%q: %s", args, out)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "openssl", "verify", "-verify_hostname", "bank.example", "-CAfile", root, leaf).CombinedOutput(); err == nil {
		t.Errorf("for another name: %s", out)
	}
}

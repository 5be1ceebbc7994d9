package scenarios

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate writes a certificate for this machine and its key.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	put(t, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	put(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	return cert, key
}

// TestNobodyListensInTheOpen starts at every sort of address, with and without an
// administrator who was there before, with and without TLS: beyond this machine it takes
// both, and then lets nobody in without a key.
func TestNobodyListensInTheOpen(t *testing.T) {
	fresh, owned := newHome(t), newHome(t)
	if out, err := hearth(owned, "key", "create", "--admin", "--name", "boss").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	cert, key := certificate(t, owned)
	encrypted := []string{"--set", "tls.cert=" + cert, "--set", "tls.key=" + key}
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "hearth.example:0"} {
		for what, cmd := range map[string]*exec.Cmd{
			"nothing":                  hearth(fresh, "up", "--listen", address),
			"TLS alone":                hearth(fresh, append(encrypted, "up", "--listen", address)...),
			"an administrator alone":   hearth(owned, "up", "--listen", address),
			"the same, by environment": withEnv(hearth(owned, "up"), "HEARTH_LISTEN="+address),
			"the same, by setting":     hearth(owned, "up", "--set", "listen="+address),
		} {
			out, err := cmd.CombinedOutput()
			if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 4 || !strings.Contains(string(out), "can be reached from outside this machine") {
				t.Errorf("%s with %s: %v %s", address, what, err, out)
			}
		}
	}
	s := listening(t, owned, hearth(owned, append(encrypted, "up", "--json", "--listen", "0.0.0.0:0")...))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for _, r := range []string{"GET /v1/models", "GET /", "GET /api/tags", "GET /admin/v1/me", "POST /v1/chat/completions", "GET /nothing"} {
		method, path, _ := strings.Cut(r, " ")
		q, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a key: %d", r, resp.StatusCode)
		}
	}
	if r, err := http.Get(strings.Replace(s.url, "https:", "http:", 1) + "/v1/models"); err == nil {
		_ = r.Body.Close()
		if r.StatusCode < 400 {
			t.Errorf("without TLS: %d", r.StatusCode)
		}
	}
}

func withEnv(cmd *exec.Cmd, more ...string) *exec.Cmd {
	cmd.Env = append(cmd.Env, more...)
	return cmd
}

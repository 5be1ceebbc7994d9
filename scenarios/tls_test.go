package scenarios

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestOwnAuthority: from nothing to TLS 1.3 in the open in one command; the certificate is
// issued anew under a stream, which goes on; the command line trusts the authority by itself.
func TestOwnAuthority(t *testing.T) {
	up := httptest.NewServer(&talker{})
	t.Cleanup(up.Close)
	home := newHome(t)
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf("upstreams:\n  - {name: far, url: %s/v1}\n", up.URL)))
	var k struct{ Key string }
	if err := json.Unmarshal([]byte(does(t, hearth(home, "key", "create", "--admin", "--name", "boss", "--json"))), &k); err != nil {
		t.Fatal(err)
	}
	refuses(t, 4, "hearth tls init", hearth(home, "up", "--listen", "0.0.0.0:0"))
	does(t, hearth(home, "tls", "init", "--name", "box.example"))
	refuses(t, 5, "ca.pem", hearth(home, "tls", "init", "--name", "box.example"))
	refuses(t, 2, "not for these names", hearth(home, "tls", "issue", "--name", "bank.example"))
	if out := does(t, hearth(home, "tls", "trust", "--out", filepath.Join(home, "ca.pem"))); !strings.Contains(out, "update-ca-certificates") {
		t.Errorf("%s", out)
	}
	if found := filesWith(t, filepath.Join(home, "data"), []byte("PRIVATE KEY")); found != nil {
		t.Errorf("a private key stands in %q", found)
	}

	s := listening(t, home, hearth(home, "up", "--json", "--listen", "0.0.0.0:0"))
	s.key = k.Key
	if !strings.HasPrefix(s.url, "https://127.0.0.1:") {
		t.Fatalf("it is at %s", s.url)
	}
	text, err := os.ReadFile(filepath.Join(home, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	get := func(c *tls.Config) (*tls.ConnectionState, error) {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: c, DisableKeepAlives: true}}
		r, err := client.Get(s.url + "/healthz")
		if err != nil {
			return nil, err
		}
		_ = r.Body.Close()
		return r.TLS, nil
	}
	state, err := get(&tls.Config{RootCAs: roots, ServerName: "box.example"})
	if err != nil || state.Version != tls.VersionTLS13 {
		t.Fatalf("%+v %v", state, err)
	}
	first := state.PeerCertificates[0].SerialNumber
	if _, err := get(&tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS12}); err == nil {
		t.Error("TLS 1.2 is spoken")
	}
	if _, err := get(&tls.Config{RootCAs: roots, ServerName: "api.box.example"}); err == nil {
		t.Error("it passes for another name")
	}

	http.DefaultTransport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	t.Cleanup(func() { http.DefaultTransport.(*http.Transport).TLSClientConfig = nil })
	stream := begin(t, s, caller{s, "Authorization", s.key}, "/v1/chat/completions", `{"model":"far","stream":true,"messages":[{"role":"user","content":"hi"}]}`)
	if !stream.until("word") {
		t.Fatal("it did not begin")
	}
	does(t, hearth(home, "tls", "issue", "--name", "box.example", "--name", "api.box.example"))
	if !within(time.Minute, func() bool {
		state, err := get(&tls.Config{RootCAs: roots, ServerName: "api.box.example"})
		return err == nil && state.PeerCertificates[0].SerialNumber.Cmp(first) != 0
	}) {
		t.Error("the new certificate is not used")
	}
	for range 5 {
		if !stream.until("word") {
			t.Error("the stream was dropped")
		}
	}
	if out := does(t, fed(hearth(home, "chat", "chat"), "hi\n")); out == "" {
		t.Error("the command line does not get through")
	}
}

// TestProxyEndsTLS: what is not encrypted listens in the open where it is said that a
// proxy is before it, and then with an administrator alone.
func TestProxyEndsTLS(t *testing.T) {
	home := newHome(t)
	refuses(t, 4, "no administrator key", hearth(home, "up", "--listen", "0.0.0.0:0", "--set", "tls.proxy=true"))
	does(t, hearth(home, "key", "create", "--admin", "--name", "boss"))
	s := listening(t, home, hearth(home, "up", "--json", "--listen", "0.0.0.0:0", "--set", "tls.proxy=true"))
	if !strings.HasPrefix(s.url, "http://") {
		t.Errorf("it is at %s", s.url)
	}
	if r, err := http.Get(s.url + "/v1/models"); err != nil || r.StatusCode != 401 {
		t.Errorf("%+v %v", r, err)
	}
}

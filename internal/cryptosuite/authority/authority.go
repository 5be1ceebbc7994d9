// Package authority is a certificate authority for one appliance: it makes the
// certificates that the appliance serves with, where there is nobody else who would.
//
// An authority is for the names it was made for: it says so in its own certificate, as a
// critical name constraint (RFC 5280, 4.2.1.10), so that whoever steals it can't pass
// for anything else to the browsers that trust it. It issues certificates for servers and
// nothing else, keeps no list of them, and revokes none: they are short-lived, and there is
// one server.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Lives of certificates. Browsers take none of a server that lives longer than 398 days.
const (
	authorityLife   = 10 * 365 * 24 * time.Hour
	certificateLife = 397 * 24 * time.Hour
	backdated       = time.Hour // for clocks that are late
)

// namesMax bounds the names of a certificate.
const namesMax = 100

var dnsName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Here are the names that each certificate has besides those it is asked for: of the
// machine itself.
func Here() []string { return []string{"localhost", "127.0.0.1", "::1"} }

// names sorts names into those of hosts and addresses.
func names(list []string) (hosts []string, addresses []net.IP, err error) {
	if len(list) > namesMax {
		return nil, nil, fmt.Errorf("a certificate has at most %d names", namesMax)
	}
	for _, n := range append(slices.Clone(list), Here()...) {
		n = strings.ToLower(strings.TrimSpace(n))
		if ip := net.ParseIP(n); ip != nil {
			if !slices.ContainsFunc(addresses, ip.Equal) {
				addresses = append(addresses, ip)
			}
			continue
		}
		if len(n) > 253 || !dnsName.MatchString(n) {
			return nil, nil, fmt.Errorf("%q is neither the name of a host nor an address; names in other letters are written as xn--…", n)
		}
		if !slices.Contains(hosts, n) {
			hosts = append(hosts, n)
		}
	}
	return hosts, addresses, nil
}

func serial() *big.Int {
	n, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)) // does not fail
	return n.Add(n, big.NewInt(1))
}

// New makes an authority that issues certificates for hosts of these names, and of names
// below them, and for these addresses: its certificate and its key, as PEM.
func New(title string, list []string, now time.Time) (certificate, key []byte, err error) {
	hosts, addresses, err := names(list)
	if err != nil {
		return nil, nil, err
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: title, Organization: []string{"hearth"}},
		NotBefore: now.Add(-backdated), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: hosts,
	}
	for _, ip := range addresses {
		if v4 := ip.To4(); v4 != nil {
			ip = v4
		}
		t.PermittedIPRanges = append(t.PermittedIPRanges, &net.IPNet{IP: ip, Mask: net.CIDRMask(8*len(ip), 8*len(ip))})
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &k.PublicKey, k)
	if err != nil {
		return nil, nil, err
	}
	key, err = keyPEM(k)
	return certificatePEM(der), key, err
}

// Issue makes a certificate for a server of these names, with its authority's behind it, and its key, as
// PEM. Names that the authority is not for are an error.
func Issue(authority, authorityKey []byte, list []string, now time.Time) (chain, key []byte, err error) {
	ca, err := Parse(authority)
	if err != nil {
		return nil, nil, err
	}
	block, _ := pem.Decode(authorityKey)
	if block == nil {
		return nil, nil, errors.New("the authority's key is no PEM")
	}
	signer, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, nil, errors.New("the authority's key is not valid") // the cause may quote it
	}
	hosts, addresses, err := names(list)
	if err != nil {
		return nil, nil, err
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	ends := now.Add(certificateLife)
	if ends.After(ca.NotAfter) {
		ends = ca.NotAfter
	}
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: hosts[0], Organization: []string{"hearth"}},
		NotBefore: now.Add(-backdated), NotAfter: ends, DNSNames: hosts, IPAddresses: addresses,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, ca, &k.PublicKey, signer)
	if err != nil {
		return nil, nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now}); err != nil {
		return nil, nil, fmt.Errorf("the authority is not for these names: %w", err)
	}
	key, err = keyPEM(k)
	return append(certificatePEM(der), authority...), key, err
}

// Parse reads the first certificate of a PEM text.
func Parse(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("it holds no certificate")
	}
	return x509.ParseCertificate(block.Bytes)
}

// Names are those of a certificate besides the machine's own.
func Names(c *x509.Certificate) (list []string) {
	list = slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	return slices.DeleteFunc(list, func(n string) bool { return slices.Contains(Here(), n) })
}

// Fingerprint is the SHA-256 of a certificate as browsers show it.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func keyPEM(k *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

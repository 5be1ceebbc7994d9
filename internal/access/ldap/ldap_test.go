package ldap_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	client "github.com/go-ldap/ldap/v3"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access/ldap"
	"github.com/hearthbox/hearth/internal/cryptosuite/authority"
)

const people = `dn: dc=bank,dc=example
objectClass: dcObject
objectClass: organization
o: Bank
dc: bank

dn: ou=people,dc=bank,dc=example
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=bank,dc=example
objectClass: organizationalUnit
ou: groups

dn: uid=li,ou=people,dc=bank,dc=example
objectClass: inetOrgPerson
uid: li
cn: Li Lei
sn: Li
userPassword: the-password-of-li

dn: uid=wang,ou=people,dc=bank,dc=example
objectClass: inetOrgPerson
uid: wang
cn: Wang Wu
sn: Wang
userPassword: the-password-of-wang

dn: cn=staff,ou=groups,dc=bank,dc=example
objectClass: groupOfNames
cn: staff
member: uid=li,ou=people,dc=bank,dc=example

dn: cn=credit,ou=groups,dc=bank,dc=example
objectClass: groupOfNames
cn: credit
member: uid=li,ou=people,dc=bank,dc=example
`

// slapd starts OpenLDAP's server with these people, and TLS.
func slapd(t *testing.T) (plain, encrypted string, trust *tls.Config) {
	t.Helper()
	const program = "/usr/sbin/slapd"
	if _, err := os.Stat(program); err != nil {
		t.Skip("there is no slapd: make deps")
	}
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca, key, err := authority.New("directory", nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	chain, leafKey, err := authority.Issue(ca, key, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "rows"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := write("slapd.conf", fmt.Appendf(nil, `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile %[1]s/pid
TLSCACertificateFile %[2]s
TLSCertificateFile %[3]s
TLSCertificateKeyFile %[4]s
security simple_bind=128
database mdb
suffix dc=bank,dc=example
rootdn cn=reader,dc=bank,dc=example
rootpw the-password-of-reader
directory %[1]s/rows
`, dir, write("ca.pem", ca), write("chain.pem", chain), write("key.pem", leafKey)))
	add := exec.Command("/usr/sbin/slapadd", "-f", config)
	add.Stdin = strings.NewReader(people)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	ports := [2]string{}
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports[i] = l.Addr().String()
		_ = l.Close()
	}
	plain, encrypted = "ldap://"+ports[0], "ldaps://"+ports[1]
	cmd := exec.Command(program, "-d", "0", "-f", config, "-h", plain+" "+encrypted)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 200 {
		if c, err := client.DialURL(plain); err == nil {
			_ = c.Close()
			break
		}
		time.Sleep(50 * time.Millisecond) // another program's start is not in our hands
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return plain, encrypted, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

func config(url string, trust *tls.Config) ldap.Config {
	return ldap.Config{Directory: "ldap", URL: url, TLS: trust, BindDN: "cn=reader,dc=bank,dc=example", BindPassword: "the-password-of-reader",
		Base: "ou=people,dc=bank,dc=example", Filter: "(&(objectClass=person)(uid=%s))", LoginAttribute: "uid", NameAttribute: "cn", SubjectAttribute: "entryUUID",
		GroupBase: "ou=groups,dc=bank,dc=example", GroupFilter: "(&(objectClass=groupOfNames)(member=%s))"}
}

// TestRealDirectory asks OpenLDAP's server, by StartTLS and by ldaps: who is who, who is in
// which group, and what is refused.
func TestRealDirectory(t *testing.T) {
	plain, encrypted, trust := slapd(t)
	for _, url := range []string{plain, encrypted} {
		c := config(url, trust)
		c.Departments = map[string]string{"credit": "信贷部"}
		d := ldap.New(c)
		o, err := d.Check(t.Context(), "LI", "the-password-of-li")
		if err != nil || o.Login != "li" || o.Name != "Li Lei" || o.Department != "信贷部" || len(o.Subject) != 36 || o.Directory != "ldap" {
			t.Errorf("%s: %+v %v", url, o, err)
		}
		for _, x := range [][2]string{{"li", "wrong"}, {"li", ""}, {"nobody", "the-password-of-li"}, {"*", "the-password-of-li"}, {"li)(uid=*", "the-password-of-li"}, {"", "x"}, {"wang", "the-password-of-li"}} {
			if _, err := d.Check(t.Context(), x[0], x[1]); !errors.Is(err, hearth.NewError(hearth.SignInRefused)) {
				t.Errorf("%q: %v", x, err)
			}
		}
		c.Groups = []string{"staff"}
		d = ldap.New(c)
		if _, err := d.Check(t.Context(), "li", "the-password-of-li"); err != nil {
			t.Errorf("in the group: %v", err)
		}
		if _, err := d.Check(t.Context(), "wang", "the-password-of-wang"); !errors.Is(err, hearth.NewError(hearth.NotInGroup)) {
			t.Errorf("in no group: %v", err)
		}
		for _, bad := range []func(*ldap.Config){
			func(c *ldap.Config) { c.TLS = &tls.Config{MinVersion: tls.VersionTLS12} }, // which trusts others
			func(c *ldap.Config) { c.BindPassword = "wrong" },
			func(c *ldap.Config) { c.URL = "ldap://127.0.0.1:1" },
		} {
			c := config(url, trust)
			bad(&c)
			if _, err := ldap.New(c).Check(context.Background(), "li", "the-password-of-li"); !errors.Is(err, hearth.NewError(hearth.DirectoryFailed)) {
				t.Errorf("%s: %v", url, err)
			}
		}
	}
}

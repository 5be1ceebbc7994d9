// Package ldap checks names and passwords with an LDAP directory: it looks somebody up with
// an account of its own, and binds as them with the password. It says who somebody is, and
// nothing of what they may do.
package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access"
)

// Limits of asking a directory.
const (
	dialMax   = 5 * time.Second
	askMax    = 10 * time.Second
	groupsMax = 1000
)

// Config is what a directory is asked with.
type Config struct {
	Directory    string // what it is called here
	URL          string // ldaps://… or ldap://…, which begins TLS before anything secret is said
	TLS          *tls.Config
	BindDN       string
	BindPassword string
	Base         string
	Filter       string // with %s for the name, escaped

	LoginAttribute, NameAttribute, SubjectAttribute string

	GroupBase   string // empty: groups are those of the memberOf of a person
	GroupFilter string // with %s for the DN of the person

	Groups      []string          // somebody is in one of these; empty: no group is needed
	Departments map[string]string // by group
	Tenant      string
}

// Directory is one.
type Directory struct{ Config }

var _ access.Checker = (*Directory)(nil)

// New makes one. Nothing is asked yet.
func New(c Config) *Directory { return &Directory{c} }

// Name is what it is called here.
func (d *Directory) Name() string { return d.Directory }

// Check looks somebody up by a name, and has the password checked.
func (d *Directory) Check(ctx context.Context, login, password string) (o access.Outsider, err error) {
	if password == "" { // which LDAP takes for nobody, and lets in (RFC 4513, 5.1.2)
		return o, hearth.NewError(hearth.SignInRefused)
	}
	conn, err := d.dial(ctx)
	if err != nil {
		return o, d.failed(err)
	}
	defer conn.Close()
	if err := conn.Bind(d.BindDN, d.BindPassword); err != nil {
		return o, d.failed(fmt.Errorf("the account %s: %w", d.BindDN, err))
	}
	entry, err := d.find(conn, login)
	if err != nil || entry == nil {
		if err == nil {
			err = hearth.NewError(hearth.SignInRefused)
		}
		return o, err
	}
	groups, err := d.groups(conn, entry)
	if err != nil {
		return o, d.failed(err)
	}
	if err := conn.Bind(entry.DN, password); err != nil {
		if ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultConstraintViolation) {
			return o, hearth.NewError(hearth.SignInRefused)
		}
		return o, d.failed(err)
	}
	return d.outsider(entry, groups)
}

// dial connects, and encrypts before anything is said.
func (d *Directory) dial(ctx context.Context) (*ldap.Conn, error) {
	dialer := &net.Dialer{Timeout: dialMax}
	if end, ok := ctx.Deadline(); ok {
		dialer.Deadline = end
	}
	conn, err := ldap.DialURL(d.URL, ldap.DialWithDialer(dialer), ldap.DialWithTLSConfig(d.TLS))
	if err != nil {
		return nil, err
	}
	conn.SetTimeout(askMax)
	if strings.HasPrefix(d.URL, "ldap:") {
		c := d.TLS.Clone()
		if c.ServerName == "" {
			host, _, _ := strings.Cut(strings.TrimPrefix(d.URL, "ldap://"), "/")
			if h, _, err := net.SplitHostPort(host); err == nil {
				host = h
			}
			c.ServerName = host
		}
		if err := conn.StartTLS(c); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

// find is the one entry of a name; nil: there is none, or it is not clear which.
func (d *Directory) find(conn *ldap.Conn, login string) (*ldap.Entry, error) {
	attributes := []string{d.LoginAttribute, d.NameAttribute, "memberOf"}
	if d.SubjectAttribute != "" {
		attributes = append(attributes, d.SubjectAttribute)
	}
	r, err := conn.Search(ldap.NewSearchRequest(d.Base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 2, int(askMax.Seconds()), false,
		strings.ReplaceAll(d.Filter, "%s", ldap.EscapeFilter(login)), attributes, nil))
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultSizeLimitExceeded) {
		return nil, nil
	}
	if err != nil {
		return nil, d.failed(err)
	}
	if len(r.Entries) != 1 {
		return nil, nil
	}
	return r.Entries[0], nil
}

// groups are the names and the DNs of the groups that somebody is in.
func (d *Directory) groups(conn *ldap.Conn, entry *ldap.Entry) (list []string, err error) {
	if d.GroupBase == "" {
		for _, dn := range entry.GetAttributeValues("memberOf") {
			list = append(list, dn, first(dn))
		}
		return list, nil
	}
	r, err := conn.Search(ldap.NewSearchRequest(d.GroupBase, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, groupsMax, int(askMax.Seconds()), false,
		strings.ReplaceAll(d.GroupFilter, "%s", ldap.EscapeFilter(entry.DN)), []string{"cn"}, nil))
	if err != nil {
		return nil, err
	}
	for _, g := range r.Entries {
		list = append(list, g.DN, first(g.DN))
	}
	return list, nil
}

// first is the value that a DN begins with.
func first(dn string) string {
	parsed, err := ldap.ParseDN(dn)
	if err != nil || len(parsed.RDNs) == 0 || len(parsed.RDNs[0].Attributes) == 0 {
		return dn
	}
	return parsed.RDNs[0].Attributes[0].Value
}

func (d *Directory) outsider(entry *ldap.Entry, groups []string) (access.Outsider, error) {
	o := access.Outsider{Directory: d.Directory, Subject: entry.DN, Login: entry.GetAttributeValue(d.LoginAttribute), Name: entry.GetAttributeValue(d.NameAttribute), Tenant: d.Tenant}
	if d.SubjectAttribute != "" {
		raw := entry.GetRawAttributeValue(d.SubjectAttribute)
		if o.Subject = string(raw); strings.ToValidUTF8(o.Subject, "") != o.Subject { // Active Directory's objectGUID
			o.Subject = fmt.Sprintf("%x", raw)
		}
	}
	if len(d.Groups) > 0 && !slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(d.Groups, g) }) {
		return o, hearth.NewError(hearth.NotInGroup)
	}
	for _, g := range groups {
		if name, ok := d.Departments[g]; ok {
			o.Department = name
			break
		}
	}
	return o, nil
}

func (d *Directory) failed(err error) error {
	return hearth.NewError(hearth.DirectoryFailed, "directory", d.Directory).Because(err)
}

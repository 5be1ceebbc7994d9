package appliance

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/console"
	"github.com/hearthbox/hearth/internal/access"
	"github.com/hearthbox/hearth/internal/access/ldap"
	"github.com/hearthbox/hearth/internal/access/oidc"
)

// OIDCConfig is a provider by whose word people sign in to the console.
type OIDCConfig struct {
	Name         string            `yaml:"name" en:"letters and digits, for addresses: the provider sends people back to /console/directory/NAME/back" zh:"名称（字母与数字），用于地址：回调地址为 /console/directory/名称/back"`
	Title        string            `yaml:"title" en:"what people read on the button" zh:"登录按钮上显示的文字"`
	Issuer       string            `yaml:"issuer" en:"its address, as it calls itself" zh:"签发者（issuer）地址"`
	ClientID     string            `yaml:"client_id" en:"what it calls this appliance" zh:"客户端编号"`
	ClientSecret string            `yaml:"client_secret" en:"of the client; best sealed:NAME" zh:"客户端密钥，宜写作 sealed:名称"`
	Scopes       []string          `yaml:"scopes" en:"asked for besides openid; profile if not given" zh:"除 openid 外请求的 scope；不填为 profile"`
	LoginClaim   string            `yaml:"login_claim" en:"claim of the name somebody signs in with; preferred_username if not given" zh:"作为登录名的声明；不填为 preferred_username"`
	NameClaim    string            `yaml:"name_claim" en:"claim of their name; name if not given" zh:"作为姓名的声明；不填为 name"`
	GroupsClaim  string            `yaml:"groups_claim" en:"claim of the groups they are in; groups if not given" zh:"作为用户组的声明；不填为 groups"`
	Groups       []string          `yaml:"groups" en:"groups whose members may use the appliance; all if not given" zh:"允许使用的用户组；不填表示全部"`
	Departments  map[string]string `yaml:"departments" en:"department, by group" zh:"用户组与部门的对应"`
	Tenant       string            `yaml:"tenant" en:"id of the tenant of those who come first by it; the main one if not given" zh:"首次登录者所属租户编号；不填为主租户"`
	CA           string            `yaml:"ca" en:"PEM file of the authorities it is trusted under, instead of the system's" zh:"信任的 CA 证书 PEM 文件，替代系统自带的"`
}

// LDAPConfig is a directory that checks names and passwords.
type LDAPConfig struct {
	URL              string            `yaml:"url" en:"ldaps://HOST or ldap://HOST, which is encrypted by StartTLS; empty: there is none" zh:"ldaps://主机，或 ldap://主机（以 StartTLS 加密）；留空表示不使用"`
	CA               string            `yaml:"ca" en:"PEM file of the authorities it is trusted under, instead of the system's" zh:"信任的 CA 证书 PEM 文件，替代系统自带的"`
	BindDN           string            `yaml:"bind_dn" en:"account that looks people up" zh:"用于查询的账号 DN"`
	BindPassword     string            `yaml:"bind_password" en:"its password; best sealed:NAME" zh:"其密码，宜写作 sealed:名称"`
	Base             string            `yaml:"base" en:"where people are" zh:"人员所在的 DN"`
	Filter           string            `yaml:"filter" en:"finds somebody by the name in place of %s" zh:"查找人员的过滤器，%s 代表登录名"`
	LoginAttribute   string            `yaml:"login_attribute" en:"attribute of the name somebody signs in with" zh:"登录名属性"`
	NameAttribute    string            `yaml:"name_attribute" en:"attribute of their name" zh:"姓名属性"`
	SubjectAttribute string            `yaml:"subject_attribute" en:"attribute that stays the same for good, such as entryUUID or objectGUID" zh:"永不改变的属性，例如 entryUUID 或 objectGUID"`
	GroupBase        string            `yaml:"group_base" en:"where groups are; empty: those of memberOf" zh:"用户组所在的 DN；留空则使用 memberOf"`
	GroupFilter      string            `yaml:"group_filter" en:"finds groups by the DN of a member in place of %s" zh:"查找用户组的过滤器，%s 代表成员 DN"`
	Groups           []string          `yaml:"groups" en:"groups (name or DN) whose members may use the appliance; all if not given" zh:"允许使用的用户组（名称或 DN）；不填表示全部"`
	Departments      map[string]string `yaml:"departments" en:"department, by group; for the file only" zh:"用户组与部门的对应；仅可写在配置文件中"`
	Tenant           string            `yaml:"tenant" en:"id of the tenant of those who come first by it; the main one if not given" zh:"首次登录者所属租户编号；不填为主租户"`
}

// ldapDirectory is what the directory is called in records and rows.
const ldapDirectory = "ldap"

func defaultLDAP() LDAPConfig {
	return LDAPConfig{Filter: "(&(objectClass=person)(uid=%s))", LoginAttribute: "uid", NameAttribute: "cn", SubjectAttribute: "entryUUID",
		GroupFilter: "(&(objectClass=groupOfNames)(member=%s))"}
}

var directoryName = regexp.MustCompile(`^[a-z0-9]{1,32}$`)

// checkDirectories refuses what can't work or is not safe.
func (c *Config) checkDirectories() error {
	names := map[string]bool{ldapDirectory: true}
	for i, o := range c.OIDC {
		bad := func(english, chinese string) error {
			return invalidConfig(say("oidc[%d]: "+english, "oidc[%d]："+chinese, i))
		}
		u, err := url.Parse(o.Issuer)
		switch {
		case !directoryName.MatchString(o.Name) || names[o.Name]:
			return bad("its name has 1 to 32 small letters and digits, and no other one has it", "名称应为 1 至 32 个小写字母或数字，且不重复")
		case err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(joinPort(u.Host))):
			return bad("its issuer is an https address", "issuer 应为 https 地址")
		case o.ClientID == "":
			return bad("it has no client_id", "缺少 client_id")
		}
		names[o.Name] = true
	}
	if l := c.LDAP; l.URL != "" {
		switch {
		case !strings.HasPrefix(l.URL, "ldaps://") && !strings.HasPrefix(l.URL, "ldap://"):
			return invalidConfig(say("ldap.url: %q begins with neither ldaps:// nor ldap://", "ldap.url：%q 不以 ldaps:// 或 ldap:// 开头", l.URL))
		case l.Base == "" || l.BindDN == "" || l.BindPassword == "":
			return invalidConfig(hearth.Words{"ldap needs base, bind_dn and bind_password", "ldap 需要填写 base、bind_dn 和 bind_password"})
		case !strings.Contains(l.Filter, "%s") || l.GroupBase != "" && !strings.Contains(l.GroupFilter, "%s"):
			return invalidConfig(hearth.Words{"ldap: filter and group_filter have %s in them", "ldap：filter 与 group_filter 中应含 %s"})
		case l.LoginAttribute == "" || l.NameAttribute == "":
			return invalidConfig(hearth.Words{"ldap needs login_attribute and name_attribute", "ldap 需要填写 login_attribute 和 name_attribute"})
		}
	}
	return nil
}

func joinPort(host string) string {
	if strings.Contains(host, ":") {
		return host
	}
	return host + ":0"
}

// trustedBy is the TLS of a directory.
func trustedBy(ca string) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca == "" {
		return t, nil
	}
	text, err := os.ReadFile(ca)
	if err != nil {
		return nil, hearth.FileError(ca, err)
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(text) {
		return nil, hearth.NewError(hearth.FileFailed, "path", ca, "detail", say("there is no certificate in it", "其中没有证书"))
	}
	return t, nil
}

// directories are the OpenID providers.
type directories struct {
	access    *access.Access
	list      []console.Directory
	providers map[string]*oidc.Provider
}

var _ console.Directories = (*directories)(nil)

func newDirectories(c Config, a *access.Access) (*directories, error) {
	d := &directories{access: a, providers: map[string]*oidc.Provider{}}
	for _, o := range c.OIDC {
		trust, err := trustedBy(o.CA)
		if err != nil {
			return nil, err
		}
		scopes := o.Scopes
		if scopes == nil {
			scopes = []string{"profile"}
		}
		d.list = append(d.list, console.Directory{Name: o.Name, Title: cmp.Or(o.Title, o.Name)})
		d.providers[o.Name] = oidc.New(oidc.Config{Name: o.Name, Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Scopes: scopes,
			LoginClaim: cmp.Or(o.LoginClaim, "preferred_username"), NameClaim: cmp.Or(o.NameClaim, "name"), GroupsClaim: cmp.Or(o.GroupsClaim, "groups"),
			Groups: o.Groups, Departments: o.Departments, Tenant: o.Tenant}, &http.Transport{TLSClientConfig: trust})
	}
	return d, nil
}

// Directories lists them.
func (d *directories) Directories() []console.Directory { return d.list }

func (d *directories) provider(name string) (*oidc.Provider, error) {
	if p, ok := d.providers[name]; ok {
		return p, nil
	}
	return nil, hearth.NewError(hearth.NoSuchRoute, "method", http.MethodGet, "path", console.Prefix+"/directory/"+name)
}

// BeginDirectory sends a browser to one.
func (d *directories) BeginDirectory(ctx context.Context, name, redirect string) (address, pending string, err error) {
	p, err := d.provider(name)
	if err != nil {
		return "", "", err
	}
	return p.Begin(ctx, redirect)
}

// FinishDirectory takes it back, and begins a session.
func (d *directories) FinishDirectory(ctx context.Context, name, redirect, pending string, answer url.Values) (token string, s hearth.Session, by hearth.Principal, err error) {
	p, err := d.provider(name)
	if err != nil {
		return "", s, by, err
	}
	o, err := p.Finish(ctx, redirect, pending, answer)
	if err != nil {
		return "", s, by, err
	}
	return d.access.SignInOutsider(ctx, o)
}

// checker is the LDAP directory; nil: there is none.
func (c Config) checker() (access.Checker, error) {
	l := c.LDAP
	if l.URL == "" {
		return nil, nil
	}
	trust, err := trustedBy(l.CA)
	if err != nil {
		return nil, err
	}
	return ldap.New(ldap.Config{Directory: ldapDirectory, URL: l.URL, TLS: trust, BindDN: l.BindDN, BindPassword: l.BindPassword, Base: l.Base, Filter: l.Filter,
		LoginAttribute: l.LoginAttribute, NameAttribute: l.NameAttribute, SubjectAttribute: l.SubjectAttribute, GroupBase: l.GroupBase, GroupFilter: l.GroupFilter,
		Groups: l.Groups, Departments: l.Departments, Tenant: l.Tenant}), nil
}

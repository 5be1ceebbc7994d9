package appliance

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite/authority"
)

// listen opens the address the configuration names, if that is safe: what can be
// reached from elsewhere needs encryption, and an administrator who was there
// before, so that a fresh appliance is never claimed by whoever comes first. Encryption may be
// a proxy's in front of this one, if the configuration says so in as many words.
func (d *Data) listen(c Config, adminBefore bool) (net.Listener, *certificates, error) {
	certs, err := d.certificates(c)
	if err != nil {
		return nil, nil, err
	}
	if !loopback(c.Listen) {
		switch {
		case !adminBefore:
			return nil, nil, unsafeListen(c, hearth.Words{"there was no administrator key before this start", "本次启动之前没有管理员密钥"})
		case certs == nil && !c.TLS.Proxy:
			return nil, nil, unsafeListen(c, hearth.Words{"TLS is not configured", "没有配置 TLS"})
		}
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, nil, hearth.NewError(hearth.ListenFailed, "address", c.Listen).Because(err)
	}
	l = netutil.LimitListener(l, c.Limits.Connections)
	if certs == nil {
		return l, nil, nil
	}
	return encrypted(l, certs), certs, nil
}

// encrypted puts TLS 1.3 on a listener. It is the one place that knows which protocol
// encrypts: another one, such as TLCP (GB/T 38636) or the suites of RFC 8998, which the standard
// library has not, joins here, by looking at a connection's first record (TLCP's begins
// with 16 01 01) before this or that server takes it.
func encrypted(l net.Listener, certs *certificates) net.Listener {
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: certs.get, NextProtos: []string{"h2", "http/1.1"}})
}

func unsafeListen(c Config, detail hearth.Words) error {
	return hearth.NewError(hearth.ListenUnsafe, "address", c.Listen, "detail", detail)
}

// loopback reports whether an address can be reached from this machine only.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// certificates reads a certificate anew when its file has changed. Connections that are
// there keep the one they began with.
type certificates struct {
	file string                                // that changes with it
	read func() (chain, key []byte, err error) // what is in use then
	mend func() (bool, error)                  // issues a new one in time; nil: somebody else does

	mu     sync.Mutex
	loaded *tls.Certificate
	time   time.Time
}

// certificates are those the configuration names, or the appliance's own if there are; nil: there is
// nothing to encrypt with, or a proxy does that.
func (d *Data) certificates(c Config) (*certificates, error) {
	x := &certificates{file: c.TLS.Cert, read: func() (chain, key []byte, err error) {
		if chain, err = os.ReadFile(c.TLS.Cert); err == nil {
			key, err = os.ReadFile(c.TLS.Key)
		}
		return chain, key, err
	}}
	if c.TLS.Cert == "" {
		if _, err := os.Stat(d.ownCertificate()); c.TLS.Proxy || errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		x.file, x.read, x.mend = d.ownCertificate(), d.readOwnCertificate, d.renewCertificate
		if _, err := x.mend(); err != nil {
			return nil, err
		}
	}
	if err := x.refresh(); err != nil {
		return nil, invalidConfig(say("tls: %v", "tls：%v", err)).Because(err)
	}
	return x, nil
}

// get is the certificate that a client is shown.
func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.file)
	if err == nil && info.ModTime().Equal(c.time) {
		return c.loaded, nil
	}
	_ = c.load() // half-renewed: the old one still serves
	return c.loaded, nil
}

// refresh reads it anew, and says what is wrong with it.
func (c *certificates) refresh() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.load()
}

func (c *certificates) load() error {
	info, err := os.Stat(c.file)
	if err != nil {
		return err
	}
	chain, key, err := c.read()
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return err
	}
	c.loaded, c.time = &pair, info.ModTime()
	return nil
}

// Renewal of the appliance's own certificate.
const (
	renewEvery  = time.Hour           // between looks
	renewBefore = 30 * 24 * time.Hour // its end
)

// watch sees to it that there is a new certificate before the old one ends.
func (c *certificates) watch(ctx context.Context, log *slog.Logger) {
	if c.mend == nil {
		return
	}
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if renewed, err := c.mend(); err != nil {
			log.Error("the certificate can't be renewed", "error", err)
		} else if renewed {
			log.Info("the certificate was renewed")
		}
	}
}

// The appliance's own authority and certificate.
const (
	authoritySecret   = "tls-authority" // its key
	certificateSecret = "tls-server"    // the certificate and its key, so that they change together
)

func (c Config) authorityFile() string { return filepath.Join(c.Data, "tls", "ca.pem") }

// OwnAuthority is the file of the appliance's own authority, which clients trust; empty
// where it serves with another certificate, or with none.
func (c Config) OwnAuthority() string {
	if _, err := os.Stat(c.authorityFile()); err != nil || c.TLS.Cert != "" || c.TLS.Proxy {
		return ""
	}
	return c.authorityFile()
}

func (d *Data) ownCertificate() string { return d.secrets.path(ownSecret + certificateSecret) }

func (d *Data) readOwnCertificate() (chain, key []byte, err error) {
	text, err := d.secrets.get(ownSecret + certificateSecret)
	return text, text, err // each is looked for by its kind
}

// Certificate is what may be known of one.
type Certificate struct {
	Names       []string  `json:"names"` // besides the machine's own
	Ends        time.Time `json:"ends"`
	Fingerprint string    `json:"sha256"`
}

// OwnTLS is what may be known of the appliance's own certificates.
type OwnTLS struct {
	File      string      `json:"file"` // of the authority's
	Authority Certificate `json:"authority"`
	Server    Certificate `json:"server"`
}

// InitTLS makes an authority for names and the first certificate. One that is there is
// replaced with anew only: who trusts it does not trust the other.
func (d *Data) InitTLS(list []string, anew bool) (OwnTLS, error) {
	if _, err := os.Stat(d.config.authorityFile()); err == nil && !anew {
		return OwnTLS{}, hearth.NewError(hearth.NameTaken, "name", d.config.authorityFile())
	}
	title := "hearth"
	if len(list) > 0 {
		title += " " + list[0]
	}
	ca, key, err := authority.New(title, list, time.Now())
	if err != nil {
		return OwnTLS{}, tlsError(err)
	}
	if err := d.secrets.put(ownSecret+authoritySecret, key, false); err != nil {
		return OwnTLS{}, err
	}
	if err := os.MkdirAll(filepath.Dir(d.config.authorityFile()), 0o700); err != nil {
		return OwnTLS{}, hearth.FileError(d.config.authorityFile(), err)
	}
	if err := os.WriteFile(d.config.authorityFile(), ca, 0o600); err != nil {
		return OwnTLS{}, hearth.FileError(d.config.authorityFile(), err)
	}
	return d.IssueTLS(list)
}

// IssueTLS makes another certificate of the authority that is there: for these names, or
// for those of the one before if there are none. A server that runs takes it at once.
func (d *Data) IssueTLS(list []string) (OwnTLS, error) {
	ca, err := os.ReadFile(d.config.authorityFile())
	if err != nil {
		return OwnTLS{}, hearth.FileError(d.config.authorityFile(), err)
	}
	if len(list) == 0 {
		if own, err := d.OwnTLS(); err == nil {
			list = own.Server.Names
		}
	}
	key, err := d.secrets.get(ownSecret + authoritySecret)
	if err != nil {
		return OwnTLS{}, err
	}
	chain, leafKey, err := authority.Issue(ca, key, list, time.Now())
	if err != nil {
		return OwnTLS{}, tlsError(err)
	}
	if err := d.secrets.put(ownSecret+certificateSecret, append(chain, leafKey...), false); err != nil {
		return OwnTLS{}, err
	}
	return d.OwnTLS()
}

// renewCertificate issues the certificate anew when it is near its end.
func (d *Data) renewCertificate() (renewed bool, err error) {
	own, err := d.OwnTLS()
	if err != nil || time.Until(own.Server.Ends) > renewBefore || own.Server.Ends.Equal(own.Authority.Ends) {
		return false, err
	}
	_, err = d.IssueTLS(own.Server.Names)
	return err == nil, err
}

// OwnTLS says what there is.
func (d *Data) OwnTLS() (own OwnTLS, err error) {
	own.File = d.config.authorityFile()
	ca, err := os.ReadFile(own.File)
	if err != nil {
		return own, hearth.FileError(own.File, err)
	}
	if own.Authority, err = certificate(ca); err != nil {
		return own, err
	}
	chain, _, err := d.readOwnCertificate()
	if err != nil {
		return own, err
	}
	own.Server, err = certificate(chain)
	return own, err
}

func certificate(text []byte) (Certificate, error) {
	c, err := authority.Parse(text)
	if err != nil {
		return Certificate{}, tlsError(err)
	}
	return Certificate{Names: authority.Names(c), Ends: c.NotAfter, Fingerprint: authority.Fingerprint(c)}, nil
}

func tlsError(err error) error {
	return hearth.NewError(hearth.InvalidValue, "field", "--name", "detail", err).Because(err)
}

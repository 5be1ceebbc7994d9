package appliance

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"github.com/hearthbox/hearth"
)

// listen opens the address the configuration names, if that is safe: what can be
// reached from elsewhere needs encryption, and an administrator who was there
// before, so that a fresh appliance is never claimed by whoever comes first.
func listen(c Config, adminBefore bool) (net.Listener, error) {
	if !loopback(c.Listen) {
		switch {
		case !adminBefore:
			return nil, unsafeListen(c, hearth.Words{"there was no administrator key before this start", "本次启动之前没有管理员密钥"})
		case c.TLS.Cert == "":
			return nil, unsafeListen(c, hearth.Words{"TLS is not configured", "没有配置 TLS"})
		}
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, hearth.NewError(hearth.ListenFailed, "address", c.Listen).Because(err)
	}
	l = netutil.LimitListener(l, c.Limits.Connections)
	if c.TLS.Cert == "" {
		return l, nil
	}
	certs := &certificates{cert: c.TLS.Cert, key: c.TLS.Key}
	if _, err := certs.get(nil); err != nil {
		return nil, errors.Join(invalidConfig(say("tls: %v", "tls：%v", err)), l.Close())
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certs.get, NextProtos: []string{"h2", "http/1.1"}}), nil
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

// certificates reads a certificate anew when its file has changed.
type certificates struct {
	cert, key string

	mu     sync.Mutex
	loaded *tls.Certificate
	time   time.Time
}

func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.cert)
	if err == nil && c.loaded != nil && info.ModTime().Equal(c.time) {
		return c.loaded, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(c.cert, c.key)
	}
	if err != nil {
		if c.loaded != nil {
			return c.loaded, nil // half-renewed: the old one still serves
		}
		return nil, err
	}
	c.loaded, c.time = &pair, info.ModTime()
	return c.loaded, nil
}

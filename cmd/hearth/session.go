package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/appliance"
	"github.com/hearthbox/hearth/internal/upstream"
)

// sessionMax is how long the key of a session lives, should nobody end it.
const sessionMax = 12 * time.Hour

// session is a way to the models: through the running server, or through one that
// lives as long as the session. Either way it goes in by the door everyone uses,
// with a key of its own.
type session struct {
	upstream *upstream.Server
	url      string         // without /v1
	closers  []func() error // last first
}

func (s *session) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		_ = s.closers[i]()
	}
}

// session opens one; name is what its key is called.
func (t *terminal) session(ctx context.Context, name string) (s *session, err error) {
	c, err := t.config()
	if err != nil {
		return nil, err
	}
	s = &session{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	server, running := appliance.Running(c)
	var data *appliance.Data
	if running {
		data, err = appliance.OpenData(ctx, c)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, data.Close)
	} else if data, server.URL, err = s.start(ctx, t, c); err != nil {
		return nil, err
	}
	var secret string
	var key hearth.Key
	if err := data.Act(ctx, "create-key", name, func(r *hearth.Record) (err error) {
		secret, key, err = data.Access.Create(ctx, name, hearth.StandingUser, sessionMax)
		r.Object = key.ID
		return err
	}); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error {
		ctx := context.WithoutCancel(ctx)
		return data.Act(ctx, "revoke-key", key.ID, func(*hearth.Record) error { return data.Access.Revoke(ctx, key.ID) })
	})
	s.url = server.URL
	trust, err := trusted(c)
	if err != nil {
		return nil, err
	}
	s.upstream, err = upstream.New(upstream.Config{Name: "hearth", URL: server.URL + "/v1", Key: secret, Language: t.lang, TLS: trust})
	return s, err
}

// start runs a server on this machine's own side, for this session alone.
func (s *session) start(ctx context.Context, t *terminal, c appliance.Config) (*appliance.Data, string, error) {
	c.Listen, c.Log.Level = "127.0.0.1:0", "error"
	c.TLS.Cert, c.TLS.Key, c.TLS.Proxy = "", "", true // nobody else reaches it
	c.StopGrace = 0
	a, err := appliance.New(ctx, version, c, t.err)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	s.closers = append(s.closers, func() error { cancel(); return <-done })
	if a.FirstKey != "" {
		fmt.Fprintf(t.err, t.say("First start. This is the administrator's key; it is shown this once:\n\n    %s\n\n",
			"首次启动。以下是管理员密钥，仅显示这一次：\n\n    %s\n\n"), a.FirstKey)
	}
	return a.Data, a.URL, nil
}

// trusted makes the session trust the certificate the server was configured with,
// and no other: it is reached on this machine, whatever name is in it.
func trusted(c appliance.Config) (*tls.Config, error) {
	file := cmp.Or(c.TLS.Cert, c.OwnAuthority())
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, hearth.FileError(file, err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	out := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}
	block, _ := pem.Decode(text)
	if block == nil {
		return out, nil
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err == nil && len(leaf.DNSNames) > 0 {
		out.ServerName = leaf.DNSNames[0]
	}
	return out, nil
}

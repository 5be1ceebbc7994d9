package appliance

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hearthbox/hearth"
)

// check refuses settings that can't work, before anything starts.
func (c *Config) check() error {
	if c.Data == "" {
		return invalidConfig("data is empty")
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if n, convErr := strconv.Atoi(port); err != nil || convErr != nil || n < 0 || n > 65535 || strings.ContainsAny(host, "/ ") {
		return invalidConfig(fmt.Sprintf("listen: %q is not of the form HOST:PORT", c.Listen))
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		return invalidConfig("tls needs both cert and key")
	}
	known := Defaults("").Discover
	for _, tool := range c.Discover {
		if !slices.Contains(known, tool) {
			return invalidConfig(fmt.Sprintf("discover: %q is not one of %s", tool, strings.Join(known, ", ")))
		}
	}
	for _, r := range []struct {
		name      string
		v, lo, hi int64
	}{
		{"engine.threads", int64(c.Engine.Threads), 0, 4096},
		{"engine.context_tokens", int64(c.Engine.ContextTokens), 0, 1 << 24},
		{"engine.sequences", int64(c.Engine.Sequences), 1, 1024},
		{"engine.waiting_requests", int64(c.Engine.WaitingRequests), 1, 1 << 20},
		{"engine.keep_loaded", int64(c.Engine.KeepLoaded), 0, 1 << 62},
		{"limits.request_bytes", int64(c.Limits.RequestBytes), 1024, 1 << 32},
		{"limits.connections", int64(c.Limits.Connections), 1, 1 << 20},
		{"stop_grace", int64(c.StopGrace), 0, 1 << 62},
	} {
		if r.v < r.lo || r.v > r.hi {
			return invalidConfig(fmt.Sprintf("%s is out of range", r.name))
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		return invalidConfig("log.level must be debug, info, warn or error")
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		return invalidConfig("log.format must be text or json")
	}
	return c.checkUpstreams()
}

func (c *Config) checkUpstreams() error {
	names := map[string]bool{}
	for i := range c.Upstreams {
		u := &c.Upstreams[i]
		switch {
		case u.Name == "":
			return invalidConfig(fmt.Sprintf("upstreams[%d] has no name", i))
		case names[u.Name]:
			return invalidConfig(fmt.Sprintf("two upstreams are called %s", u.Name))
		case u.Key != "" && u.KeyFile != "":
			return invalidConfig(fmt.Sprintf("upstream %s has both key and key_file", u.Name))
		}
		names[u.Name] = true
		if u.KeyFile != "" {
			text, err := os.ReadFile(u.KeyFile)
			if err != nil {
				return hearth.NewError(hearth.FileFailed, "path", u.KeyFile, "detail", "the key of upstream "+u.Name+" can't be read").Because(err)
			}
			u.Key = strings.TrimSpace(string(text))
		}
	}
	return nil
}

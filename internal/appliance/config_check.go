package appliance

import (
	"cmp"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/trust"
)

// check refuses settings that can't work, before anything starts.
func (c *Config) check() error {
	if c.Data == "" {
		return invalidConfig(hearth.Words{"data is empty", "data 为空"})
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if n, convErr := strconv.Atoi(port); err != nil || convErr != nil || n < 0 || n > 65535 || strings.ContainsAny(host, "/ ") {
		return invalidConfig(say("listen: %q is not of the form HOST:PORT", "listen：%q 的格式不是 HOST:PORT", c.Listen))
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		return invalidConfig(hearth.Words{"tls needs both cert and key", "tls 需要同时填写 cert 和 key"})
	}
	if c.TLS.Proxy && c.TLS.Cert != "" {
		return invalidConfig(hearth.Words{"tls has a certificate, and tls.proxy says that a proxy has it", "tls 已配置证书，却又设置 tls.proxy 由代理终结 TLS"})
	}
	if c.Access.SecondFactor != factorAdministrators && c.Access.SecondFactor != factorEveryone {
		return invalidConfig(say("access.second_factor: %q is neither administrators nor everyone", "access.second_factor：%q 不是 administrators 或 everyone", c.Access.SecondFactor))
	}
	if !slices.Contains(cryptosuite.Suites(), cryptosuite.Suite(c.Keyring.Suite)) {
		return invalidConfig(say("keyring.suite: %q is neither international nor gm", "keyring.suite：%q 不是 international 或 gm", c.Keyring.Suite))
	}
	known := Defaults("").Discover
	for _, tool := range c.Discover {
		if !slices.Contains(known, tool) {
			return invalidConfig(say("discover: %q is not one of %s", "discover：%q 不在 %s 之中", tool, strings.Join(known, ", ")))
		}
	}
	for _, r := range []struct {
		name      string
		v, lo, hi int64
	}{
		{"engine.threads", int64(c.Engine.Threads), 0, 4096},
		{"engine.context_tokens", int64(c.Engine.ContextTokens), 0, 1 << 24},
		{"engine.sequences", int64(c.Engine.Sequences), 1, 1024},
		{"engine.park_bytes", int64(c.Engine.ParkBytes), 0, 1 << 50},
		{"engine.waiting_requests", int64(c.Engine.WaitingRequests), 1, 1 << 20},
		{"engine.keep_loaded", int64(c.Engine.KeepLoaded), 0, 1 << 62},
		{"access.session_idle", int64(c.Access.SessionIdle), 0, int64(7 * 24 * time.Hour)},
		{"access.password_days", int64(c.Access.PasswordDays), 0, 3650},
		{"queue.requests", int64(c.Queue.Requests), 1, 1 << 20},
		{"queue.bytes", int64(c.Queue.Bytes), 1 << 20, 1 << 50},
		{"queue.key_requests", int64(c.Queue.KeyRequests), 1, 1 << 20},
		{"queue.key_bytes", int64(c.Queue.KeyBytes), 1 << 20, 1 << 50},
		{"queue.key_tokens", int64(c.Queue.KeyTokens), 1, 1 << 50},
		{"queue.wait", int64(c.Queue.Wait), int64(time.Second), int64(24 * time.Hour)},
		{"queue.bulk_wait", int64(c.Queue.BulkWait), int64(time.Second), int64(30 * 24 * time.Hour)},
		{"download.bytes_per_second", int64(c.Download.BytesPerSecond), 0, 1 << 50},
		{"limits.request_bytes", int64(c.Limits.RequestBytes), 1024, 1 << 32},
		{"limits.connections", int64(c.Limits.Connections), 1, 1 << 20},
		{"audit.checkpoint_every", int64(c.Audit.CheckpointEvery), int64(time.Second), int64(time.Hour)},
		{"audit.keep", int64(c.Audit.Keep), int64(audit.KeepMin), 1 << 62},
		{"batches.file_bytes", int64(c.Batches.FileBytes), 1024, 1 << 40},
		{"batches.key_bytes", int64(c.Batches.KeyBytes), 1024, 1 << 50},
		{"batches.key_jobs", int64(c.Batches.KeyJobs), 1, 1 << 24},
		{"batches.key_parallel", int64(c.Batches.KeyParallel), 1, 1 << 12},
		{"batches.parallel", int64(c.Batches.Parallel), 1, 1 << 14},
		{"batches.keep_for", int64(c.Batches.KeepFor), int64(time.Hour), 1 << 62},
		{"usage.keep_for", int64(c.Usage.KeepFor), int64(usageKeepMin), 1 << 62},
		{"responses.keep_for", int64(c.Responses.KeepFor), 0, 1 << 62},
		{"responses.keep_bytes", int64(c.Responses.KeepBytes), 0, 1 << 50},
		{"stop_grace", int64(c.StopGrace), 0, 1 << 62},
	} {
		if r.v < r.lo || r.v > r.hi {
			return invalidConfig(say("%s is out of range: from %d to %d", "%s 超出范围：%d 到 %d", r.name, r.lo, r.hi))
		}
	}
	if !slices.Contains([]string{"sha256", "sm3"}, c.Audit.Hash) {
		return invalidConfig(hearth.Words{"audit.hash must be sha256 or sm3", "audit.hash 只能是 sha256 或 sm3"})
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		return invalidConfig(hearth.Words{"log.level must be debug, info, warn or error", "log.level 只能是 debug、info、warn 或 error"})
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		return invalidConfig(hearth.Words{"log.format must be text or json", "log.format 只能是 text 或 json"})
	}
	if !slices.Contains(trust.Actions(), c.Trust.Advertising) {
		return invalidConfig(say("trust.advertising must be one of %s", "trust.advertising 只能是 %s 之一", strings.Join(trust.Actions(), ", ")))
	}
	if err := c.Trust.check(); err != nil {
		return err
	}
	if p := c.Download.Proxy; p != "" {
		if u, err := url.Parse(p); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return invalidConfig(say("download.proxy: %q is not an http(s) address", "download.proxy：%q 不是 http(s) 地址", p))
		}
	}
	if _, err := c.Usage.prices(); err != nil {
		return err
	}
	if _, err := c.Guard.policy(); err != nil {
		return err
	}
	if !slices.Contains(hearth.DataClasses(), hearth.DataClass(c.DataClass)) {
		return invalidConfig(say("data_class: %q is not one of %v", "data_class：%q 不在 %v 之中", c.DataClass, hearth.DataClasses()))
	}
	return cmp.Or(c.checkDirectories(), c.checkUpstreams(), c.checkEngines(), c.checkGroups(), c.checkLadders(), c.checkMCP())
}

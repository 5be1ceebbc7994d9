package appliance

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
)

var update = flag.Bool("update", false, "write docs/settings.md anew")

// TestManualOfSettings holds docs/settings.md against the settings it is made from.
func TestManualOfSettings(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Settings · 设置项\n\nMade from `internal/appliance/config.go` by `make generate`. 本页由 `make generate` 自动生成。\n\n" +
		"Write them as YAML into `hearth.yaml` in the data folder, or into the file that `--config` names. An environment variable\n" +
		"(`engine.threads` is `HEARTH_ENGINE_THREADS`) overrides the file; `--set engine.threads=4` overrides both.\n\n" +
		"以 YAML 写入数据目录下的 `hearth.yaml`，或 `--config` 指定的文件。环境变量（`engine.threads` 对应 `HEARTH_ENGINE_THREADS`）\n" +
		"优先于文件，`--set engine.threads=4` 优先于两者。\n\n| setting · 设置 | default · 默认值 | meaning · 含义 |\n|---|---|---|\n")
	for _, s := range Settings() {
		if s.English == "" || s.Chinese == "" {
			t.Errorf("%s is not explained in both languages", s.Name)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s<br>%s |\n", s.Name, s.Default, s.English, s.Chinese)
	}
	const path = "../../docs/settings.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != b.String() {
		t.Errorf("docs/settings.md is out of date: make generate (%v)", err)
	}
}

func TestConfigLayers(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "hearth.yaml")
	key := filepath.Join(dir, "key")
	for path, text := range map[string]string{key: " sk-1 \n", file: `
listen: 127.0.0.1:1
engine: {threads: 2, context_tokens: 100, cache_bytes: 1.5GiB, keep_loaded: 5m}
limits: {request_bytes: 64K}
upstreams:
  - {name: gpu, url: "http://x/v1", key_file: ` + key + `, models: {here: there}}
`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Load(Source{Env: map[string]string{"HOME": "/h", "HEARTH_DATA": dir, "HEARTH_ENGINE_CONTEXT_TOKENS": "200", "HEARTH_ENGINE_THREADS": "3",
		"HEARTH_MODELS": "/a" + string(os.PathListSeparator) + "~/b", "HEARTH_LISTEN": ""}, Set: []string{"engine.threads=4", "discover=ollama"}})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.Listen, " ", c.Engine.Threads, c.Engine.ContextTokens, c.Engine.CacheBytes, c.Engine.KeepLoaded,
		c.Limits.RequestBytes, c.Models, c.Discover, c.Engine.Sequences, c.Upstreams)
	want := fmt.Sprint("127.0.0.1:1", " ", 4, 200, 3<<29, 5*time.Minute, 64000, []string{"/a", "/h/b"}, []string{"ollama"}, 8,
		[]UpstreamConfig{{Name: "gpu", URL: "http://x/v1", Key: "sk-1", KeyFile: key, Models: map[string]string{"here": "there"}}})
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestConfigMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"lisen: x":                                "line 1: there is no setting lisen",
		"engine: {treads: 1}":                     "there is no setting treads",
		"engine: {threads: many}":                 "line 1: `many` is not a whole number",
		"engine: {threads: -1}":                   "engine.threads is out of range",
		"engine: {cache_bytes: 5 apples}":         "is not a size such as 4GiB",
		"engine: {cache_bytes: 99999999999TiB}":   "is too large",
		"listen: 8080":                            "not of the form HOST:PORT",
		"listen: 127.0.0.1:99999":                 "not of the form HOST:PORT",
		"discover: [steam]":                       `"steam" is not one of`,
		"upstreams: [{url: http://x}]":            "upstreams[0] has no name",
		"upstreams: [{name: a}, {name: a}]":       "two upstreams are called a",
		"upstreams: [{name: a, key_file: /nope}]": "/nope can't be used: it does not exist",
		"log: {level: loud}":                      "log.level must be",
		"- a list":                                "a list is not a mapping",
		"a: b: c":                                 "mapping values are not allowed",
		"\x00":                                    "control characters are not allowed",
		"stop_grace: soon":                        "`soon` is not a time such as 30m",
		"models: {a: b}":                          "a mapping is not a list",
		"stop_grace: -1s":                         "stop_grace is out of range",
	} {
		file := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(Source{Env: map[string]string{"HOME": "/h"}, File: file})
		if err == nil || !strings.Contains(err.Error(), want) || hearth.AsError(err).Kind() == hearth.KindInternal {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
		if strings.Contains(hearth.AsError(err).Message(hearth.English), "appliance.") {
			t.Errorf("%q: the message has Go in it: %v", text, err)
		}
	}
	if _, err := Load(Source{File: "/nope.yaml"}); !errors.Is(err, hearth.NewError(hearth.FileFailed)) {
		t.Errorf("a missing file: %v", err)
	}
}

// FuzzConfig reads anything as a configuration file.
func FuzzConfig(f *testing.F) {
	f.Add([]byte("listen: 127.0.0.1:1\nengine: {threads: 2, cache_bytes: 1GiB, keep_loaded: 5m}\n"))
	f.Add([]byte("upstreams:\n  - {name: a, url: 'http://x', models: {b: c}}\ntls: {cert: a, key: b}\n"))
	f.Add([]byte("a: &a [*a]\nmodels: !!binary x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c := Defaults("/h")
		if err := c.read(text); err != nil {
			if hearth.AsError(err).Code != hearth.ConfigInvalid {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		_ = c.check()
	})
}

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "localhost:1": true, "[::1]:1": true, "127.9.9.9:1": true,
		":1": false, "0.0.0.0:1": false, "[::]:1": false, "192.168.1.2:1": false, "example.com:1": false, "bad": false,
		"localhost.evil.test:1": false,
	} {
		if got := loopback(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

package appliance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/hearthbox/hearth"
)

// Config is every setting there is. It is written as YAML, in hearth.yaml in the
// data folder or where --config says; HEARTH_LISTEN overrides listen,
// HEARTH_ENGINE_THREADS overrides engine.threads and so on; and on the command line
// --set engine.threads=4 overrides both.
type Config struct {
	// Data is the folder for everything the appliance keeps: keys, imported models,
	// its own secret. Nobody else may read it. Not settable in the file inside it.
	Data string `yaml:"data"`

	// Listen is the address to serve on. Beyond this machine it needs TLS and an
	// administrator key made in an earlier run.
	Listen string `yaml:"listen"`

	// TLS are PEM files. They are read anew for every connection that finds them
	// changed, so certificates can be renewed without a restart.
	TLS struct {
		Cert string `yaml:"cert"`
		Key  string `yaml:"key"`
	} `yaml:"tls"`

	// Models are more folders (or files) to look for models in. HEARTH_MODELS
	// lists them as PATH does.
	Models []string `yaml:"models"`

	// Discover are other tools whose model folders are looked into.
	Discover []string `yaml:"discover"`

	Engine EngineConfig `yaml:"engine"`

	// Upstreams are engines and services elsewhere whose models are offered too.
	Upstreams []UpstreamConfig `yaml:"upstreams"`

	Limits struct {
		RequestBytes Bytes `yaml:"request_bytes"` // of one request's body
		Connections  int   `yaml:"connections"`   // open at once
	} `yaml:"limits"`

	// Log is how much is logged, to standard error: debug, info, warn or error.
	Log struct {
		Level  string `yaml:"level"`
		Format string `yaml:"format"` // text or json
	} `yaml:"log"`

	// StopGrace is how long running answers may go on when the server stops.
	StopGrace time.Duration `yaml:"stop_grace"`

	env map[string]string // says where other tools keep their models
}

// EngineConfig is about models that run in this process.
type EngineConfig struct {
	// Threads compute. 0 takes as many as the machine, or the container, has.
	Threads int `yaml:"threads"`

	// MemoryBytes is for weights and caches of all loaded models; 0 takes four
	// fifths of the memory. Models nobody uses make room for new ones.
	MemoryBytes Bytes `yaml:"memory_bytes"`

	// CacheBytes is for the conversations of one model; 0 takes a quarter of
	// MemoryBytes. It bounds the context.
	CacheBytes Bytes `yaml:"cache_bytes"`

	// ContextTokens is the longest conversation; 0 is as the model was trained.
	ContextTokens int `yaml:"context_tokens"`

	// Sequences are the answers a model computes at once.
	Sequences int `yaml:"sequences"`

	// WaitingRequests are the requests that may stand in line for a model.
	WaitingRequests int `yaml:"waiting_requests"`

	// KeepLoaded is how long a model nobody asks stays in memory; 0 is for ever.
	KeepLoaded time.Duration `yaml:"keep_loaded"`
}

// UpstreamConfig is an engine or service elsewhere.
type UpstreamConfig struct {
	Name string `yaml:"name"`

	// URL is where its OpenAI-compatible API begins, usually ending in /v1.
	URL string `yaml:"url"`

	// Key is sent as a bearer token. KeyFile names a file that holds it instead.
	Key     string `yaml:"key"`
	KeyFile string `yaml:"key_file"`

	// Models maps names offered here to the upstream's. Without it, all models it
	// lists are offered under its names.
	Models map[string]string `yaml:"models"`
}

// Defaults are the settings of an appliance nobody has configured.
func Defaults(home string) Config {
	c := Config{
		Data:      filepath.Join(home, ".local", "share", "hearth"),
		Listen:    "127.0.0.1:4327", // HEAR on a telephone
		Discover:  []string{hearth.OriginOllama, hearth.OriginHuggingFace, hearth.OriginModelScope, hearth.OriginLMStudio},
		Engine:    EngineConfig{Sequences: 8, WaitingRequests: 256, KeepLoaded: 30 * time.Minute},
		StopGrace: 20 * time.Second,
	}
	c.Limits.RequestBytes, c.Limits.Connections = 32<<20, 4096
	c.Log.Level, c.Log.Format = "info", "text"
	return c
}

// Bytes is a size: a number, or one with a unit such as 4GiB.
type Bytes int64

var byteSize = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*([KMGT]i?)?B?$`)

// UnmarshalYAML reads it.
func (b *Bytes) UnmarshalYAML(n *yaml.Node) error {
	m := byteSize.FindStringSubmatch(n.Value)
	if m == nil {
		return fmt.Errorf("line %d: %q is not a size such as 4GiB", n.Line, n.Value)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	unit := map[string]float64{"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}[m[2]]
	if v *= unit; err != nil || v > 1<<62 {
		return fmt.Errorf("line %d: %s is too large", n.Line, n.Value)
	}
	*b = Bytes(v)
	return nil
}

// Source is where settings come from, besides the defaults.
type Source struct {
	Env  []string // of the process, as os.Environ has it
	File string   // named by --config; empty for the usual place
	Set  []string // setting=value, from the command line

	Warn func(string) // told of variables that are no settings
}

// Load reads the configuration: defaults, then the file, then the environment, then
// the command line.
func Load(s Source) (Config, error) {
	env := environment(s.Env)
	c := Defaults(env["HOME"])
	c.env = env
	if dir := env["XDG_DATA_HOME"]; filepath.IsAbs(dir) {
		c.Data = filepath.Join(dir, "hearth")
	}
	file, err := s.file(&c, env)
	if err != nil {
		return c, err
	}
	if err := c.read(file); err != nil {
		return c, err
	}
	if err := s.override(&c, env); err != nil {
		return c, err
	}
	return c, c.check()
}

// file is the text of the configuration file. Where it is depends on the data
// folder, which the environment and the command line may have moved.
func (s Source) file(c *Config, env map[string]string) ([]byte, error) {
	path, named := s.File, s.File != ""
	if !named && env["HEARTH_CONFIG"] != "" {
		path, named = env["HEARTH_CONFIG"], true
	}
	if !named {
		moved := *c
		if err := s.override(&moved, env); err != nil {
			return nil, err
		}
		path = filepath.Join(moved.Data, "hearth.yaml")
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if err != nil {
		return nil, hearth.NewError(hearth.FileFailed, "path", path, "detail", errors.Unwrap(err)).Because(err)
	}
	return text, nil
}

// read takes settings from YAML. What it does not know is an error, with the line.
func (c *Config) read(text []byte) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return invalidConfig(plainYAML(err)).Because(err)
	}
	return nil
}

var unknownField = regexp.MustCompile(`field (\S+) not found in type \S+`)

// plainYAML takes the Go out of an error of the YAML library.
func plainYAML(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:\n")
	text = unknownField.ReplaceAllString(text, "there is no setting $1")
	text = strings.ReplaceAll(text, "!!", "")
	return strings.Join(strings.Fields(strings.TrimPrefix(text, "yaml: ")), " ")
}

// override applies the environment and the command line.
func (s Source) override(c *Config, env map[string]string) error {
	settings := scalars(reflect.ValueOf(c).Elem(), "")
	for name, value := range env {
		key, ok := strings.CutPrefix(name, "HEARTH_")
		switch {
		case !ok || ownVariables[key] || value == "":
			continue
		case key == "MODELS":
			c.Models = filepath.SplitList(value)
			continue
		}
		at := slices.IndexFunc(settings, func(x scalar) bool { return strings.ToUpper(strings.ReplaceAll(x.name, ".", "_")) == key })
		if at < 0 {
			if s.Warn != nil {
				s.Warn(name + " is not a setting of hearth")
			}
			continue
		}
		if err := settings[at].set(value); err != nil {
			return invalidConfig(name + ": " + plainYAML(err))
		}
	}
	for _, line := range s.Set {
		name, value, ok := strings.Cut(line, "=")
		at := slices.IndexFunc(settings, func(x scalar) bool { return x.name == name })
		switch {
		case !ok:
			return invalidConfig(fmt.Sprintf("%q is not of the form setting=value", line))
		case name == "models":
			c.Models = filepath.SplitList(value)
		case at < 0:
			return invalidConfig("there is no setting " + name)
		default:
			if err := settings[at].set(value); err != nil {
				return invalidConfig(name + ": " + plainYAML(err))
			}
		}
	}
	return nil
}

// ownVariables are not settings: what the command line and clients use.
var ownVariables = map[string]bool{"CONFIG": true, "API_KEY": true, "BASE_URL": true, "LANG": true}

// scalar is a setting that has one value.
type scalar struct {
	name  string // as in engine.threads
	field reflect.Value
}

func (x scalar) set(text string) error {
	if x.field.Kind() == reflect.String {
		x.field.SetString(text)
		return nil
	}
	return yaml.Unmarshal([]byte(text), x.field.Addr().Interface())
}

// scalars lists the settings of a struct, by their YAML names.
func scalars(v reflect.Value, prefix string) []scalar {
	var list []scalar
	for i := range v.NumField() {
		name := prefix + v.Type().Field(i).Tag.Get("yaml")
		switch f := v.Field(i); f.Kind() {
		case reflect.Struct:
			list = append(list, scalars(f, name+".")...)
		case reflect.Slice, reflect.Map:
		default:
			list = append(list, scalar{name, f})
		}
	}
	return list
}

// Setting is a setting that can be overridden, with its default.
type Setting struct{ Name, Default string }

// Settings lists them, for the manual.
func Settings() []Setting {
	c := Defaults("~")
	var list []Setting
	for _, x := range scalars(reflect.ValueOf(&c).Elem(), "") {
		list = append(list, Setting{x.name, fmt.Sprint(x.field.Interface())})
	}
	return list
}

func environment(list []string) map[string]string {
	env := map[string]string{}
	for _, line := range list {
		name, value, _ := strings.Cut(line, "=")
		env[name] = value
	}
	return env
}

func invalidConfig(detail string) *hearth.Error {
	return hearth.NewError(hearth.ConfigInvalid, "detail", detail)
}

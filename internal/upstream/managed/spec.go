package managed

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Spec says what an engine is.
type Spec struct {
	Name     string
	Template string   // one of [Templates]
	Command  []string // in place of the template's; {model}, {port} and {name} stand for those
	Model    string   // a path, or what else the engine takes
	Port     int      // 0 is any that is free
	Devices  []string // numbers of the accelerators it may use; empty is all
	// DeviceEnv is the variable that the numbers are told in; empty is the template's.
	DeviceEnv string
	Args      []string
	Env       map[string]string
	Ready     time.Duration // how long it may take until it has made a token; 0 is 15 minutes
}

// Template is how a kind of engine is started.
type Template struct {
	Name      string
	Kind      string   // of upstream
	Base      string   // path of its API
	command   []string // with {model}, {port}, {name}
	env       map[string]string
	keyEnv    string // in which it takes the key it asks for; empty if it takes none there
	deviceEnv string
	ownPort   bool // it is told the port elsewhere: Spec.Port says which
}

// quietly keeps engines from the network at their start, and from telling what they do.
var quietly = map[string]string{"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}

// Templates are the engines that hearth knows how to start.
func Templates() []Template {
	return []Template{
		{Name: "vllm", Kind: "vllm", Base: "/v1", keyEnv: "VLLM_API_KEY", deviceEnv: "CUDA_VISIBLE_DEVICES", env: map[string]string{"VLLM_NO_USAGE_STATS": "1"},
			command: []string{"vllm", "serve", "{model}", "--host", "127.0.0.1", "--port", "{port}", "--served-model-name", "{name}"}},
		{Name: "sglang", Kind: "sglang", Base: "/v1", deviceEnv: "CUDA_VISIBLE_DEVICES",
			command: []string{"python3", "-m", "sglang.launch_server", "--model-path", "{model}", "--host", "127.0.0.1", "--port", "{port}", "--served-model-name", "{name}", "--enable-metrics"}},
		{Name: "llama-server", Kind: "llama-server", Base: "/v1", keyEnv: "LLAMA_API_KEY", deviceEnv: "CUDA_VISIBLE_DEVICES",
			command: []string{"llama-server", "--model", "{model}", "--host", "127.0.0.1", "--port", "{port}", "--alias", "{name}", "--jinja", "--metrics"}},
		{Name: "mindie", Kind: "mindie", Base: "/v1", deviceEnv: "ASCEND_RT_VISIBLE_DEVICES", ownPort: true, env: map[string]string{"MIES_SERVICE_MONITOR_MODE": "1", "MIES_CONFIG_JSON_PATH": "{model}"},
			command: []string{"mindieservice_daemon"}},
		{Name: "command", Kind: "compatible", Base: "/v1", keyEnv: "API_KEY", deviceEnv: "CUDA_VISIBLE_DEVICES"},
	}
}

// TemplateNamed finds one.
func TemplateNamed(name string) (Template, bool) {
	list := Templates()
	i := slices.IndexFunc(list, func(t Template) bool { return t.Name == name })
	if i < 0 {
		return Template{}, false
	}
	return list[i], true
}

// Check says what is wrong with a spec; nil if nothing is.
func (s *Spec) Check() error {
	t, ok := TemplateNamed(s.Template)
	switch {
	case !ok:
		return fmt.Errorf("there is no template %q", s.Template)
	case len(s.Command) == 0 && len(t.command) == 0:
		return fmt.Errorf("the template %s needs a command", s.Template)
	case len(s.Command) > 0 && s.Command[0] == "":
		return fmt.Errorf("the command is empty")
	case s.Port < 0 || s.Port > 65535:
		return fmt.Errorf("port is from 0 to 65535")
	case t.ownPort && s.Port == 0:
		return fmt.Errorf("%s has its port in a file of its own: say which under port", t.Name)
	case s.Name == "" || strings.ContainsAny(s.Name, "/\\\x00"):
		return fmt.Errorf("%q is no name for an engine", s.Name)
	}
	for _, word := range slices.Concat(s.Command, s.Args, slices.Collect(maps.Keys(s.Env)), slices.Collect(maps.Values(s.Env))) {
		if strings.ContainsRune(word, 0) {
			return fmt.Errorf("a word of the command holds a zero byte")
		}
	}
	return nil
}

// Shared reports a device that two specs both claim.
func Shared(a, b *Spec) (device string, shared bool) {
	if a.deviceEnv() != b.deviceEnv() {
		return "", false
	}
	for _, d := range a.Devices {
		if slices.Contains(b.Devices, d) {
			return d, true
		}
	}
	return "", false
}

func (s *Spec) deviceEnv() string {
	if s.DeviceEnv != "" {
		return s.DeviceEnv
	}
	t, _ := TemplateNamed(s.Template)
	return t.deviceEnv
}

// command is what is started: words, and variables in order.
func (s *Spec) command(port int, key string, base map[string]string) (argv, env []string) {
	t, _ := TemplateNamed(s.Template)
	fill := strings.NewReplacer("{model}", s.Model, "{port}", strconv.Itoa(port), "{name}", s.Name).Replace
	words := t.command
	if len(s.Command) > 0 {
		words = s.Command
	}
	for _, w := range slices.Concat(words, s.Args) {
		argv = append(argv, fill(w))
	}
	all := maps.Clone(quietly)
	maps.Copy(all, base)
	for name, value := range t.env {
		all[name] = fill(value)
	}
	if key != "" && t.keyEnv != "" {
		all[t.keyEnv] = key
	}
	if len(s.Devices) > 0 {
		all[s.deviceEnv()] = strings.Join(s.Devices, ",")
	}
	maps.Copy(all, s.Env)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		env = append(env, name+"="+all[name])
	}
	return argv, env
}

// Names reports whether the engine is told what its model is called: the engine's name.
func (s *Spec) Names() bool {
	t, _ := TemplateNamed(s.Template)
	words := t.command
	if len(s.Command) > 0 {
		words = s.Command
	}
	return slices.ContainsFunc(slices.Concat(words, s.Args), func(w string) bool { return strings.Contains(w, "{name}") })
}

// takesKey reports whether the engine is told a key.
func (s *Spec) takesKey() bool {
	t, _ := TemplateNamed(s.Template)
	return t.keyEnv != ""
}

package appliance

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/upstream"
	"github.com/hearthbox/hearth/internal/upstream/managed"
)

// ManagedConfig is an engine that is started here.
type ManagedConfig struct {
	Name      string            `yaml:"name" en:"what you call it, and what its model is called" zh:"名称，也是其模型的名称"`
	Template  string            `yaml:"template" en:"how it is started: vllm, sglang, llama-server, mindie, or command" zh:"启动方式：vllm、sglang、llama-server、mindie 或 command"`
	Kind      string            `yaml:"kind" en:"what it is, of the kinds of upstreams; empty is the template's" zh:"种类，同 upstreams[].kind；留空按 template"`
	Command   []string          `yaml:"command" en:"words of the command, in place of the template's; {model}, {port} and {name} stand for those; no shell reads it" zh:"命令的各个词，替代模板的命令；{model}、{port}、{name} 会被替换；不经过 shell"`
	Model     string            `yaml:"model" en:"the model's file or folder; for mindie its config.json" zh:"模型文件或目录；mindie 为其 config.json"`
	Port      int               `yaml:"port" en:"where it listens, on this machine only; 0 takes one that is free" zh:"监听端口（仅本机）；0 表示自动选择"`
	Devices   []string          `yaml:"devices" en:"numbers of the accelerators it may use; empty is all" zh:"可使用的加速卡编号；留空为全部"`
	DeviceEnv string            `yaml:"device_env" en:"the variable that says so, where the template's is another: HIP_VISIBLE_DEVICES for example" zh:"指定加速卡的环境变量（与模板不同时填写，例如 HIP_VISIBLE_DEVICES）"`
	Args      []string          `yaml:"args" en:"more words of the command" zh:"追加的命令参数"`
	Env       map[string]string `yaml:"env" en:"more variables of its environment" zh:"追加的环境变量"`
	Ready     time.Duration     `yaml:"ready" en:"how long it may take until it has made its first token; 0 is 15 minutes" zh:"到生成第一个词元为止最长允许多久；0 表示 15 分钟"`

	Models     map[string]string `yaml:"models" en:"names offered here, each with the engine's own; without it the engine's name, or all it lists where it is not told that" zh:"此处使用的模型名称与引擎名称的对应；不填则为引擎名称，引擎不接受名称时为其列出的全部模型"`
	Concurrent int               `yaml:"concurrent" en:"requests it is given at once; 0 finds out" zh:"同时交给它的请求数；0 表示自动探测"`
}

func (m *ManagedConfig) spec() managed.Spec {
	return managed.Spec{Name: m.Name, Template: m.Template, Command: m.Command, Model: m.Model, Port: m.Port, Devices: m.Devices,
		DeviceEnv: m.DeviceEnv, Args: m.Args, Env: m.Env, Ready: m.Ready}
}

func (c *Config) checkEngines() error {
	names := map[string]bool{}
	for _, u := range c.Upstreams {
		names[u.Name] = true
	}
	for i := range c.Engines {
		e := &c.Engines[i]
		spec := e.spec()
		if err := spec.Check(); err != nil {
			return invalidConfig(say("engine %s: %v", "引擎 %s：%v", e.Name, err))
		}
		if _, ok := upstream.KindNamed(e.Kind); !ok {
			return invalidConfig(say("engine %s: there is no kind %q", "引擎 %s：没有种类 %q", e.Name, e.Kind))
		}
		if names[e.Name] {
			return invalidConfig(say("two engines or upstreams are called %s", "有两个引擎或上游都叫 %s", e.Name))
		}
		names[e.Name] = true
		for _, o := range c.Engines[:i] {
			other := o.spec()
			if d, shared := managed.Shared(&spec, &other); shared {
				return invalidConfig(say("engines %s and %s both have device %s", "引擎 %s 与 %s 使用了同一块加速卡 %s", o.Name, e.Name, d))
			}
		}
	}
	return nil
}

// KeeperCommand is the argument with which the binary is the keeper of an engine.
const KeeperCommand = "keep-engine"

// KeepEngine is what the binary does then. With one more argument it keeps a program that
// is spoken with over its input and output, and is told what to do by another file.
func KeepEngine(args []string) int {
	if len(args) == 0 {
		return managed.Keep(os.Stdin, nil, os.Stderr)
	}
	return managed.Keep(os.NewFile(managed.ControlFile, "control"), os.Stdin, os.Stderr)
}

// drainMax is how long running answers keep an engine that is to go.
const drainMax = 5 * time.Minute

// managedEngine is one with the server that asks it.
type managedEngine struct {
	*managed.Engine
	config ManagedConfig
	server *server
}

// startEngines starts those of the configuration, and ends what a killed appliance has
// left behind.
func (a *Appliance) startEngines() error {
	if n := managed.KillMarked(managed.MarkName + "=" + a.dataPath() + "/"); n > 0 {
		a.log.Warn("processes of engines were left by an appliance that was killed; they are ended", "processes", n)
	}
	r, err := newRoutes(a.config, a.models.routes.Load())
	if err != nil {
		return err
	}
	if _, err := a.changeEngines(a.config, r); err != nil {
		return err
	}
	a.models.routes.Store(r)
	return nil
}

func (a *Appliance) dataPath() string {
	path, err := filepath.Abs(a.config.Data)
	if err != nil {
		return a.config.Data
	}
	return path
}

// changeEngines starts the engines of a configuration that do not run, and adds them to
// routes that are not in use yet. Those that are no longer wanted, or otherwise, are taken
// from the routes and returned.
func (a *Appliance) changeEngines(c Config, r *routes) (gone []*managedEngine, err error) {
	var stay []*managedEngine
	var fresh []ManagedConfig
	for _, e := range a.engines {
		if slices.ContainsFunc(c.Engines, func(m ManagedConfig) bool { return reflect.DeepEqual(m, e.config) }) {
			stay = append(stay, e)
			continue
		}
		gone = append(gone, e)
		r.servers = slices.DeleteFunc(r.servers, func(s *server) bool { return s == e.server })
	}
	for _, m := range c.Engines {
		if !slices.ContainsFunc(stay, func(e *managedEngine) bool { return reflect.DeepEqual(m, e.config) }) {
			fresh = append(fresh, m)
		}
	}
	for _, m := range fresh {
		e, err := a.newEngine(m)
		if err != nil {
			return nil, err
		}
		stay = append(stay, e)
		r.servers = append(r.servers, e.server)
	}
	for _, e := range stay[len(stay)-len(fresh):] {
		e.Run(e.server.Probe, e.server.Hold)
	}
	a.engines = stay
	return gone, nil
}

func (a *Appliance) newEngine(m ManagedConfig) (*managedEngine, error) {
	c, err := a.managed("engines")
	if err != nil {
		return nil, err
	}
	e, err := managed.New(c, m.spec())
	if err != nil {
		return nil, err
	}
	kind := m.Kind
	if t, ok := managed.TemplateNamed(m.Template); ok && kind == "" {
		kind = t.Kind
	}
	offers := m.Models
	if len(offers) == 0 && e.Names() {
		offers = map[string]string{m.Name: m.Name} // known before it can be asked
	}
	s, err := newServer(UpstreamConfig{Name: m.Name, Kind: kind, URL: e.URL(), Key: e.Key, Models: offers, Concurrent: m.Concurrent, DataClass: string(hearth.DataSecret)})
	if err != nil {
		return nil, err
	}
	s.engine = true
	return &managedEngine{Engine: e, config: m, server: s}, nil
}

// retireEngines lets running answers end, and then the engines that give them.
func (a *Appliance) retireEngines(gone []*managedEngine) {
	for _, e := range gone {
		a.log.Info("an engine is stopped when its answers have ended", "engine", e.Name, "running", e.server.Running())
		a.retiring.Go(func() {
			for deadline := time.Now().Add(drainMax); e.server.Running() > 0 && time.Now().Before(deadline); {
				select {
				case <-time.After(100 * time.Millisecond):
				case <-a.background.Done():
					deadline = time.Now()
				}
			}
			e.Stop()
		})
	}
}

// stopEngines ends engines, all at once.
func (a *Appliance) stopEngines(list []*managedEngine) {
	var all sync.WaitGroup
	for _, e := range list {
		all.Go(e.Stop)
	}
	all.Wait()
	a.retiring.Wait()
}

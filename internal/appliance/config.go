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
	"github.com/hearthbox/hearth/internal/access"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/jobs"
	"github.com/hearthbox/hearth/internal/trust"
)

// Config is every setting there is. It is written as YAML, in hearth.yaml in the
// data folder or where --config says; HEARTH_LISTEN overrides listen,
// HEARTH_ENGINE_THREADS overrides engine.threads and so on; and on the command line
// --set engine.threads=4 overrides both. The en and zh tags are the manual: `hearth
// up --help` and docs/settings.md print them.
type Config struct {
	Data   string `yaml:"data" en:"folder for keys, imported models and the appliance's own secret; nobody else may read it" zh:"数据目录，存放密钥、导入的模型和一体机自身的密钥材料，仅限本用户读取"`
	Listen string `yaml:"listen" en:"address to serve on; beyond this machine it needs TLS and an administrator key made in an earlier run" zh:"监听地址；对本机以外开放时，需要 TLS，且此前已创建过管理员密钥"`
	TLS    struct {
		Cert  string `yaml:"cert" en:"PEM file of the certificate chain; read anew when it changes; without it, hearth tls init makes one" zh:"证书链 PEM 文件，文件更新后自动重新读取；没有证书可用 hearth tls init 自建"`
		Key   string `yaml:"key" en:"PEM file of its key" zh:"证书私钥 PEM 文件"`
		Proxy bool   `yaml:"proxy" en:"a proxy in front of hearth ends TLS: serve without it, also beyond this machine" zh:"由前置代理终结 TLS：本服务不加密，对本机以外也是如此"`
	} `yaml:"tls"`
	Models    []string         `yaml:"models" en:"more folders (or files) to look for models in; outside the file, lists are written as PATH is" zh:"更多模型目录（或文件）；在配置文件以外，列表的写法与 PATH 相同"`
	Discover  []string         `yaml:"discover" en:"other tools whose model folders are looked into" zh:"从哪些工具的模型目录中查找模型"`
	Starter   bool             `yaml:"starter" en:"offer the small model that is in the binary" zh:"是否提供程序自带的入门模型"`
	Engine    EngineConfig     `yaml:"engine"`
	Upstreams []UpstreamConfig `yaml:"upstreams" en:"engines and services elsewhere whose models are offered too; for the file only" zh:"外部引擎与服务，其模型一并提供；仅可写在配置文件中"`
	Engines   []ManagedConfig  `yaml:"engines" en:"engines that hearth starts and stops, and whose models are offered; for the file only" zh:"由本程序启动、看护和停止的推理引擎，其模型一并提供；仅可写在配置文件中"`
	Groups    []GroupConfig    `yaml:"groups" en:"names that stand for several models or places; for the file only" zh:"代表多个模型或位置的名称；仅可写在配置文件中"`
	Ladders   []LadderConfig   `yaml:"ladders" en:"what is done about requests that would wait long, before they are refused; the first that is for a request counts; for the file only" zh:"预计等待过长的请求在被拒绝前如何处理；以第一条适用的为准；仅可写在配置文件中"`
	MCP       []MCPConfig      `yaml:"mcp" en:"MCP servers whose tools are run for models that clients offer them to; no other server is connected to; for the file only" zh:"可供模型调用工具的 MCP 服务器；系统不会连接其他服务器；仅可写在配置文件中"`
	DataClass string           `yaml:"data_class" en:"class of requests that do not say theirs in X-Hearth-Data-Class: public, internal, confidential, secret" zh:"未用 X-Hearth-Data-Class 声明密级的请求按哪一级处理：public 公开、internal 内部、confidential 敏感、secret 机密"`
	Queue     QueueConfig      `yaml:"queue"`
	Usage     UsageConfig      `yaml:"usage"`
	Batches   BatchesConfig    `yaml:"batches"`
	Webhooks  []WebhookConfig  `yaml:"webhooks" en:"programs that are told when a batch, or a response in the background, has ended; for the file only" zh:"批处理任务或后台响应结束时通知哪些程序；仅可写在配置文件中"`
	Limits    struct {
		RequestBytes Bytes `yaml:"request_bytes" en:"largest body of a request" zh:"单个请求体的上限"`
		Connections  int   `yaml:"connections" en:"connections open at once" zh:"同时打开的连接数上限"`
	} `yaml:"limits"`
	Keyring   KeyringConfig `yaml:"keyring"`
	Access    AccessConfig  `yaml:"access"`
	OIDC      []OIDCConfig  `yaml:"oidc" en:"OpenID providers by whose word people sign in to the console; for the file only" zh:"可用于登录控制台的 OpenID 身份源；仅可写在配置文件中"`
	LDAP      LDAPConfig    `yaml:"ldap"`
	Guard     GuardConfig   `yaml:"guard"`
	Responses struct {
		KeepFor   time.Duration `yaml:"keep_for" en:"how long answers of the Responses API are kept after they were last asked for, in the data folder; 0 keeps none" zh:"Responses API 的响应在最后一次使用后保存多久（存于数据目录）；0 表示不保存"`
		KeepBytes Bytes         `yaml:"keep_bytes" en:"how much of them is kept for a key; the longest unused are lost first" zh:"每个密钥最多保存多少；超出时先丢弃最久未用的"`
	} `yaml:"responses"`
	Trust       TrustConfig `yaml:"trust"`
	TrustedKeys []string    `yaml:"trusted_keys" en:"PEM files of the public keys whose model bundles are taken in, besides the appliance's own" zh:"除本机外，还信任哪些公钥（PEM 文件）签名的模型离线包"`
	Download    struct {
		Mirror         string `yaml:"mirror" en:"where models are downloaded from first: modelscope, hf-mirror, huggingface; or the address of a mirror of your own, and no other is asked" zh:"下载模型时优先使用的镜像：modelscope、hf-mirror、huggingface，或自建镜像的地址（此时不再访问其他镜像）"`
		Proxy          string `yaml:"proxy" en:"HTTP proxy for downloads" zh:"下载所用的 HTTP 代理"`
		BytesPerSecond Bytes  `yaml:"bytes_per_second" en:"limit of a download; 0 is none" zh:"下载限速（每秒字节数）；0 表示不限"`
	} `yaml:"download"`
	Audit AuditConfig `yaml:"audit"`
	Log   struct {
		Level  string `yaml:"level" en:"how much is logged, to standard error: debug, info, warn, error" zh:"日志级别（输出到标准错误）：debug、info、warn、error"`
		Format string `yaml:"format" en:"text or json" zh:"text 或 json"`
	} `yaml:"log"`
	StopGrace time.Duration `yaml:"stop_grace" en:"how long running answers may go on when the server stops" zh:"停止服务时，正在生成的回答最多再继续多久"`

	env  map[string]string // says where other tools keep their models
	ask  func(kind string, n, of int) (string, error)
	wait func(socket string)
}

// EngineConfig is about models that run in this process.
type EngineConfig struct {
	Threads         int           `yaml:"threads" en:"threads that compute; 0 takes as many as the machine, or the container, has" zh:"计算线程数；0 表示使用本机或容器的全部核心"`
	MemoryBytes     Bytes         `yaml:"memory_bytes" en:"for weights and caches of all loaded models; 0 takes four fifths of the memory; models nobody uses make room for new ones" zh:"所有已加载模型的权重与缓存可用的内存；0 表示内存的五分之四；空闲模型会为新模型让位"`
	CacheBytes      Bytes         `yaml:"cache_bytes" en:"for the conversations of one model; 0 takes a quarter of memory_bytes; it bounds the context" zh:"单个模型的对话缓存；0 表示 memory_bytes 的四分之一；上下文长度受其限制"`
	ContextTokens   int           `yaml:"context_tokens" en:"longest conversation; 0 is as the model was trained" zh:"对话的最大长度；0 表示按模型训练长度"`
	Sequences       int           `yaml:"sequences" en:"answers a model computes at once" zh:"一个模型同时生成的回答数"`
	SharePrefixes   bool          `yaml:"share_prefixes" en:"whether what was computed of a prompt serves all keys whose prompts begin alike, such as with the same instructions; false keeps it to each key, so that no key can tell from how soon an answer comes what others have asked" zh:"提示开头相同（例如系统指令相同）时，是否在所有密钥之间复用已计算的部分；false 表示仅在同一密钥内复用，任何密钥都无法凭响应快慢探知他人的提问"`
	ParkFolder      string        `yaml:"park_folder" en:"folder for a file in which conversations wait that cache_bytes has no room for, encrypted with a key that nobody keeps; empty is none" zh:"缓存放不下的对话可暂存到该目录的文件中，以不留存的密钥加密；留空表示不暂存"`
	ParkBytes       Bytes         `yaml:"park_bytes" en:"how large that file may become, for each model" zh:"每个模型的暂存文件上限"`
	WaitingRequests int           `yaml:"waiting_requests" en:"requests that may stand in line for a model" zh:"一个模型可排队等待的请求数"`
	KeepLoaded      time.Duration `yaml:"keep_loaded" en:"how long a model nobody asks stays in memory; 0 is for ever" zh:"无人使用的模型在内存中保留多久；0 表示一直保留"`
}

// AccessConfig is about how people sign in.
type AccessConfig struct {
	PasswordDays int           `yaml:"password_days" en:"days after which a password has to be changed; 0 is never" zh:"密码使用多少天后必须更换；0 表示不要求"`
	SessionIdle  time.Duration `yaml:"session_idle" en:"how long a session of the console lives that nobody uses; 0 is as long as any" zh:"控制台会话无操作多久后失效；0 表示不限"`
	SecondFactor string        `yaml:"second_factor" en:"who needs a second factor: administrators, or everyone" zh:"哪些人必须使用双因素认证：administrators 管理员，everyone 所有人"`
}

// The ways to ask for a second factor.
const (
	factorAdministrators = "administrators"
	factorEveryone       = "everyone"
)

func (c AccessConfig) policy() access.Policy {
	return access.Policy{PasswordAge: time.Duration(c.PasswordDays) * 24 * time.Hour, SecondFactorForAll: c.SecondFactor == factorEveryone, SessionIdle: c.SessionIdle}
}

// AuditConfig is about the audit record.
type AuditConfig struct {
	Required        bool          `yaml:"required" en:"refuse requests and changes while they can't be recorded; false goes on, and records later how many are missing" zh:"无法写入审计记录时拒绝请求与变更；false 表示继续服务，恢复后补记缺失条数"`
	Witnesses       []string      `yaml:"witnesses" en:"files that get every signed checkpoint too; they belong on another machine, where the operator of this one has no rights" zh:"同时写入每个签名检查点的文件；应位于其他机器，且本机管理员无权改动"`
	CheckpointEvery time.Duration `yaml:"checkpoint_every" en:"time between checkpoints while there are new records; there is one for every 10,000 records as well" zh:"有新记录时，检查点的间隔；每 1 万条记录也会生成一个"`
	Keep            time.Duration `yaml:"keep" en:"how long records are kept, at least 4320h (180 days)" zh:"记录保留时长，不少于 4320h（180 天）"`
	Hash            string        `yaml:"hash" en:"hash function of a record that begins: sha256, or sm3, with which content is encrypted with SM4; one that exists keeps its own" zh:"新建记录所用的杂凑算法：sha256 或 sm3（内容以 SM4 加密）；已有记录沿用原算法"`
	Content         bool          `yaml:"content" en:"keep what was asked and answered too, encrypted, each piece with a key of its own that can be destroyed" zh:"同时保存提问与回答的内容，逐条以可单独销毁的密钥加密"`
}

// QueueConfig bounds what may wait for its turn.
type QueueConfig struct {
	Requests    int           `yaml:"requests" en:"requests that may wait, of all keys together; limits.connections bounds them too" zh:"所有密钥合计可排队的请求数；同时受 limits.connections 限制"`
	Bytes       Bytes         `yaml:"bytes" en:"memory they may take" zh:"排队请求合计可占用的内存"`
	KeyRequests int           `yaml:"key_requests" en:"requests of one key that may wait" zh:"单个密钥可排队的请求数"`
	KeyBytes    Bytes         `yaml:"key_bytes" en:"memory they may take" zh:"单个密钥的排队请求可占用的内存"`
	KeyTokens   int           `yaml:"key_tokens" en:"what they may cost together: tokens of the prompts, and twice the tokens their answers are expected to have" zh:"单个密钥的排队请求合计的代价：提示词元数，加上预计回答词元数的两倍"`
	Wait        time.Duration `yaml:"wait" en:"how long a request may wait before its answer begins; one that would wait longer is refused at once" zh:"请求在开始回答前最多等待多久；预计更久的请求会立即被拒绝"`
	BulkWait    time.Duration `yaml:"bulk_wait" en:"the same for requests of class bulk, which run when there is time" zh:"bulk 类请求（有空闲时才运行）的相应限制"`
	Tickets     bool          `yaml:"tickets" en:"give a ticket, by which the answer can be fetched later, to requests whose answer can't begin in time, also where the client does not ask for that with X-Hearth-Ticket" zh:"无法按时开始回答的请求，即使客户端未用 X-Hearth-Ticket 要求，也给予票据以便稍后取回回答"`
}

// BatchesConfig bounds files, batches and what else is answered whoever still listens.
type BatchesConfig struct {
	FileBytes   Bytes         `yaml:"file_bytes" en:"largest file that is uploaded" zh:"单个上传文件的上限"`
	KeyBytes    Bytes         `yaml:"key_bytes" en:"what all files of a key may come to" zh:"单个密钥的文件合计上限"`
	KeyJobs     int           `yaml:"key_jobs" en:"requests of a key, in batches and else, that may wait to be answered in the background" zh:"单个密钥等待后台处理的请求数上限（含批处理）"`
	KeyParallel int           `yaml:"key_parallel" en:"of these, how many stand in line at once, those of class bulk and all others each" zh:"其中同时进入排队的请求数，bulk 类与其余各计"`
	Parallel    int           `yaml:"parallel" en:"the same for all keys together" zh:"所有密钥合计的相应上限"`
	KeepFor     time.Duration `yaml:"keep_for" en:"lifetime of uploads and of results of batches" zh:"文件与批处理结果保存多久"`
}

func (c BatchesConfig) limits() jobs.Limits {
	return jobs.Limits{Running: c.Parallel, OwnerRunning: c.KeyParallel, OwnerWaiting: c.KeyJobs,
		FileBytes: int64(c.FileBytes), OwnerBytes: int64(c.KeyBytes), Keep: c.KeepFor}
}

// Defaults are the settings of an appliance nobody has configured.
func Defaults(home string) Config {
	c := Config{
		Data:     filepath.Join(home, ".local", "share", "hearth"),
		Listen:   "127.0.0.1:4327", // HEAR on a telephone
		Discover: []string{hearth.OriginOllama, hearth.OriginHuggingFace, hearth.OriginModelScope, hearth.OriginLMStudio},
		Starter:  true,
		LDAP:     defaultLDAP(),
		Keyring:  KeyringConfig{Suite: string(cryptosuite.International)},
		Access:   AccessConfig{PasswordDays: int(access.DefaultPolicy().PasswordAge / (24 * time.Hour)), SessionIdle: access.DefaultPolicy().SessionIdle, SecondFactor: factorAdministrators},
		Guard:    defaultGuard(),
		Engine:   EngineConfig{Sequences: 8, SharePrefixes: true, ParkBytes: 4 << 30, WaitingRequests: 256, KeepLoaded: 30 * time.Minute},
		Queue: QueueConfig{Requests: 20_000, Bytes: 2 << 30, KeyRequests: 4096, KeyBytes: 256 << 20, KeyTokens: 20_000_000,
			Wait: 30 * time.Minute, BulkWait: 24 * time.Hour},
		DataClass: string(hearth.DataInternal),
		StopGrace: 20 * time.Second,
	}
	c.Audit = AuditConfig{Required: true, CheckpointEvery: 10 * time.Second, Keep: audit.KeepMin, Hash: string(cryptosuite.HashSHA256)}
	c.Limits.RequestBytes, c.Limits.Connections = 32<<20, 20_480
	c.Responses.KeepFor, c.Responses.KeepBytes = 30*24*time.Hour, 64<<20
	c.Batches = BatchesConfig{FileBytes: 200 << 20, KeyBytes: 2 << 30, KeyJobs: 100_000, KeyParallel: 32, Parallel: 256, KeepFor: 30 * 24 * time.Hour}
	c.Usage.KeepFor = 400 * 24 * time.Hour
	c.Log.Level, c.Log.Format = "info", "text"
	c.Trust.Advertising = string(trust.Off)
	c.Trust.Probes.Sets = []string{"zh", "en"}
	return c
}

// Bytes is a size: a number, or one with a unit such as 4GiB.
type Bytes int64

var byteSize = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*([KMGT]i?)?B?$`)

// ParseBytes reads a size as the configuration has it; nothing is 0.
func ParseBytes(text string) (int64, error) {
	var b Bytes
	if text == "" {
		return 0, nil
	}
	if err := yaml.Unmarshal([]byte(text), &b); err != nil {
		return 0, hearth.NewError(hearth.InvalidValue, "field", text, "detail", hearth.Words{"it is not a size such as 5MiB", "不是大小（例如 5MiB）"})
	}
	return int64(b), nil
}

// UnmarshalYAML reads it.
func (b *Bytes) UnmarshalYAML(n *yaml.Node) error {
	m := byteSize.FindStringSubmatch(n.Value)
	if m == nil {
		return fmt.Errorf("line %d: cannot unmarshal !!str `%s` into %T", n.Line, n.Value, *b)
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
	Env  map[string]string // of the process
	File string            // named by --config; empty for the usual place
	Set  []string          // setting=value, from the command line

	Warn func(string) // told of variables that are no settings
}

// Load reads the configuration: defaults, then the file, then the environment, then
// the command line.
func Load(s Source) (Config, error) {
	env := s.Env
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
	c.atHome(env["HOME"])
	if c.Data == Defaults("").Data {
		return c, invalidConfig(hearth.Words{"there is no HOME to keep data in; say where with HEARTH_DATA", "没有 HOME 目录可存放数据，请用 HEARTH_DATA 指定"})
	}
	return c, c.check()
}

// atHome reads a leading ~/ as the shell does, which sees only some of the places
// where paths are written.
func (c *Config) atHome(home string) {
	paths := []*string{&c.Data, &c.TLS.Cert, &c.TLS.Key, &c.Engine.ParkFolder,
		&c.Keyring.KeyFile, &c.Keyring.PassphraseFile, &c.Keyring.Transit.TokenFile, &c.Keyring.Transit.CA}
	paths = append(paths, &c.LDAP.CA)
	for i := range c.OIDC {
		paths = append(paths, &c.OIDC[i].CA)
	}
	for i := range c.TrustedKeys {
		paths = append(paths, &c.TrustedKeys[i])
	}
	for i := range c.Audit.Witnesses {
		paths = append(paths, &c.Audit.Witnesses[i])
	}
	for i := range c.Models {
		paths = append(paths, &c.Models[i])
	}
	for i := range c.Engines {
		paths = append(paths, &c.Engines[i].Model)
	}
	for i := range c.Upstreams {
		u := &c.Upstreams[i]
		paths = append(paths, &u.KeyFile, &u.TLS.CA, &u.TLS.Cert, &u.TLS.Key)
	}
	for i := range c.Webhooks {
		paths = append(paths, &c.Webhooks[i].SecretFile)
	}
	for _, p := range paths {
		if rest, ok := strings.CutPrefix(*p, "~/"); ok && home != "" {
			*p = filepath.Join(home, rest)
		}
	}
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
		moved.atHome(env["HOME"])
		path = filepath.Join(moved.Data, "hearth.yaml")
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if err != nil {
		return nil, hearth.FileError(path, err)
	}
	return text, nil
}

// read takes settings from YAML. What it does not know is an error, with the line.
func (c *Config) read(text []byte) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return invalidConfig(plainYAML("", err)).Because(err)
	}
	return nil
}

var (
	unknownField = regexp.MustCompile(`field (\S+) not found in type \S+`)
	wrongKind    = regexp.MustCompile("cannot unmarshal !!(\\w+)(?: (`[^`]*`))? into (\\S+)")
	atLine       = regexp.MustCompile(`line (\d+): `)
)

// plainYAML says what the YAML library says, without its Go.
func plainYAML(where string, err error) hearth.Words {
	text := strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:\n")
	text = where + strings.Join(strings.Fields(strings.TrimPrefix(text, "yaml: ")), " ")
	var out hearth.Words
	for l := range out {
		w := yamlWords[l]
		out[l] = unknownField.ReplaceAllString(text, w.unknown)
		out[l] = atLine.ReplaceAllString(out[l], w.line)
		out[l] = wrongKind.ReplaceAllStringFunc(out[l], func(s string) string {
			m := wrongKind.FindStringSubmatch(s)
			found := m[2]
			if found == "" {
				found = w.kinds[m[1]]
			}
			return fmt.Sprintf(w.wrong, found, w.kinds[wantedKind(m[3])])
		})
	}
	return out
}

// yamlWords is what can be wrong with YAML, in every language.
var yamlWords = [...]struct {
	unknown, line, wrong string
	kinds                map[string]string
}{
	hearth.English: {"there is no setting $1", "line $1: ", "%s is not %s", map[string]string{"seq": "a list", "int": "a whole number",
		"bool": "true or false", "string": "a text", "time": "a time such as 30m", "size": "a size such as 4GiB", "map": "a mapping"}},
	hearth.Chinese: {"没有设置项 $1", "第 $1 行：", "%s 不是%s", map[string]string{"seq": "列表", "int": "整数",
		"bool": " true 或 false", "string": "文本", "time": "时长（例如 30m）", "size": "大小（例如 4GiB）", "map": "映射"}},
}

// wantedKind is what a Go type is written as.
func wantedKind(goType string) string {
	switch {
	case strings.HasPrefix(goType, "[]"):
		return "seq"
	case goType == "int", goType == "bool", goType == "string":
		return goType
	case goType == "time.Duration":
		return "time"
	case goType == "appliance.Bytes":
		return "size"
	}
	return "map"
}

// override applies the environment and the command line.
func (s Source) override(c *Config, env map[string]string) error {
	settings := settable(reflect.ValueOf(c).Elem(), "")
	for name, value := range env {
		key, ok := strings.CutPrefix(name, "HEARTH_")
		if !ok || ownVariables[key] || value == "" {
			continue
		}
		at := slices.IndexFunc(settings, func(x setting) bool { return strings.ToUpper(strings.ReplaceAll(x.name, ".", "_")) == key })
		if at < 0 {
			if s.Warn != nil {
				s.Warn(name + " is not a setting of hearth")
			}
			continue
		}
		if err := settings[at].set(value); err != nil {
			return invalidConfig(plainYAML(name+": ", err))
		}
	}
	for _, line := range s.Set {
		name, value, ok := strings.Cut(line, "=")
		at := slices.IndexFunc(settings, func(x setting) bool { return x.name == name })
		switch {
		case !ok:
			return invalidConfig(say("%q is not of the form setting=value", "%q 的格式不是 设置项=值", line))
		case at < 0:
			return invalidConfig(say("there is no setting %s to be given so", "没有可以这样指定的设置项 %s", name))
		default:
			if err := settings[at].set(value); err != nil {
				return invalidConfig(plainYAML(name+": ", err))
			}
		}
	}
	return nil
}

// ownVariables are not settings: what the command line and clients use.
var ownVariables = map[string]bool{"CONFIG": true, "API_KEY": true, "BASE_URL": true, "LANG": true}

// setting is one that a line of text can set.
type setting struct {
	name  string // as in engine.threads
	field reflect.Value
}

// set reads a list as PATH is written, and all else as YAML.
func (x setting) set(text string) error {
	switch x.field.Kind() {
	case reflect.String:
		x.field.SetString(text)
		return nil
	case reflect.Slice:
		x.field.Set(reflect.ValueOf(filepath.SplitList(text)))
		return nil
	}
	return yaml.Unmarshal([]byte(text), x.field.Addr().Interface())
}

// settable lists the settings of a struct, by their YAML names; upstreams are for
// the file only.
func settable(v reflect.Value, prefix string) []setting {
	var list []setting
	for i := range v.NumField() {
		name := prefix + v.Type().Field(i).Tag.Get("yaml")
		switch f := v.Field(i); f.Kind() {
		case reflect.Struct:
			list = append(list, settable(f, name+".")...)
		case reflect.Map, reflect.Func:
		default:
			if f.Kind() != reflect.Slice || f.Type().Elem().Kind() != reflect.Struct {
				list = append(list, setting{name, f})
			}
		}
	}
	return list
}

// Setting is an entry of the manual.
type Setting struct{ Name, Default, English, Chinese string }

// Settings lists every setting with its default and what it is for.
func Settings() []Setting {
	c := Defaults("~")
	return describe(reflect.ValueOf(c), "")
}

func describe(v reflect.Value, prefix string) []Setting {
	var list []Setting
	for i := range v.NumField() {
		f, value := v.Type().Field(i), v.Field(i)
		name := prefix + f.Tag.Get("yaml")
		switch {
		case !f.IsExported():
			continue
		case value.Kind() == reflect.Struct:
			list = append(list, describe(value, name+".")...)
			continue
		}
		s := Setting{Name: name, English: f.Tag.Get("en"), Chinese: f.Tag.Get("zh")}
		if !value.IsZero() || value.CanInt() {
			s.Default = strings.Trim(fmt.Sprint(value.Interface()), "[]")
		}
		list = append(list, s)
		if value.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			list = append(list, describe(reflect.New(f.Type.Elem()).Elem(), name+"[].")...)
		}
	}
	return list
}

// say is a text in both languages about the same things.
func say(english, chinese string, about ...any) hearth.Words {
	return hearth.Words{fmt.Sprintf(english, about...), fmt.Sprintf(chinese, about...)}
}

func invalidConfig(detail hearth.Words) *hearth.Error {
	return hearth.NewError(hearth.ConfigInvalid, "detail", detail)
}

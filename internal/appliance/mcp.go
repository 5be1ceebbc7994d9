package appliance

import (
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gateway"
	"github.com/hearthbox/hearth/internal/mcp"
	"github.com/hearthbox/hearth/internal/upstream/managed"
)

// MCPConfig is a server whose tools are run for models.
type MCPConfig struct {
	Name        string            `yaml:"name" en:"what clients call it, as server_label" zh:"名称，即客户端请求中的 server_label"`
	URL         string            `yaml:"url" en:"of its streamable HTTP endpoint" zh:"其 streamable HTTP 接口地址"`
	Headers     map[string]string `yaml:"headers" en:"sent with every request to it" zh:"随每个请求发送的请求头"`
	HeaderFiles map[string]string `yaml:"header_files" en:"headers whose values are in files, which no one else need read" zh:"取值保存在文件中的请求头"`
	Command     []string          `yaml:"command" en:"words of a command that is a server over its input and output, instead of url; no shell reads it" zh:"以标准输入输出通信的服务器命令的各个词，替代 url；不经过 shell"`
	Env         map[string]string `yaml:"env" en:"variables of its environment" zh:"该命令的环境变量"`
	Tools       []string          `yaml:"tools" en:"names of the tools that may be called; empty is all it has" zh:"允许调用的工具名称；留空为全部"`
	Approval    string            `yaml:"approval" en:"always: somebody has to approve every call; client: as the client says in require_approval" zh:"always 每次调用都须经人批准；client 由客户端的 require_approval 决定"`
	Allow       []string          `yaml:"allow" en:"names or ids of the keys that may use it, or ids of people or tenants; empty is all" zh:"允许使用的密钥（名称或编号），或人员、租户的编号；留空为全部"`
	DataClass   string            `yaml:"data_class" en:"the closest class of data that it is given: public, internal, confidential, secret; empty is secret for a command and on this network, and internal elsewhere" zh:"可发往该服务器的最高数据密级：public、internal、confidential、secret；留空时命令与内网为 secret，外部为 internal"`
	Timeout     time.Duration     `yaml:"timeout" en:"how long a call may take; 0 is 30 seconds" zh:"单次调用的时限；0 表示 30 秒"`
	ResultBytes Bytes             `yaml:"result_bytes" en:"how long a result may be, all of which the model is given; 0 is 64KiB" zh:"单个结果的上限（将全部交给模型）；0 表示 64KiB"`
}

// The ways to approve.
const (
	approvalAlways = "always"
	approvalClient = "client"
)

// Limits of the settings of a server.
const (
	mcpTimeoutMax = 10 * time.Minute
	mcpResultMax  = 1 << 20
)

func (c *Config) checkMCP() error {
	names := map[string]bool{}
	for i := range c.MCP {
		m := &c.MCP[i]
		wrong := func(en, zh string, about ...any) error {
			return invalidConfig(say("mcp %s: "+en, "mcp %s："+zh, append([]any{m.Name}, about...)...))
		}
		u, err := url.Parse(m.URL)
		switch {
		case m.Name == "" || strings.ContainsAny(m.Name, "/\\\x00") || len(m.Name) > 40:
			return wrong("the name is missing, too long, or has a slash in it", "名称为空、过长或含有斜杠")
		case names[m.Name]:
			return wrong("there are two of that name", "名称重复")
		case (m.URL == "") == (len(m.Command) == 0):
			return wrong("it needs either url or command", "url 与 command 须填写其一")
		case len(m.Command) > 0 && m.Command[0] == "":
			return wrong("the command is empty", "command 为空")
		case m.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == ""):
			return wrong("its url is not an http(s) address", "url 不是 http(s) 地址")
		case m.Approval != "" && m.Approval != approvalAlways && m.Approval != approvalClient:
			return wrong("approval is always or client", "approval 为 always 或 client")
		case m.Timeout < 0 || m.Timeout > mcpTimeoutMax:
			return wrong("timeout is from 0 to %v", "timeout 为 0 到 %v", mcpTimeoutMax)
		case m.ResultBytes < 0 || m.ResultBytes > mcpResultMax:
			return wrong("result_bytes is from 0 to %d", "result_bytes 为 0 到 %d", mcpResultMax)
		case m.DataClass != "" && !slices.Contains(hearth.DataClasses(), hearth.DataClass(m.DataClass)):
			return wrong("data_class: %q is not one of %v", "data_class：%q 不在 %v 之中", m.DataClass, hearth.DataClasses())
		}
		names[m.Name] = true
	}
	return nil
}

// server is one as package mcp wants it.
func (m *MCPConfig) server() (mcp.Server, error) {
	s := mcp.Server{Name: m.Name, URL: m.URL, Headers: maps.Clone(m.Headers), Tools: m.Tools, Ask: m.Approval != approvalClient, Allow: m.Allow,
		CallMax: m.Timeout, ResultBytes: int(m.ResultBytes)}
	if s.Headers == nil {
		s.Headers = map[string]string{}
	}
	for name, path := range m.HeaderFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			return s, hearth.FileError(path, err)
		}
		s.Headers[name] = strings.TrimSpace(string(text))
	}
	if s.CallMax == 0 {
		s.CallMax = mcp.CallUsual
	}
	if s.ResultBytes == 0 {
		s.ResultBytes = mcp.ResultUsual
	}
	return s, nil
}

// dataClass is the closest class it is given.
func (m *MCPConfig) dataClass() hearth.DataClass {
	switch {
	case m.DataClass != "":
		return hearth.DataClass(m.DataClass)
	case m.URL == "" || inHouse(m.URL):
		return hearth.DataSecret
	}
	return hearth.DataInternal
}

// newMCP knows the servers of the configuration.
func (a *Appliance) newMCP() (*mcp.Client, error) {
	var list []mcp.Server
	for i := range a.config.MCP {
		s, err := a.config.MCP[i].server()
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return mcp.New(a.Version, list, a.startMCP, a.log), nil
}

// startMCP starts a server that is a program.
func (a *Appliance) startMCP(name string) (io.ReadCloser, io.WriteCloser, error) {
	i := slices.IndexFunc(a.config.MCP, func(m MCPConfig) bool { return m.Name == name })
	c, err := a.managed("mcp")
	if err != nil {
		return nil, nil, err
	}
	p, err := managed.StartProgram(c, name, a.config.MCP[i].Command, a.config.MCP[i].Env)
	if err != nil {
		return nil, nil, err
	}
	return p, p, nil
}

// managed is what processes that are started here have in common.
func (a *Appliance) managed(folder string) (managed.Config, error) {
	self, err := os.Executable()
	if err != nil {
		return managed.Config{}, err
	}
	env := map[string]string{}
	for _, name := range []string{"PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "XDG_CACHE_HOME", "HF_HOME"} {
		if v := a.config.env[name]; v != "" {
			env[name] = v
		}
	}
	return managed.Config{Folder: filepath.Join(a.config.Data, folder), Owner: a.dataPath(), Keeper: []string{self, KeeperCommand}, Env: env, Log: a.log}, nil
}

// toolServers are the declared ones, for who may use them and data that may go there.
type toolServers struct{ *Appliance }

var _ gateway.ToolServers = toolServers{}

// Find is one of them.
func (a toolServers) Find(by hearth.Principal, class hearth.DataClass, name, address string) (gateway.ToolServer, error) {
	t, err := a.tools.Find(by, name, address)
	if err != nil {
		return nil, err
	}
	if class == "" {
		class = a.models.routes.Load().class
	}
	i := slices.IndexFunc(a.config.MCP, func(m MCPConfig) bool { return m.Name == t.Server().Name })
	if !class.Within(a.config.MCP[i].dataClass()) {
		return nil, hearth.NewError(hearth.DataStays, "model", t.Server().Name, "class", string(class))
	}
	return toolServer{t}, nil
}

type toolServer struct{ *mcp.Tools }

// Asks reports whether every call has to be approved.
func (t toolServer) Asks() bool { return t.Server().Ask }

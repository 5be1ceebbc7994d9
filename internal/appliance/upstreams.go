package appliance

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/upstream"
)

// UpstreamConfig is an engine or service elsewhere.
type UpstreamConfig struct {
	Name string `yaml:"name" en:"what you call it" zh:"名称"`
	Kind string `yaml:"kind" en:"what it is: compatible (the default, anything with OpenAI's API), vllm, sglang, llama-server, ollama, mindie, xinference, gpustack, transformers, openai, anthropic, azure, deepseek, ark, bailian, tencent, siliconflow" zh:"种类：compatible（默认，任何 OpenAI 兼容服务）、vllm、sglang、llama-server、ollama、mindie、xinference、gpustack、transformers、openai、anthropic、azure、deepseek、ark、bailian、tencent、siliconflow"`
	URL  string `yaml:"url" en:"where its API begins, usually ending in /v1, for Ollama without it; services that are in one place need none" zh:"其接口的基础地址，通常以 /v1 结尾（Ollama 不带）；地址固定的云服务可不填"`

	Key     string            `yaml:"key" en:"sent as a bearer token; best sealed:NAME, for a secret that hearth secret set keeps" zh:"以 Bearer 方式发送的密钥；宜写作 sealed:名称，引用 hearth secret set 保存的机密"`
	KeyFile string            `yaml:"key_file" en:"a file that holds the key, instead; best if no one else may read it" zh:"或保存密钥的文件"`
	Headers map[string]string `yaml:"headers" en:"sent with every request, such as OpenAI-Organization" zh:"随每个请求发送的请求头，例如 OpenAI-Organization"`
	Version string            `yaml:"version" en:"of the API, where the kind has several: azure's api-version" zh:"接口版本（仅部分种类需要，如 azure 的 api-version）"`
	TLS     struct {
		CA   string `yaml:"ca" en:"PEM file of the authorities it is trusted under, instead of the system's" zh:"信任的 CA 证书 PEM 文件，替代系统自带的"`
		Cert string `yaml:"cert" en:"PEM file of the certificate shown to it, where it asks for one" zh:"双向认证时出示的证书 PEM 文件"`
		Key  string `yaml:"key" en:"PEM file of that one's key" zh:"该证书的私钥 PEM 文件"`
	} `yaml:"tls"`

	Concurrent int               `yaml:"concurrent" en:"requests it is given at once; a little more than it computes at once is best; 0 finds out, by how it refuses and slows down" zh:"同时交给它的请求数，宜略多于其并行数；0 表示根据其拒绝与变慢的情况自动探测"`
	Silence    time.Duration     `yaml:"silence" en:"how long it may give no sign of life in an answer; 0 is five minutes" zh:"回答过程中最长允许多久没有任何动静；0 表示五分钟"`
	Models     map[string]string `yaml:"models" en:"names offered here, each with the upstream's own; left empty, all models it lists are offered" zh:"此处使用的模型名称与上游名称的对应；不填则提供其全部模型"`
	MetricsURL string            `yaml:"metrics_url" en:"where its metrics are, if not at /metrics of the same address" zh:"监控指标地址；不填则为同一地址的 /metrics"`
	DataClass  string            `yaml:"data_class" en:"the closest class of data that it is given: public, internal, confidential, secret; empty is secret on this machine or network, and internal elsewhere" zh:"可发往该上游的最高数据密级：public、internal、confidential、secret；留空时本机与内网为 secret，外部为 internal"`
}

// config is the upstream as package upstream wants it.
func (u *UpstreamConfig) config() (upstream.Config, error) {
	c := upstream.Config{Name: u.Name, Kind: u.Kind, URL: u.URL, Key: u.Key, Models: u.Models, Headers: u.Headers, Version: u.Version,
		MetricsURL: u.MetricsURL, IdleMax: u.Silence}
	if u.TLS.CA == "" && u.TLS.Cert == "" {
		return c, nil
	}
	c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	if u.TLS.CA != "" {
		text, err := os.ReadFile(u.TLS.CA)
		if err != nil {
			return c, hearth.FileError(u.TLS.CA, err)
		}
		c.TLS.RootCAs = x509.NewCertPool()
		if !c.TLS.RootCAs.AppendCertsFromPEM(text) {
			return c, hearth.NewError(hearth.FileFailed, "path", u.TLS.CA, "detail", say("there is no certificate in it", "其中没有证书"))
		}
	}
	if u.TLS.Cert != "" {
		pair, err := tls.LoadX509KeyPair(u.TLS.Cert, u.TLS.Key)
		if err != nil {
			return c, invalidConfig(say("upstream %s: tls: %v", "上游 %s：tls：%v", u.Name, err)).Because(err)
		}
		c.TLS.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// dataClass is the closest class it is given.
func (u *UpstreamConfig) dataClass(address string) hearth.DataClass {
	switch {
	case u.DataClass != "":
		return hearth.DataClass(u.DataClass)
	case inHouse(address):
		return hearth.DataSecret
	}
	return hearth.DataInternal
}

func (c *Config) checkUpstreams() error {
	names := map[string]bool{}
	for i := range c.Upstreams {
		u := &c.Upstreams[i]
		switch {
		case u.Name == "":
			return invalidConfig(say("upstreams[%d] has no name", "upstreams[%d] 没有名称", i))
		case names[u.Name]:
			return invalidConfig(say("two upstreams are called %s", "有两个上游都叫 %s", u.Name))
		case u.Concurrent < 0 || u.Concurrent > 1<<16:
			return invalidConfig(say("upstream %s: concurrent is out of range: from 0 to %d", "上游 %s：concurrent 超出范围：0 到 %d", u.Name, 1<<16))
		case u.Silence < 0 || u.Silence > time.Hour:
			return invalidConfig(say("upstream %s: silence is out of range: from 0 to %v", "上游 %s：silence 超出范围：0 到 %v", u.Name, time.Hour))
		case u.Key != "" && u.KeyFile != "":
			return invalidConfig(say("upstream %s has both key and key_file", "上游 %s 同时填写了 key 和 key_file", u.Name))
		case (u.TLS.Cert == "") != (u.TLS.Key == ""):
			return invalidConfig(say("upstream %s: tls needs both cert and key", "上游 %s：tls 需要同时填写 cert 和 key", u.Name))
		case u.DataClass != "" && !slices.Contains(hearth.DataClasses(), hearth.DataClass(u.DataClass)):
			return invalidConfig(say("upstream %s: data_class: %q is not one of %v", "上游 %s：data_class：%q 不在 %v 之中", u.Name, u.DataClass, hearth.DataClasses()))
		}
		names[u.Name] = true
		if u.KeyFile != "" {
			text, err := os.ReadFile(u.KeyFile)
			if err != nil {
				return hearth.FileError(u.KeyFile, err)
			}
			u.Key = strings.TrimSpace(string(text))
		}
	}
	return nil
}

// GroupConfig is a name that stands for several models or places.
type GroupConfig struct {
	Name    string         `yaml:"name" en:"what clients ask for" zh:"客户端使用的名称"`
	Members []MemberConfig `yaml:"members" en:"what answers for it" zh:"实际作答的成员"`
	Canary  struct {
		Model    string `yaml:"model" en:"a model that gets some of the conversations, the others as a standby" zh:"接收一部分对话的试用模型，其余成员作为后备"`
		Upstream string `yaml:"upstream" en:"the upstream that is asked; wherever the model is, if none is named" zh:"指定由哪个上游作答；未指定时为任一提供它的位置"`
		Percent  int    `yaml:"percent" en:"how many of a hundred conversations" zh:"占对话的百分比"`
	} `yaml:"canary"`
	Shadow struct {
		Model    string `yaml:"model" en:"a model that is asked as well; its answers are thrown away, and what they took is logged" zh:"同时被提问的影子模型，其回答丢弃，仅在日志中记录用时与长度"`
		Upstream string `yaml:"upstream" en:"the upstream that is asked; wherever the model is, if none is named" zh:"指定由哪个上游作答；未指定时为任一提供它的位置"`
		Percent  int    `yaml:"percent" en:"of how many requests in a hundred" zh:"占请求的百分比"`
	} `yaml:"shadow"`
	Keys []string `yaml:"keys" en:"names or ids of the keys that may use it, or ids of people or tenants; empty is all" zh:"允许使用的密钥（名称或编号），或人员、租户的编号；留空为全部"`
}

// MemberConfig is one of a group.
type MemberConfig struct {
	Model    string `yaml:"model" en:"a model of the list" zh:"模型名称"`
	Upstream string `yaml:"upstream" en:"the upstream that is asked; wherever the model is, if none is named" zh:"指定由哪个上游作答；未指定时为任一提供它的位置"`
	Weight   int    `yaml:"weight" en:"its part of new conversations, beside the others'; 0 for all leaves that to who has room" zh:"新对话的分配权重；全部为 0 时由空闲程度决定"`
	Standby  bool   `yaml:"standby" en:"is asked only while no other member works" zh:"仅在其他成员都不可用时使用"`
}

func (c *Config) checkGroups() error {
	names := map[string]bool{}
	for _, g := range c.Groups {
		name := strings.ToLower(g.Name)
		bad := func(english, chinese string) error {
			return invalidConfig(say("group %s: "+english, "模型组 %s："+chinese, g.Name))
		}
		switch {
		case name == "":
			return invalidConfig(hearth.Words{"a group has no name", "有模型组没有名称"})
		case names[name]:
			return bad("there are two of that name", "名称重复")
		case len(g.Members) == 0:
			return bad("it has no members", "没有成员")
		case g.Canary.Percent < 0 || g.Canary.Percent > 100 || g.Shadow.Percent < 0 || g.Shadow.Percent > 100:
			return bad("percent is from 0 to 100", "percent 应在 0 到 100 之间")
		}
		names[name] = true
		for _, m := range append(slices.Clone(g.Members), MemberConfig{Model: cmp.Or(g.Canary.Model, "-")}, MemberConfig{Model: cmp.Or(g.Shadow.Model, "-")}) {
			switch {
			case m.Model == "":
				return bad("a member has no model", "有成员没有 model")
			case m.Weight < 0 || m.Weight > 1000:
				return bad("weight is from 0 to 1000", "weight 应在 0 到 1000 之间")
			case slices.ContainsFunc(c.Groups, func(o GroupConfig) bool { return strings.EqualFold(o.Name, m.Model) && o.Name != g.Name }):
				return bad("its members are models, not groups", "成员只能是模型，不能是模型组")
			}
		}
	}
	return nil
}

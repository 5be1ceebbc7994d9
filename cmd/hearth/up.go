package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/appliance"
)

func upCommand(t *terminal) *cobra.Command {
	var listen string
	var folders []string
	cmd := &cobra.Command{
		Use: "up", Args: cobra.NoArgs,
		Short: t.say("Start the server", "启动服务"),
		Long:  t.say("Start the server. ", "启动服务。") + settingsHelp(t),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if listen != "" {
				t.source.Set = append(t.source.Set, "listen="+listen)
			}
			if len(folders) > 0 {
				t.source.Set = append(t.source.Set, "models="+strings.Join(folders, string(filepath.ListSeparator)))
			}
			c, err := t.config()
			if err != nil {
				return err
			}
			c = c.Asking(nil).Waiting(func(string) { // whoever opens it may be at another terminal
				fmt.Fprint(t.err, t.say("The keyring is sealed. The server waits for: hearth keyring unseal\n", "密钥环处于封存状态，服务正在等待：hearth keyring unseal\n"))
			})
			a, err := appliance.New(cmd.Context(), version, c, t.err)
			if err != nil {
				return err
			}
			go greet(cmd.Context(), t, a, c)
			go reloads(cmd.Context(), t, a)
			return a.Run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", t.say("address to serve on, HOST:PORT", "监听地址 HOST:PORT"))
	cmd.Flags().StringArrayVar(&folders, "models", nil, t.say("a folder to look for models in; may be repeated", "模型目录，可重复"))
	return cmd
}

// reloads reads the configuration anew whenever SIGHUP says so.
func reloads(ctx context.Context, t *terminal, a *appliance.Appliance) {
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGHUP)
	defer signal.Stop(again)
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
		}
		c, err := t.config()
		if err == nil {
			err = a.Reload(ctx, c)
		}
		if err != nil {
			t.fail(err)
		}
	}
}

// settingsHelp lists every setting with its default.
func settingsHelp(t *terminal) string {
	var b strings.Builder
	b.WriteString(t.say("Settings, for the configuration file, --set, or HEARTH_… in the environment:\n",
		"设置项，可写入配置文件、用 --set 指定，或用 HEARTH_… 环境变量指定：\n"))
	for _, s := range appliance.Settings() {
		fmt.Fprintf(&b, "\n  %s", s.Name)
		if s.Default != "" {
			fmt.Fprintf(&b, " (%s)", s.Default)
		}
		fmt.Fprintf(&b, "\n      %s", t.say(s.English, s.Chinese))
	}
	return b.String()
}

// greet tells a newcomer what was found and what to type next.
func greet(ctx context.Context, t *terminal, a *appliance.Appliance, c appliance.Config) {
	if !t.json {
		greetFirst(t, a) // listing may have to wait for an upstream
	}
	models, err := a.Models(ctx)
	if err != nil {
		t.fail(err)
	}
	if t.json {
		list := []admin.Model{}
		for _, m := range models {
			list = append(list, admin.NewModel(m, t.lang))
		}
		_ = json.NewEncoder(t.out).Encode(map[string]any{"url": a.URL, "first_key": a.FirstKey, "models": list})
		return
	}
	usable := listFound(t, models)
	switch {
	case usable == nil:
		t.text(t.say("\nThere is no model to talk to yet.\n", "\n还没有可用的模型。\n"))
		adviseModels(t, c)
	case usable.Origin == hearth.OriginStarter:
		t.text(t.say("\nUntil there is another, the starter model answers. It is very small: it knows hearth's manual,\nquotes from a text it is given, fills forms, and little else.\n",
			"\n在有其他模型之前，由自带的入门模型回答。它很小：能依据手册回答 hearth 的用法、\n从给出的文字中摘取答案、填写表单，此外懂得很少。\n"))
		suggest(t, a, usable.ID)
		adviseModels(t, c)
	default:
		suggest(t, a, usable.ID)
	}
}

// greetFirst says where the server is, and its first key.
func greetFirst(t *terminal, a *appliance.Appliance) {
	t.printf("\nhearth %s  %s\n", version, a.URL)
	t.printf(t.say("\nConsole, in a browser: %s\n", "\n控制台（浏览器打开）：%s\n"), a.Console())
	if a.FirstKey != "" {
		t.printf(t.say("\nFirst start. This is the administrator's key; it is shown this once:\n\n    %s\n",
			"\n首次启动。以下是管理员密钥，仅显示这一次：\n\n    %s\n"), a.FirstKey)
	}
}

// listFound shows the models and returns the first that can be talked to.
func listFound(t *terminal, models []hearth.Model) (usable *hearth.Model) {
	if len(models) > 0 {
		t.text(t.say("\nModels found, used where they lie:\n\n", "\n找到以下模型，原地使用，不复制：\n\n"))
	}
	var rows [][]string
	for i, m := range models {
		row := []string{"   ", m.ID, size(m.FileBytes), m.Quantization, origin(t, m)}
		if m.Problem != nil {
			row[4] += t.say("  can't be served: ", "  无法使用：") + m.Problem.Message(t.lang)
		} else if usable == nil && (m.Task == "" || m.Task == hearth.TaskChat) {
			usable = &models[i]
		}
		rows = append(rows, row)
	}
	t.table(rows)
	return usable
}

// suggest prints commands that work as they stand.
func suggest(t *terminal, a *appliance.Appliance, model string) {
	key := a.FirstKey
	if key == "" {
		key = "$HEARTH_API_KEY"
	}
	t.printf(t.say("\nTalk to one:\n\n    %s chat %s\n", "\n开始对话：\n\n    %s chat %s\n"), t.program, model)
	t.printf(t.say("\nFrom any program (OpenAI API, base URL %s/v1):\n\n", "\n在程序中调用（OpenAI 接口，基础地址 %s/v1）：\n\n"), a.URL)
	t.printf("    curl %s/v1/chat/completions -H \"Authorization: Bearer %s\" -H \"Content-Type: application/json\" \\\n"+
		"      -d '{\"model\": \"%s\", \"stream\": true, \"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]}'\n",
		a.URL, key, model, t.say("Hello!", "你好！"))
	t.printf("\n    python: OpenAI(base_url=\"%s/v1\", api_key=\"%s\")\n", a.URL, strings.TrimPrefix(key, "$"))
	if a.FirstKey == "" {
		t.printf(t.say("\nA key for it: %s key create --name NAME\n", "\n创建密钥：%s key create --name NAME\n"), t.program)
	}
	t.text("\n")
}

// adviseModels says how to come by a model.
func adviseModels(t *terminal, c appliance.Config) {
	for _, path := range appliance.FindBundles() {
		t.printf(t.say("\nThere is an offline bundle on a drive:\n\n    %s model import %s\n", "\n在存储设备上找到离线包：\n\n    %s model import %s\n"), t.program, path)
	}
	if id, reason, ok := appliance.RecommendModel(c, t.lang); ok {
		t.printf(t.say("\nRecommended for this machine, if it may download:\n\n    %s model pull %s\n    %s\n",
			"\n若本机可以联网下载，推荐：\n\n    %s model pull %s\n    %s\n"), t.program, id, reason)
	}
	t.printf(t.say(`
Any of these gives hearth a model, also while it runs:

    %[2]s model import FILE.gguf
    put GGUF files into ./models, or name their folder in HEARTH_MODELS
    models that Ollama, LM Studio, Hugging Face or ModelScope have downloaded are found by themselves
    an engine on another machine: add this to %[1]s and start again
        upstreams:
          - {name: gpu, url: "http://HOST:8000/v1"}

`, `
以下方式也可以，服务运行时同样有效：

    %[2]s model import FILE.gguf
    把 GGUF 文件放入 ./models，或用 HEARTH_MODELS 指定目录
    Ollama、LM Studio、Hugging Face、ModelScope 已下载的模型会自动识别
    使用其他机器上的引擎：将以下内容写入 %[1]s 并重新启动
        upstreams:
          - {name: gpu, url: "http://HOST:8000/v1"}

`), filepath.Join(c.Data, "hearth.yaml"), t.program)
}

func size(n int64) string {
	if n == 0 {
		return "-"
	}
	return bytes(n)
}

// origin says where a model comes from.
func origin(t *terminal, m hearth.Model) string {
	switch m.Origin {
	case hearth.OriginImported:
		return t.say("imported", "已导入")
	case hearth.OriginFolder:
		return m.Path
	case hearth.OriginUpstream, hearth.OriginGroup:
		return m.Source
	case hearth.OriginStarter:
		return t.say("built in", "自带")
	}
	return m.Origin
}

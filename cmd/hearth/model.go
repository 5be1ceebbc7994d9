package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/appliance"
)

func modelCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "model", Short: t.say("Manage models", "管理模型")}
	cmd.AddCommand(modelListCommand(t), modelShowCommand(t), modelImportCommand(t), modelRemoveCommand(t),
		modelSearchCommand(t), modelPullCommand(t), modelVerifyCommand(t), modelBundleCommand(t), modelKeyCommand(t), modelPruneCommand(t),
		modelConvertCommand(t), modelQuantizeCommand(t), modelTokenizeCommand(t), modelRenderCommand(t))
	return cmd
}

func modelListCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "list", Args: cobra.NoArgs,
		Short: t.say("Show the models at hand", "查看可用模型"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			models, err := d.Models(cmd.Context(), t.warnUpstream)
			if err != nil {
				return err
			}
			list := []admin.Model{}
			rows := [][]string{{t.say("NAME", "名称"), t.say("ARCHITECTURE", "架构"), t.say("WEIGHTS", "权重格式"), t.say("SIZE", "大小"), t.say("FROM", "来源")}}
			for _, m := range models {
				list = append(list, admin.NewModel(m, t.lang))
				row := []string{m.ID, dash(m.Architecture), dash(m.Quantization), size(m.FileBytes), origin(t, m)}
				if m.Problem != nil {
					row[4] += "  ! " + m.Problem.Message(t.lang)
				}
				rows = append(rows, row)
			}
			return t.show(map[string]any{"models": list}, func() {
				if len(list) == 0 {
					t.printf("%s\n", hearth.NewError(hearth.NoModels).Message(t.lang))
					t.printf("  → %s\n", hearth.NewError(hearth.NoModels).Remedy(t.lang))
					return
				}
				t.table(rows)
			})
		}),
	}
}

func modelShowCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "show NAME|FILE", Args: cobra.ExactArgs(1),
		Short: t.say("Show what a model file says of itself", "查看模型文件的信息"),
		RunE: t.withData(func(cmd *cobra.Command, args []string, d *appliance.Data) error {
			m, err := t.findIn(cmd, d, args[0])
			if err != nil {
				return err
			}
			out := struct {
				admin.Model
				Identity *appliance.Identity `json:"identity,omitempty"`
				Metadata map[string]string   `json:"metadata,omitempty"`
			}{Model: admin.NewModel(m, t.lang)}
			var keys []string
			if m.Path != "" && (m.Problem == nil || m.Problem.Code != hearth.ModelInvalid) {
				if keys, out.Metadata, err = appliance.Metadata(m.Path); err != nil {
					return err
				}
				if id, err := d.Identify(cmd.Context(), m.Path, t.lang); err == nil { // a file without a vocabulary has none
					out.Identity = &id
				}
			}
			return t.show(out, func() {
				rows := [][]string{{t.say("name", "名称"), m.ID}, {t.say("file", "文件"), dash(m.Path)}, {t.say("from", "来源"), origin(t, m)},
					{t.say("architecture", "架构"), dash(m.Architecture)}, {t.say("weights", "权重格式"), dash(m.Quantization)},
					{t.say("parameters", "参数量"), count(m.Parameters)}, {t.say("size", "大小"), size(m.FileBytes)},
					{t.say("context", "上下文"), strconv.Itoa(m.ContextTokens)}}
				if m.Problem != nil {
					rows = append(rows, []string{t.say("problem", "问题"), m.Problem.Message(t.lang)}, []string{"", "→ " + m.Problem.Remedy(t.lang)})
				}
				if id := out.Identity; id != nil {
					rows = append(rows, []string{t.say("chat template", "对话模板"), t.template(*id)})
					if id.Template != "none" {
						rows = append(rows, []string{"", "SHA-256 " + id.SHA256})
					}
					rows = append(rows, []string{t.say("tokenizer", "分词器"), "SHA-256 " + id.Tokenizer})
					if id.Vocabulary != "" {
						rows = append(rows, []string{"", t.say("as published with ", "与发布者的一致：") + id.Vocabulary})
					}
					if id.Problem != "" && id.Template != "refused" {
						rows = append(rows, []string{"", id.Problem})
					}
				}
				for _, k := range keys {
					rows = append(rows, []string{k, short(out.Metadata[k])})
				}
				t.table(rows)
				if out.Identity != nil && out.Identity.Difference != "" {
					t.printf(t.say("\nIts chat template is not the one that is published with its vocabulary:\n\n%s", "\n其对话模板与同一词表的已发布模板不同：\n\n%s"), out.Identity.Difference)
				}
			})
		}),
	}
}

// template says whose a chat template is.
func (t *terminal) template(id appliance.Identity) string {
	switch id.Template {
	case "none":
		return t.say("none; messages are written one after the other", "无，消息依次写出")
	case "refused":
		return t.say("refused: ", "已拒绝：") + id.Problem
	case "unknown":
		return t.say("of nobody known here; runs in the sandbox", "来源未知，在沙箱中运行")
	}
	return t.say("as published with ", "与发布者的一致：") + id.Template
}

func modelImportCommand(t *terminal) *cobra.Command {
	var name, sum string
	var keys []string
	cmd := &cobra.Command{
		Use: "import FILE|FOLDER|URL", Args: cobra.ExactArgs(1),
		Short: t.say("Take a model into the appliance", "将模型导入一体机"),
		Long: t.say(`Takes in a GGUF file, a folder that holds one, an OCI image layout, or the file at an
http(s) address. A bundle (.hearth) that a trusted key has signed is taken in whole, or
not at all. Files on the same disk are linked, not copied.`,
			`导入 GGUF 文件、含有一个模型的目录、OCI 镜像目录，或 http(s) 网址上的文件。
由可信密钥签名的离线包（.hearth）整体导入，否则不导入。同一磁盘上的文件以硬链接导入，不复制。`),
		RunE: t.acting("import-model", func(cmd *cobra.Command, args []string, d *appliance.Data) error {
			switch source := args[0]; {
			case strings.Contains(source, "://"):
				w, err := appliance.FromURL(source, name, sum)
				if err != nil {
					return err
				}
				return t.download(cmd, d, w, "")
			case strings.EqualFold(filepath.Ext(source), ".hearth"):
				return t.unpack(cmd, d, source, keys)
			default:
				m, err := d.Catalog.Import(cmd.Context(), source, name, t.progress())
				if err != nil {
					return err
				}
				return t.imported(m)
			}
		}),
	}
	cmd.Flags().StringVar(&name, "name", "", t.say("name to offer it under; made from the file's if not given", "模型名称，不填则由文件名生成"))
	cmd.Flags().StringVar(&sum, "sha256", "", t.say("checksum that the file at an address must have", "网址上的文件应有的 SHA-256"))
	cmd.Flags().StringArrayVar(&keys, "key", nil, t.say("PEM file of a public key to trust for this bundle", "本次信任的公钥（PEM 文件）"))
	return cmd
}

func (t *terminal) imported(m hearth.Model) error {
	return t.show(admin.NewModel(m, t.lang), func() {
		t.printf(t.say("imported as %s\n", "已导入，名称为 %s\n"), m.ID)
		if m.Problem != nil {
			t.printf("! %s\n  → %s\n", m.Problem.Message(t.lang), m.Problem.Remedy(t.lang))
		}
	})
}

// unpack takes a bundle in.
func (t *terminal) unpack(cmd *cobra.Command, d *appliance.Data, path string, keys []string) error {
	f, err := os.Open(path)
	if err != nil {
		return hearth.FileError(path, err)
	}
	defer f.Close()
	names, err := d.Unpack(cmd.Context(), f, keys, t.progress())
	if err != nil {
		return err
	}
	return t.show(map[string]any{"models": names}, func() {
		t.printf(t.say("imported as %s\n", "已导入，名称为 %s\n"), strings.Join(names, ", "))
	})
}

// progress draws how far a copy is, where somebody watches.
func (t *terminal) progress() func(done, total int64) {
	if t.json || !isTerminal(t.err) {
		return nil
	}
	last := int64(-1)
	return func(done, total int64) {
		percent := done * 100 / max(1, total)
		if percent == last {
			return
		}
		last = percent
		end := ""
		if done == total {
			end = "\n"
		}
		_, _ = io.WriteString(t.err, "\r"+bar(done, total)+" "+bytes(done)+" / "+bytes(total)+end)
	}
}

func modelRemoveCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Args: cobra.ExactArgs(1),
		Short: t.say("Delete an imported model", "删除已导入的模型"),
		RunE: t.acting("remove-model", func(cmd *cobra.Command, args []string, d *appliance.Data) error {
			if err := d.Catalog.Remove(cmd.Context(), args[0]); err != nil {
				return err
			}
			return t.show(map[string]string{"removed": args[0]}, func() { t.printf(t.say("%s is removed\n", "%s 已删除\n"), args[0]) })
		}),
	}
}

func modelTokenizeCommand(t *terminal) *cobra.Command {
	var special bool
	cmd := &cobra.Command{
		Use: "tokenize FILE|NAME", Args: cobra.ExactArgs(1),
		Short: t.say("Turn text from standard input into a model's tokens", "将标准输入的文本转换为词元"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := t.file(cmd, args[0])
			if err != nil {
				return err
			}
			text, err := t.read(cmd.Context())
			if err != nil {
				return err
			}
			ids, err := appliance.Tokenize(path, string(text), special)
			if err != nil {
				return err
			}
			return t.show(map[string]any{"tokens": ids}, func() {
				words := make([]string, len(ids))
				for i, id := range ids {
					words[i] = strconv.Itoa(int(id))
				}
				t.printf("%s\n", strings.Join(words, " "))
			})
		},
	}
	cmd.Flags().BoolVar(&special, "special", false, t.say("read the texts of control tokens as those tokens", "将控制词元的文本识别为控制词元"))
	return cmd
}

func modelRenderCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "render FILE|NAME|FAMILY", Args: cobra.ExactArgs(1),
		Short: t.say("Turn a chat request from standard input into the exact prompt", "将标准输入的对话请求转换为实际提示词"),
		Long: t.say(`Reads the JSON of an OpenAI chat request and prints the prompt a model would get, to the byte.
An empty text beside tool calls stays an empty text here; the server takes it for none, as clients mean it. Families: `,
			`读取 OpenAI 对话请求的 JSON，原样输出模型实际收到的提示词，逐字节一致。
此处与工具调用并存的空文本保持为空文本；服务端按客户端的本意视为没有文本。模型家族：`) + strings.Join(appliance.Families(), ", "),
		RunE: func(cmd *cobra.Command, args []string) error {
			body, err := t.read(cmd.Context())
			if err != nil {
				return err
			}
			text, err := t.render(cmd, args[0], body)
			if err != nil {
				return err
			}
			return t.show(map[string]any{"prompt": text}, func() { t.text(text) })
		},
	}
}

// render renders as a family does, or as the template of a file says.
func (t *terminal) render(cmd *cobra.Command, name string, body []byte) (string, error) {
	if slices.Contains(appliance.Families(), name) {
		return appliance.RenderFamily(name, body)
	}
	path, err := t.file(cmd, name)
	if err != nil {
		return "", err
	}
	return appliance.RenderFile(path, body)
}

// file is the path of a model named on the command line: a file, or one of the
// models at hand.
func (t *terminal) file(cmd *cobra.Command, name string) (string, error) {
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
		return name, nil
	}
	m, err := t.find(cmd, name)
	if err != nil {
		return "", err
	}
	switch {
	case m.Base != "": // its tokens and its template are those of the model that it changes
		return t.file(cmd, m.Base)
	case m.Path == "":
		return "", hearth.NewError(hearth.Unsupported, "what", name+" ("+m.Source+")")
	}
	return m.Path, nil
}

// find looks a model up by name or file.
func (t *terminal) find(cmd *cobra.Command, name string) (hearth.Model, error) {
	d, err := t.open(cmd)
	if err != nil {
		return hearth.Model{}, err
	}
	defer d.Close()
	return t.findIn(cmd, d, name)
}

func (t *terminal) findIn(cmd *cobra.Command, d *appliance.Data, name string) (hearth.Model, error) {
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
		return d.Catalog.Inspect(name)
	}
	return d.Find(cmd.Context(), name, t.warnUpstream)
}

// stdinMax bounds what is read from standard input.
const stdinMax = 64 << 20

func (t *terminal) read(ctx context.Context) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(t.in, stdinMax+1))
	if err != nil {
		return nil, hearth.FileError("/dev/stdin", err)
	}
	if len(text) > stdinMax {
		return nil, hearth.NewError(hearth.BodyTooLarge, "limit_bytes", stdinMax)
	}
	return text, ctx.Err()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// count is a large number for people.
func count(n uint64) string {
	switch {
	case n == 0:
		return "-"
	case n >= 1e9:
		return strconv.FormatFloat(float64(n)/1e9, 'f', 1, 64) + " B"
	case n >= 1e6:
		return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + " M"
	}
	return strconv.FormatUint(n, 10)
}

// short keeps a value on its line.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/appliance"
)

// The commands about models that are not here yet, and about whether those that are
// here are what they should be.

func modelSearchCommand(t *terminal) *cobra.Command {
	var f appliance.LibraryFilter
	var kind string
	cmd := &cobra.Command{
		Use: "search [WORDS]", Args: cobra.ArbitraryArgs,
		Short: t.say("Look into the model library, which is in the program: nothing is sent", "在内置模型库中查找，不联网"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.config()
			if err != nil {
				return err
			}
			f.MemoryBytes = c.ModelMemory()
			entries, err := appliance.SearchLibrary(strings.Join(args, " "), kind, f)
			if err != nil {
				return err
			}
			return t.show(map[string]any{"models": entries}, func() { t.libraryTable(entries) })
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", t.say("chat, embedding, reranker or guard", "chat、embedding、reranker 或 guard"))
	cmd.Flags().BoolVar(&f.Commercial, "commercial", false, t.say("only what a business may use", "仅显示可商用的模型"))
	cmd.Flags().BoolVar(&f.Fits, "fits", false, t.say("only what fits in this machine's memory", "仅显示本机内存可容纳的模型"))
	cmd.Flags().BoolVar(&f.Native, "native", false, t.say("only what the engine of this program runs", "仅显示内置引擎可运行的模型"))
	return cmd
}

// libraryTable shows entries for people.
func (t *terminal) libraryTable(entries []appliance.LibraryEntry) {
	if len(entries) == 0 {
		t.text(t.say("nothing in the library matches\n", "模型库中没有匹配的模型\n"))
		return
	}
	rows := [][]string{{t.say("NAME", "名称"), t.say("PARAMETERS", "参数量"), t.say("SIZE", "大小"), t.say("NEEDS", "所需内存"),
		t.say("RUNS HERE", "本机可用"), t.say("COMMERCIAL USE", "商用"), t.say("FOR", "用途")}}
	for _, e := range entries {
		rows = append(rows, []string{e.ID, count(uint64(max(0, e.Parameters))), e.Quantization + " " + size(e.FileBytes), size(e.NeedBytes),
			t.runsHere(e), t.commercial(e.Commercial), short(t.say(e.Summary.EN, e.Summary.ZH))})
	}
	t.table(rows)
	t.text(t.say("\nBring one here: hearth model pull NAME\n", "\n下载：hearth model pull 名称\n"))
}

func (t *terminal) runsHere(e appliance.LibraryEntry) string {
	switch {
	case !e.Native:
		return t.say("another engine", "需外部引擎")
	case !e.Fits:
		return t.say("too large", "内存不足")
	}
	return t.say("yes", "是")
}

func (t *terminal) commercial(what string) string {
	switch what {
	case "yes":
		return t.say("yes", "可")
	case "no":
		return t.say("no", "不可")
	}
	return t.say("with conditions", "有条件")
}

func modelPullCommand(t *terminal) *cobra.Command {
	var name, mirror, limit string
	cmd := &cobra.Command{
		Use: "pull NAME[:QUANTIZATION]", Args: cobra.ExactArgs(1),
		Short: t.say("Download a model of the library", "下载模型库中的模型"),
		Long: t.say(`Downloads a model of the library, over several connections, and seals it.
Stopped in any way, it goes on where it was when it is started again.`,
			`下载模型库中的模型（多连接并行），完成后封存。
无论以何种方式中断，重新执行即从中断处继续。`),
		RunE: t.acting("pull-model", func(cmd *cobra.Command, args []string, d *appliance.Data) error {
			w, err := d.FromLibrary(args[0], name, mirror)
			if err != nil {
				return err
			}
			return t.download(cmd, d, w, limit)
		}),
	}
	cmd.Flags().StringVar(&name, "name", "", t.say("name to offer it under", "模型名称"))
	cmd.Flags().StringVar(&mirror, "mirror", "", t.say("where to look first: modelscope, hf-mirror, huggingface or an address", "优先使用的镜像：modelscope、hf-mirror、huggingface 或镜像地址"))
	cmd.Flags().StringVar(&limit, "limit", "", t.say("bytes per second, for example 5MiB", "限速（每秒字节数），例如 5MiB"))
	return cmd
}

// download brings a model here and says how far it is.
func (t *terminal) download(cmd *cobra.Command, d *appliance.Data, w appliance.Wanted, limit string) error {
	rate, err := appliance.ParseBytes(limit)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
	defer stop()
	m, files, err := d.Download(ctx, w, rate, t.arrival())
	if err != nil {
		if isTerminal(t.err) && !t.json && interrupted(err) {
			fmt.Fprint(t.err, t.say("\nstopped; the same command goes on from here\n", "\n已中断；再次执行同一命令即可继续\n"))
		}
		return err
	}
	if err := d.Seal(ctx, m.ID, t.progress()); err != nil {
		return err
	}
	result := struct {
		admin.Model
		Files []appliance.Arrived `json:"files"`
	}{admin.NewModel(m, t.lang), files}
	return t.show(result, func() {
		t.printf(t.say("%s is here\n", "%s 已就绪\n"), m.ID)
		for _, f := range files {
			if !f.Verified {
				t.printf(t.say("! the publisher's checksum of %s is not known; it arrived with SHA-256 %s\n",
					"！没有 %s 的发布者校验值；下载所得的 SHA-256 为 %s\n"), filepath.Base(f.Path), f.SHA256)
			}
		}
		if m.Problem != nil {
			t.printf("! %s\n  → %s\n", m.Problem.Message(t.lang), m.Problem.Remedy(t.lang))
		}
	})
}

// arrival draws how far a download is, where somebody watches.
func (t *terminal) arrival() func(appliance.Progress) {
	if t.json || !isTerminal(t.err) {
		return nil
	}
	return func(p appliance.Progress) {
		line := fmt.Sprintf("%s %d/%d  %s", filepath.Base(p.Path), p.File+1, p.Files, bytes(p.Done))
		if p.Total > 0 {
			line += fmt.Sprintf(" / %s  %d%%", bytes(p.Total), p.Done*100/p.Total)
		}
		if p.Rate > 0 {
			line += fmt.Sprintf("  %s/s", bytes(int64(p.Rate)))
		}
		if p.Left >= 0 {
			line += t.say("  left ", "  剩余 ") + p.Left.Round(time.Second).String()
		}
		end := ""
		if p.Phase == "arrived" {
			end = "\n"
		}
		_, _ = io.WriteString(t.err, "\r\x1b[K"+line+"  "+t.phase(string(p.Phase))+end)
	}
}

func (t *terminal) phase(p string) string {
	if t.lang != hearth.Chinese {
		return p
	}
	return map[string]string{"asking": "询问镜像", "checking": "检查已下载部分", "fetching": "下载", "streaming": "下载（不可续传）",
		"verifying": "校验", "repairing": "修复", "arrived": "完成"}[p]
}

func modelVerifyCommand(t *terminal) *cobra.Command {
	var seal bool
	var signature string
	var keys, roots []string
	cmd := &cobra.Command{
		Use: "verify NAME|FOLDER", Args: cobra.ExactArgs(1),
		Short: t.say("Read a model whole and hold it against its seal, or its publisher's signature", "完整读取模型，与封存记录或发布者的签名核对"),
		RunE: t.withData(func(cmd *cobra.Command, args []string, d *appliance.Data) error {
			if signature != "" {
				by, err := d.VerifyPublisher(cmd.Context(), args[0], signature, keys, roots, t.progress())
				if err != nil {
					return err
				}
				return t.show(by, func() {
					t.printf(t.say("%s is what %s signed\n", "%s 与 %s 签名的内容一致\n"), args[0], by.Signer)
					for _, path := range by.Ignored {
						t.printf(t.say("! the publisher left out %s: nobody has signed that\n", "！发布者未对 %s 签名\n"), path)
					}
				})
			}
			return t.verifySeal(cmd, d, args[0], seal)
		}),
	}
	cmd.Flags().BoolVar(&seal, "seal", false, t.say("seal a model that has no seal", "为没有封存记录的模型封存"))
	cmd.Flags().StringVar(&signature, "signature", "", t.say("the publisher's signature (OpenSSF Model Signing)", "发布者的签名文件（OpenSSF Model Signing）"))
	cmd.Flags().StringArrayVar(&keys, "key", nil, t.say("PEM file of the publisher's public key", "发布者公钥（PEM 文件）"))
	cmd.Flags().StringArrayVar(&roots, "root", nil, t.say("PEM file of a certificate authority to trust for it", "信任的根证书（PEM 文件）"))
	return cmd
}

func (t *terminal) verifySeal(cmd *cobra.Command, d *appliance.Data, name string, seal bool) error {
	sealed, err := d.Verify(cmd.Context(), name, t.progress())
	if err != nil {
		return err
	}
	if !sealed && seal {
		if err := d.Seal(cmd.Context(), name, t.progress()); err != nil {
			return err
		}
	}
	return t.show(map[string]any{"model": name, "sealed": sealed || seal, "intact": sealed}, func() {
		switch {
		case sealed:
			t.printf(t.say("%s is what was sealed, to the byte\n", "%s 与封存时逐字节一致\n"), name)
		case seal:
			t.printf(t.say("%s is sealed as it is now\n", "%s 已按当前内容封存\n"), name)
		default:
			t.printf(t.say("%s has no seal to hold it against; --seal makes one of what is there now\n",
				"%s 没有封存记录可供核对；用 --seal 按当前内容封存\n"), name)
		}
	})
}

func modelBundleCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "bundle FILE NAME...", Aliases: []string{"export"}, Args: cobra.MinimumNArgs(2),
		Short: t.say("Write models as one signed file, for a machine without a network", "将模型写成一个签名的离线包"),
		Long: t.say(`Writes imported models as one file, signed with this appliance's keys. The machine that
imports it must trust one of them: hearth model key prints them, and there it is named in
trusted_keys or with --key. Carry it by another way than the bundle.`,
			`将已导入的模型写成一个文件，用本机密钥签名。导入它的机器必须信任其中一个密钥：
用 hearth model key 输出公钥，在对方的 trusted_keys 或 --key 中指定。请用与离线包不同的途径传递公钥。`),
		RunE: t.withData(func(cmd *cobra.Command, args []string, d *appliance.Data) (err error) {
			if _, err := os.Lstat(args[0]); err == nil {
				return hearth.NewError(hearth.FileFailed, "path", args[0], "detail", hearth.Words{"it exists already", "该文件已存在"})
			}
			partial := args[0] + ".partial"
			out, err := os.OpenFile(partial, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
			if err != nil {
				return hearth.FileError(partial, err)
			}
			defer os.Remove(partial) // a no-op once it has its name
			err = d.Bundle(cmd.Context(), out, args[1:], t.progress())
			if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
				return err
			}
			if err := os.Rename(partial, args[0]); err != nil {
				return hearth.FileError(args[0], err)
			}
			return t.show(map[string]any{"bundle": args[0], "models": args[1:]}, func() {
				t.printf(t.say("%s holds %s\n", "%s 包含 %s\n"), args[0], strings.Join(args[1:], ", "))
			})
		}),
	}
}

func modelKeyCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "key", Args: cobra.NoArgs,
		Short: t.say("Print the public keys that this appliance signs models with", "输出本机签名模型所用的公钥"),
		Long: t.say(`Prints the public keys that this appliance signs bundles of models with: Ed25519, and
SM2 for machines that must check with that. Either is enough for hearth model import --key.`,
			`输出本机签名离线包所用的公钥：Ed25519，以及供国密场景验签的 SM2。
用 hearth model import --key 时任选其一即可。`),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			keys, err := d.PublicKeys()
			if err != nil {
				return err
			}
			return t.show(map[string]any{"keys": keys}, func() {
				for _, k := range keys {
					t.text(k.PEM)
				}
			})
		}),
	}
}

func modelPruneCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "prune", Args: cobra.NoArgs,
		Short: t.say("Delete what stopped downloads and imports have left", "删除中断的下载和导入留下的文件"),
		RunE: t.acting("prune-models", func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			left, err := d.Catalog.Prune()
			if err != nil {
				return err
			}
			var total int64
			names := []string{}
			for _, l := range left {
				total += l.Bytes
				names = append(names, l.Name)
			}
			return t.show(map[string]any{"downloads": names, "freed_bytes": total}, func() {
				t.printf(t.say("%s downloads deleted, %s freed\n", "删除了 %s 个中断的下载，释放 %s\n"), strconv.Itoa(len(left)), bytes(total))
			})
		}),
	}
}

package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/appliance"
)

// makeFlags say where a model goes that is made.
type makeFlags struct{ name, out string }

func (f *makeFlags) add(t *terminal, cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "name", "", t.say("name to offer it under; made from the source's if not given", "模型名称，不填则由来源名称生成"))
	cmd.Flags().StringVar(&f.out, "out", "", t.say("write this file instead of taking the model in", "写入该文件，而不导入一体机"))
}

func (f *makeFlags) target() (appliance.Target, error) {
	if f.name != "" && f.out != "" {
		return appliance.Target{}, wrongUse("--name and --out exclude each other: a file or a model of the appliance", "--name 与 --out 不能同时使用：写入文件，或导入为模型")
	}
	if f.out == "" {
		return appliance.Target{Name: f.name}, nil
	}
	path, err := filepath.Abs(f.out)
	if err != nil {
		return appliance.Target{}, hearth.FileError(f.out, err)
	}
	return appliance.Target{Path: path}, nil
}

func modelQuantizeCommand(t *terminal) *cobra.Command {
	var to makeFlags
	var text string
	q := appliance.Quantizing{}
	cmd := &cobra.Command{
		Use: "quantize NAME|FILE TYPE", Args: cobra.ExactArgs(2),
		Short: t.say("Write a model in fewer bits", "将模型量化为更小的格式"),
		Long: t.say(`Makes a smaller model of one in F32, F16 or BF16, with the formats and mixtures of llama.cpp,
and says what that costs: both models are asked about a text, and what they would say
next is compared. Types: `, `将 F32、F16 或 BF16 模型写成更小的格式，格式与混合方式同 llama.cpp；完成后让两个模型
续写同一段文本并比较，给出量化的损失。类型：`) + strings.Join(appliance.QuantizeRecipes(), ", ") + t.say(`

    hearth model quantize qwen3-8b-f16 Q4_K_M
    hearth model quantize ./model-f16.gguf Q8_0 --out ./model-q8_0.gguf --text ./sample.txt

The result appears complete or not at all; interrupted, nothing is left of it.`, `

    hearth model quantize qwen3-8b-f16 Q4_K_M
    hearth model quantize ./model-f16.gguf Q8_0 --out ./model-q8_0.gguf --text ./sample.txt

结果要么完整出现，要么不出现；中断后不留下任何文件。`),
		RunE: t.acting("quantize-model", func(cmd *cobra.Command, args []string, d *appliance.Data) error {
			m, err := t.findIn(cmd, d, args[0])
			if err != nil {
				return err
			}
			if m.Path == "" {
				return hearth.NewError(hearth.Unsupported, "what", args[0]+" ("+m.Source+")")
			}
			if q.Tokens < 0 || q.Tokens > appliance.QuantizeTokensMax {
				return hearth.NewError(hearth.OutOfRange, "field", "--tokens", "min", 0, "max", appliance.QuantizeTokensMax)
			}
			q.Source, q.Recipe, q.Progress = m.Path, args[1], t.making()
			if q.To, err = to.target(); err != nil {
				return err
			}
			if text != "" {
				b, err := readText(text)
				if err != nil {
					return err
				}
				q.Text = string(b)
			}
			made, err := d.Quantize(cmd.Context(), q)
			if err != nil {
				return err
			}
			return t.show(made, func() { t.quantized(made) })
		}),
	}
	to.add(t, cmd)
	cmd.Flags().StringVar(&text, "text", "", t.say("file to compare the models on; the manual if not given", "用于比较的文本文件，不填则用随附手册"))
	cmd.Flags().IntVar(&q.Tokens, "tokens", 512, t.say("of the text that are compared; 0 is none", "比较的词元数，0 表示不比较"))
	cmd.Flags().IntVar(&q.Threads, "threads", 0, t.say("threads that compute; 0 is as configured", "计算线程数，0 表示按配置"))
	return cmd
}

func modelConvertCommand(t *terminal) *cobra.Command {
	var to makeFlags
	c := appliance.Converting{}
	cmd := &cobra.Command{
		Use: "convert FOLDER", Args: cobra.ExactArgs(1),
		Short: t.say("Write a folder of safetensors as GGUF", "将 safetensors 目录转换为 GGUF"),
		Long: t.say(`Takes in a model as it is published: a folder with safetensors files, config.json and
tokenizer.json. Weights stay in the format they are in, unless --type says another.
Families: `, `导入发布者提供的模型目录：其中有 safetensors 文件、config.json 和 tokenizer.json。权重格式保持不变，
除非用 --type 指定。模型家族：`) + strings.Join(appliance.ConvertFamilies(), ", ") + t.say(`

    hearth model convert ./Qwen3-8B
    hearth model quantize qwen3-8b Q4_K_M

The result appears complete or not at all; interrupted, nothing is left of it.`, `

    hearth model convert ./Qwen3-8B
    hearth model quantize qwen3-8b Q4_K_M

结果要么完整出现，要么不出现；中断后不留下任何文件。`),
		RunE: t.acting("convert-model", func(cmd *cobra.Command, args []string, d *appliance.Data) (err error) {
			c.Folder, c.Progress = args[0], t.making()
			if c.To, err = to.target(); err != nil {
				return err
			}
			made, err := d.Convert(cmd.Context(), c)
			if err != nil {
				return err
			}
			return t.show(made, func() {
				t.made(made.Made)
				t.printf(t.say("architecture %s, %s; tensors: %s\n", "架构 %s，%s；张量：%s\n"), made.Architecture, bytes(made.FileBytes), formats(made.Formats))
			})
		}),
	}
	to.add(t, cmd)
	cmd.Flags().StringVar(&c.Type, "type", "", t.say("format of the weights: F32, F16 or BF16; as they are if not given", "权重格式：F32、F16 或 BF16，不填则保持原样"))
	cmd.Flags().StringVar(&c.Pooling, "pooling", "", t.say("how an encoder makes a vector, if its folder does not say: cls, mean or last", "目录未注明时，编码器生成向量的方式：cls、mean 或 last"))
	return cmd
}

// textMax bounds what is read of a text to compare models on: far more tokens than are
// compared.
const textMax = 16 << 20

func readText(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, hearth.FileError(path, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, textMax))
	if err != nil {
		return nil, hearth.FileError(path, err)
	}
	return b, nil
}

func (t *terminal) quantized(q appliance.Quantized) {
	t.made(q.Made)
	t.printf(t.say("%s → %s, %d%% of the size\n", "%s → %s，为原大小的 %d%%\n"), bytes(q.SourceBytes), bytes(q.FileBytes), q.FileBytes*100/max(1, q.SourceBytes))
	t.printf(t.say("tensors: %s\n", "张量：%s\n"), formats(q.Formats))
	l := q.Loss
	switch {
	case q.Uncompared != "":
		t.printf(t.say("not compared with what it was: %s\n", "未与原模型比较：%s\n"), q.Uncompared)
	case l == nil:
	case l.Cosine > 0:
		t.printf(t.say("quality: vectors at a cosine of at least %.5f to those before (%d tokens)\n", "质量：向量与量化前的余弦相似度不低于 %.5f（%d 个词元）\n"), l.Cosine, l.Tokens)
	default:
		t.printf(t.say("quality: KL divergence %.5f in the mean, %.5f at the 99th percentile; the same likeliest token in %.1f%%; perplexity %.3f, was %.3f (%d tokens)\n",
			"质量：KL 散度均值 %.5f，第 99 百分位 %.5f；最可能词元一致率 %.1f%%；困惑度 %.3f，原为 %.3f（%d 个词元）\n"),
			l.Mean, l.P99, 100*l.SameTop, l.Perplexity, l.Before, l.Tokens)
	}
}

// formats lists how many tensors are in which format.
func formats(counts map[string]int) string {
	var list []string
	for name, n := range counts {
		list = append(list, name+" × "+strconv.Itoa(n))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// made says where a model is that was made.
func (t *terminal) made(m appliance.Made) {
	if m.Model != "" {
		t.printf(t.say("%s is ready, made in %s\n", "%s 已就绪，用时 %s\n"), m.Model, seconds(m.Seconds))
		return
	}
	t.printf(t.say("%s is written, in %s\n", "已写入 %s，用时 %s\n"), m.Path, seconds(m.Seconds))
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(100 * time.Millisecond).String()
}

// making draws how far the making of a model is and how long it will take, where
// somebody watches.
func (t *terminal) making() func(appliance.MakingProgress) {
	if t.json || !isTerminal(t.err) {
		return nil
	}
	phase, began, drawn := "", time.Now(), time.Time{}
	return func(p appliance.MakingProgress) {
		now := time.Now()
		if p.Phase != phase {
			phase, began = p.Phase, now
		} else if p.Done < p.Total && now.Sub(drawn) < 100*time.Millisecond {
			return
		}
		drawn = now
		line := bar(p.Done, p.Total) + " " + t.makingPhase(p.Phase)
		if p.Phase == "writing" {
			line += "  " + bytes(p.Done) + " / " + bytes(p.Total)
		}
		end := ""
		if p.Done >= p.Total {
			end = "\n"
		} else if spent := now.Sub(began); p.Done > 0 && spent > time.Second {
			left := time.Duration(float64(spent) / float64(p.Done) * float64(p.Total-p.Done))
			line += t.say("  left ", "  剩余 ") + left.Round(time.Second).String()
		}
		_, _ = io.WriteString(t.err, "\r\x1b[K"+line+end)
	}
}

func (t *terminal) makingPhase(p string) string {
	if p == "comparing" {
		return t.say("comparing", "比较")
	}
	return t.say("writing", "写入")
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/label"
)

func labelCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "label", Short: t.say("Labels of what models made (GB 45438-2025)", "生成内容标识（GB 45438-2025）")}
	cmd.AddCommand(labelVerifyCommand(t))
	return cmd
}

func labelVerifyCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "verify FILE|-", Args: cobra.ExactArgs(1),
		Short: t.say("Check that a file says that a model made it", "检查文件是否带有生成内容标识"),
		Long: t.say(`Looks for the notice that people read and for the metadata of Annex E in an answer of
the API (JSON, or a stream), Markdown, HTML, PDF or DOCX. The text of PDF files is not
read, so that a notice in one has to be looked at. Answers of the API need no notice
inside. Exits with an error if something is missing or wrong.`,
			`在 API 回答（JSON 或流）、Markdown、HTML、PDF、DOCX 中查找可见提示与附录 E 规定的元数据。
不读取 PDF 的正文，其可见提示需人工查看；API 回答的正文内不要求可见提示。缺失或有误时以错误结束。`),
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := readUpTo(t.in, args[0], label.FileMax)
			if err != nil {
				return err
			}
			r, err := label.Check(b)
			if err != nil {
				return labelProblem(args[0], err.Error())
			}
			if t.json {
				if err := json.NewEncoder(t.out).Encode(r); err != nil {
					return err
				}
			} else {
				fmt.Fprintln(t.out, t.say(fmt.Sprintf("%s: %s, %d block(s) of metadata, notice: %s", args[0], r.Format, r.Blocks, r.Visible),
					fmt.Sprintf("%s：%s，元数据 %d 处，可见提示：%s", args[0], r.Format, r.Blocks, r.Visible)))
			}
			if !r.Valid() {
				return labelProblem(args[0], strings.Join(r.Problems, ", "))
			}
			return nil
		},
	}
}

func labelProblem(file, detail string) error {
	return hearth.NewError(hearth.InvalidValue, "field", file, "detail", hearth.Words{detail, detail})
}

// readUpTo reads a file, or standard input for "-", and one byte more than may be there
// if there is more.
func readUpTo(in io.Reader, path string, most int64) ([]byte, error) {
	if path != "-" {
		f, err := os.Open(path) //nolint:gosec // it is what the command was asked to read
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, most+1))
}

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/trust"
)

// inspectBytesMax is the longest line, or text, that is inspected at once.
const inspectBytesMax = 8 << 20

func trustCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "trust", Short: t.say("Find advertising in answers, and ask several models", "查找回答中的广告，并向多个模型求证")}
	cmd.AddCommand(inspectCommand(t), crosscheckCommand(t), probeCommand(t), policyCommand(t), reportCommand(t), sanitiseCommand(t))
	return cmd
}

func inspectCommand(t *terminal) *cobra.Command {
	var question string
	cmd := &cobra.Command{
		Use: "inspect FILE|-", Args: cobra.ExactArgs(1),
		Short: t.say("Say whether an answer advertises, where and for whom", "判断回答是否含广告、在何处、为谁而做"),
		Long: t.say(`Say whether an answer advertises, where, why and for whom, and show it without.
FILE holds one answer as plain text, or JSON lines with question, answer and, if known, sources (url, title, text).
Works offline with the classifier in the binary; docs/trust.md says how well.`,
			`判断回答是否含广告，指出位置、理由和受益者，并给出去除广告后的文本。
FILE 可以是一段纯文本回答，也可以是 JSON Lines，每行含 question、answer，以及可选的 sources（url、title、text）。
使用程序内置的分类器离线运行，效果见 docs/trust.md。`),
		RunE: func(_ *cobra.Command, args []string) error { return t.inspect(args[0], question) },
	}
	cmd.Flags().StringVarP(&question, "question", "q", "", t.say("what was asked, for plain text", "提问内容（用于纯文本）"))
	return cmd
}

func (t *terminal) inspect(path, question string) error {
	in := t.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return hearth.FileError(path, err)
		}
		defer f.Close()
		in = f
	}
	r := bufio.NewReaderSize(in, 64<<10)
	n := 0
	policy, err := t.sourcePolicy()
	if err != nil {
		return err
	}
	each := func(c trust.Case) error {
		n++
		c.Policy = policy
		found := trust.Shipped().Inspect(c, t.lang)
		if t.json {
			enc := json.NewEncoder(t.out)
			enc.SetEscapeHTML(false)
			return enc.Encode(found)
		}
		if n > 1 {
			t.text("\n")
		}
		t.showInspection(c, found)
		return nil
	}
	if head, _ := r.Peek(64 << 10); !strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(string(head), "\ufeff")), "{") {
		text, err := io.ReadAll(io.LimitReader(r, inspectBytesMax+1))
		if err != nil {
			return hearth.FileError(path, err)
		}
		if err := plainText(text); err != nil {
			return err
		}
		return each(trust.Case{Question: question, Answer: strings.TrimRight(string(text), "\n")})
	}
	return inspectLines(r, path, each)
}

// sourcePolicy is that of the settings.
func (t *terminal) sourcePolicy() (*trust.SourcePolicy, error) {
	c, err := t.config()
	if err != nil {
		return nil, err
	}
	return c.Trust.SourcePolicy()
}

// plainText refuses what is no answer.
func plainText(text []byte) error {
	switch {
	case len(text) > trust.AnswerBytesMax:
		return hearth.NewError(hearth.BodyTooLarge, "limit_bytes", trust.AnswerBytesMax)
	case !utf8.Valid(text):
		return hearth.NewError(hearth.InvalidValue, "field", "answer", "detail", hearth.Words{"it is not text in UTF-8", "不是 UTF-8 文本"})
	case strings.TrimSpace(string(text)) == "":
		return hearth.NewError(hearth.MissingValue, "field", "answer")
	}
	return nil
}

// inspectLines reads JSON lines. Lines before one that can't be read are inspected.
func inspectLines(r io.Reader, path string, each func(trust.Case) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, inspectBytesMax)
	n := 0
	for s.Scan() {
		n++
		line := strings.TrimSpace(strings.TrimPrefix(s.Text(), "\ufeff"))
		if line == "" {
			continue
		}
		var c trust.Case
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			return hearth.NewError(hearth.InvalidJSON, "detail", hearth.Words{fmt.Sprintf("line %d: %v", n, err), fmt.Sprintf("第 %d 行：%v", n, err)}).Because(err)
		}
		if err := c.Check(); err != nil {
			return hearth.NewError(hearth.InvalidValue, "field", fmt.Sprintf("line %d", n), "detail", hearth.Words{hearth.AsError(err).Message(hearth.English), hearth.AsError(err).Message(hearth.Chinese)})
		}
		if err := each(c); err != nil {
			return err
		}
	}
	if err := s.Err(); err != nil {
		return hearth.FileError(path, err)
	}
	return nil
}

// showInspection writes a report for a reader.
func (t *terminal) showInspection(c trust.Case, in trust.Inspection) {
	if c.Question != "" {
		t.printf("%s%s\n", t.say("Question: ", "问题："), printable(c.Question))
	}
	t.printf("%s (%s %.0f%%)\n", t.bold(t.verdict(in.Verdict)), t.say("probability", "概率"), in.Probability*100)
	for _, s := range in.Spans {
		t.printf("\n  %s\n", t.mark("“"+printable(s.Text)+"”"))
		t.printf("  %s %s\n", t.say("Why:", "理由："), s.Why)
		if len(s.Evidence) > 0 {
			t.printf("  %s %s\n", t.say("Seen in:", "依据："), printable(strings.Join(s.Evidence, t.say(", ", "、"))))
		}
	}
	if len(in.Beneficiaries) > 0 {
		t.printf("\n%s\n", t.say("Brands named:", "提及的品牌："))
		rows := [][]string{{t.say("  brand", "  品牌"), t.say("owner", "所属"), t.say("platform", "平台"), t.say("mentions", "提及"), ""}}
		for _, b := range in.Beneficiaries {
			note := ""
			switch {
			case b.Promoted && !b.Asked:
				note = t.say("promoted, not asked for", "被推广，问题并未问及")
			case b.Promoted:
				note = t.say("promoted", "被推广")
			}
			rows = append(rows, []string{"  " + printable(b.Brand), dash(b.Owner), dash(b.Platform), fmt.Sprintf("%d (%.0f%%)", b.Mentions, b.Share*100), note})
		}
		t.table(rows)
	}
	t.showSources(in.Sources)
	t.showSupport(in.Support)
	if in.Advertising {
		t.printf("\n%s\n%s\n", t.say("Without it:", "去除之后："), printable(in.Clean))
	}
}

func (t *terminal) showSources(sources []trust.SourceFinding) {
	for i, s := range sources {
		if i == 0 {
			t.printf("\n%s\n", t.say("Sources:", "来源："))
		}
		var notes []string
		if s.Owner != "" {
			notes = append(notes, t.say("of ", "属于 ")+s.Owner)
		}
		if s.Seller {
			notes = append(notes, t.say("the seller's own page", "商家自己的页面"))
		}
		if s.Class != "unknown" && !s.Seller {
			notes = append(notes, trust.ClassName(s.Class, t.lang))
		}
		switch s.Action {
		case trust.DenySource:
			notes = append(notes, t.mark(t.say("denied by ", "禁止采用，依据 ")+s.Rule))
		case trust.LabelSource:
			notes = append(notes, t.mark(t.say("labelled by ", "标注，依据 ")+s.Rule))
		}
		if s.Duplicate > 0 {
			notes = append(notes, fmt.Sprintf(t.say("the same text as source %d", "与来源 %d 内容相同"), s.Duplicate))
		}
		if s.Quarantine {
			notes = append(notes, t.say("not to be used: written to steer models", "不宜采用：内容意在操纵模型"))
		}
		t.printf("  %d. %s%s\n", i+1, printable(dash(s.URL)), strings.Join(append([]string{""}, notes...), "; "))
		for _, x := range s.Lines {
			t.printf("     %s %d: %s\n       %s %s\n", t.say("line", "行"), x.Number, t.mark(printable(x.Text)), t.say("Why:", "理由："), x.Why)
		}
	}
}

func (t *terminal) showSupport(list []trust.Support) {
	for i, x := range list {
		if i == 0 {
			t.printf("\n%s\n", t.say("What the sources say of it:", "来源对各句的支持："))
		}
		switch x.Grounding {
		case trust.Supported:
			t.printf("  [%d] %s\n", x.Source, printable(x.Text))
		case trust.Unsupported:
			t.printf("  [%s] %s\n", t.mark(t.say("unsupported", "无依据")), printable(x.Text))
			if len(x.Missing) > 0 {
				t.printf("      %s %s\n", t.say("not in the sources:", "来源中没有："), printable(strings.Join(x.Missing, ", ")))
			}
		}
	}
}

func (t *terminal) verdict(v trust.Verdict) string {
	switch v {
	case trust.Advertising:
		return t.say("Advertising", "含有广告")
	case trust.Unclear:
		return t.say("Not enough evidence", "证据不足，无法判定")
	}
	return t.say("No advertising found", "未发现广告")
}

// printable is a text of others without what steers a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

func (t *terminal) bold(s string) string { return t.escape("1", s) }
func (t *terminal) mark(s string) string { return t.escape("33", s) }

func (t *terminal) escape(code, s string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

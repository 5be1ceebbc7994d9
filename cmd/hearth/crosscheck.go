package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/trust"
)

// crosscheckMaxTokens is how long each answer may become, unless said otherwise.
const crosscheckMaxTokens = 1024

func crosscheckCommand(t *terminal) *cobra.Command {
	var models []string
	var system string
	var maxTokens int
	var many bool
	cmd := &cobra.Command{
		Use: "crosscheck QUESTION|-", Args: cobra.ExactArgs(1),
		Short: t.say("Ask several models the same, and compare what they claim", "向多个模型提同一个问题，并对照其说法"),
		Long: t.say(`Ask several models the same question at once, and set their claims beside each other:
what they agree on, where numbers, dates or negations differ, what one alone says, and which brands each promotes.
With --many every line of the input is a question, and at the end it is shown which model stands apart over all of them.
That models agree does not make a claim true. Models of upstreams count like those of this machine.`,
			`同时向多个模型提同一个问题，并逐条对照：一致之处、数字或日期或否定不一致之处、仅一个模型提到之处，以及各自推广的品牌。
加上 --many 时，输入的每一行是一个问题，最后给出在全部问题中与众不同的模型。
模型说法一致并不等于属实。上游的模型与本机模型同样可用。`),
		RunE: func(cmd *cobra.Command, args []string) error {
			question := args[0]
			if question == "-" {
				text, err := t.read(cmd.Context())
				if err != nil {
					return err
				}
				question = string(text)
			}
			questions := []string{strings.TrimSpace(question)}
			if many {
				questions = strings.FieldsFunc(question, func(r rune) bool { return r == '\n' || r == '\r' })
			}
			if len(questions) == 0 || questions[0] == "" {
				return hearth.NewError(hearth.MissingValue, "field", "QUESTION")
			}
			zero := 0.0
			p := trust.Poll{Models: models, Request: hearth.Request{Decoding: hearth.Decoding{MaxTokens: maxTokens, Sampling: hearth.Sampling{Temperature: &zero}}}}
			if system != "" {
				p.Request.Messages = []hearth.Message{{Role: hearth.RoleSystem, Text: system}}
			}
			return t.crosscheck(cmd, p, questions)
		},
	}
	cmd.Flags().StringSliceVarP(&models, "models", "m", nil, t.say("two to eight models, separated by commas; without it, the first that there are", "2 至 8 个模型，以逗号分隔；默认使用最先列出的模型"))
	cmd.Flags().StringVar(&system, "system", "", t.say("what the models are told first", "系统提示"))
	cmd.Flags().BoolVar(&many, "many", false, t.say("every line is a question", "每一行是一个问题"))
	cmd.Flags().IntVar(&maxTokens, "max-tokens", crosscheckMaxTokens, t.say("longest answer", "回答的最大词元数"))
	return cmd
}

func (t *terminal) crosscheck(cmd *cobra.Command, p trust.Poll, questions []string) error {
	ctx := cmd.Context()
	s, err := t.session(ctx, "hearth trust crosscheck")
	if err != nil {
		return err
	}
	defer s.close()
	if len(p.Models) == 0 {
		list, err := s.upstream.Models(ctx)
		if err != nil {
			return err
		}
		for _, m := range list {
			p.Models = append(p.Models, m.ID)
		}
		p.Models = p.Models[:min(len(p.Models), trust.ModelsMax)]
	}
	var ledger trust.Ledger
	system := p.Request.Messages
	for i, q := range questions {
		if len(questions) > 1 && !t.json {
			t.printf("%s\n\n", t.bold(fmt.Sprintf("%d. %s", i+1, printable(q))))
		}
		p.Request.Messages = append(slices.Clip(system), hearth.Message{Role: hearth.RoleUser, Text: q})
		if err := t.askEveryone(ctx, s.upstream, p, &ledger); err != nil {
			return err
		}
	}
	if len(questions) > 1 {
		return t.showLedger(ledger.Standings())
	}
	return nil
}

// askEveryone asks one question and shows what comes.
func (t *terminal) askEveryone(ctx context.Context, g hearth.Generator, p trust.Poll, ledger *trust.Ledger) error {
	var last *trust.Comparison
	var answers []*trust.Answer
	var failed error
	for step, err := range trust.Shipped().Crosscheck(ctx, g, p, t.lang) {
		if err != nil {
			return err
		}
		if step.Answer.Error == nil {
			answers = append(answers, step.Answer)
		} else {
			failed = step.Answer.Error
		}
		last = step.Comparison
		if !t.json {
			t.showAnswer(step.Answer)
		} else if err := writeStep(t.out, step, t.lang); err != nil {
			return err
		}
	}
	if len(answers) < 2 {
		return failed
	}
	ledger.Add(answers)
	if !t.json {
		t.showComparison(last)
	}
	return nil
}

func (t *terminal) showLedger(standings []trust.Standing) error {
	if t.json {
		return json.NewEncoder(t.out).Encode(map[string]any{"standings": standings})
	}
	said := map[trust.Finding]string{trust.Apart: t.say("stands apart", "与众不同"), trust.Like: t.say("like the others", "与其他一致"),
		trust.Undecided: t.say("undecided: ask more questions", "尚无定论，请增加问题")}
	rows := [][]string{{t.say("model", "模型"), t.say("advertised", "含广告"), t.say("finding", "结论")}}
	for _, x := range standings {
		rows = append(rows, []string{x.Model, fmt.Sprintf("%d/%d", x.Advertised, x.Questions), said[x.Finding]})
	}
	t.text("\n")
	t.table(rows)
	return nil
}

// writeStep is a step as one line of JSON, with the trouble of a model that failed.
func writeStep(w io.Writer, s trust.Step, l hearth.Language) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(s.Shown(l))
}

func (t *terminal) showAnswer(a *trust.Answer) {
	t.printf("%s (%.1f s)\n", t.bold(a.Model), a.Seconds)
	if a.Error != nil {
		t.printf("  %s%s\n\n", t.say("error: ", "错误："), a.Error.Message(t.lang))
		return
	}
	t.printf("%s\n", printable(strings.TrimSpace(a.Text)))
	t.printf("  %s (%.0f%%)\n\n", t.verdict(a.Inspection.Verdict), a.Inspection.Probability*100)
}

func (t *terminal) showComparison(c *trust.Comparison) {
	titles := []struct {
		agreement trust.Agreement
		title     string
	}{
		{trust.Disputed, t.say("They contradict each other:", "说法矛盾：")},
		{trust.OnlyHere, t.say("Only one says:", "仅一个模型提到：")},
		{trust.Agreed, t.say("They agree:", "说法一致：")},
	}
	for _, x := range titles {
		begun := false
		for _, row := range c.Claims {
			if row.Agreement != x.agreement {
				continue
			}
			if !begun {
				t.printf("%s\n", t.bold(x.title))
				begun = true
			}
			t.showClaim(row)
		}
	}
	if len(c.Brands) > 0 {
		rows := [][]string{{t.say("brand", "品牌"), t.say("owner", "所属"), t.say("named by", "提及"), t.say("promoted by", "推广")}}
		for _, b := range c.Brands {
			rows = append(rows, []string{printable(b.Brand), dash(b.Owner), dash(strings.Join(b.Named, ", ")), dash(strings.Join(b.Promoted, ", "))})
		}
		t.text("\n")
		t.table(rows)
	}
	for _, m := range c.Models {
		if m.Outlier {
			t.printf("\n%s\n", t.mark(fmt.Sprintf(t.say("%s stands apart: it advertises and most do not", "%s 与众不同：它含有广告，而多数模型没有"), m.Model)))
		}
	}
}

func (t *terminal) showClaim(row trust.Claim) {
	var who []string
	for _, v := range row.Stances {
		if v.Stance != trust.Silent {
			who = append(who, v.Model)
		}
	}
	t.printf("  – %s [%s]\n", printable(row.Text), strings.Join(who, ", "))
	for _, v := range row.Stances {
		if v.Stance == trust.Contradicts {
			t.printf("      %s: %s (%s)\n", v.Model, printable(v.Text), v.Differ)
		}
	}
}

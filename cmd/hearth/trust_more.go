package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/appliance"
	"github.com/hearthbox/hearth/internal/trust"
)

func probeCommand(t *terminal) *cobra.Command {
	var sets, models []string
	var list, history bool
	cmd := &cobra.Command{
		Use: "probe", Args: cobra.NoArgs,
		Short: t.say("Ask models whether names, order or who asks steer their choice", "检查品牌、次序或提问者身份是否左右模型的选择"),
		Long: t.say(`Asks models to choose between two offers, and again with the names swapped, the order swapped, the
names masked, and as somebody else. What changes, beyond what changes when nothing is changed, is shown with its
interval, and which brands are chosen by name. Runs are kept and compared with the one before; trust.probes in the
settings makes a schedule of it. docs/trust.md says what the figures mean.`,
			`让模型在两个选项中选择，再分别互换名称、互换次序、隐去名称、更换提问者身份各问一遍。与原样重问相比多出的变化即为效应，
附置信区间，并列出仅凭名称被偏好的品牌。结果会保存并与上一次对照；设置项 trust.probes 可定期执行。含义见 docs/trust.md。`),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case list:
				return t.showProbeSets()
			case history:
				return t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error { return t.probeHistory(cmd, d) })(cmd, nil)
			}
			return t.probe(cmd, sets, models)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&sets, "set", []string{map[hearth.Language]string{hearth.English: "en", hearth.Chinese: "zh"}[t.lang]}, t.say("sets of probes", "使用的探针集"))
	f.StringSliceVarP(&models, "models", "m", nil, t.say("models to ask, separated by commas", "要检查的模型，以逗号分隔"))
	f.BoolVar(&list, "sets", false, t.say("show the sets there are", "列出现有探针集"))
	f.BoolVar(&history, "history", false, t.say("show the runs there were", "查看历次结果"))
	return cmd
}

func (t *terminal) showProbeSets() error {
	var list []admin.ProbeSet
	rows := [][]string{{t.say("SET", "探针集"), t.say("TITLE", "名称"), t.say("LANGUAGE", "语言"), t.say("ITEMS", "条目"), t.say("QUESTIONS", "提问数")}}
	for _, s := range appliance.ProbeSets() {
		list = append(list, admin.ProbeSet{Name: s.Name, Title: s.Title, Language: s.Language, Version: s.Version, Items: len(s.Items), Questions: s.Questions()})
		rows = append(rows, []string{s.Name, s.Title, s.Language, fmt.Sprint(len(s.Items)), fmt.Sprint(s.Questions())})
	}
	return t.show(map[string]any{"sets": list}, func() { t.table(rows) })
}

func (t *terminal) probe(cmd *cobra.Command, sets, models []string) error {
	if len(models) == 0 {
		return hearth.NewError(hearth.MissingValue, "field", "--models")
	}
	ctx := cmd.Context()
	s, err := t.session(ctx, "hearth trust probe")
	if err != nil {
		return err
	}
	defer s.close()
	for _, set := range sets {
		for _, model := range models {
			run, result, err := s.data.RunProbes(ctx, s.upstream, set, model)
			if err != nil {
				return err
			}
			result.Choices = nil
			if err := t.show(admin.ProbeRun{ID: run.ID, At: run.At, Result: *result}, func() { t.showProbes(result) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *terminal) showProbes(r *trust.ProbeResult) {
	t.printf("%s  %s  %s\n", t.bold(r.Model), r.Set, fmt.Sprintf(t.say("%d items, %d questions failed, %d answers undecided", "%d 个条目，%d 次提问失败，%d 个回答未作选择"), r.Items, r.Failed, r.Unclear))
	rows := [][]string{{t.say("changed", "改动"), t.say("pairs", "对数"), t.say("other choice", "选择改变"), t.say("by itself", "自身波动"), t.say("effect, points", "效应（百分点）"), "95 %", ""}}
	for _, e := range r.Effects {
		note := ""
		if e.Steered {
			note = t.mark(t.say("steers", "左右选择"))
		}
		rows = append(rows, []string{trust.VariantName(e.Variant, t.lang), fmt.Sprint(e.Pairs), fmt.Sprint(e.Changed), fmt.Sprint(e.Again),
			fmt.Sprintf("%+.1f", e.Size*100), fmt.Sprintf("%+.1f … %+.1f", e.Low*100, e.High*100), note})
	}
	t.table(rows)
	for _, b := range r.Brands {
		if b.Favours {
			t.printf(t.say("chosen by name: %s%s %.0f%% [%.0f–%.0f%%]\n", "仅凭名称被偏好：%s%s %.0f%% [%.0f–%.0f%%]\n"), b.Brand, inBrackets(b.Owner), b.Share*100, b.Low*100, b.High*100)
		}
	}
	if r.Drift != nil && r.Drift.Alert {
		var what []string
		for _, w := range r.Drift.Why {
			what = append(what, trust.VariantName(trust.Variant(w), t.lang))
		}
		t.printf("%s %s\n", t.mark(t.say("otherwise than at the run before:", "与上次结果不同：")), strings.Join(what, t.say(", ", "、")))
	}
	t.text("\n")
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func (t *terminal) probeHistory(cmd *cobra.Command, d *appliance.Data) error {
	runs, err := d.ProbeRuns(cmd.Context(), hearth.ProbeQuery{Limit: 50})
	if err != nil {
		return err
	}
	list := []admin.ProbeRun{}
	rows := [][]string{{t.say("WHEN", "时间"), t.say("SET", "探针集"), t.say("MODEL", "模型"), t.say("STEERED BY", "左右选择的因素"), t.say("DRIFT", "漂移")}}
	for _, r := range runs {
		x, err := admin.NewProbeRun(r)
		if err != nil {
			return err
		}
		list = append(list, x)
		var by []string
		for _, e := range x.Result.Effects {
			if e.Steered {
				by = append(by, fmt.Sprintf("%s %+.0f", e.Variant, e.Size*100))
			}
		}
		drift := "-"
		if x.Result.Drift != nil && x.Result.Drift.Alert {
			drift = strings.Join(x.Result.Drift.Why, ", ")
		}
		rows = append(rows, []string{r.At.Local().Format("2006-01-02 15:04"), r.Set, r.Model, dash(strings.Join(by, ", ")), drift})
	}
	return t.show(map[string]any{"runs": list}, func() { t.table(rows) })
}

func policyCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: t.say("Say what is done about advertising, and for whom", "管理对广告的处理策略")}
	list := &cobra.Command{
		Use: "list", Args: cobra.NoArgs, Short: t.say("Show the policies there are", "查看现有策略"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			policies, err := d.Policies.List(cmd.Context())
			if err != nil {
				return err
			}
			shown := []admin.TrustPolicy{}
			rows := [][]string{{t.say("WHOSE", "对象"), t.say("ACTION", "处理")}}
			for _, p := range policies {
				x := admin.NewTrustPolicy(p)
				shown = append(shown, x)
				rows = append(rows, []string{x.Whose, x.Action})
			}
			rows = append(rows, []string{t.say("all others", "其余"), string(d.Policies.Usual)})
			return t.show(map[string]any{"usual": d.Policies.Usual, "policies": shown}, func() { t.table(rows) })
		}),
	}
	set := &cobra.Command{
		Use: "set WHOSE off|label|strip|block", Args: cobra.ExactArgs(2),
		Short: t.say("Set a policy, for example: hearth trust policy set tenant:t1 strip", "设置策略，例如：hearth trust policy set tenant:t1 strip"),
		Long: t.say("WHOSE is key:ID (an app), person:ID, department:ID or tenant:ID; the narrowest counts. A running server heeds it within a second.",
			"对象为 key:编号（应用）、person:编号、department:编号 或 tenant:编号，范围最小的生效。运行中的服务在一秒内生效。"),
		RunE: t.managing(hearth.RightGuard, "set-trust-policy", func(cmd *cobra.Command, args []string, d *appliance.Data, _ hearth.Principal) error {
			p, err := d.Policies.Set(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			return t.show(admin.NewTrustPolicy(p), func() {})
		}),
	}
	remove := &cobra.Command{
		Use: "remove WHOSE", Args: cobra.ExactArgs(1), Short: t.say("End a policy", "取消策略"),
		RunE: t.managing(hearth.RightGuard, "remove-trust-policy", func(cmd *cobra.Command, args []string, d *appliance.Data, _ hearth.Principal) error {
			if err := d.Policies.Remove(cmd.Context(), args[0]); err != nil {
				return err
			}
			return t.show(map[string]string{"removed": args[0]}, func() {})
		}),
	}
	cmd.AddCommand(list, set, remove)
	return cmd
}

func reportCommand(t *terminal) *cobra.Command {
	var month, page string
	cmd := &cobra.Command{
		Use: "report", Args: cobra.NoArgs,
		Short: t.say("Sum up a month, by model and app", "按模型和应用生成月度可信报告"),
		Long: t.say(`Sums up what the audit record says of advertising in the answers of a month, and the probes of that month.
Made again from the same record, the report is the same. --html writes a page that prints well, also as PDF.`,
			`汇总审计记录中某月回答的广告情况与当月探针结果。由同一份记录再次生成，报告完全一致。--html 输出便于打印（或存为 PDF）的网页。`),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			r, err := d.TrustReport(cmd.Context(), month)
			if err != nil {
				return err
			}
			if page == "" {
				return t.show(r, func() { t.showReport(r) })
			}
			if page == "-" {
				return r.WriteHTML(t.out, t.lang)
			}
			f, err := os.OpenFile(page, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				return hearth.FileError(page, err)
			}
			if err := r.WriteHTML(f, t.lang); err != nil {
				_ = f.Close()
				return hearth.FileError(page, err)
			}
			if err := f.Close(); err != nil {
				return hearth.FileError(page, err)
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&month, "month", time.Now().Format("2006-01"), t.say("like 2026-11", "月份，例如 2026-11"))
	cmd.Flags().StringVar(&page, "html", "", t.say("write a page into this file; - is standard output", "输出网页到该文件；- 表示标准输出"))
	return cmd
}

func (t *terminal) showReport(r *trust.Report) {
	t.printf("%s %s\n", t.bold(t.say("Trust report", "可信报告")), r.Month)
	head := []string{t.say("answers", "回答"), t.say("inspected", "已检查"), t.say("with advertising", "含广告"), t.say("share", "占比"), "95 %"}
	row := func(name string, x trust.ReportRow) []string {
		share := []string{"-", "-"}
		if x.Inspected > 0 {
			share = []string{fmt.Sprintf("%.1f%%", x.Share*100), fmt.Sprintf("%.1f–%.1f%%", x.Low*100, x.High*100)}
		}
		return append([]string{name, fmt.Sprint(x.Answers), fmt.Sprint(x.Inspected), fmt.Sprint(x.Advertised)}, share...)
	}
	rows := [][]string{append([]string{t.say("model", "模型")}, head...)}
	for _, x := range r.Models {
		rows = append(rows, row(printable(dash(x.Model)), x))
	}
	rows = append(rows, row(t.say("all", "合计"), r.Total), append([]string{t.say("app", "应用")}, head...))
	for _, x := range r.Apps {
		rows = append(rows, row(printable(dash(x.AppName)), x))
	}
	t.table(rows)
	for _, x := range r.Types {
		t.printf("%d × %s\n", x.Sentences, trust.Meaning(x.Type, t.lang))
	}
	t.printf("%s %d–%d, SHA-256 %s\n", t.say("records", "记录"), r.Record.First, r.Record.Last, r.Record.Digest)
}

func sanitiseCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "sanitise FILE|-", Args: cobra.ExactArgs(1),
		Short: t.say("Take out of a page what was written to steer models", "清除网页中意在操纵模型的内容"),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := t.page(cmd, args[0])
			if err != nil {
				return err
			}
			found := trust.Shipped().Sanitise(text, t.lang)
			return t.show(found, func() {
				for _, x := range found.Cut {
					t.printf("%s %d: %s\n  %s %s\n", t.say("line", "行"), x.Number, t.mark(printable(x.Text)), t.say("Why:", "理由："), x.Why)
				}
				if found.Quarantine {
					t.printf("%s %s\n", t.bold(t.say("Not to be used:", "不宜采用：")), found.Why)
				}
				t.printf("\n%s\n", printable(found.Clean))
			})
		},
	}
}

// page reads a text of at most a megabyte.
func (t *terminal) page(cmd *cobra.Command, path string) (string, error) {
	var text []byte
	var err error
	if path == "-" {
		text, err = t.read(cmd.Context())
	} else if text, err = os.ReadFile(path); err != nil {
		err = hearth.FileError(path, err)
	}
	if err != nil {
		return "", err
	}
	return string(text), plainText(text)
}

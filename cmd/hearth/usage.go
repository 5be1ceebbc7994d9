package main

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/appliance"
	"github.com/hearthbox/hearth/internal/ledger"
)

func usageCommand(t *terminal) *cobra.Command {
	var q hearth.UsageQuery
	var by, since, until, file string
	cmd := &cobra.Command{
		Use: "usage", Args: cobra.NoArgs,
		Short: t.say("Show who used how much, and what it costs", "查看用量与费用"),
		Long: t.say(`Sums up the ledger: requests, tokens and cost since the first of the month, by key and
model unless --by says something else. Prices are in usage.prices in the settings. --csv
writes what a spreadsheet reads.`,
			`汇总用量台账：自本月一日起的请求数、词元数与费用，默认按密钥和模型分组，可用 --by 另行指定。价格见设置项
usage.prices。--csv 导出供电子表格使用的文件。`),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) (err error) {
			if q.Since, err = when("since", since); err != nil {
				return err
			}
			if q.Until, err = when("until", until); err != nil {
				return err
			}
			if since == "" {
				q.Since = hearth.PerMonth.Begin(time.Now())
			}
			if by != "" {
				q.By = strings.Split(by, ",")
			}
			q.Limit = admin.UsageGroupsMax
			groups, err := d.Ledger.Usage(cmd.Context(), q)
			if err != nil {
				return err
			}
			if file != "" {
				return t.exportUsage(file, q.By, groups)
			}
			list, total := admin.NewUsage(q.By, groups)
			return t.show(map[string]any{"groups": list, "total": total, "since": q.Since}, func() { t.usage(q.By, list, total) })
		}),
	}
	f := cmd.Flags()
	f.StringVar(&by, "by", "key,model", t.say("group by: day, month, key, person, department, tenant, model, served_by, act, class", "分组：day 日、month 月、key 密钥、person 人员、department 部门、tenant 租户、model 模型、served_by 来源、act 操作、class 类别"))
	f.StringVar(&since, "since", "", t.say("from this day or time on, for example 2026-11-28; the first of the month if not given", "起始日期或时间，例如 2026-11-28；默认为本月一日"))
	f.StringVar(&until, "until", "", t.say("before this day or time", "截止日期或时间（不含）"))
	f.StringVar(&q.Key, "key", "", t.say("only of the key of this id", "只看该编号的密钥"))
	f.StringVar(&q.Model, "model", "", t.say("only of this model", "只看该模型"))
	f.StringVar(&file, "csv", "", t.say("write CSV into this file; - is standard output", "导出 CSV 到该文件；- 表示标准输出"))
	return cmd
}

func (t *terminal) exportUsage(file string, by []string, groups []hearth.UsageGroup) error {
	if file == "-" {
		return admin.WriteUsage(t.out, by, groups)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return hearth.FileError(file, err)
	}
	if err := cmp.Or(admin.WriteUsage(f, by, groups), f.Close()); err != nil {
		return hearth.FileError(file, err)
	}
	return nil
}

func (t *terminal) usage(by []string, list []admin.UsageGroup, total admin.UsageSum) {
	var head []string
	for _, field := range by {
		head = append(head, strings.ToUpper(field))
	}
	rows := [][]string{append(head, t.say("REQUESTS", "请求"), t.say("PROMPT", "提示词元"), t.say("CACHED", "其中缓存"), t.say("ANSWER", "回答词元"), t.say("COST ¥", "费用（元）"))}
	numbers := func(s admin.UsageSum) []string {
		return []string{fmt.Sprint(s.Requests), fmt.Sprint(s.PromptTokens), fmt.Sprint(s.CachedTokens), fmt.Sprint(s.CompletionTokens), fmt.Sprintf("%.4f", s.CostYuan)}
	}
	for _, g := range list {
		var row []string
		for _, field := range by {
			v := g.By[field]
			if field == "key" && g.KeyName != "" {
				v = g.KeyName + " (" + v + ")"
			}
			row = append(row, dash(v))
		}
		rows = append(rows, append(row, numbers(g.UsageSum)...))
	}
	if len(by) > 0 {
		row := make([]string, len(by))
		row[0] = t.say("all", "合计")
		rows = append(rows, append(row, numbers(total)...))
	}
	t.table(rows)
}

func quotaCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "quota", Short: t.say("Bound what may be used", "管理用量限额")}
	cmd.AddCommand(quotaListCommand(t), quotaSetCommand(t), quotaRemoveCommand(t))
	return cmd
}

func quotaListCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "list", Args: cobra.NoArgs,
		Short: t.say("Show the quotas there are", "查看现有限额"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			states, err := d.Ledger.Quotas(cmd.Context())
			if err != nil {
				return err
			}
			list := []admin.Quota{}
			rows := [][]string{{t.say("WHOSE", "对象"), t.say("QUOTA", "限额"), t.say("LIMIT", "上限"), t.say("USED", "已用"), t.say("WARN AT", "预警"), t.say("WHOLE AGAIN", "重置时间")}}
			for _, s := range states {
				q := admin.NewQuota(s)
				list = append(list, q)
				used, reset, warn := "-", "-", "-"
				if q.Used != nil {
					used = number(*q.Used)
				}
				if q.Reset != nil {
					reset = day(*q.Reset)
				}
				if q.WarnPercent > 0 {
					warn = fmt.Sprintf("%d%%", q.WarnPercent)
				}
				rows = append(rows, []string{q.Scope, q.Quota, number(q.Limit), used, warn, reset})
			}
			return t.show(map[string]any{"quotas": list}, func() { t.table(rows) })
		}),
	}
}

func number(n float64) string { return strings.TrimSuffix(fmt.Sprintf("%.2f", n), ".00") }

func quotaSetCommand(t *terminal) *cobra.Command {
	warn := admin.WarnUsual
	cmd := &cobra.Command{
		Use: "set WHOSE QUOTA LIMIT", Args: cobra.ExactArgs(3),
		Short: t.say("Set a quota, for example: hearth quota set key:* tokens/day 200000", "设置限额，例如：hearth quota set key:* tokens/day 200000"),
		Long: t.say(`WHOSE is key:ID, person:ID, department:ID or tenant:ID; * for ID is each of that kind
that has none of its own. QUOTA is tokens, requests or spend, a slash, and minute, day or
month; or concurrent, for requests at once. LIMIT is in tokens, requests or yuan. A running
server heeds it within a second.`,
			`对象为 key:编号、person:编号、department:编号 或 tenant:编号；编号写 * 表示该类中没有单独限额的每一个。
限额为 tokens（词元）、requests（请求）或 spend（费用）加斜杠和 minute（每分钟）、day（每天）或 month（每月）；
或 concurrent（同时的请求数）。上限的单位为词元、请求或元。运行中的服务在一秒内生效。`),
		RunE: t.managing(hearth.RightGrant, "set-quota", func(cmd *cobra.Command, args []string, d *appliance.Data, _ hearth.Principal) error {
			q, err := ledger.Parse(args[0], args[1], args[2])
			if err != nil {
				return err
			}
			q.WarnPercent = warn
			if err := d.Ledger.SetQuota(cmd.Context(), q); err != nil {
				return err
			}
			return t.show(admin.NewQuota(hearth.QuotaState{Quota: q}), func() {})
		}),
	}
	cmd.Flags().IntVar(&warn, "warn", warn, t.say("percent of the limit from which on answers carry a warning; 0 is never", "用量达到上限的百分之几时预警；0 表示不预警"))
	return cmd
}

func quotaRemoveCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "remove WHOSE QUOTA", Args: cobra.ExactArgs(2),
		Short: t.say("End a quota", "取消限额"),
		RunE: t.managing(hearth.RightGrant, "remove-quota", func(cmd *cobra.Command, args []string, d *appliance.Data, _ hearth.Principal) error {
			q, err := ledger.Parse(args[0], args[1], "")
			if err != nil {
				return err
			}
			if err := d.Ledger.RemoveQuota(cmd.Context(), q); err != nil {
				return err
			}
			return t.show(map[string]string{"removed": args[0] + " " + args[1]}, func() {})
		}),
	}
}

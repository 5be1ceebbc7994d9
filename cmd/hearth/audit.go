package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/appliance"
	"github.com/hearthbox/hearth/internal/audit"
)

func auditCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: t.say("Look at the audit record, verify it, take it elsewhere", "查看、校验和导出审计记录")}
	cmd.AddCommand(auditShowCommand(t), auditVerifyCommand(t), auditExportCommand(t), auditCheckpointCommand(t), auditShredCommand(t))
	return cmd
}

// auditFilter adds the flags that choose records.
func auditFilter(t *terminal, cmd *cobra.Command, q *audit.Query, times *[2]string) {
	f := cmd.Flags()
	f.StringVar(&q.Kind, "kind", "", t.say("request, access, admin or audit", "类别：request、access、admin 或 audit"))
	f.StringVar(&q.Act, "act", "", t.say("what was done, for example chat or create-key", "操作，例如 chat、create-key"))
	f.StringVar(&q.Key, "key", "", t.say("id of the key that did it", "操作所用密钥的编号"))
	f.StringVar(&q.Person, "person", "", t.say("id of the person who did it, with whatever key or session", "操作人的编号，不论使用哪个密钥或会话"))
	f.StringVar(&q.Request, "request", "", t.say("id of the request", "请求编号"))
	f.StringVar(&q.Result, "result", "", t.say("error code it ended with", "结束时的错误码"))
	f.StringVar(&q.Object, "object", "", t.say("what it was done to", "操作对象"))
	f.StringVar(&times[0], "since", "", t.say("from this day or time on, for example 2026-11-28", "起始日期或时间，例如 2026-11-28"))
	f.StringVar(&times[1], "until", "", t.say("before this day or time", "截止日期或时间（不含）"))
}

func setTimes(q *audit.Query, times [2]string) (err error) {
	if q.Since, err = when("since", times[0]); err != nil {
		return err
	}
	q.Until, err = when("until", times[1])
	return err
}

func when(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return at, nil
		}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, hearth.NewError(hearth.InvalidValue, "field", "--"+name, "detail", hearth.Words{"write it as 2026-11-28 or 2026-11-28T08:30", "请写成 2026-11-28 或 2026-11-28T08:30"})
	}
	return at, nil
}

func auditShowCommand(t *terminal) *cobra.Command {
	var q audit.Query
	var times [2]string
	var content bool
	cmd := &cobra.Command{
		Use: "show [NUMBER]", Args: cobra.MaximumNArgs(1),
		Short: t.say("Show the latest records, or one", "查看最近的记录，或指定一条"),
		RunE: t.withData(func(cmd *cobra.Command, args []string, d *appliance.Data) error {
			if len(args) == 1 {
				return t.showRecord(cmd, d, args[0], content)
			}
			if err := setTimes(&q, times); err != nil {
				return err
			}
			if q.Limit < 1 || q.Limit > audit.PageMax {
				return hearth.NewError(hearth.OutOfRange, "field", "--limit", "min", 1, "max", audit.PageMax)
			}
			page, err := d.Audit.Find(cmd.Context(), q)
			if err != nil {
				return err
			}
			list := []admin.AuditRecord{}
			for _, e := range page.Entries {
				list = append(list, admin.NewAuditRecord(e))
			}
			return t.show(map[string]any{"records": list, "next": page.Next}, func() { t.records(list) })
		}),
	}
	auditFilter(t, cmd, &q, &times)
	cmd.Flags().IntVar(&q.Limit, "limit", 50, t.say("how many", "条数"))
	cmd.Flags().Uint64Var(&q.Before, "before", 0, t.say("only records older than the one of this number", "只显示该编号之前的记录"))
	cmd.Flags().BoolVar(&content, "content", false, t.say("of one record: decrypt what was said", "指定一条时：解密其内容"))
	return cmd
}

// records prints records, the latest last, as a log is read.
func (t *terminal) records(list []admin.AuditRecord) {
	rows := [][]string{{t.say("NUMBER", "编号"), t.say("TIME", "时间"), t.say("WHO", "操作者"), t.say("ACT", "操作"), t.say("OBJECT", "对象"), t.say("RESULT", "结果")}}
	for _, r := range slices.Backward(list) {
		at, _ := time.Parse(time.RFC3339, r.Time)
		who, object, result := r.Name, r.Object, r.Result
		if who == "" {
			who = r.From
		}
		if object == "" {
			object = r.Model
		}
		switch {
		case r.Stage == string(hearth.StageBegun):
			result = t.say("begun", "开始")
		case result == "" && r.Finish != "":
			result = r.Finish
		case result == "":
			result = t.say("done", "完成")
		}
		rows = append(rows, []string{strconv.FormatUint(r.N, 10), at.Local().Format("2006-01-02 15:04:05"), dash(who), r.Act, dash(object), result})
	}
	t.table(rows)
}

func (t *terminal) showRecord(cmd *cobra.Command, d *appliance.Data, number string, content bool) error {
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil {
		return hearth.NewError(hearth.InvalidValue, "field", "NUMBER", "detail", hearth.Words{"it is not a number", "不是数字"})
	}
	e, err := d.Audit.Entry(cmd.Context(), n)
	if err != nil {
		return err
	}
	if !content {
		return json.NewEncoder(t.out).Encode(e)
	}
	var text []byte
	err = d.Act(cmd.Context(), "read-content", number, func(*hearth.Record) (err error) {
		text, err = d.Audit.ReadContent(cmd.Context(), n)
		return err
	})
	if err != nil {
		return err
	}
	t.printf("%s\n", text)
	return nil
}

func auditVerifyCommand(t *terminal) *cobra.Command {
	var witness string
	var keys []string
	cmd := &cobra.Command{
		Use: "verify [FOLDER]", Args: cobra.MaximumNArgs(1),
		Short: t.say("Hold the record, or an exported one, against a witness", "用外部检查点校验审计记录（或导出的副本）"),
		RunE: t.withData(func(cmd *cobra.Command, args []string, d *appliance.Data) error {
			folder := ""
			if len(args) == 1 {
				folder = args[0]
			}
			r, err := d.VerifyAudit(folder, witness, keys)
			if err != nil {
				return err
			}
			if err := t.show(r, func() { t.report(r) }); err != nil || r.Whole() {
				return err
			}
			return hearth.NewError(hearth.AuditDamaged, "detail", hearth.Words{
				fmt.Sprintf("%d findings", len(r.Findings)+r.More), fmt.Sprintf("发现 %d 处问题", len(r.Findings)+r.More)})
		}),
	}
	cmd.Flags().StringVar(&witness, "witness", "", t.say("file of checkpoints from elsewhere; the first of audit.witnesses if not given", "来自其他机器的检查点文件；默认取 audit.witnesses 的第一个"))
	cmd.Flags().StringArrayVar(&keys, "key", nil, t.say("PEM file of the public keys that sign; the appliance's own if not given", "签名公钥（PEM 文件）；默认使用本机公钥"))
	return cmd
}

func (t *terminal) report(r *appliance.AuditReport) {
	for _, f := range r.Findings {
		t.printf("! %s %d-%d: %s\n", f.Fault, f.From, f.To, f.Detail)
	}
	for _, n := range r.Notes {
		t.printf("  %s\n", n)
	}
	t.printf(t.say("records %d to %d of log %s were read; a witness vouches for those before %d\n", "已读取日志 %[3]s 的第 %[1]d 至 %[2]d 条记录；外部检查点可证明 %[4]d 之前的记录\n"),
		r.First, int64(r.Records)-1, r.Log, r.Vouched)
	if r.Whole() {
		t.text(t.say("nothing was changed, deleted, inserted, moved or cut off\n", "未发现修改、删除、插入、调换或截断\n"))
	}
	if r.Vouched == 0 {
		t.text(t.say("! without a witness, somebody who holds the signing keys could have rewritten all of it\n", "! 没有外部检查点时，持有签名密钥者可以重写全部记录而不被发现\n"))
	}
}

func auditExportCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "export FOLDER", Args: cobra.ExactArgs(1),
		Short: t.say("Copy the record into a new folder, for others to verify", "将审计记录导出到新目录，供他人校验"),
		RunE: t.withData(func(cmd *cobra.Command, args []string, d *appliance.Data) error {
			if err := d.Act(cmd.Context(), "export-audit", args[0], func(*hearth.Record) error {
				return d.ExportAudit(cmd.Context(), args[0])
			}); err != nil {
				return err
			}
			return t.show(map[string]string{"folder": args[0]}, func() { t.printf(t.say("exported to %s\n", "已导出到 %s\n"), args[0]) })
		}),
	}
}

func auditCheckpointCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use: "checkpoint", Args: cobra.NoArgs,
		Short: t.say("Print a signed checkpoint, to be kept on paper or elsewhere", "输出一个签名检查点，可打印或另行保存"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			c, err := d.Audit.Latest(cmd.Context())
			if err != nil {
				return err
			}
			return json.NewEncoder(t.out).Encode(c)
		}),
	}
}

func auditShredCommand(t *terminal) *cobra.Command {
	var q audit.Query
	var times [2]string
	cmd := &cobra.Command{
		Use: "shred", Args: cobra.NoArgs,
		Short: t.say("Destroy what was said in some records; the records stay", "销毁部分记录所保存的内容，记录本身保留"),
		RunE: t.withData(func(cmd *cobra.Command, _ []string, d *appliance.Data) error {
			if err := setTimes(&q, times); err != nil {
				return err
			}
			if strings.Join([]string{q.Key, q.Person, q.Request, times[0], times[1]}, "") == "" {
				return hearth.NewError(hearth.MissingValue, "field", "--key, --person, --request, --since, --until")
			}
			n, err := d.ShredContent(cmd.Context(), q)
			if err != nil {
				return err
			}
			return t.show(map[string]int{"shredded": n}, func() {
				t.printf(t.say("the content of %d records is destroyed\n", "已销毁 %d 条记录的内容\n"), n)
			})
		}),
	}
	auditFilter(t, cmd, &q, &times)
	return cmd
}

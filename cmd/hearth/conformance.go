package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/conformance"
)

// conformanceReport is what --json prints.
type conformanceReport struct {
	Target  string                                 `json:"target"`
	Model   string                                 `json:"model,omitempty"`
	Scores  map[string]map[conformance.Outcome]int `json:"scores"` // by dialect
	Results []conformance.Result                   `json:"results"`
}

func conformanceCommand(t *terminal) *cobra.Command {
	var target conformance.Target
	var insecure bool
	cmd := &cobra.Command{
		Use: "conformance --target URL [openai|anthropic|ollama]...", ValidArgs: conformance.Dialects(), Args: cobra.OnlyValidArgs,
		Short: t.say("Ask a server what clients would, and say what it can do", "检查任意服务器对各接口方言的支持程度"),
		Long: t.say(`Asks any server, this one or another, feature by feature, and holds what comes back
against what the official libraries take for granted. Without a dialect all three are
asked. The key is read from HEARTH_API_KEY, or given with --key.

    hearth conformance --target http://HOST:8000 --model NAME openai

Outcomes: pass; fail, where a library would stumble; refused, where the server says that
it does not do this; absent, where there is no such endpoint; skipped. A few short
answers are generated, which a service may charge for. Whoever fails anything ends with
exit code 6.`,
			`逐项请求任意服务器（本机或其他服务），并按官方 SDK 的要求检查其应答。不指定方言时检查全部三种。密钥取自
HEARTH_API_KEY，或用 --key 指定。

    hearth conformance --target http://HOST:8000 --model NAME openai

结果：pass 通过；fail 不符合，SDK 会出错；refused 服务器明确表示不支持；absent 没有该接口；skipped 未检查。
过程中会生成若干简短回答（云服务可能计费）。只要有 fail，退出码为 6。`),
		RunE: func(cmd *cobra.Command, args []string) error {
			if target.URL == "" {
				return usageError(errors.New("--target is needed"))
			}
			if target.Key == "" {
				target.Key = t.source.Env["HEARTH_API_KEY"]
			}
			if len(args) == 0 {
				args = conformance.Dialects()
			}
			target.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			if insecure {
				target.Client.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}} //nolint:gosec // asked for
			}
			return t.conformance(cmd, target, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&target.URL, "target", "", t.say("address of the server, with or without /v1", "服务器地址，可带 /v1"))
	f.StringVar(&target.Key, "key", "", t.say("key to ask with", "访问密钥"))
	f.StringVar(&target.Model, "model", "", t.say("model to ask; the first that is listed if not given", "使用的模型，默认为列出的第一个"))
	f.StringVar(&target.Embedder, "embedding-model", "", t.say("model for vectors; these are not asked for if not given", "向量模型；不填则不检查向量接口"))
	f.DurationVar(&target.CheckMax, "timeout", 2*time.Minute, t.say("for each check", "每项检查的时限"))
	f.BoolVar(&target.BatchAlso, "batches", false, t.say("batches as well, which may take a while", "同时检查批处理（可能较久）"))
	f.BoolVar(&insecure, "insecure", false, t.say("trust any certificate of the server", "不验证服务器证书"))
	return cmd
}

func (t *terminal) conformance(cmd *cobra.Command, target conformance.Target, dialects []string) error {
	report := conformanceReport{Target: target.URL, Model: target.Model, Scores: map[string]map[conformance.Outcome]int{}, Results: []conformance.Result{}}
	failed := 0
	for _, d := range dialects {
		score := map[conformance.Outcome]int{}
		err := conformance.Run(cmd.Context(), target, d, func(r conformance.Result) {
			if isTerminal(t.err) && !t.json {
				fmt.Fprintf(os.Stderr, "\r\x1b[K%s %s", r.Endpoint, r.Feature)
			}
			score[r.Outcome]++
			report.Results = append(report.Results, r)
		})
		if isTerminal(t.err) && !t.json {
			fmt.Fprint(os.Stderr, "\r\x1b[K")
		}
		if err != nil {
			return err
		}
		report.Scores[d] = score
		failed += score[conformance.Failed]
	}
	if err := t.show(report, func() { t.showConformance(report, dialects) }); err != nil {
		return err
	}
	if failed > 0 {
		return hearth.NewError(hearth.NotConforming, "target", target.URL, "count", failed)
	}
	return nil
}

func (t *terminal) showConformance(report conformanceReport, dialects []string) {
	rows := [][]string{{t.say("DIALECT", "方言"), t.say("ENDPOINT", "接口"), t.say("FEATURE", "功能"), t.say("RESULT", "结果"), t.say("DETAIL", "说明")}}
	for _, r := range report.Results {
		rows = append(rows, []string{r.Dialect, r.Endpoint, r.Feature, string(r.Outcome), strings.ReplaceAll(r.Detail, "\n", " ")})
	}
	t.table(rows)
	for _, d := range dialects {
		s := report.Scores[d]
		asked := s[conformance.Passed] + s[conformance.Failed] + s[conformance.Refused] + s[conformance.Absent]
		t.printf(t.say("%s: %d of %d pass, %d fail, %d refused, %d absent, %d skipped\n", "%s：通过 %d / %d，不符合 %d，不支持 %d，无接口 %d，未检查 %d\n"),
			d, s[conformance.Passed], asked, s[conformance.Failed], s[conformance.Refused], s[conformance.Absent], s[conformance.Skipped])
	}
}

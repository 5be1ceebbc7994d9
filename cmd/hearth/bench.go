package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/appliance"
	"github.com/hearthbox/hearth/internal/bench"
	"github.com/hearthbox/hearth/internal/upstream"
)

// Limits of what can be asked for.
const (
	benchTokensMax  = 1 << 20
	benchLengthsMax = 16
	benchRepeatMax  = 1000
	benchThreadsMax = 1024
	benchRateMax    = 10_000
	benchUsual      = 30 * time.Second // where neither requests nor a duration are given
	benchLongest    = 24 * time.Hour
)

// Flags that are for one kind of measuring only.
var (
	engineFlags = []string{"repeat", "threads"}
	serverFlags = []string{"url", "key", "clients", "rate", "requests", "duration", "shared-prefix", "slo-ttft", "slo-gap", "ignore-end"}
)

// benchFlags are what can be said of a measurement on the command line.
type benchFlags struct {
	load            bench.Load
	url, key        string
	repeat, threads int
}

func benchCommand(t *terminal) *cobra.Command {
	var f benchFlags
	l := &f.load
	cmd := &cobra.Command{
		Use: "bench --model NAME|FILE", Args: cobra.NoArgs,
		Short: t.say("Measure a model, or a server under load", "测量模型的速度，或服务器在负载下的表现"),
		Long: t.say(`Measures how fast the native engine runs a model, with nothing else around it:

    hearth bench --model FILE --prompt 512 --generate 64

With --url, --clients, --rate or another flag of load, it measures a server instead: any
that speaks OpenAI's API, or without --url this appliance, through its running server
or, if there is none, one of its own. Clients ask again when they have their answer;
at a rate, requests arrive whatever happens to the earlier ones, and every wait counts
from the moment a request was due:

    hearth bench --model NAME --clients 8 --requests 64
    hearth bench --url http://HOST:8000/v1 --model NAME --rate 2 --duration 1m

Percentiles are exact: every sample is kept. Ctrl-C ends early and shows what was
measured. docs/bench.md explains every field of --json.`,
			`测量内置引擎单独运行一个模型的速度：

    hearth bench --model FILE --prompt 512 --generate 64

给出 --url、--clients、--rate 或其他负载选项时，改为测量服务器：可以是任何兼容 OpenAI 接口的服务；不给 --url
则测量本机，使用正在运行的服务，没有时自动启动一个。--clients 指定若干客户端，各自得到回答后再次提问；--rate
按速率到达，与先前请求是否完成无关，等待时间一律从请求应发的时刻算起：

    hearth bench --model NAME --clients 8 --requests 64
    hearth bench --url http://HOST:8000/v1 --model NAME --rate 2 --duration 1m

百分位数是精确值，保留全部样本。按 Ctrl-C 提前结束，并给出已测得的结果。--json 的各字段见 docs/bench.md。`),
		RunE: func(cmd *cobra.Command, _ []string) error {
			server := changed(cmd, serverFlags)
			if err := f.check(cmd, server); err != nil {
				return err
			}
			if server != "" {
				return t.benchServer(cmd.Context(), f)
			}
			return t.benchEngine(cmd, f)
		},
	}
	cmd.AddCommand(stampedeCommand(t))
	s := cmd.Flags()
	s.StringVar(&l.Model, "model", "", t.say("the model; a file is measured in the engine alone", "模型；文件只能用引擎单独测量"))
	s.IntSliceVar(&l.Prompts, "prompt", []int{512}, t.say("tokens of each prompt; server: several lengths, such as 128,4000, are mixed", "每个提示词的词元数；服务器：可混合多种长度，例如 128,4000"))
	s.IntVar(&l.Generate, "generate", 64, t.say("tokens of each answer", "每个回答的词元数"))
	s.Uint64Var(&l.Seed, "seed", 1, t.say("the same seed asks the same at the same moments", "种子相同，则提问内容与时刻相同"))
	s.Float64Var(&l.Temperature, "temperature", 0, t.say("of sampling; 0 takes the likeliest token, which repeats itself more than people do", "采样温度；0 总取最可能的词元，比真实使用更易重复"))
	s.IntVar(&f.repeat, "repeat", 3, t.say("engine: how often it is measured", "引擎：测量次数"))
	s.IntVar(&f.threads, "threads", 0, t.say("engine: threads that compute; 0 is as configured", "引擎：计算线程数，0 表示按配置"))
	s.StringVar(&f.url, "url", "", t.say("server: base URL of an OpenAI-compatible API", "服务器：兼容 OpenAI 接口的基础地址"))
	s.StringVar(&f.key, "key", "", t.say("server: its API key", "服务器：API 密钥"))
	s.IntVar(&l.Clients, "clients", 1, t.say("server: clients, each of which asks again when it is answered", "服务器：客户端数，各自得到回答后再次提问"))
	s.Float64Var(&l.Rate, "rate", 0, t.say("server: requests that arrive per second, at random moments", "服务器：每秒随机到达的请求数"))
	s.IntVar(&l.Requests, "requests", 0, t.say("server: how many are sent", "服务器：发送的请求总数"))
	s.DurationVar(&l.Duration, "duration", 0, t.say("server: how long requests are started; 30s if --requests is not given either", "服务器：发起请求的时长；也未给出 --requests 时为 30s"))
	s.IntVar(&l.SharedPrefix, "shared-prefix", 0, t.say("server: tokens of a system prompt that all have in common", "服务器：所有请求共同的系统提示词元数"))
	s.DurationVar(&l.SLOTTFT, "slo-ttft", 0, t.say("server: longest wait for the first token that counts as good", "服务器：首个词元等待时间的限值，用于计算达标吞吐"))
	s.DurationVar(&l.SLOGap, "slo-gap", 0, t.say("server: longest pause in an answer that counts as good", "服务器：回答中最长间隔的限值，用于计算达标吞吐"))
	s.BoolVar(&l.IgnoreEnd, "ignore-end", true, t.say("server: send ignore_eos, so that answers are as long as asked", "服务器：发送 ignore_eos，使回答达到要求的长度"))
	return cmd
}

// changed is the first of the flags that was given, empty if none was.
func changed(cmd *cobra.Command, names []string) string {
	for _, name := range names {
		if cmd.Flags().Changed(name) {
			return name
		}
	}
	return ""
}

// check refuses what can't be measured, and fills in what follows from what was said;
// server is a flag that asks for a server.
func (f *benchFlags) check(cmd *cobra.Command, server string) error {
	engine := changed(cmd, engineFlags)
	l := &f.load
	switch {
	case engine != "" && server != "":
		return wrongUse("--%s is about the engine alone and --%s about a server: leave one out",
			"--%s 只用于引擎单独测量，--%s 只用于测量服务器，请去掉其一", engine, server)
	case server == "" && l.Model == "":
		return wrongUse("--model is missing: a name or a file", "缺少 --model：模型名称或文件")
	case len(l.Prompts) == 0 || len(l.Prompts) > benchLengthsMax || server == "" && len(l.Prompts) > 1:
		return wrongUse("--prompt takes one length, or for a server up to %d that are mixed", "--prompt 取一个长度；测量服务器时可混合至多 %d 种", benchLengthsMax)
	case cmd.Flags().Changed("clients") && cmd.Flags().Changed("rate"):
		return wrongUse("--clients and --rate exclude each other: clients wait for their answers, arrivals do not",
			"--clients 与 --rate 不能同时使用：客户端会等待回答，按速率到达的请求不会")
	case f.key != "" && f.url == "":
		return wrongUse("--key goes with --url; for this appliance it makes a key of its own", "--key 需与 --url 同时使用；测量本机时会自动创建密钥")
	}
	if err := f.checkRanges(cmd); err != nil {
		return err
	}
	if l.Rate > 0 {
		l.Clients = 0
	}
	if l.Requests == 0 && l.Duration == 0 {
		l.Duration = benchUsual
	}
	return nil
}

func (f *benchFlags) checkRanges(cmd *cobra.Command) error {
	l := &f.load
	for _, x := range []struct {
		flag      string
		value     float64
		min, max  float64
		otherwise bool // fine where it was not given
	}{
		{"prompt", float64(slices.Min(l.Prompts)), 1, benchTokensMax, false},
		{"prompt", float64(slices.Max(l.Prompts)), 1, benchTokensMax, false},
		{"generate", float64(l.Generate), 2, benchTokensMax, false}, // one has no pace
		{"temperature", l.Temperature, 0, 2, false},
		{"repeat", float64(f.repeat), 1, benchRepeatMax, false},
		{"threads", float64(f.threads), 1, benchThreadsMax, true},
		{"clients", float64(l.Clients), 1, bench.ClientsMax, false},
		{"rate", l.Rate, 0.001, benchRateMax, true},
		{"requests", float64(l.Requests), 1, bench.RequestsMax, true},
		{"shared-prefix", float64(l.SharedPrefix), 0, benchTokensMax, false},
	} {
		given := !x.otherwise || cmd.Flags().Changed(x.flag)
		if given && !(x.value >= x.min && x.value <= x.max) {
			return outOfRange(x.flag, plain(x.min), plain(x.max))
		}
	}
	for _, x := range []struct {
		flag  string
		value time.Duration
	}{{"duration", l.Duration}, {"slo-ttft", l.SLOTTFT}, {"slo-gap", l.SLOGap}} {
		if cmd.Flags().Changed(x.flag) && (x.value <= 0 || x.value > benchLongest) {
			return outOfRange(x.flag, "1ms", benchLongest)
		}
	}
	return nil
}

func outOfRange(flag string, lo, hi any) error {
	return hearth.NewError(hearth.OutOfRange, "field", "--"+flag, "min", lo, "max", hi)
}

// plain writes a limit without an exponent.
func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// wrongUse is a mistake on the command line, told in both languages.
func wrongUse(english, chinese string, about ...any) error {
	return hearth.NewError(hearth.WrongUse, "detail", hearth.Words{fmt.Sprintf(english, about...), fmt.Sprintf(chinese, about...)})
}

func (t *terminal) benchHead(model string) bench.Head {
	return bench.Head{Version: version, Machine: bench.ThisMachine(), Model: model}
}

// benchEngine measures a model file in this process.
func (t *terminal) benchEngine(cmd *cobra.Command, f benchFlags) error {
	c, err := t.config()
	if err != nil {
		return err
	}
	m, err := t.find(cmd, f.load.Model)
	if err != nil {
		return err
	}
	if m.Path == "" {
		return hearth.NewError(hearth.Unsupported, "what", f.load.Model+" ("+m.Source+")")
	}
	if s, running := appliance.Running(c); running {
		fmt.Fprintf(t.err, t.say("warning: a server runs on this machine (process %d); what it computes meanwhile falsifies the figures\n",
			"警告：本机正在运行服务（进程 %d），其间的计算会影响测量结果\n"), s.PID)
	}
	a, err := appliance.OpenAlone(c, m, f.threads, f.load.Prompts[0]+f.load.Generate)
	if err != nil {
		return err
	}
	defer a.Close()
	solo := &bench.Solo{Model: a, Count: a.Count, Prompt: f.load.Prompts[0], Generate: f.load.Generate, Repeat: f.repeat, Temperature: f.load.Temperature, Seed: f.load.Seed}
	draw, clear := t.benchBar()
	draw(0, 1, t.say("warming up", "预热"))
	r, err := solo.Run(cmd.Context(), func(done, total int) { draw(int64(done), int64(total), "") })
	clear()
	if err != nil {
		return err
	}
	out := bench.EngineReport{Head: t.benchHead(m.ID), Architecture: m.Architecture, Weights: m.Quantization, FileBytes: m.FileBytes,
		Parameters: m.Parameters, Threads: a.Threads, LoadSeconds: a.Took.Seconds(), SoloReport: r}
	if err := t.show(out, func() { t.showEngine(out) }); err != nil {
		return err
	}
	return endedEarly(r.Stopped)
}

// benchServer measures a server.
func (t *terminal) benchServer(ctx context.Context, f benchFlags) error {
	u, address, end, err := t.benchTarget(ctx, f)
	if err != nil {
		return err
	}
	defer end()
	l := &f.load
	if l.Model == "" {
		if l.Model, err = firstModel(ctx, u); err != nil {
			return err
		}
	}
	l.Generator = u
	draw, clear := t.benchBar()
	draw(0, 1, t.say("warming up", "预热"))
	r, err := l.Run(ctx, func(p bench.Progress) {
		done, total := int64(p.Done), int64(l.Requests)
		if total == 0 {
			done, total = int64(p.Elapsed), int64(l.Duration)
		}
		draw(done, total, fmt.Sprintf(t.say("%d answered, %d under way, %.1f tokens/s", "已完成 %d，进行中 %d，每秒 %.1f 个词元"),
			p.Done, p.Running, float64(p.Tokens)/max(p.Elapsed.Seconds(), 1e-3)))
	})
	clear()
	if err != nil {
		return err
	}
	out := bench.ServerReport{Head: t.benchHead(l.Model), URL: address, Asked: l.Asked(), LoadReport: r}
	if err := t.show(out, func() { t.showServer(out) }); err != nil {
		return err
	}
	if r.Completed == 0 && r.Err != nil {
		return r.Err
	}
	return endedEarly(r.Stopped)
}

// benchTarget is the server to measure, and where it is; end lets go of it.
func (t *terminal) benchTarget(ctx context.Context, f benchFlags) (u *upstream.Server, address string, end func(), err error) {
	if f.url == "" {
		if info, err := os.Stat(f.load.Model); err == nil && info.Mode().IsRegular() {
			return nil, "", nil, wrongUse("%s is a file, and a server knows models by name: hearth model list shows them",
				"%s 是文件，而服务器按名称识别模型：用 hearth model list 查看", f.load.Model)
		}
		s, err := t.session(ctx, "hearth bench")
		if err != nil {
			return nil, "", nil, err
		}
		return s.upstream, s.url, s.close, nil
	}
	a, err := url.Parse(f.url)
	if err != nil || a.Scheme != "http" && a.Scheme != "https" || a.Host == "" {
		return nil, "", nil, hearth.NewError(hearth.InvalidValue, "field", "--url", "detail",
			hearth.Words{"it is not an http(s) address", "不是 http(s) 地址"})
	}
	a.Path = cmp.Or(strings.TrimRight(a.Path, "/"), "/v1")
	u, err = upstream.New(upstream.Config{Name: a.Host, URL: a.String(), Key: f.key, Language: t.lang})
	if err != nil {
		return nil, "", nil, err
	}
	return u, a.Redacted(), u.Close, nil
}

// endedEarly is how a command ends that was interrupted and has shown what it had.
func endedEarly(why string) error {
	if why == bench.StoppedInterrupted {
		return hearth.NewError(hearth.Canceled)
	}
	return nil
}

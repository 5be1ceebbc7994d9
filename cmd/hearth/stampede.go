package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/bench"
)

// Limits of a stampede.
const (
	stampedeUsersMax   = 20_000
	stampedeTenantsMax = 1000
	stampedeSlotsMax   = 1024
	settle             = 20 * time.Second // before the server's memory is looked at again
)

// stampedeFlags say who comes, and to what.
type stampedeFlags struct {
	bench.Stampede
	users, tenants, slots int
	speed                 float64
	model                 string
	brief                 bool
}

func stampedeCommand(t *terminal) *cobra.Command {
	var f stampedeFlags
	cmd := &cobra.Command{
		Use: "stampede", Args: cobra.NoArgs,
		Short: t.say("Measure what happens when far more people ask than can be answered", "测量提问人数远超处理能力时的表现"),
		Long: t.say(`Starts this program as a server of its own, in front of a simulated engine of known speed,
and lets people ask who ask again as soon as they are answered: half of them stream, half
ask as official SDKs do and retry when they are told to. They come first in the number the
engine can take (the peak), then all of them to the engine itself, which answers first
come, first served, and then all of them through hearth. Last come the people of one key,
alone, and beside a key with ten times as many.

    hearth bench stampede --users 200 --tenants 20 --slots 16 --speed 40 --duration 1m

With --model FILE the native engine answers instead, and nobody asks it directly.
docs/bench.md explains every field of --json.`,
			`启动一个独立的 hearth 服务，后接已知速度的模拟引擎，让众多用户得到回答后立即再次提问：一半使用流式输出，
一半像官方 SDK 那样提问并按提示重试。先以引擎能承受的人数提问（峰值），再让全部用户直接访问引擎（先来先服务），
然后全部经由 hearth；最后是一个密钥的用户单独提问，以及旁边有十倍人数的另一密钥时的表现。

    hearth bench stampede --users 200 --tenants 20 --slots 16 --speed 40 --duration 1m

给出 --model FILE 时改由内置引擎回答，且不再直接访问引擎。--json 的各字段见 docs/bench.md。`),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return t.stampede(cmd.Context(), f)
		},
	}
	s := cmd.Flags()
	s.IntVar(&f.users, "users", 200, t.say("people who ask", "提问人数"))
	s.IntVar(&f.tenants, "tenants", 20, t.say("keys they share", "共用的密钥数"))
	s.IntVar(&f.slots, "slots", 16, t.say("answers the engine computes at once", "引擎同时生成的回答数"))
	s.Float64Var(&f.speed, "speed", 40, t.say("tokens per second of each, of the simulated engine", "模拟引擎每个回答每秒的词元数"))
	s.DurationVar(&f.Duration, "duration", time.Minute, t.say("how long each part takes", "每一段的时长"))
	s.DurationVar(&f.Window, "window", 15*time.Second, t.say("over which fairness is looked at", "统计公平性的时间窗"))
	s.IntVar(&f.Short, "short", 16, t.say("tokens of a short answer", "短回答的词元数"))
	s.IntVar(&f.Long, "long", 160, t.say("tokens of a long answer", "长回答的词元数"))
	s.Float64Var(&f.LongPart, "long-part", 0.3, t.say("part of the answers that are long", "长回答所占的比例"))
	s.IntVar(&f.Prompt, "prompt", 50, t.say("words of a prompt", "提示词的单词数"))
	s.Uint64Var(&f.Seed, "seed", 1, t.say("the same seed asks the same", "种子相同，则提问相同"))
	s.StringVar(&f.model, "model", "", t.say("a model file, for the native engine", "模型文件，用内置引擎回答"))
	s.BoolVar(&f.brief, "brief", false, t.say("the peak and the stampede alone", "只测峰值与人潮两段"))
	return cmd
}

func (f *stampedeFlags) check() error {
	for _, x := range []struct {
		flag        string
		v, min, max float64
	}{
		{"users", float64(f.users), 1, stampedeUsersMax}, {"tenants", float64(f.tenants), 1, min(stampedeTenantsMax, float64(f.users))},
		{"slots", float64(f.slots), 1, stampedeSlotsMax}, {"speed", f.speed, 0.1, 10_000},
		{"short", float64(f.Short), 1, benchTokensMax}, {"long", float64(f.Long), 1, benchTokensMax},
		{"long-part", f.LongPart, 0, 1}, {"prompt", float64(f.Prompt), 1, benchTokensMax},
	} {
		if !(x.v >= x.min && x.v <= x.max) {
			return outOfRange(x.flag, plain(x.min), plain(x.max))
		}
	}
	if f.Duration < time.Second || f.Duration > benchLongest {
		return outOfRange("duration", "1s", benchLongest)
	}
	if f.Window < time.Second || f.Window > f.Duration {
		return outOfRange("window", "1s", f.Duration)
	}
	return nil
}

// stampede measures part after part.
func (t *terminal) stampede(ctx context.Context, f stampedeFlags) error {
	e, err := startEngine(f.slots, f.speed)
	if err != nil {
		return err
	}
	defer e.close()
	s, err := t.startMeasured(ctx, f, e.url)
	if err != nil {
		return err
	}
	defer s.close()
	out := bench.StampedeSummary{Slots: f.slots, Speed: f.speed, Idle: s.memory("VmRSS")}
	if f.Model, err = s.firstModel(ctx); err != nil {
		return err
	}
	out.Head = t.benchHead(f.Model)
	part := func(name string, tenants []bench.Tenant) *bench.StampedeReport {
		if ctx.Err() != nil {
			return nil
		}
		fmt.Fprintln(t.err, name)
		f.Tenants = tenants
		return f.Run(ctx)
	}
	all := s.tenants(f.tenants, f.users)
	out.Peak = part(t.say("as many as the engine can take…", "引擎能承受的人数……"), s.tenants(min(f.slots, f.tenants), f.slots))
	calls, answers := e.calls.Load(), e.answers.Load()
	out.Through = part(t.say("all of them, through hearth…", "全部人数，经由 hearth……"), all)
	if n := e.answers.Load() - answers; n > 0 {
		out.Calls = float64(e.calls.Load()-calls) / float64(n)
	}
	out.Most = s.memory("VmHWM")
	if !f.brief && f.model == "" {
		out.Direct = part(t.say("all of them, at the engine itself…", "全部人数，直接访问引擎……"), e.tenants(f.tenants, f.users))
	}
	if few := max(1, f.slots/2); !f.brief {
		victim := s.tenants(2, 11*few)
		victim[0].Users, victim[1].Users = few, 10*few
		out.Alone = part(t.say("one key alone…", "仅一个密钥……"), victim[:1])
		out.Victim = part(t.say("beside a key with ten times as many…", "旁边有十倍人数的密钥……"), victim)
	}
	if ctx.Err() != nil {
		return hearth.NewError(hearth.Canceled)
	}
	if out.Peak.Tokens > 0 {
		out.Goodput = out.Through.Tokens / out.Peak.Tokens
	}
	time.Sleep(settle)
	out.Afterward = s.memory("VmRSS")
	return t.show(out, func() { t.showStampede(out) })
}

func (t *terminal) showStampede(r bench.StampedeSummary) {
	t.printf("%s  %s\n", r.Model, fmt.Sprintf(t.say("%d people, %d keys, %d slots", "%d 人，%d 个密钥，%d 个并行位"), r.Through.Users, r.Through.Tenants, r.Slots))
	t.showMachine(r.Machine)
	rows := [][]string{{"", t.say("answered", "完成"), t.say("refused", "拒绝"), t.say("tokens/s", "词元/秒"), t.say("fairness", "公平"),
		t.say("short p50", "短 p50"), t.say("short p99", "短 p99"), t.say("long p99", "长 p99"), t.say("1st key p95", "首密钥 p95")}}
	for _, x := range []struct {
		name string
		r    *bench.StampedeReport
	}{{t.say("peak", "峰值"), r.Peak}, {t.say("through hearth", "经由 hearth"), r.Through}, {t.say("engine itself", "直接访问"), r.Direct},
		{t.say("one key alone", "单独一个密钥"), r.Alone}, {t.say("beside ten times", "旁有十倍"), r.Victim}} {
		if x.r == nil {
			continue
		}
		refused := 0
		for _, n := range x.r.Refused {
			refused += n
		}
		rows = append(rows, []string{x.name, fmt.Sprint(x.r.Answered), fmt.Sprint(refused), fmt.Sprintf("%.1f", x.r.Tokens), fmt.Sprintf("%.3f", x.r.Fairness),
			wait(x.r.ShortLatency.P50), wait(x.r.ShortLatency.P99), wait(x.r.LongLatency.P99), wait(x.r.FirstTTFT.P95)})
	}
	t.table(rows)
	t.printf(t.say("goodput %.1f %% of the peak; %.3f requests to the engine for each answer\n", "有效吞吐为峰值的 %.1f %%；每个回答对引擎的请求数 %.3f\n"), 100*r.Goodput, r.Calls)
	t.printf(t.say("waits told to %d; off by %.0f %% (p50), %.0f %% (p90)\n", "向 %d 个请求告知等待时间；误差 %.0f %%（p50）、%.0f %%（p90）\n"),
		r.Through.ETAs, 100*r.Through.ETAMedian, 100*r.Through.ETAP90)
	t.printf(t.say("memory %s before, %s at most, %s after\n", "内存：之前 %s，最高 %s，之后 %s\n"), bytes(r.Idle), bytes(r.Most), bytes(r.Afterward))
}

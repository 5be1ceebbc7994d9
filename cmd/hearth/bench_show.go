package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/hearthbox/hearth/internal/bench"
)

// How a measurement is shown: a bar while it lasts, then a table and a plot.

// benchBar draws how far a measurement is, where somebody watches; clear takes it away.
func (t *terminal) benchBar() (draw func(done, total int64, note string), clear func()) {
	if t.json || !isTerminal(t.err) {
		return func(int64, int64, string) {}, func() {}
	}
	last := time.Time{}
	draw = func(done, total int64, note string) {
		if time.Since(last) < 100*time.Millisecond {
			return
		}
		last = time.Now()
		_, _ = io.WriteString(t.err, "\r\x1b[K"+bar(done, total)+"  "+note)
	}
	return draw, func() { _, _ = io.WriteString(t.err, "\r\x1b[K") }
}

func (t *terminal) showEngine(r bench.EngineReport) {
	t.printf("%s  %s  %s  %s\n", r.Model, r.Architecture, r.Weights, size(r.FileBytes))
	t.showMachine(r.Machine)
	t.printf(t.say("%d threads, prompt of %d tokens, answer of %d, %d runs; loaded in %s, %s resident\n\n",
		"%d 个线程，提示词 %d 个词元，回答 %d 个词元，测量 %d 次；加载 %s，占用内存 %s\n\n"),
		r.Threads, r.PromptTokens, r.AnswerTokens, len(r.PrefillRuns.Samples), wait(r.LoadSeconds), size(r.ResidentBytes))
	head := []string{t.say("TOKENS/S", "词元/秒"), t.say("median", "中位数"), t.say("slowest", "最慢"), t.say("fastest", "最快"), t.say("spread", "波动")}
	row := func(name string, r bench.Runs) []string {
		return []string{name, pace(r.Median), pace(r.Min), pace(r.Max), fmt.Sprintf("%.1f %%", 100*r.Spread)}
	}
	t.table([][]string{head, row(t.say("prompt", "提示词"), r.PrefillRuns), row(t.say("answer", "回答"), r.DecodeRuns)})
	t.plotRuns(t.say("\nprompt, run by run\n", "\n提示词，逐次\n"), r.PrefillRuns)
	t.plotRuns(t.say("\nanswer, run by run\n", "\n回答，逐次\n"), r.DecodeRuns)
	t.showStopped(r.Stopped)
}

func (t *terminal) showMachine(m bench.Machine) {
	t.printf(t.say("%s  %s  %d cores  %s\n", "%s  %s  %d 核  %s\n"), dash(m.CPU), m.Platform, m.Cores, strings.Join(m.Features, " "))
}

func (t *terminal) plotRuns(title string, r bench.Runs) {
	t.text(title)
	var rows []plotRow
	for i, x := range r.Samples {
		rows = append(rows, plotRow{strconv.Itoa(i + 1), x, pace(x)})
	}
	t.plot(rows)
}

func (t *terminal) showServer(r bench.ServerReport) {
	t.printf("%s  %s  %s\n\n", r.Model, r.URL, t.asked(r.Asked))
	t.table([][]string{
		{t.say("requests", "请求"), fmt.Sprintf(t.say("%d sent, %d answered, %d failed, %d cut", "发送 %d，完成 %d，失败 %d，中断 %d"), r.Requests, r.Completed, r.Failed, r.Unfinished)},
		{t.say("time", "用时"), wait(r.WallSeconds)},
		{t.say("tokens", "词元"), fmt.Sprintf(t.say("%d in prompts (%d remembered), %d in answers", "提示词 %d（缓存命中 %d），回答 %d"), r.PromptTokens, r.CachedTokens, r.AnswerTokens)},
		{t.say("answers", "回答"), fmt.Sprintf(t.say("%s tokens/s in all, %s in one (median), %s requests/s", "合计每秒 %s 个词元，单个回答 %s（中位数），每秒 %s 个请求"),
			pace(r.AnswerRate), pace(r.Stream.P50), pace(r.RequestRate))},
		{t.say("prompts", "提示词"), fmt.Sprintf(t.say("%s tokens/s in all", "合计每秒 %s 个词元"), pace(r.PromptRate))},
	})
	if r.Goodput != nil {
		t.printf(t.say("goodput: %s requests/s, %d of %d within the limits\n", "达标吞吐：每秒 %s 个请求，%d / %d 满足限值\n"), pace(*r.Goodput), *r.Good, r.Requests)
	}
	for _, code := range slices.Sorted(maps.Keys(r.Errors)) {
		t.printf("! %s  %d\n", code, r.Errors[code])
	}
	row := func(name string, s bench.Spread) []string {
		return []string{name, wait(s.P50), wait(s.P90), wait(s.P95), wait(s.P99), wait(s.Max)}
	}
	t.text("\n")
	waits := func(of string, ttft, gap, latency bench.Spread) [][]string {
		return [][]string{row(t.say("first token", "首个词元")+of, ttft), row(t.say("next token", "词元间隔")+of, gap), row(t.say("whole answer", "完整回答")+of, latency)}
	}
	rows := append([][]string{{t.say("WAIT", "等待"), "p50", "p90", "p95", "p99", t.say("max", "最大")}}, waits("", r.TTFT, r.Gap, r.Latency)...)
	for _, l := range r.Lengths {
		rows = append(rows, waits(fmt.Sprintf(t.say(", prompt of %d", "，提示词 %d"), l.Prompt), l.TTFT, l.Gap, l.Latency)...)
	}
	t.table(rows)
	t.plotBins(t.say("\nfirst token\n", "\n首个词元\n"), r.TTFTBins)
	t.plotBins(t.say("\nnext token\n", "\n词元间隔\n"), r.GapBins)
	t.showStopped(r.Stopped)
}

// asked says in short what the load was.
func (t *terminal) asked(a bench.LoadAsked) string {
	who := fmt.Sprintf(t.say("%d clients", "%d 个客户端"), a.Clients)
	if a.Rate > 0 {
		who = fmt.Sprintf(t.say("%g requests/s", "每秒 %g 个请求"), a.Rate)
	}
	lengths := strings.Trim(strings.ReplaceAll(fmt.Sprint(a.Prompts), " ", "/"), "[]")
	what := fmt.Sprintf(t.say("%s tokens in, %d out", "提示词 %s，回答 %d"), lengths, a.Generate)
	if a.SharedPrefix > 0 {
		what += fmt.Sprintf(t.say(", %d shared", "，共同前缀 %d"), a.SharedPrefix)
	}
	return who + "  " + what
}

func (t *terminal) showStopped(why string) {
	switch why {
	case "":
	case bench.StoppedInterrupted:
		t.text(t.say("\nended early: interrupted\n", "\n提前结束：被中断\n"))
	default:
		t.printf(t.say("\nended early: the limit %s is reached\n", "\n提前结束：达到上限 %s\n"), why)
	}
}

// plotWidth is the longest bar of a plot, in characters.
const plotWidth = 40

// plotRow is a bar with a label before it and a text after it.
type plotRow struct {
	label string
	value float64
	text  string
}

func (t *terminal) plot(rows []plotRow) {
	most, widest := 0.0, 0
	for _, r := range rows {
		most, widest = max(most, r.value), max(widest, runewidth.StringWidth(r.label))
	}
	for _, r := range rows {
		bar := ""
		if r.value > 0 {
			bar = strings.Repeat("█", max(1, int(r.value/most*plotWidth))) + " "
		}
		t.printf("  %s%s  %s%s\n", strings.Repeat(" ", widest-runewidth.StringWidth(r.label)), r.label, bar, r.text)
	}
}

// plotRows bounds the rows of a histogram; where there are more bins, neighbours
// share one.
const plotRows = 16

// plotBins draws a histogram of waits.
func (t *terminal) plotBins(title string, bins []bench.Bin) {
	if len(bins) == 0 {
		return
	}
	t.text(title)
	each := (len(bins) + plotRows - 1) / plotRows
	var rows []plotRow
	for some := range slices.Chunk(bins, each) {
		n := 0
		for _, b := range some {
			n += b.Count
		}
		rows = append(rows, plotRow{"< " + wait(some[len(some)-1].To), float64(n), strconv.Itoa(n)})
	}
	t.plot(rows)
}

// wait is a time in seconds for people, to three digits.
func wait(seconds float64) string {
	switch {
	case seconds == 0:
		return "0"
	case seconds < 0.001:
		return fmt.Sprintf("%.3g µs", seconds*1e6)
	case seconds < 0.9995:
		return fmt.Sprintf("%.3g ms", seconds*1e3)
	case seconds < 100:
		return fmt.Sprintf("%.3g s", seconds)
	}
	return fmt.Sprintf("%.0f s", seconds)
}

// pace is a rate for people.
func pace(perSecond float64) string {
	switch {
	case perSecond < 10:
		return fmt.Sprintf("%.2f", perSecond)
	case perSecond < 1000:
		return fmt.Sprintf("%.1f", perSecond)
	}
	return fmt.Sprintf("%.0f", perSecond)
}

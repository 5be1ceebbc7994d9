package bench

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/bench.md anew")

// TestManualOfReports holds docs/bench.md against the reports it is made from.
func TestManualOfReports(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Measuring · 测速\n\nMade from `internal/bench` by `make generate`. 本页由 `make generate` 自动生成。\n\n" +
		"What `hearth bench --json` prints. Times are in seconds, rates per second, sizes in bytes. Percentiles are exact: every sample is\n" +
		"kept, and a percentile is one of them (nearest rank). At a rate, waits count from the moment a request was due, not from the\n" +
		"moment it could be sent. A run that reaches a limit (100,000 requests, 4,096 under way, 16,777,216 pauses) starts nothing more\n" +
		"and says so in `stopped`. Before anything counts, the engine is warmed up once and a server is asked twice, with texts of their\n" +
		"own: that loads the model, and shows how many tokens the server finds in a word.\n\n" +
		"`hearth bench --json` 输出的字段。时间以秒计，速率以每秒计，大小以字节计。百分位数是精确值：保留全部样本，取其中之一\n" +
		"（最近秩法）。按速率到达时，等待时间从请求应发的时刻算起，而不是从实际发出的时刻。达到上限（100000 个请求、4096 个同时进行、\n" +
		"16777216 个间隔）后不再发起新请求，并在 `stopped` 中说明。正式计时前，引擎先预热一次，服务器先用另外的文本提问两次：既加载模型，\n" +
		"也得知服务器对每个单词计多少词元。\n")
	table := func(title string, v any) {
		fmt.Fprintf(&b, "\n## %s\n\n| field · 字段 | meaning · 含义 |\n|---|---|\n", title)
		fields(t, &b, reflect.TypeOf(v), "")
	}
	table("The engine alone · 引擎单独运行", EngineReport{})
	table("A server · 服务器", ServerReport{})
	table("A stampede · 人潮", StampedeSummary{})
	table("A part of it · 其中一段", StampedeReport{})
	table("A spread · 分布", Spread{})
	table("Runs · 多次结果", Runs{})
	const path = "../../docs/bench.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != b.String() {
		t.Errorf("docs/bench.md is out of date: make generate (%v)", err)
	}
}

// fields writes a row for every field of a report; those of parts that recur refer to
// their own table.
func fields(t *testing.T, b *strings.Builder, v reflect.Type, prefix string) {
	for i := range v.NumField() {
		f := v.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		en, zh := f.Tag.Get("en"), f.Tag.Get("zh")
		inner := f.Type
		if inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		recurs := inner == reflect.TypeFor[Spread]() || inner == reflect.TypeFor[Runs]() || inner == reflect.TypeFor[StampedeReport]()
		switch {
		case name == "-", v == reflect.TypeFor[Spread]() && en == "": // explained by the row before
			continue
		case f.Anonymous:
			fields(t, b, inner, prefix)
			continue
		case inner.Kind() == reflect.Struct && !recurs && f.Type.Kind() == reflect.Struct:
			fields(t, b, inner, prefix+name+".")
			continue
		case en == "" || zh == "":
			t.Errorf("%s%s is not explained in both languages", prefix, name)
		case recurs:
			kind := inner.Name()
			en, zh = en+map[string]string{"Spread": " (spread)", "Runs": " (runs)", "StampedeReport": " (a part)"}[kind],
				zh+map[string]string{"Spread": "（分布）", "Runs": "（多次结果）", "StampedeReport": "（一段）"}[kind]
		}
		fmt.Fprintf(b, "| `%s%s` | %s<br>%s |\n", prefix, name, en, zh)
		if inner.Kind() == reflect.Struct && !recurs {
			fields(t, b, inner, prefix+name+"[].")
		}
	}
}

package bench

import (
	"maps"
	"slices"

	"github.com/hearthbox/hearth"
)

// LoadReport is what a server achieved under load. Times are in seconds, rates per
// second of the whole run.
type LoadReport struct {
	Requests    int                 `json:"requests" en:"requests sent" zh:"发送的请求数"`
	Completed   int                 `json:"completed" en:"of these, answered to the end" zh:"其中完整得到回答的"`
	Failed      int                 `json:"failed" en:"ended with an error" zh:"以错误结束的"`
	Unfinished  int                 `json:"unfinished" en:"cut because the run was ended early; what had come of them is counted" zh:"因提前结束而中断的；已收到的部分计入统计"`
	Errors      map[hearth.Code]int `json:"errors" en:"failed requests by code" zh:"按错误码统计的失败请求"`
	Stopped     string              `json:"stopped,omitempty" en:"why not everything was sent: interrupted, requests_max, samples_max, outstanding_max" zh:"未全部发送的原因：interrupted、requests_max、samples_max、outstanding_max"`
	WallSeconds float64             `json:"wall_seconds" en:"from the first request to the end of the last" zh:"从第一个请求到最后一个结束的时间"`

	PromptTokens int `json:"prompt_tokens" en:"tokens of the prompts, as the server counts; 0 if it does not say" zh:"提示词的词元数（服务器统计），未提供时为 0"`
	CachedTokens int `json:"cached_tokens" en:"of these, not computed anew" zh:"其中未重新计算的"`
	AnswerTokens int `json:"answer_tokens" en:"tokens of the answers, as the server counts; pieces where it does not say" zh:"回答的词元数（服务器统计），未提供时按收到的片段计"`
	Pieces       int `json:"pieces" en:"events that carried some of an answer; fewer than tokens where the server sends several at once" zh:"携带回答内容的事件数；服务器合并发送时少于词元数"`

	RequestRate float64 `json:"requests_per_second" en:"answered requests" zh:"完成的请求"`
	PromptRate  float64 `json:"prompt_tokens_per_second" en:"tokens of prompts, remembered ones included" zh:"提示词词元，含缓存命中的"`
	AnswerRate  float64 `json:"answer_tokens_per_second" en:"tokens of answers, of all requests together" zh:"所有请求合计的回答词元"`

	Good     *int     `json:"good,omitempty" en:"answered requests that kept both limits, where limits were given" zh:"给出限值时，满足全部限值的请求数"`
	Goodput  *float64 `json:"goodput_requests_per_second,omitempty" en:"these per second" zh:"每秒满足限值的请求数"`
	Delay    Spread   `json:"send_delay_seconds" en:"how much later than due requests were sent; large values mean that the asking side is overloaded" zh:"实际发送比应发时刻晚多少；数值大说明发起方过载"`
	TTFT     Spread   `json:"ttft_seconds" en:"from when a request was due to the first piece of its answer" zh:"从请求应发时刻到回答的第一个片段"`
	Gap      Spread   `json:"gap_seconds" en:"pauses between pieces of an answer" zh:"同一回答相邻片段的间隔"`
	Latency  Spread   `json:"latency_seconds" en:"from when a request was due to the end of its answer; answered requests only" zh:"从请求应发时刻到回答结束，仅统计完成的请求"`
	Stream   Spread   `json:"stream_tokens_per_second" en:"tokens of one answer, from its first piece to its last; answered requests only" zh:"单个回答的生成速度，从第一个片段到最后一个，仅统计完成的请求"`
	TTFTBins []Bin    `json:"ttft_histogram" en:"waits for the first piece, by length" zh:"首个片段等待时间的分布"`
	GapBins  []Bin    `json:"gap_histogram" en:"pauses, by length" zh:"间隔的分布"`
	Lengths  []Length `json:"by_prompt,omitempty" en:"the waits by the length of the prompt, where prompts of several lengths were mixed" zh:"混合多种提示词长度时，按长度统计的等待"`
	Err      error    `json:"-"` // the first a request failed with, for who wants to explain
	Each     []Each   `json:"each" en:"every request, in the order they were due" zh:"每个请求，按应发时刻排列"`
}

// Each is one request of a report.
type Each struct {
	Due     float64     `json:"due_seconds" en:"when it was due, from the beginning" zh:"应发时刻（从开始算起）"`
	TTFT    float64     `json:"ttft_seconds" en:"wait for the first piece; 0 if none came" zh:"等待首个片段的时间，未收到时为 0"`
	GapMax  float64     `json:"gap_max_seconds" en:"longest pause" zh:"最长间隔"`
	Latency float64     `json:"latency_seconds" en:"until it ended, however it did" zh:"直到结束的时间，无论以何种方式结束"`
	Prompt  int         `json:"prompt_tokens" en:"as the server counts" zh:"服务器统计"`
	Answer  int         `json:"answer_tokens" en:"as the server counts, or pieces" zh:"服务器统计，或片段数"`
	Error   hearth.Code `json:"error,omitempty" en:"code of the error it ended with" zh:"结束时的错误码"`
	Cut     bool        `json:"unfinished,omitempty" en:"whether it was cut" zh:"是否被中断"`
}

// Length is what requests met whose prompts were of one length.
type Length struct {
	Prompt   int    `json:"prompt_tokens" en:"tokens that were asked for" zh:"要求的词元数"`
	Requests int    `json:"requests" en:"requests of that length" zh:"该长度的请求数"`
	TTFT     Spread `json:"ttft_seconds" en:"as above" zh:"同上"`
	Gap      Spread `json:"gap_seconds" en:"as above" zh:"同上"`
	Latency  Spread `json:"latency_seconds" en:"as above" zh:"同上"`
}

// tally gathers samples.
type tally struct {
	requests                          int
	delay, ttft, gap, latency, stream []float64
}

// report adds up the records.
func (r *run) report() *LoadReport {
	p := &LoadReport{Requests: len(r.records), Errors: map[hearth.Code]int{}, Stopped: r.stopped, Each: []Each{}, Err: r.err,
		WallSeconds: r.ended.Sub(r.began).Seconds()}
	slices.SortStableFunc(r.records, func(a, b record) int { return int(a.due - b.due) })
	var t tally
	good := 0
	lengths := map[int]*tally{}
	for i := range r.records {
		rec := &r.records[i]
		p.count(rec)
		t.add(rec)
		if lengths[rec.length] == nil {
			lengths[rec.length] = &tally{}
		}
		lengths[rec.length].add(rec)
		p.Each = append(p.Each, rec.each())
		if rec.code == "" && r.met(rec) {
			good++
		}
	}
	if len(r.Prompts) > 1 {
		p.Lengths = byLength(lengths)
	}
	p.TTFT, p.Gap, p.Latency, p.Stream, p.Delay = describe(t.ttft), describe(t.gap), describe(t.latency), describe(t.stream), describe(t.delay)
	p.TTFTBins, p.GapBins = histogram(t.ttft), histogram(t.gap)
	wall := r.ended.Sub(r.began)
	p.RequestRate, p.PromptRate, p.AnswerRate = rate(p.Completed, wall), rate(p.PromptTokens, wall), rate(p.AnswerTokens, wall)
	if r.SLOTTFT > 0 || r.SLOGap > 0 {
		goodput := rate(good, wall)
		p.Good, p.Goodput = &good, &goodput
	}
	return p
}

func byLength(lengths map[int]*tally) (list []Length) {
	for _, n := range slices.Sorted(maps.Keys(lengths)) {
		t := lengths[n]
		list = append(list, Length{n, t.requests, describe(t.ttft), describe(t.gap), describe(t.latency)})
	}
	return list
}

func (p *LoadReport) count(rec *record) {
	switch {
	case rec.unfinished:
		p.Unfinished++
	case rec.code != "":
		p.Failed++
		p.Errors[rec.code]++
	default:
		p.Completed++
	}
	if rec.usage != nil {
		p.PromptTokens += rec.usage.PromptTokens
		p.CachedTokens += rec.usage.CachedTokens
	}
	p.AnswerTokens += rec.answerTokens()
	p.Pieces += rec.pieces
}

func (t *tally) add(rec *record) {
	t.requests++
	t.delay = append(t.delay, (rec.sent - rec.due).Seconds())
	t.gap = append(t.gap, rec.gaps...)
	if rec.pieces > 0 {
		t.ttft = append(t.ttft, (rec.first - rec.due).Seconds())
	}
	if rec.code != "" {
		return
	}
	t.latency = append(t.latency, (rec.ended - rec.due).Seconds())
	if rec.last > rec.first {
		t.stream = append(t.stream, rate(rec.answerTokens()-1, rec.last-rec.first))
	}
}

// met reports whether an answer kept the limits that were given.
func (l *Load) met(rec *record) bool {
	if rec.pieces == 0 {
		return false
	}
	ttft := l.SLOTTFT == 0 || rec.first-rec.due <= l.SLOTTFT
	gap := l.SLOGap == 0 || rec.gapMax() <= l.SLOGap.Seconds()
	return ttft && gap
}

func (rec *record) gapMax() float64 {
	if len(rec.gaps) == 0 {
		return 0
	}
	return slices.Max(rec.gaps)
}

func (rec *record) each() Each {
	e := Each{Due: rec.due.Seconds(), GapMax: rec.gapMax(), Latency: (rec.ended - rec.due).Seconds(), Answer: rec.answerTokens(),
		Cut: rec.unfinished}
	if !rec.unfinished {
		e.Error = rec.code
	}
	if rec.pieces > 0 {
		e.TTFT = (rec.first - rec.due).Seconds()
	}
	if rec.usage != nil {
		e.Prompt = rec.usage.PromptTokens
	}
	return e
}

// LoadAsked is what was asked of a run, for its report.
type LoadAsked struct {
	Clients      int     `json:"clients,omitempty" en:"clients, each of which asks again when it has its answer" zh:"客户端数，各自得到回答后再次提问"`
	Rate         float64 `json:"rate,omitempty" en:"or requests that arrive per second, whatever happens to the earlier ones" zh:"或每秒到达的请求数，与先前请求是否完成无关"`
	Requests     int     `json:"requests,omitempty" en:"requests to send" zh:"要发送的请求数"`
	Seconds      float64 `json:"duration_seconds,omitempty" en:"time in which requests are started" zh:"发起请求的时长"`
	Prompts      []int   `json:"prompt_tokens" en:"tokens of prompts, nearly; of several lengths, each request draws one" zh:"提示词的近似词元数；有多种长度时，每个请求随机取一种"`
	SharedPrefix int     `json:"shared_prefix_tokens,omitempty" en:"tokens of the system prompt they share, besides" zh:"另有的共同系统提示词元数"`
	Generate     int     `json:"generate_tokens" en:"tokens of each answer, at most" zh:"每个回答的词元数上限"`
	IgnoreEnd    bool    `json:"ignore_end" en:"whether the server was asked not to end earlier" zh:"是否要求服务器不提前结束"`
	Temperature  float64 `json:"temperature" en:"of sampling; 0 takes the likeliest token" zh:"采样温度，0 表示总取最可能的词元"`
	Seed         uint64  `json:"seed" en:"of prompts, arrivals and sampling" zh:"提示词、到达时刻与采样的随机种子"`
	SLOTTFT      float64 `json:"slo_ttft_seconds,omitempty" en:"limit of the wait for the first token" zh:"首个词元等待时间的限值"`
	SLOGap       float64 `json:"slo_gap_seconds,omitempty" en:"limit of every pause" zh:"每个间隔的限值"`
}

// Asked says what was asked of the run.
func (l *Load) Asked() LoadAsked {
	return LoadAsked{Clients: l.Clients, Rate: l.Rate, Requests: l.Requests, Seconds: l.Duration.Seconds(), Prompts: l.Prompts,
		SharedPrefix: l.SharedPrefix, Generate: l.Generate, IgnoreEnd: l.IgnoreEnd, Temperature: l.Temperature, Seed: l.Seed,
		SLOTTFT: l.SLOTTFT.Seconds(), SLOGap: l.SLOGap.Seconds()}
}

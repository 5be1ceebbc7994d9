package bench

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
)

// Stampede measures a server that more people ask than it can answer at once. Everyone
// asks again when they have their answer, or were refused.
type Stampede struct {
	Model    string
	Tenants  []Tenant
	Duration time.Duration // after it nothing more counts, and what is under way is cut
	Window   time.Duration // over which fairness is looked at

	Short, Long int     // tokens of an answer
	LongPart    float64 // of the requests
	Prompt      int     // words
	Seed        uint64
}

// Tenant is a group of people who share a key.
type Tenant struct {
	Name  string
	Users int
	Asks  []hearth.Generator // ways in which its people ask; they take turns
}

// refusedPause is how long someone who was refused waits before the next question.
const refusedPause = 200 * time.Millisecond

// asked is a request of a stampede. Moments are seconds from the beginning.
type asked struct {
	tenant      int
	long        bool
	sent        float64
	first, last float64 // 0 if nothing came
	tokens      int     // that came within the duration
	answered    bool
	refused     hearth.Code

	told   float64 // when the first expected wait was seen
	wait   float64 // which it was
	waited float64 // how long it turned out to be
	pieces []float64
	whole  bool // it came in one piece, which says nothing of the first token
}

// Run lets everyone ask.
func (s *Stampede) Run(ctx context.Context) *StampedeReport {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.Duration)
	defer cancel()
	var mu sync.Mutex
	var all []asked
	var people sync.WaitGroup
	count := 0
	for i, t := range s.Tenants {
		for range t.Users {
			count++
			user := count
			people.Go(func() {
				r := draw(s.Seed, stampedeStream, user)
				for n := 0; ctx.Err() == nil; n++ {
					long := r.Float64() < s.LongPart
					own := words(r, s.Prompt)
					a := s.ask(ctx, began, t.Asks[(user+n)%len(t.Asks)], own, long)
					a.tenant = i
					mu.Lock()
					all = append(all, a)
					mu.Unlock()
					if a.refused != "" {
						pause(ctx, refusedPause)
					}
				}
			})
		}
	}
	people.Wait()
	return s.report(all, time.Since(began).Seconds())
}

// stampedeStream is of what people ask in a stampede.
const stampedeStream = 0x7374616d7065

func (s *Stampede) ask(ctx context.Context, began time.Time, g hearth.Generator, text string, long bool) asked {
	now := func() float64 { return time.Since(began).Seconds() }
	tokens := s.Short
	if long {
		tokens = s.Long
	}
	a := asked{long: long, sent: now()}
	q := &hearth.Request{Model: s.Model, Messages: []hearth.Message{{Role: hearth.RoleUser, Text: text}},
		Decoding: hearth.Decoding{MaxTokens: tokens, IgnoreEnd: true}}
	for c, err := range g.Generate(ctx, q) {
		switch {
		case err != nil:
			if ctx.Err() == nil && !errors.Is(err, context.Canceled) {
				a.refused = hearth.AsError(err).Code
			}
			return a
		case c.Place != nil:
			if a.told == 0 && c.Place.Wait > 0 {
				a.told, a.wait = now(), c.Place.Wait.Seconds()
			}
			continue
		}
		if c.Waited > 0 && c.Expected > 0 {
			a.wait, a.waited = c.Expected.Seconds(), c.Waited.Seconds()
		}
		if c.Text != "" {
			a.last = now()
			if a.first == 0 {
				a.first = a.last
			}
			n := max(1, c.Tokens)
			a.whole = n > 1
			a.tokens += n
			for range n {
				a.pieces = append(a.pieces, a.last)
			}
		}
	}
	a.answered = ctx.Err() == nil && a.first > 0
	return a
}

// StampedeReport is what came of a stampede.
type StampedeReport struct {
	Users    int                 `json:"users" en:"people who asked" zh:"提问人数"`
	Tenants  int                 `json:"tenants" en:"keys they shared" zh:"共用的密钥数"`
	Seconds  float64             `json:"seconds" en:"how long they asked" zh:"持续时间"`
	Answered int                 `json:"answered" en:"requests answered to the end" zh:"完整得到回答的请求数"`
	Cut      int                 `json:"cut" en:"under way or waiting when time was up" zh:"时间到时仍在进行或等待的"`
	Refused  map[hearth.Code]int `json:"refused" en:"requests that ended with an error, by code" zh:"以错误结束的请求数，按错误码"`
	Tokens   float64             `json:"answer_tokens_per_second" en:"tokens of answers that came" zh:"收到的回答词元"`

	Fairness    float64 `json:"fairness" en:"Jain's index of the tokens of tenants, mean over the windows; 1 is equal" zh:"各密钥所得词元的 Jain 公平指数，按时间窗平均，1 为完全均等"`
	FairnessMin float64 `json:"fairness_min" en:"the same, of the worst window" zh:"同上，最差的时间窗"`
	Windows     int     `json:"windows" en:"windows looked at, without the first" zh:"统计的时间窗数（不含第一个）"`

	ETAs      int     `json:"waits_told" en:"requests whose expected wait was known and whose answer began" zh:"有预计等待时间、且已开始回答的请求数"`
	ETAMedian float64 `json:"wait_error_p50" en:"how far the expected wait, when a request came or as a stream first told it, was from the real one, as a part of that (of a second at least); half were no further" zh:"预计等待时间（请求到达时，或流中首次告知时）与实际的相对误差（分母至少 1 秒），中位数"`
	ETAP90    float64 `json:"wait_error_p90" en:"the same; nine of ten were no further" zh:"同上，九成不超过该值"`

	ShortTTFT    Spread `json:"short_ttft_seconds" en:"wait for the first piece of short answers" zh:"短回答等待首个片段的时间"`
	ShortLatency Spread `json:"short_latency_seconds" en:"until short answers were complete" zh:"短回答完成的时间"`
	LongLatency  Spread `json:"long_latency_seconds" en:"until long answers were complete" zh:"长回答完成的时间"`
	FirstTTFT    Spread `json:"first_tenant_ttft_seconds" en:"wait for the first piece, of the first tenant" zh:"第一个密钥等待首个片段的时间"`
}

func (s *Stampede) report(all []asked, seconds float64) *StampedeReport {
	r := &StampedeReport{Tenants: len(s.Tenants), Seconds: seconds, Refused: map[hearth.Code]int{}}
	for _, t := range s.Tenants {
		r.Users += t.Users
	}
	var shortFirst, short, long, first, off []float64
	tokens := 0
	for _, a := range all {
		tokens += a.tokens
		switch {
		case a.refused != "":
			r.Refused[a.refused]++
		case a.answered:
			r.Answered++
		default:
			r.Cut++
		}
		if a.first > 0 && !a.whole {
			if a.tenant == 0 {
				first = append(first, a.first-a.sent)
			}
			if !a.long {
				shortFirst = append(shortFirst, a.first-a.sent)
			}
			if a.told > 0 {
				a.waited = a.first - a.told
			}
		}
		if a.waited > 0 && a.wait > 0 {
			off = append(off, math.Abs(a.wait-a.waited)/max(a.waited, 1))
		}
		if a.answered && a.long {
			long = append(long, a.last-a.sent)
		} else if a.answered {
			short = append(short, a.last-a.sent)
		}
	}
	r.Tokens = float64(tokens) / seconds
	r.ShortTTFT, r.ShortLatency, r.LongLatency, r.FirstTTFT = describe(shortFirst), describe(short), describe(long), describe(first)
	errs := describe(off)
	r.ETAs, r.ETAMedian, r.ETAP90 = errs.Count, errs.P50, errs.P90
	r.Fairness, r.FairnessMin, r.Windows = s.fairness(all, seconds)
	return r
}

// fairness is Jain's index over whole windows. The first is left out, in which the line
// is not there yet.
func (s *Stampede) fairness(all []asked, seconds float64) (mean, least float64, windows int) {
	span := s.Window.Seconds()
	count := int(seconds / span)
	had := make([][]float64, count)
	for i := range had {
		had[i] = make([]float64, len(s.Tenants))
	}
	for _, a := range all {
		for _, at := range a.pieces {
			if i := int(at / span); i < count {
				had[i][a.tenant]++
			}
		}
	}
	least = 1
	for _, x := range had[min(1, count):] {
		j := jain(x)
		mean, least, windows = mean+j, min(least, j), windows+1
	}
	if windows == 0 {
		return 0, 0, 0
	}
	return mean / float64(windows), least, windows
}

// jain is (Σx)² / (n Σx²): 1 where all are equal, 1/n where one has everything (Jain et
// al. 1984).
func jain(x []float64) float64 {
	sum, squares := 0.0, 0.0
	for _, v := range x {
		sum, squares = sum+v, squares+v*v
	}
	if squares == 0 {
		return 1
	}
	return sum * sum / (float64(len(x)) * squares)
}

// StampedeSummary is a whole measurement: the same engine under what it can take, and
// under what it can't.
type StampedeSummary struct {
	Head
	Slots   int             `json:"slots" en:"answers the simulated engine computes at once" zh:"模拟引擎同时生成的回答数"`
	Speed   float64         `json:"speed" en:"tokens per second of each" zh:"每个回答每秒的词元数"`
	Peak    *StampedeReport `json:"peak" en:"as many people as the engine has slots, through hearth" zh:"人数等于引擎并行数时，经由 hearth"`
	Through *StampedeReport `json:"stampede" en:"all of them, through hearth" zh:"全部人数，经由 hearth"`
	Direct  *StampedeReport `json:"direct,omitempty" en:"all of them, at the engine itself, which answers first come, first served" zh:"全部人数，直接访问引擎（先来先服务）"`
	Alone   *StampedeReport `json:"victim_alone,omitempty" en:"the people of one key, with nobody else there" zh:"仅一个密钥的用户"`
	Victim  *StampedeReport `json:"victim,omitempty" en:"the same, as the first tenant, beside a key with ten times as many people" zh:"同一批用户（第一个密钥），旁边有一个十倍人数的密钥"`

	Goodput   float64 `json:"goodput_of_peak" en:"answer tokens per second of the stampede, as a part of those at the peak" zh:"人潮下的回答词元速率与峰值之比"`
	Calls     float64 `json:"calls_per_answer" en:"requests to the engine for each answer that was begun, in the stampede" zh:"人潮下每个已开始的回答对引擎的请求数"`
	Idle      int64   `json:"idle_bytes" en:"memory of the server before" zh:"之前服务进程占用的内存"`
	Most      int64   `json:"most_bytes" en:"the most it had" zh:"最高占用"`
	Afterward int64   `json:"after_bytes" en:"after it" zh:"之后的占用"`
}

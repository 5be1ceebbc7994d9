package appliance

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/bench"
)

// What is measured where nobody says it: who asks at once, and how often each.
var usualClients = []int{1, 2, 4}

const (
	clientsMost      = 64
	asksEach         = 2
	measuringMost    = 15 * time.Minute
	measurementsKept = 50
)

// What a person is reckoned with: questions an hour when it is busy, tokens of an answer, and
// the part of what the machine can do that is not kept in reserve.
const (
	asksAnHour   = 12
	answerTokens = 300
	used         = 0.6
)

// peopleServed is how many can work with so many tokens a second.
func peopleServed(tokensPerSecond float64) int {
	if tokensPerSecond <= 0 {
		return 0
	}
	return max(1, int(tokensPerSecond*used*3600/(asksAnHour*answerTokens)))
}

// measuring asks models as clients do, and looks at the clock.
type measuring struct {
	answers hearth.Generator // the whole chain
	holders interface {
		HoldKey(ctx context.Context, keyID string) (context.Context, hearth.Principal, func(), error)
	}
	rows interface {
		AddMeasurement(ctx context.Context, at time.Time, model string, body []byte, most int) error
		Measurements(ctx context.Context, most int) ([][]byte, error)
	}
	log  *slog.Logger
	ctx  context.Context // ends with the appliance
	stop context.CancelFunc
	all  sync.WaitGroup

	mu     sync.Mutex
	now    *admin.Measurement
	cancel context.CancelFunc
}

var _ admin.Measuring = (*measuring)(nil)

func newMeasuring(answers hearth.Generator, d *Data, log *slog.Logger) *measuring {
	m := &measuring{answers: answers, holders: d.Access, rows: d.store, log: log}
	m.ctx, m.stop = context.WithCancel(context.Background())
	return m
}

// close ends what is being measured.
func (m *measuring) close() {
	m.mu.Lock()
	m.stop() // from here nothing is begun
	m.mu.Unlock()
	m.all.Wait()
}

// Begin measures a model on the account of somebody.
func (m *measuring) Begin(by hearth.Principal, o admin.MeasureOrder) (admin.Measurement, error) {
	if len(o.Clients) == 0 {
		o.Clients = usualClients
	}
	total := 0
	for _, n := range o.Clients {
		if n < 1 || n > clientsMost {
			return admin.Measurement{}, hearth.NewError(hearth.OutOfRange, "field", "clients", "min", 1, "max", clientsMost).At("clients")
		}
		total += n * asksEach
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctx.Err() != nil {
		return admin.Measurement{}, hearth.NewError(hearth.ServerStop)
	}
	if m.now != nil {
		return admin.Measurement{}, hearth.NewError(hearth.MeasuringBusy, "model", m.now.Model)
	}
	now := &admin.Measurement{Model: o.Model, State: "running", By: by.Name, Started: time.Now().UTC(), Prompt: o.Prompt, Generate: o.Generate, Total: total, Levels: []admin.Level{}}
	ctx, cancel := context.WithTimeout(m.ctx, measuringMost)
	m.now, m.cancel = now, cancel
	shown := *now
	m.all.Go(func() {
		defer cancel()
		m.end(now, m.measure(ctx, by, o))
	})
	return shown, nil
}

// measure goes through the levels.
func (m *measuring) measure(ctx context.Context, by hearth.Principal, o admin.MeasureOrder) error {
	ctx, by, release, err := m.holders.HoldKey(ctx, by.KeyID)
	defer release()
	if err != nil {
		return err
	}
	before := 0
	for level, n := range o.Clients {
		load := &bench.Load{Generator: asked{m.answers, by}, Model: o.Model, Clients: n, Requests: n * asksEach, Prompts: []int{o.Prompt}, Generate: o.Generate,
			IgnoreEnd: true, Seed: uint64(time.Now().UnixNano()) + uint64(level)} // what was asked before is remembered, and would be quicker
		r, err := load.Run(ctx, func(p bench.Progress) { m.progress(before + p.Done) })
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if r.Completed == 0 && r.Err != nil {
			return r.Err
		}
		before += n * asksEach
		m.level(admin.Level{Clients: n, Requests: r.Requests, Failed: r.Failed, Answers: r.AnswerRate, Stream: r.Stream.P50, TTFT: r.TTFT.P50, TTFT95: r.TTFT.P95, Gap95: r.Gap.P95}, before)
	}
	return nil
}

// asked asks in the name of somebody.
type asked struct {
	hearth.Generator
	by hearth.Principal
}

func (a asked) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	q := *r
	q.By, q.ID = a.by, "req_"+rand.Text()
	return a.Generator.Generate(ctx, &q)
}

func (m *measuring) progress(done int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.Done = done
}

func (m *measuring) level(l admin.Level, done int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.Levels, m.now.Done = append(m.now.Levels, l), done
	m.now.Speed = max(m.now.Speed, l.Answers)
	m.now.People = peopleServed(m.now.Speed)
}

// end notes what became of it, and remembers it.
func (m *measuring) end(x *admin.Measurement, err error) {
	m.mu.Lock()
	at := time.Now().UTC()
	x.Ended, m.now, m.cancel = &at, nil, nil
	switch {
	case err == nil:
		x.State = "done"
	case errors.Is(err, context.Canceled) || errors.Is(err, hearth.NewError(hearth.Canceled)):
		x.State = "cancelled"
	default:
		x.State = "failed"
		m.log.Warn("a model could not be measured", "model", x.Model, "error", err)
	}
	m.mu.Unlock()
	k := kept{Measurement: *x}
	if x.State == "failed" {
		e := hearth.AsError(err)
		k.Problems = map[hearth.Language]*admin.JobProblem{}
		for _, l := range []hearth.Language{hearth.English, hearth.Chinese} {
			k.Problems[l] = &admin.JobProblem{Code: string(e.Code), Message: e.Message(l), Remedy: e.Remedy(l)}
		}
	}
	body, err := json.Marshal(k)
	if err == nil {
		err = m.rows.AddMeasurement(context.WithoutCancel(m.ctx), at, x.Model, body, measurementsKept)
	}
	if err != nil {
		m.log.Error("a measurement can't be kept", "model", x.Model, "error", err)
	}
}

// kept is a measurement as it is remembered.
type kept struct {
	admin.Measurement
	Problems map[hearth.Language]*admin.JobProblem `json:"problems,omitempty"`
}

// Running is the one that goes on.
func (m *measuring) Running() (admin.Measurement, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now == nil {
		return admin.Measurement{}, false
	}
	x := *m.now
	x.Levels = append([]admin.Level{}, x.Levels...)
	return x, true
}

// Stop ends the one that goes on, if one does.
func (m *measuring) Stop() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cancel != nil {
		m.cancel()
	}
	return nil
}

// Past are those that have ended.
func (m *measuring) Past(ctx context.Context, most int, l hearth.Language) ([]admin.Measurement, error) {
	rows, err := m.rows.Measurements(ctx, most)
	list := make([]admin.Measurement, 0, len(rows))
	for _, body := range rows {
		var x kept
		if err := json.Unmarshal(body, &x); err != nil {
			return nil, err
		}
		x.Problem = x.Problems[l]
		list = append(list, x.Measurement)
	}
	return list, err
}

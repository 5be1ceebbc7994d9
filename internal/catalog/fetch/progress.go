package fetch

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	reportEvery = 500 * time.Millisecond
	rateSamples = 20 // ten seconds
)

// Phase says what is being done to a file.
type Phase string

// The phases of a file, in order. Verifying may be followed by Repairing, and that
// by Verifying again.
const (
	Asking    Phase = "asking"    // mirrors, for length and version
	Checking  Phase = "checking"  // what has arrived earlier
	Fetching  Phase = "fetching"  // in parallel chunks
	Streaming Phase = "streaming" // over one connection, since no mirror serves parts; can't be resumed
	Verifying Phase = "verifying" // the whole file
	Repairing Phase = "repairing" // fetching again and comparing
	Arrived   Phase = "arrived"
)

// Progress is how far one phase of one file is.
type Progress struct {
	Path        string
	File, Files int // the file's number, from 0, and how many there are
	Phase       Phase
	Done, Total int64         // bytes in this phase; Total is -1 if unknown
	Rate        float64       // bytes per second over the last ten seconds
	Left        time.Duration // for this phase at that rate; -1 if unknown
	Mirror      string        // the one that delivered last
	Restarts    int           // how often the file had to be begun again from zero
}

// meter counts bytes and reports.
type meter struct {
	report func(Progress)
	done   atomic.Int64 // of the phase; sinks when a chunk is begun again
	moved  atomic.Int64 // since the phase began; never sinks

	mu      sync.Mutex
	p       Progress
	samples []sample
}

type sample struct {
	at    time.Time
	moved int64
}

// newMeter begins to report, until stop is called.
func newMeter(path string, file, files int, report func(Progress)) (m *meter, stop func()) {
	m = &meter{report: report, p: Progress{Path: path, File: file, Files: files, Phase: Asking, Total: -1, Left: -1}}
	if report == nil {
		return m, func() {}
	}
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		m.tick(quit)
	}()
	return m, func() { close(quit); <-ended }
}

func (m *meter) tick(quit chan struct{}) {
	t := time.NewTicker(reportEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			m.tell(func() {})
		case <-quit:
			return
		}
	}
}

// tell changes what is reported and reports.
func (m *meter) tell(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
	if m.report == nil {
		return
	}
	m.measure(time.Now())
	m.report(m.p)
}

// measure computes rate and time left from the samples.
func (m *meter) measure(now time.Time) {
	s := sample{now, m.moved.Load()}
	m.samples = append(m.samples, s)
	if len(m.samples) > rateSamples {
		m.samples = m.samples[1:]
	}
	m.p.Done, m.p.Rate, m.p.Left = m.done.Load(), 0, -1
	if took := now.Sub(m.samples[0].at).Seconds(); took > 0 {
		m.p.Rate = float64(s.moved-m.samples[0].moved) / took
	}
	if m.p.Rate > 0 && m.p.Total >= 0 {
		left := float64(m.p.Total-m.p.Done) / m.p.Rate
		m.p.Left = time.Duration(min(left, 1e9) * float64(time.Second))
	}
}

// phase begins a phase of which done bytes of total are behind us.
func (m *meter) phase(p Phase, done, total int64) {
	m.tell(func() {
		m.p.Phase, m.p.Total, m.samples = p, total, nil
		m.done.Store(done)
		m.moved.Store(0)
	})
}

// add counts bytes. Negative ones are begun again.
func (m *meter) add(n int64) {
	m.done.Add(n)
	m.moved.Add(max(0, n))
}

func (m *meter) from(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.Mirror = name
}

func (m *meter) restarted() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.Restarts++
}

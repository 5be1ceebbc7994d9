package upstream

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// gauges are where engines say how busy they are, by the names of their metrics.
type gauges struct {
	path             string
	running, waiting string
	cache            []string // the part of the cache in use, from 0 to 1; names by version
}

const (
	metricsEvery    = 5 * time.Second
	metricsFresh    = 3 * metricsEvery // how long what they said is believed
	metricsMax      = 3 * time.Second
	metricsBytesMax = 4 << 20
)

// Load is how busy an engine is, as it says itself.
type Load struct {
	Running, Waiting int
	Cache            float64 // the part in use, from 0 to 1
}

// loadSeen is what an engine said last.
type loadSeen struct {
	mu   sync.Mutex
	load Load
	at   time.Time
}

// Load is what the server said last of how busy it is; ok is false if it did not lately.
func (u *Server) Load() (l Load, ok bool) {
	u.load.mu.Lock()
	defer u.load.mu.Unlock()
	return u.load.load, !u.load.at.IsZero() && time.Since(u.load.at) < metricsFresh
}

// scrape asks for the metrics, where the kind has them. Engines that keep theirs to
// themselves, which most do unless told otherwise, are as good without. It reports whether
// there is anything new.
func (u *Server) scrape(ctx context.Context) bool {
	g := u.kind.gauges
	address := u.MetricsURL
	if address == "" {
		if g.path == "" {
			return false
		}
		address = hostOf(u.URL) + g.path
	}
	ctx, cancel := context.WithTimeout(ctx, metricsMax)
	defer cancel()
	l, ok := Load{}, false
	if body, err := u.get(ctx, address); err == nil {
		l, ok = g.read(io.LimitReader(body, metricsBytesMax))
		_ = body.Close()
	}
	u.load.mu.Lock()
	defer u.load.mu.Unlock()
	if !ok && time.Since(u.load.at) < metricsFresh {
		return false
	}
	news := u.load.load != l
	if u.load.load = l; ok {
		u.load.at = time.Now()
	}
	return news
}

// get is do for what is no part of the API: what comes of it says nothing of limits.
func (u *Server) get(ctx context.Context, address string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if hostOf(address) == hostOf(u.URL) { // the key goes nowhere else
		u.introduce(req.Header)
	}
	resp, err := u.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, u.protocol("metrics: "+resp.Status, nil)
	}
	return resp.Body, nil
}

// read takes Prometheus' text format: engines of several workers count each, so counts
// are added up, and of the caches the fullest counts.
func (g gauges) read(r io.Reader) (l Load, some bool) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), 1<<20)
	for lines.Scan() {
		name, value, ok := sample(lines.Text())
		if !ok {
			continue
		}
		switch {
		case name == g.running:
			l.Running += int(min(max(value, 0), 1e6))
		case name == g.waiting:
			l.Waiting += int(min(max(value, 0), 1e6))
		case contains(g.cache, name):
			l.Cache = max(l.Cache, min(max(value, 0), 1))
		default:
			continue
		}
		some = true
	}
	return l, some && lines.Err() == nil
}

// sample is a line NAME{LABELS} VALUE [TIME].
func sample(line string) (name string, value float64, ok bool) {
	if line == "" || line[0] == '#' {
		return "", 0, false
	}
	name, rest, _ := strings.Cut(line, " ")
	if at := strings.IndexByte(line, '{'); at >= 0 {
		end := strings.LastIndexByte(line, '}')
		if end < at {
			return "", 0, false
		}
		name, rest = line[:at], line[end+1:]
	}
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return "", 0, false
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	return name, value, err == nil && value == value
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

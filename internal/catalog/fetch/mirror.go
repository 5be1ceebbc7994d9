package fetch

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"
)

// Waits after failures.
const (
	backoffFirst = 500 * time.Millisecond
	backoffMax   = 30 * time.Second

	exploreEvery = 8 // each so many chunks, one goes to the mirror asked least
	rateWeight   = 0.3
)

// mirror is one place that has the file, and what is known of it.
type mirror struct {
	url, name string

	asked bool // and it has the file
	whole bool // it ignores ranges
	bytes int64
	validators

	active, slots int // requests at work, and how many may be
	picks         int
	rate          float64 // bytes per second of one connection; 0 before the first chunk

	failures  int // in a row
	epoch     int // counts failures, so that one hiccup of many connections is one failure
	until     time.Time
	delivered bool
	last      *fault
	gone      *fault // why it is not used any more
	wrong     string // the SHA-256 of what it serves, when that is not the file
}

func newMirrors(urls []string, parallel int) []*mirror {
	var ms []*mirror
	known := map[string]bool{}
	for _, text := range urls {
		if known[text] {
			continue
		}
		known[text] = true
		ms = append(ms, &mirror{url: text, name: nameOf(text), slots: parallel})
	}
	return ms
}

// nameOf is a URL without what may be secret.
func nameOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "a mirror"
	}
	name := clean((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
	return name
}

// rested reports whether the mirror may be asked for anything now.
func (m *mirror) rested(now time.Time) bool {
	return m.gone == nil && m.active < m.slots && !now.Before(m.until)
}

// ready reports whether the mirror may be asked for a chunk now.
func (m *mirror) ready(now time.Time) bool {
	return m.rested(now) && m.asked && !m.whole
}

// learn takes what the mirror said of the file in an answer to a request for its
// first byte.
func (m *mirror) learn(about about) {
	m.asked, m.whole, m.bytes, m.validators = true, about.whole, about.bytes, about.validators
}

// praise notes a chunk, or a part of one.
func (m *mirror) praise(bytes int64, took time.Duration) {
	m.failures, m.delivered = 0, true
	if took <= 0 {
		return
	}
	r := float64(bytes) / took.Seconds()
	m.rate = cmp.Or(m.rate, r)*(1-rateWeight) + r*rateWeight
}

// blame notes a failure of a request that began in an epoch.
func (m *mirror) blame(f *fault, epoch, retries int, now time.Time) {
	m.last = f
	// What used to deliver and now refuses may be a signature that ran out.
	if f.changed || f.drop && !m.delivered {
		m.gone = f
		return
	}
	if epoch != m.epoch {
		return
	}
	m.epoch++
	m.failures++
	m.until = now.Add(max(f.after, backoff(m.failures)))
	if f.crowded {
		m.slots = max(1, m.active/2)
	}
	if m.failures >= retries {
		m.gone = faultf("%d failures in a row, at last: %s", m.failures, f.what)
	}
}

// backoff doubles from half a second to half a minute, of which the second half is random.
func backoff(failures int) time.Duration {
	d := min(backoffMax, backoffFirst<<min(failures-1, 10))
	return d/2 + rand.N(d/2)
}

// about is what a mirror says of a file.
type about struct {
	bytes int64 // -1 if it does not say
	whole bool  // it ignores ranges
	validators
}

// aboutOf reads the answer to a request for the first byte.
func aboutOf(resp *http.Response) (about, error) {
	a := about{bytes: resp.ContentLength, whole: true, validators: validatorsOf(resp.Header)}
	s, total, ok := parseContentRange(resp.Header.Get("Content-Range"))
	switch {
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && ok && s.len() == 0 && total == 0:
		return about{validators: a.validators}, nil // the file is empty
	case resp.StatusCode == http.StatusPartialContent && (!ok || s != span{0, 1}):
		return a, rangeFault(resp, span{0, 1})
	case resp.StatusCode == http.StatusPartialContent:
		a.bytes, a.whole = total, false
	case resp.StatusCode != http.StatusOK:
		return a, statusFault(resp)
	}
	return a, contentFault(resp)
}

// contentFault is nil for an answer whose bytes are the file's.
func contentFault(resp *http.Response) error {
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" || resp.Uncompressed {
		return faultf("it sends the file compressed (%s)", e).dropping()
	}
	if isHTML(resp.Header) {
		return faultf("it sends a web page instead of the file").dropping()
	}
	return nil
}

func rangeFault(resp *http.Response, want span) *fault {
	return faultf("it answered bytes %d-%d with %q", want.start, want.end-1, resp.Header.Get("Content-Range"))
}

func statusFault(resp *http.Response) *fault {
	f := faultf("it answered %s", resp.Status)
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		f.crowded = true
		f.after = parseRetryAfter(resp.Header.Get("Retry-After"), time.Now())
	case code == http.StatusRequestTimeout || code == http.StatusTooEarly:
	case code < 500:
		f.drop = true
	}
	return f
}

// chunkFault is nil for an answer that is the span of the file this mirror was
// found to have.
func (m *mirror) chunkFault(resp *http.Response, want span) error {
	now := validatorsOf(resp.Header)
	good := resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusPartialContent
	s, total, ok := parseContentRange(resp.Header.Get("Content-Range"))
	switch {
	case !good:
		return statusFault(resp)
	case m.differ(now):
		return changedFault(fmt.Sprintf("it was %s, now it is %s", m.validators, now))
	case contentFault(resp) != nil:
		return contentFault(resp)
	case resp.StatusCode == http.StatusOK:
		return faultf("it answered a range with the whole file")
	case ok && total != m.bytes:
		return changedFault(fmt.Sprintf("it had %d bytes, now it has %d", m.bytes, total))
	case !ok || s != want || resp.ContentLength >= 0 && resp.ContentLength != want.len():
		return rangeFault(resp, want)
	}
	return nil
}

func changedFault(how string) *fault {
	return &fault{what: clean("the file changed there: " + how), changed: true, drop: true}
}

func (v validators) String() string { return cmp.Or(v.etag, v.modified, "unnamed") }

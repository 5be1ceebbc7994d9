package upstream

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// limitKind is in which headers a service says what is left of a limit, and when there
// will be more.
type limitKind struct{ remaining, reset []string }

// openAILimits are those of OpenAI and of the many that took them over.
var openAILimits = limitKind{
	remaining: []string{"X-Ratelimit-Remaining-Requests", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Remaining", "Ratelimit-Remaining"},
	reset:     []string{"X-Ratelimit-Reset-Requests", "X-Ratelimit-Reset-Tokens", "X-Ratelimit-Reset", "Ratelimit-Reset"},
}

// restMax is the longest a server is believed when it says how long it wants to be left
// alone: it is asked again then, and may say so again.
const restMax = time.Hour

// wait is how long the server wants to be left alone; 0 if it does not say. Retry-After
// counts with any status; resets only where it is said that nothing is left, or the
// request was refused for too many.
func (l limitKind) wait(resp *http.Response, now time.Time) time.Duration {
	h := resp.Header
	busy := resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == statusOverloaded || resp.StatusCode == http.StatusServiceUnavailable
	if busy {
		if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil {
			return limited(time.Duration(ms * float64(time.Millisecond)))
		}
		if d, ok := moment(h.Get("Retry-After"), now); ok {
			return d
		}
	}
	if len(l.reset) == 0 {
		l = openAILimits
	}
	longest := time.Duration(0)
	for i, name := range l.reset {
		left := h.Get(l.remaining[i])
		if left != "0" && (!busy || left != "" || resp.StatusCode != http.StatusTooManyRequests) {
			continue
		}
		if d, ok := moment(h.Get(name), now); ok {
			longest = max(longest, d)
		}
	}
	return longest
}

// moment reads any of the forms in which servers say when: seconds from now or since
// 1970, a duration as Go writes it (6m0s), an HTTP date, a time of RFC 3339.
func moment(text string, now time.Time) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, false
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		switch {
		case n > 1e11: // milliseconds since 1970
			return limited(time.UnixMilli(int64(min(n, 1e15))).Sub(now)), true
		case n > 1e9: // seconds since 1970
			return limited(time.Unix(int64(n), 0).Sub(now)), true
		case n >= 0:
			return limited(time.Duration(min(n, 1e8) * float64(time.Second))), true
		}
		return 0, false
	}
	if d, err := time.ParseDuration(text); err == nil {
		return limited(d), true
	}
	if t, err := http.ParseTime(text); err == nil {
		return limited(t.Sub(now)), true
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return limited(t.Sub(now)), true
	}
	return 0, false
}

func limited(d time.Duration) time.Duration { return min(restMax, max(0, d)) }

// rest is for how long a server is left alone.
type rest struct {
	mu    sync.Mutex
	until time.Time
}

func (r *rest) take(d time.Duration) {
	if d <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if until := time.Now().Add(d); until.After(r.until) {
		r.until = until
	}
}

func (r *rest) left() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, time.Until(r.until))
}

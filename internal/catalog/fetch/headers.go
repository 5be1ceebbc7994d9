package fetch

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfterMax bounds how long a mirror can make us wait.
const retryAfterMax = 5 * time.Minute

// parseContentRange reads "bytes 0-99/1000", and "bytes */1000", which is what a
// refused range is answered with and gives an empty span. A total that the server
// doesn't know is of no use here and not sound.
func parseContentRange(text string) (s span, total int64, ok bool) {
	unit, rest, _ := strings.Cut(text, " ")
	place, size, cut := strings.Cut(rest, "/")
	total, ok = number(size)
	if !cut || !ok || !strings.EqualFold(unit, "bytes") {
		return span{}, 0, false
	}
	if place == "*" {
		return span{}, total, true
	}
	first, last, _ := strings.Cut(place, "-")
	a, okA := number(first)
	b, okB := number(last)
	if !okA || !okB || b < a || b >= total {
		return span{}, 0, false
	}
	return span{a, b + 1}, total, true
}

// number reads digits, nothing but digits, up to the largest file there may be.
func number(digits string) (int64, bool) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n <= bytesMax
}

// parseRetryAfter reads seconds or a date; 0 if there is neither.
func parseRetryAfter(text string, now time.Time) time.Duration {
	if n, ok := number(text); ok {
		return time.Duration(min(n, int64(retryAfterMax/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(0, at.Sub(now)), retryAfterMax)
}

// isHTML recognises login pages and other news that come instead of a file.
func isHTML(h http.Header) bool {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return kind == "text/html" || kind == "application/xhtml+xml"
}

// validators tell versions of a file apart. One that is longer than the journal
// takes counts as none.
type validators struct {
	etag, modified string
}

func validatorsOf(h http.Header) validators {
	v := validators{h.Get("ETag"), h.Get("Last-Modified")}
	if len(v.etag) > journalTextMax {
		v.etag = ""
	}
	if len(v.modified) > journalTextMax {
		v.modified = ""
	}
	return v
}

// strong is the ETag if it may stand in If-Range.
func (v validators) strong() string {
	if strings.HasPrefix(v.etag, `"`) {
		return v.etag
	}
	return ""
}

// differ reports whether an answer is of another version. What an answer does not
// say, does not differ.
func (v validators) differ(now validators) bool {
	return now.etag != "" && now.etag != v.etag || now.modified != "" && now.modified != v.modified
}

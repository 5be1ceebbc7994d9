package gateway

import (
	"math"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Queue knows who waits.
type Queue interface {
	// Line shows the requests that by may see, no more than so many.
	Line(by hearth.Principal, most int) hearth.Line
}

var queueRoutes = []route{{http.MethodGet, "/v1/queue", hearth.RightAsk | hearth.RightWatch, (*exchange).showQueue}}

// How many requests are listed at most, and how often a feed looks.
const (
	queueMost  = 1000
	queueEvery = 2 * time.Second
)

// QueueAnswer is what GET /v1/queue answers: who is being answered, and who waits, the
// next to run first.
type QueueAnswer struct {
	Object   string          `json:"object"`
	Waiting  int             `json:"waiting"`
	Running  int             `json:"running"`
	Requests []QueuedRequest `json:"requests"`
}

// QueuedRequest is one of them.
type QueuedRequest struct {
	State    string `json:"state"`                 // waiting, running
	Position int    `json:"position,omitempty"`    // 1 is next
	ETA      int    `json:"eta_seconds,omitempty"` // until it runs; absent where it is not known
	Model    string `json:"model"`
	Class    string `json:"class"`
	Since    int64  `json:"since"` // Unix seconds
	Key      string `json:"key"`
	KeyName  string `json:"key_name"`
	ServedBy string `json:"served_by,omitempty"`
}

// showQueue answers GET /v1/queue: a key sees its own requests, an administrator all.
// With ?stream=true, or where events are accepted, it goes on.
func (x *exchange) showQueue() error {
	if x.Queue == nil {
		return hearth.NewError(hearth.NoSuchRoute, "method", x.r.Method, "path", x.r.URL.Path)
	}
	if x.r.URL.Query().Get("stream") != "true" && !strings.Contains(x.r.Header.Get("Accept"), "text/event-stream") {
		x.writeJSON(http.StatusOK, x.queue())
		return nil
	}
	s := x.stream(sse)
	var last QueueAnswer
	quiet := time.Now()
	tick := time.NewTicker(queueEvery)
	defer tick.Stop()
	for {
		var events []any
		switch now := x.queue(); {
		case !reflect.DeepEqual(now, last):
			last, events = now, []any{now}
		case time.Since(quiet) >= x.Heartbeat:
			events = []any{comment("unchanged")}
		}
		if events != nil {
			quiet = time.Now()
			if err := s.send(events); err != nil {
				return &begunError{err}
			}
		}
		select {
		case <-tick.C:
		case <-x.r.Context().Done():
			if why := x.ended(); why != nil {
				return x.broken(s, stepsTelling{openAIStream{x}}, why)
			}
			return nil
		}
	}
}

func (x *exchange) queue() QueueAnswer {
	line := x.Queue.Line(x.by, queueMost)
	out := QueueAnswer{Object: "queue", Waiting: line.Waiting, Running: line.Running, Requests: []QueuedRequest{}}
	for _, q := range line.Requests {
		r := QueuedRequest{State: "waiting", Position: q.Place.Position, ETA: int(math.Ceil(q.Place.Wait.Seconds())), Model: q.Model,
			Class: string(q.Class), Since: q.Arrived.Unix(), Key: q.By.KeyID, KeyName: q.By.Name, ServedBy: q.ServedBy}
		if q.ServedBy != "" {
			r.State = "running"
		}
		out.Requests = append(out.Requests, r)
	}
	return out
}

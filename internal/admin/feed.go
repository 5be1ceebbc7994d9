package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hearthbox/hearth"
)

// Limits of a feed.
const (
	feedEvery  = time.Second      // it looks whether something has changed
	feedSilent = 15 * time.Second // at most, so that proxies do not think it dead
	feedWrite  = time.Minute      // its reader may take for an event
)

// feed registers an operation that tells the state of something, and again whenever it has
// changed, as server-sent events, until look says that there is nothing more to come.
func feed[I interface{ fail(error) error }, O any](a *Admin, may hearth.Rights, op huma.Operation, look func(context.Context, *I) (_ O, more bool, err error)) {
	op.Method = http.MethodGet
	schema := a.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[O](), true, "")
	op.Responses = map[string]*huma.Response{"200": {Description: "Server-sent events, each with the state in data",
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: schema}}}}
	handle(a, may, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		first, more, err := look(ctx, in) // what can't be told is refused as usual
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			hc.SetHeader("Content-Type", "text/event-stream")
			hc.SetHeader("Cache-Control", "no-store")
			hc.SetHeader("X-Accel-Buffering", "no")
			_, w := humago.Unwrap(hc)
			s := events{w: w, rc: http.NewResponseController(w)}
			if err := s.follow(ctx, first, more, func() (any, bool, error) { return look(ctx, in) }); err != nil && ctx.Err() == nil {
				s.tell("error", makeError(err, hearth.ParseLanguage(hc.Header("Accept-Language"))))
			}
		}}, nil
	})
}

// events are what a feed sends.
type events struct {
	w    io.Writer
	rc   *http.ResponseController
	last []byte
	at   time.Time
}

// follow sends what look finds until nobody reads any more.
func (s *events) follow(ctx context.Context, now any, more bool, look func() (any, bool, error)) (err error) {
	_ = s.rc.SetReadDeadline(time.Time{}) // only the reader's going away is of interest
	tick := time.NewTicker(feedEvery)
	defer tick.Stop()
	for {
		if err := s.tell("state", now); err != nil || !more {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if now, more, err = look(); err != nil {
			return err
		}
	}
}

// tell sends a state that is another one than the last, or a sign of life.
func (s *events) tell(event string, state any) error {
	data, err := json.Marshal(state)
	if err != nil {
		return err
	}
	line := ": unchanged\n\n"
	switch {
	case !bytes.Equal(data, s.last):
		line = "event: " + event + "\ndata: " + string(data) + "\n\n"
	case time.Since(s.at) < feedSilent:
		return nil
	}
	s.last, s.at = data, time.Now()
	_ = s.rc.SetWriteDeadline(s.at.Add(feedWrite))
	if _, err := io.WriteString(s.w, line); err != nil {
		return err
	}
	return s.rc.Flush()
}

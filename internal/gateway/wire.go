package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/hearthbox/hearth"
)

// wire is how the events of a stream are framed.
type wire struct {
	contentType string
	frame       func(any) ([]byte, error)
}

var (
	// sse are server-sent events, as every client this side of 2023 reads them.
	sse = wire{"text/event-stream; charset=utf-8", frameSSE}
	// ndjson is a JSON value on every line.
	ndjson = wire{"application/x-ndjson", encode}
)

// What a server-sent event may be beside a value, which becomes a line of data.
type (
	event struct { // a value under a name
		name  string
		value any
	}
	raw     string // a line of data that is not JSON
	comment string // what clients don't see
)

func frameSSE(v any) ([]byte, error) {
	var head string
	switch e := v.(type) {
	case comment:
		// A single newline: a blank line after a comment would dispatch an empty event
		// in older clients.
		return fmt.Appendf(nil, ": %s\n", e), nil
	case raw:
		return fmt.Appendf(nil, "data: %s\n\n", e), nil
	case event:
		head, v = "event: "+e.name+"\n", e.value
	}
	b, err := encode(v)
	return fmt.Appendf(nil, "%sdata: %s\n", head, b), err
}

// encode is a value as a line of JSON.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// stream is an answer being written in pieces.
type stream struct {
	wire
	x     *exchange
	rc    *http.ResponseController
	begun bool
}

func (x *exchange) stream(w wire) *stream {
	return &stream{wire: w, x: x, rc: http.NewResponseController(x.w)}
}

// begin sends the status; from here on trouble is told in band.
func (s *stream) begin() {
	if s.begun {
		return
	}
	s.begun = true
	h := s.x.w.Header()
	h.Set("Content-Type", s.contentType)
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no") // nginx, and what imitates it
	s.x.w.WriteHeader(http.StatusOK)
}

// send writes events in one go.
func (s *stream) send(events []any) error {
	var b []byte
	for _, e := range events {
		framed, err := s.frame(e)
		if err != nil {
			return err
		}
		b = append(b, framed...)
	}
	if len(b) == 0 {
		return nil
	}
	s.begin()
	_ = s.rc.SetWriteDeadline(time.Now().Add(s.x.WriteMax))
	if _, err := s.x.w.Write(b); err != nil {
		return hearth.NewError(hearth.Canceled).Because(err)
	}
	if err := s.rc.Flush(); err != nil {
		return hearth.NewError(hearth.Canceled).Because(err)
	}
	return nil
}

package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/hearthbox/hearth/internal/door"
)

// Puller brings models of the library here.
type Puller interface {
	// Pull returns when the model is here. It tells of each file how many bytes have
	// come, of how many; -1 is unknown.
	Pull(ctx context.Context, name string, progress func(file string, done, total int64)) error
}

// ollamaStatus is a step of a download.
type ollamaStatus struct {
	Status    string `json:"status"`
	Digest    string `json:"digest,omitempty"`
	Total     int64  `json:"total,omitempty"`
	Completed int64  `json:"completed,omitempty"`
}

// pullSteps is how often a download says how far it is.
const pullSteps = 500 * time.Millisecond

// ollamaPull answers POST /api/pull: a download of the library's. Who
// leaves stops it; who asks again goes on from there.
func (x *exchange) ollamaPull() error {
	var c struct {
		ollamaNamed
		Insecure bool  `json:"insecure"` // of registries, which there are none of
		Stream   *bool `json:"stream"`
	}
	if err := x.read(&c); err != nil {
		return err
	}
	name, err := c.model()
	switch {
	case err != nil:
		return err
	case x.Puller == nil:
		return unsupported("", "downloading models")
	}
	if c.Stream != nil && !*c.Stream {
		if err := x.bring(x.r.Context(), name, func(string, int64, int64) {}); err != nil {
			return err
		}
		x.writeJSON(http.StatusOK, ollamaStatus{Status: "success"})
		return nil
	}
	return x.pull(name)
}

// pull streams how far a download is.
func (x *exchange) pull(name string) error {
	ctx, cancel := context.WithCancel(x.r.Context())
	defer cancel()
	progress := make(chan ollamaStatus, 1) // the newest; older ones nobody took are gone
	done := make(chan error, 1)
	go func() {
		done <- door.Contained(func() error {
			return x.bring(ctx, name, func(file string, done, total int64) {
				select {
				case <-progress:
				default:
				}
				select {
				case progress <- ollamaStatus{"pulling " + file, file, max(0, total), done}:
				default:
				}
			})
		})
	}()
	s := x.stream(ndjson)
	tick := time.NewTicker(pullSteps)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return x.pulled(s, progress, err)
		case <-tick.C:
		}
		select {
		case p := <-progress:
			if err := s.send([]any{p}); err != nil {
				cancel()
				<-done
				return &begunError{err}
			}
		default:
		}
	}
}

// pulled ends the stream of a download.
func (x *exchange) pulled(s *stream, progress <-chan ollamaStatus, err error) error {
	if err != nil && !s.begun {
		return err
	}
	if err != nil {
		if !x.gone(err) {
			_ = s.send([]any{ollamaError(x, x.explain(err))})
		}
		return &begunError{err}
	}
	var last []any
	select {
	case p := <-progress:
		last = append(last, p)
	default:
	}
	if err := s.send(append(last, ollamaStatus{Status: "success"})); err != nil {
		return &begunError{err}
	}
	return nil
}

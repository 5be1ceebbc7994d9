package engine

import (
	"sync"

	"github.com/hearthbox/hearth"
)

// outbox carries chunks from the loop, which must not wait, to the reader, who may
// be slow. It holds no more than one answer, whose length is bounded.
type outbox struct {
	mu     sync.Mutex
	chunks []hearth.Chunk
	err    error
	closed bool
	ready  chan struct{} // has one element when there is news
}

func newOutbox() *outbox { return &outbox{ready: make(chan struct{}, 1)} }

func (o *outbox) put(c hearth.Chunk) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.chunks = append(o.chunks, c)
	o.wake()
}

// close ends the stream: with err, or well if it is nil.
func (o *outbox) close(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.err = true, err
	o.wake()
}

func (o *outbox) wake() {
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// take returns everything there is, and whether that is the end. It takes back what
// it returned before, to be filled again.
func (o *outbox) take(used []hearth.Chunk) (chunks []hearth.Chunk, closed bool, err error) {
	clear(used)
	o.mu.Lock()
	defer o.mu.Unlock()
	chunks, o.chunks = o.chunks, used[:0]
	return chunks, o.closed, o.err
}

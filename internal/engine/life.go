package engine

import (
	"sync"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gguf"
)

// life is what every loaded model has, whatever it is for: a file, a goroutine that computes,
// and an end. Whoever has it embedded runs the goroutine, which closes done when it sees that
// nothing more is taken.
type life struct {
	file *gguf.File

	mu     sync.Mutex
	closed error         // why no more requests are taken
	wake   chan struct{} // has one element when there may be something to do
	done   chan struct{}

	closing  sync.Once
	closeErr error
}

func newLife(f *gguf.File) life {
	return life{file: f, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// Close fails what is running and waiting, and lets go of the file.
func (l *life) Close() error {
	l.refuse(hearth.NewError(hearth.ServerStop))
	<-l.done
	l.closing.Do(func() { l.closeErr = l.file.Close() })
	return l.closeErr
}

// Err is why the model no longer works, nil while it does.
func (l *life) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// refuse takes no more requests from now on, for the first reason given.
func (l *life) refuse(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed == nil {
		l.closed = reason
	}
	l.nudge()
}

// nudge wakes the goroutine.
func (l *life) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

package cryptosuite

import (
	"context"
	"errors"
	"hash"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// Hasher computes digests with several cores. All streams that go through one
// Hasher share its memory, so that its limit holds however many there are.
type Hasher struct {
	blocks chan *block // those not in use
}

// NewHasher makes a Hasher for so many cores, 0 for as many as may be used. It
// needs at most 2*cores+2 MiB.
func NewHasher(cores int) *Hasher {
	if cores <= 0 {
		cores = runtime.GOMAXPROCS(0)
	}
	h := &Hasher{blocks: make(chan *block, 2*cores+2)}
	for range cap(h.blocks) {
		h.blocks <- &block{}
	}
	return h
}

// emptyReadsMax is how often in a row a reader may read nothing and say nothing.
const emptyReadsMax = 100

// block is a leaf's worth of a stream. It goes back to the Hasher when everyone who
// hashes it is done.
type block struct {
	data  []byte
	users atomic.Int32
}

// Sum reads the stream to its end and computes what is wanted. Errors are the
// reader's, or the context's.
func (h *Hasher) Sum(ctx context.Context, r io.Reader, want Want) (Sums, error) {
	s := h.start(want)
	n, err := s.read(ctx, r)
	sums := s.finish()
	if err != nil {
		return Sums{}, err
	}
	sums.Bytes = n
	return sums, nil
}

// summing is one Sum under way.
type summing struct {
	*Hasher
	want  Want
	queue []chan *block // one for each whole-stream digest
	whole [len(functions)]hash.Hash
	work  sync.WaitGroup

	mu     sync.Mutex // leaves grow while others are being filled in
	leaves [len(functions)][]Digest
}

func (h *Hasher) start(want Want) *summing {
	s := &summing{Hasher: h, want: want}
	for i, f := range functions {
		s.whole[i] = f.make()
		if want&f.whole == 0 {
			continue
		}
		q := make(chan *block, cap(h.blocks)) // never full: there are no more blocks
		s.queue = append(s.queue, q)
		s.work.Go(func() {
			for b := range q {
				s.whole[i].Write(b.data)
				s.done(b)
			}
		})
	}
	return s
}

// read hands the stream out block by block.
func (s *summing) read(ctx context.Context, r io.Reader) (total int64, err error) {
	for index := 0; ; index++ {
		var b *block
		select {
		case b = <-s.blocks:
		case <-ctx.Done():
			return total, ctx.Err()
		}
		n, err := b.fill(r)
		total += int64(n)
		if n == 0 {
			s.blocks <- b
		} else {
			s.hand(b, index)
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// fill reads a whole block, or what is left; then the error says why. It is not
// io.ReadFull, which tells an end from a broken-off stream by an error that the
// reader may have made itself.
func (b *block) fill(r io.Reader) (n int, err error) {
	if b.data == nil {
		b.data = make([]byte, leafBytes)
	}
	for empty := 0; n < leafBytes && err == nil; {
		var m int
		m, err = r.Read(b.data[n:leafBytes])
		n += m
		if empty++; m > 0 {
			empty = 0
		} else if err == nil && empty == emptyReadsMax {
			err = io.ErrNoProgress
		}
	}
	b.data = b.data[:n]
	return n, err
}

// hand gives a block to all who hash it.
func (s *summing) hand(b *block, index int) {
	b.users.Store(int32(len(s.queue)) + 1)
	for _, q := range s.queue {
		q <- b
	}
	if s.want&WantTrees == 0 {
		s.done(b)
		return
	}
	s.mu.Lock()
	for i := range s.leaves {
		s.leaves[i] = append(s.leaves[i], Digest{})
	}
	s.mu.Unlock()
	s.work.Go(func() {
		s.leaf(b, index)
		s.done(b)
	})
}

func (s *summing) leaf(b *block, index int) {
	for i, f := range functions {
		if s.want&f.tree == 0 {
			continue
		}
		d := leafHash(f.make, b.data)
		s.mu.Lock()
		s.leaves[i][index] = d
		s.mu.Unlock()
	}
}

func (s *summing) done(b *block) {
	if b.users.Add(-1) == 0 {
		s.blocks <- b
	}
}

// finish waits for everyone and collects the digests.
func (s *summing) finish() Sums {
	for _, q := range s.queue {
		close(q)
	}
	s.work.Wait()
	var sums Sums
	whole := [...]*Digest{&sums.SHA256, &sums.SM3}
	trees := [...]*Digest{&sums.TreeSHA256, &sums.TreeSM3}
	for i, f := range functions {
		if s.want&f.whole != 0 {
			*whole[i] = Digest(s.whole[i].Sum(nil))
		}
		if s.want&f.tree != 0 {
			*trees[i] = root(f.make, s.leaves[i])
		}
	}
	return sums
}

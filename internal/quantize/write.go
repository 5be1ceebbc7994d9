package quantize

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/simd"
)

// stripeBytes is how much of a tensor is made before it is written, a row at least.
const stripeBytes = 16 << 20

// ErrNotANumber says that a tensor holds what is no number.
var ErrNotANumber = errors.New("holds values that are no numbers")

// Job is a model to be written anew.
type Job struct {
	File    *gguf.File
	Recipe  Recipe
	Workers int // that compute, at least 1

	// Progress, if not nil, is told how many of all bytes that are read are done.
	Progress func(done, total int64)

	plan        []gguf.Type
	done, total int64
}

// Prepare chooses the formats, and tells how large the file becomes, in bytes, apart from
// its metadata.
func (j *Job) Prepare() (bytes int64, err error) {
	if j.plan, err = Plan(j.File, j.Recipe); err != nil {
		return 0, err
	}
	j.total = 0
	for i, t := range j.File.Tensors {
		j.total += int64(len(t.Data))
		bytes += int64(j.plan[i].RowBytes(t.Shape[0])) * int64(t.Rows())
	}
	return bytes, nil
}

// Formats counts the tensors in each format, after [Job.Prepare].
func (j *Job) Formats() map[string]int {
	n := map[string]int{}
	for _, t := range j.plan {
		n[t.String()]++
	}
	return n
}

// Write writes the file, after [Job.Prepare].
func (j *Job) Write(ctx context.Context, dst io.Writer) error {
	var w gguf.Writer
	err := gguf.Reading(func() error {
		for key, v := range j.File.All() {
			switch key {
			case "general.quantization_version", "general.file_type", "general.alignment",
				"split.no", "split.count", "split.tensors.count":
				continue // of the file as it was
			}
			if err := w.Copy(key, v); err != nil {
				return err
			}
		}
		return errors.Join(w.Set("general.quantization_version", uint32(2)), w.Set("general.file_type", j.Recipe.file))
	})
	if err != nil {
		return err
	}
	for i, t := range j.File.Tensors {
		if err := w.Add(t.Name, j.plan[i], t.Shape, &tensor{ctx, j, t, j.plan[i]}); err != nil {
			return err
		}
	}
	_, err = w.WriteTo(dst)
	return err
}

func (j *Job) advance(bytes int) {
	j.done += int64(bytes)
	if j.Progress != nil {
		j.Progress(j.done, j.total)
	}
}

// tensor is one of a job's, to be written in a format.
type tensor struct {
	ctx context.Context
	job *Job
	*gguf.Tensor
	to gguf.Type
}

// WriteTo writes the tensor, a stripe of rows after the other.
func (t *tensor) WriteTo(w io.Writer) (int64, error) {
	width, rows := t.Shape[0], t.Rows()
	from, to := t.Type.RowBytes(width), t.to.RowBytes(width)
	stripe := min(rows, max(1, stripeBytes/to))
	out := make([]byte, stripe*to)
	written := int64(0)
	for row := 0; row < rows; row += stripe {
		if err := t.ctx.Err(); err != nil {
			return written, err
		}
		n := min(stripe, rows-row)
		if err := t.encode(out[:n*to], t.Data[row*from:(row+n)*from], width); err != nil {
			return written, err
		}
		m, err := w.Write(out[:n*to])
		written += int64(m)
		if err != nil {
			return written, err
		}
		t.job.advance(n * from)
	}
	return written, nil
}

// encode makes a stripe, its rows by whichever worker is free.
func (t *tensor) encode(dst, src []byte, width int) error {
	if t.to == t.Type {
		return gguf.Reading(func() error { copy(dst, src); return nil })
	}
	widen, encode := widening(t.Type), encoders()[t.to]
	from, to := t.Type.RowBytes(width), t.to.RowBytes(width)
	rows := len(src) / from
	each := max(1, (1<<15)/width) // rows that a worker takes at a time
	var next atomic.Int64
	work := func() error {
		x := make([]float32, width)
		for {
			first := int(next.Add(int64(each))) - each
			if first >= rows {
				return nil
			}
			for i := first; i < min(rows, first+each); i++ {
				widen(x, src[i*from:(i+1)*from])
				if !numbers(x) {
					return fmt.Errorf("tensor %s %w", t.Name, ErrNotANumber)
				}
				encode(dst[i*to:(i+1)*to], x)
			}
		}
	}
	errs := make([]error, max(1, t.job.Workers))
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = gguf.Reading(work) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func widening(t gguf.Type) func(dst []float32, row []byte) {
	switch t {
	case gguf.F16:
		return simd.FormatF16.Widen
	case gguf.BF16:
		return simd.FormatBF16.Widen
	}
	return simd.FormatF32.Widen
}

// numbers reports whether all are.
func numbers(x []float32) bool {
	var sum float32
	for _, v := range x {
		sum += v - v // what is no number, or infinite, leaves no zero
	}
	return sum == 0
}

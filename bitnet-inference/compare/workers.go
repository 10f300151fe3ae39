package compare

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"

	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// chunkValues is about how many weights one goroutine works on at a time.
const chunkValues = 1 << 18

// workers go through the rows of two tensors on all processors.
type workers struct {
	ctx     context.Context
	scratch sync.Pool // of *scratch

	mu          sync.Mutex
	done, total int64
	progress    func(done, total int64)
}

// A scratch is the buffers of one goroutine, of a chunk each.
type scratch struct {
	a, b   []float32
	ca, cb []int8
}

func newWorkers(ctx context.Context, total int64, progress func(done, total int64)) *workers {
	w := &workers{ctx: ctx, total: total, progress: progress}
	w.scratch.New = func() any { return new(scratch) }
	return w
}

func grow[T any](b *[]T, n int) []T {
	if cap(*b) < n {
		*b = make([]T, n)
	}
	return (*b)[:n]
}

// advance counts weights that have been compared.
func (w *workers) advance(n int64) {
	if w.progress == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done += n
	w.progress(w.done, w.total)
}

// chunks calls work for pieces lo ≤ r < hi of the rows, of which there are count; i
// numbers them in order.
func (w *workers) chunks(rows, cols int, work func(i, lo, hi int, s *scratch)) error {
	step := chunkRows(cols)
	return parallel.Each(w.ctx, chunkCount(rows, cols), func(i int) {
		s := w.scratch.Get().(*scratch)
		work(i, i*step, min((i+1)*step, rows), s)
		w.scratch.Put(s)
	})
}

// sameBytes reports whether two tensors of one type have the same data.
func (w *workers) sameBytes(a, b []byte) (bool, error) {
	const some = 1 << 20 // at a time
	var differ atomic.Bool
	differ.Store(len(a) != len(b))
	err := parallel.Each(w.ctx, (len(a)+some-1)/some, func(i int) {
		lo, hi := i*some, min((i+1)*some, len(a))
		if !differ.Load() && !bytes.Equal(a[lo:hi], b[lo:hi]) {
			differ.Store(true)
		}
	})
	return !differ.Load(), err
}

func chunkRows(cols int) int { return max(1, chunkValues/cols) }

func chunkCount(rows, cols int) int {
	step := chunkRows(cols)
	return (rows + step - 1) / step
}

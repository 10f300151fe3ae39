package transcode

import (
	"context"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

// chunkValues is about how many weights are worked on at a time by one goroutine.
const chunkValues = 1 << 20

// workers run pieces of one tensor on all processors. A tensor follows the other:
// memory is bounded by the pieces that are under way.
type workers struct {
	ctx     context.Context
	scratch []*scratch
}

func newWorkers(ctx context.Context) *workers {
	w := &workers{ctx: ctx}
	for range runtime.GOMAXPROCS(0) {
		w.scratch = append(w.scratch, &scratch{})
	}
	return w
}

// A scratch is the buffers of one goroutine.
type scratch struct {
	f, g []float32
	c    []int8

	search calibrate.RowSearch
}

func grow[T any](b *[]T, n int) []T {
	if cap(*b) < n {
		*b = make([]T, n)
	}
	return (*b)[:n]
}

func (s *scratch) floats(n int) []float32 { return grow(&s.f, n) }
func (s *scratch) again(n int) []float32  { return grow(&s.g, n) }
func (s *scratch) codes(n int) []int8     { return grow(&s.c, n) }

// each calls work for 0 ≤ i < n and returns the first error in that order.
func (w *workers) each(n int, work func(i int, s *scratch) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for _, s := range w.scratch[:min(len(w.scratch), n)] {
		wg.Go(func() {
			for i := int(next.Add(1) - 1); i < n && !failed.Load(); i = int(next.Add(1) - 1) {
				if errs[i] = w.ctx.Err(); errs[i] == nil {
					errs[i] = work(i, s)
				}
				if errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// stream writes the bytes that work appends for 0 ≤ i < n in order. Work goes on
// while bytes are written, by at most twice as many pieces as there are goroutines.
func (w *workers) stream(out io.Writer, n int, work func(dst []byte, i int, s *scratch) ([]byte, error)) error {
	type piece struct {
		data []byte
		err  error
	}
	count := min(len(w.scratch), n)
	done := make([]chan piece, n)
	for i := range done {
		done[i] = make(chan piece, 1)
	}
	free := make(chan []byte, 2*count)
	for range 2 * count {
		free <- nil
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for _, s := range w.scratch[:count] {
		wg.Go(func() {
			for {
				// A buffer first, then a number: whoever has the lowest can go on.
				var buf []byte
				select {
				case buf = <-free:
				case <-stop:
					return
				}
				i := int(next.Add(1) - 1)
				if i >= n {
					return
				}
				data, err := work(buf[:0], i, s)
				done[i] <- piece{data, err}
			}
		})
	}
	err := func() error {
		for i := range n {
			p := <-done[i]
			if p.err == nil {
				p.err = w.ctx.Err()
			}
			if p.err != nil {
				return p.err
			}
			if _, err := out.Write(p.data); err != nil {
				return err
			}
			free <- p.data
		}
		return nil
	}()
	close(stop)
	wg.Wait()
	return err
}

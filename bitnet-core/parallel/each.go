package parallel

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Each calls body for 0 ≤ i < n, lower numbers first, on as many goroutines as there are
// processors for, and returns when no call runs any more. It is for pieces of work that
// take long, which need no [Pool] of their own. Once ctx has ended no call begins, and
// Each returns the context's error.
func Each(ctx context.Context, n int, body func(i int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				body(i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

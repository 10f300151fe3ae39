package checkpoint

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// concurrently runs all of work on as many goroutines as there are cores and returns
// their errors in the order of work.
func concurrently(work []func() error) []error {
	errs := make([]error, len(work))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(work)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(work)); i = next.Add(1) - 1 {
				errs[i] = work[i]()
			}
		})
	}
	wg.Wait()
	return errs
}

package checkpoint

import (
	"context"

	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// concurrently runs all of work on as many goroutines as there are cores and returns
// their errors in the order of work.
func concurrently(work []func() error) []error {
	errs := make([]error, len(work))
	_ = parallel.Each(context.Background(), len(work), func(i int) { errs[i] = work[i]() }) // nothing ends it
	return errs
}

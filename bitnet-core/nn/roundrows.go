package nn

import (
	"fmt"
	"sync/atomic"

	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// SetRows rounds rows from to from+m.Rows-1 of src, on the threads of pool, and stores
// them as the rows of m, so that a large matrix can be rounded a few rows at a time. A
// nil pool means the caller's thread. If rows have weights that the type cannot hold, the
// error wraps [ErrRange] and names the first such row of src; m then holds nothing of use.
// It panics if the shapes do not fit.
func (m *Matrix) SetRows(pool *parallel.Pool, src *Matrix, from int) error {
	if m.Cols != src.Cols || from < 0 || from+m.Rows > src.Rows || len(m.Data) != m.Rows*m.stride() {
		panic("nn: Matrix.SetRows shape")
	}
	var first atomic.Int64 // row with an error
	first.Store(int64(m.Rows))
	part := func(lo, hi int) {
		row := make([]float32, m.Cols)
		for r := lo; r < hi; r++ {
			src.Row(row, from+r)
			if m.SetRow(r, row) == nil {
				continue
			}
			for was := first.Load(); int64(r) < was && !first.CompareAndSwap(was, int64(r)); {
				was = first.Load()
			}
			return
		}
	}
	if pool == nil {
		part(0, m.Rows)
	} else {
		pool.Split(m.Rows, 1, 4, part)
	}
	if r := int(first.Load()); r < m.Rows {
		return fmt.Errorf("row %d: %w", from+r, ErrRange)
	}
	return nil
}

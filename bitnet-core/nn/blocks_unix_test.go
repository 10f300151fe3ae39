//go:build unix

package nn

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBlocksBounds puts every operand of products with blocks where reading or writing
// one byte past it faults.
func TestBlocksBounds(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for _, d := range blockTypes {
			elems, _ := d.Block()
			for _, rows := range []int{1, 3, 4, 6} {
				for _, tokens := range []int{1, 2, 3, 4, 5} {
					m := randomBlocks(rng, d, rows, 3*elems)
					x := normal(rng, tokens*m.Cols)
					want := make([]float32, tokens*rows)
					m.Mul(want, rows, x, 0, rows)
					m.Data = guarded(t, m.Data)
					got := guardedFloats(t, make([]float32, tokens*rows))
					m.Mul(got, rows, guardedFloats(t, x), 0, rows)
					require.Equal(t, want, got)
					row := guardedFloats(t, make([]float32, m.Cols))
					m.Row(row, rows-1)
					m.Data = guarded(t, make([]byte, len(m.Data)))
					require.NoError(t, m.SetRow(rows-1, row))
				}
			}
		}
	})
}

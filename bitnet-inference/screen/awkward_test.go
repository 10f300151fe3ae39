package screen

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// awkward returns rows that a screen may get wrong: of all kinds, equal to others,
// next to others, in the direction of x and almost across it.
func awkward(rng *rand.Rand, v, d int, x []float32) [][]float32 {
	kinds := slices.Sorted(maps.Keys(fills))
	rows := make([][]float32, v)
	for r := range rows {
		switch kind := rng.IntN(2 * len(kinds)); {
		case kind < len(kinds):
			rows[r] = fills[kinds[kind]](rng, d)
		case r > 0 && kind < len(kinds)+3: // a tie
			rows[r] = slices.Clone(rows[rng.IntN(r)])
		case r > 0 && kind < len(kinds)+6: // one step away from one
			rows[r] = slices.Clone(rows[rng.IntN(r)])
			c := rng.IntN(d)
			rows[r][c] = math.Nextafter32(rows[r][c], float32(rng.IntN(3)-1))
		case kind < len(kinds)+7:
			rows[r] = each(d, func(c int) float64 { return float64(x[c]) * (1 + rng.NormFloat64()/1000) })
		case kind < len(kinds)+8:
			rows[r] = each(d, func(c int) float64 { return float64(x[(c^1)%d]) * float64(1-2*(c%2)) })
		case kind < len(kinds)+9:
			rows[r] = between(rng, x)
		default:
			rows[r] = each(d, func(int) float64 { return rng.NormFloat64() / 50 })
		}
	}
	return rows
}

// between returns a row whose coarse codes leave as much as they can, all of it towards
// x or all away from it.
func between(rng *rand.Rand, x []float32) []float32 {
	scale, by := math.Ldexp(1, rng.IntN(20)-15), 1.98*float64(1-2*rng.IntN(2))
	w := each(len(x), func(c int) float64 {
		middle := 4*float64(1+rng.IntN(62)) - 126.5
		return scale * (middle + math.Copysign(by, by*float64(x[c])))
	})
	w[rng.IntN(len(x))] = float32(127 * scale)
	return w
}

// TestAwkward holds intervals and answers to the full head's, for all element types,
// kernels and kinds of x.
func TestAwkward(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	withVariants(t, func(t *testing.T) {
		for i, d := range types {
			for j, name := range slices.Sorted(maps.Keys(fills)) {
				if testing.Short() && (i+j)%len(types) != 0 {
					continue // each type and each kind once or more
				}
				rng := rand.New(rand.NewPCG(7, 8))
				scanned := 0
				for _, size := range []struct{ v, d int }{{1, 1}, {3, 7}, {65, 64}, {200, 130}, {333, 260}} {
					x := fills[name](rng, size.d)
					m := matrix(awkward(rng, size.v, size.d, x), d)
					h, err := begun(rng, m, pool)
					require.NoError(t, err)
					s := h.NewSearch(pool)
					if s.Scan(x) {
						scanned++
						checkAnswers(t, rng, h, s, m, x)
					}
					h.Release()
				}
				require.GreaterOrEqual(t, scanned, 4, "%s was hardly tested", name)
			}
		}
	})
}

// TestWidths covers every number of columns in the last block, or a seventh of them.
func TestWidths(t *testing.T) {
	pool := parallel.New(1)
	defer pool.Close()
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(41, 42))
		step := 1
		if testing.Short() {
			step = 7
		}
		for d := 1; d <= 514; d += step {
			x := fills["normal"](rng, d)
			m := matrix(awkward(rng, 9, d, x), types[d%len(types)])
			h, err := New(m, memory.Heap(), pool)
			require.NoError(t, err)
			s := h.NewSearch(pool)
			if s.Scan(x) {
				checkAnswers(t, rng, h, s, m, x)
			}
			h.Release()
		}
	})
}

// TestTight: both bounds are reached, but for a few percent, by rows that leave as much
// as they can towards x. A smaller bound would be wrong.
func TestTight(t *testing.T) {
	pool := parallel.New(1)
	defer pool.Close()
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(43, 44))
		const v, d = 40, 700
		x := each(d, func(int) float64 { return float64(1 - 2*rng.IntN(2)) })
		rows := make([][]float32, v)
		for r := range rows {
			rows[r] = between(rng, x)
			if r%2 == 0 { // the same for the fine codes
				rows[r] = each(d, func(c int) float64 {
					return float64(rng.IntN(253)-126) + math.Copysign(0.48, float64(r%4-1)*float64(x[c]))
				})
				rows[r][0] = 127
			}
		}
		m := matrix(rows, dtype.F32)
		logits, _ := full(m, x)
		h, err := New(m, memory.Heap(), pool)
		require.NoError(t, err)
		defer h.Release()
		s := h.NewSearch(pool)
		reached := func(r int, least float64) {
			middle, half := (float64(s.low[r])+float64(s.high[r]))/2, (float64(s.high[r])-float64(s.low[r]))/2
			require.Greater(t, math.Abs(float64(logits[r])-middle), least*half, "row %d", r)
			require.Less(t, math.Abs(float64(logits[r])-middle), half, "row %d", r)
		}
		require.True(t, s.Scan(x))
		ids := make([]int32, v)
		for r := range ids {
			ids[r] = int32(r)
			if r%2 == 1 {
				reached(r, 0.97)
			}
		}
		s.refine(ids)
		for r := 0; r < v; r += 2 {
			reached(r, 0.95)
		}
	})
}

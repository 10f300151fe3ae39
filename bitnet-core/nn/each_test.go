package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEach holds the kernels that compute each value for itself to the bits of
// their definition, for every length around the vectors' and every alignment,
// and checks that they write nothing beyond.
func TestEach(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		inf, nan := float32(math.Inf(1)), float32(math.NaN())
		special := []float32{0, float32(math.Copysign(0, -1)), inf, -inf, nan, 3e38, -3e38, 1e-40, 300}
		for n := range 70 {
			off := n % 17
			draw := func() []float32 {
				x := append(make([]float32, off), normal(rng, n)...)[off:]
				if n > 0 {
					x[rng.IntN(n)] = special[rng.IntN(len(special))]
				}
				return x
			}
			x, y, z, dst := draw(), draw(), draw(), draw()
			const a, b = 0.7, -1.3
			for name, tt := range map[string]struct {
				run  func(dst []float32)
				want func(i int) float32
			}{
				"Add":   {func(dst []float32) { Add(dst, x) }, func(i int) float32 { return dst[i] + x[i] }},
				"Scale": {func(dst []float32) { Scale(dst, x, a) }, func(i int) float32 { return a * x[i] }},
				"blend": {func(dst []float32) { blend(dst, x, a, b) }, func(i int) float32 { return float32(a*dst[i]) + float32(b*x[i]) }},
				"gain": {func(dst []float32) {
					for i := gainVec(dst, x, y, a); i < len(dst); i++ {
						dst[i] = x[i] * a * y[i]
					}
				}, func(i int) float32 { return x[i] * a * y[i] }},
				"ReLU2Mul": {func(dst []float32) { ReLU2Mul(dst, y, z) }, func(i int) float32 { return max(y[i], 0) * max(y[i], 0) * z[i] }},
			} {
				got := append(slices.Clone(dst), 777)
				tt.run(got[:n:n])
				require.EqualValues(t, 777, got[n], name)
				for i := range n {
					same(t, tt.want(i), got[i], "%s of %d values: %v, %v, %v", name, n, x[i], y[i], z[i])
				}
			}
			lo, hi := append(slices.Clone(dst), 777), append(slices.Clone(x), 777)
			r := &Rope{half: n, cos: y, sin: z}
			if n > 0 {
				both := append(slices.Clone(dst), x...)
				r.Apply(both, 0)
				copy(lo, both[:n])
				copy(hi, both[n:])
			}
			require.Equal(t, []float32{777, 777}, []float32{lo[n], hi[n]})
			for i := range n {
				same(t, float32(dst[i]*y[i])-float32(x[i]*z[i]), lo[i], "rope")
				same(t, float32(dst[i]*z[i])+float32(x[i]*y[i]), hi[i], "rope")
			}
		}
	})
}

// same compares to the bit, a NaN being the same as any other.
func same(t *testing.T, want, got float32, message string, args ...any) {
	t.Helper()
	if math.Float32bits(want) != math.Float32bits(got) && !(want != want && got != got) {
		require.Fail(t, "differs", "%s: want %v, got %v", fmt.Sprintf(message, args...), want, got)
	}
}

// TestReductions compares sums of squares and maxima with plain loops.
func TestReductions(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for n := 1; n < 140; n++ {
			x := append(make([]float32, n%17), normal(rng, n)...)[n%17:]
			require.Equal(t, slices.Max(x), largest(x))
			for at := range x { // alone at every place
				low := slices.Repeat([]float32{float32(math.Inf(-1))}, n)
				low[at] = -3
				require.EqualValues(t, -3, largest(low))
			}
			done, head := squaresVec(x)
			var want float64
			for _, v := range x[:done] {
				want += float64(v) * float64(v)
			}
			require.InDelta(t, want, head, 1e-5*(1+want))
		}
	})
}

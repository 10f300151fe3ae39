package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestAccuracy has sums that the bound is hardest on: terms of very different size,
// terms that cancel, and terms of one sign, whose roundings add up.
func TestAccuracy(t *testing.T) {
	const M, N, K = 13, 33, 1500
	data := map[string]func(rng *rand.Rand, k int) float64{
		"sizes":    func(rng *rand.Rand, _ int) float64 { return rng.NormFloat64() * math.Exp2(float64(rng.IntN(40)-20)) },
		"cancel":   func(rng *rand.Rand, k int) float64 { return float64(1-k%2*2) * (1 + rng.Float64()*1e-5) },
		"one sign": func(rng *rand.Rand, _ int) float64 { return 1 + rng.Float64() },
	}
	withVariants(t, func(t *testing.T) {
		w := newWorkspace(t, 2)
		for name, value := range data {
			rng := rand.New(rand.NewPCG(1, 2))
			a, b := empty(M, K, rowMajor), empty(K, N, rowMajor)
			for k := range K {
				for i := range M {
					*at(a, i, k) = float32(value(rng, k))
				}
				for j := range N {
					*at(b, k, j) = float32(math.Abs(value(rng, k)))
				}
			}
			c, y := empty(M, N, rowMajor), make([]float32, M)
			before := as(c, rowMajor)
			w.Gemm(c, 1, a, b, 0)
			t.Log(name)
			checkGemm(t, c, 1, a, b, 0, before)
			for _, a := range []Matrix[float32]{a, as(a, colMajor)} {
				x := as(b.Sub(0, 0, K, 1), rowMajor)
				w.Gemv(y, 1, a, x.Data, 0)
				checkGemm(t, Dense(y, M, 1), 1, a, x, 0, before)
			}
		}
	})
}

func BenchmarkGemv(b *testing.B) {
	const n = 4096
	rng := rand.New(rand.NewPCG(1, 2))
	for _, l := range []layout{rowMajor, colMajor} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", []string{"rows", "", "columns"}[l], threads), func(b *testing.B) {
				w := newWorkspace(b, threads)
				a, x, y := random(rng, n, n, l), normal(rng, n), make([]float32, n)
				b.SetBytes(4 * n * n)
				for b.Loop() {
					w.Gemv(y, 1, a, x, 0)
				}
			})
		}
	}
}

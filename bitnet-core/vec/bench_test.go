package vec

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkVec measures one thread; MB/s counts the bytes of operands and results.
func BenchmarkVec(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1 << 10, 1 << 16, 1 << 20, 1 << 22, 1 << 24} {
		x, y, dst, sums := normal(rng, n), normal(rng, n), make([]float32, n), make([]float64, n)
		for _, bench := range []struct {
			name  string
			width int // bytes for each element
			f     func()
		}{
			{"Add", 12, func() { Add(dst, x, y) }},
			{"AddPlain", 12, func() { OpAdd.Slices(dst, x, y, Cached) }},
			{"AddStream", 12, func() { OpAdd.Slices(dst, x, y, Past) }},
			{"Max", 12, func() { Max(dst, x, y) }},
			{"Scale", 8, func() { Scale(dst, x, 2) }},
			{"ScaleStream", 8, func() { OpMul.Right(dst, x, 2, Past) }},
			{"ReLU", 8, func() { ReLU(dst, x) }},
			{"Sqrt", 8, func() { Sqrt(dst, x) }},
			{"Sum", 4, func() { Sum(x) }},
			{"SumSquares", 4, func() { SumSquares(x) }},
			{"Largest", 4, func() { Largest(x) }},
			{"ArgMax", 4, func() { ArgMax(x) }},
			{"Accumulate", 20, func() { Accumulate(sums, x) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", bench.name, n), func(b *testing.B) {
				b.SetBytes(int64(bench.width * n))
				for b.Loop() {
					bench.f()
				}
			})
		}
	}
}

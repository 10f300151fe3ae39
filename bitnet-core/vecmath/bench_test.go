package vecmath

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkFunctions measures functions on slices that fit the first-level cache, the
// second-level one, and none; MB/s counts the bytes that are read and written once.
func BenchmarkFunctions(b *testing.B) {
	for _, n := range []int{1 << 10, 1 << 16, 1 << 22} {
		x, dst := normal(rand.New(rand.NewPCG(1, 2)), n, 1), make([]float32, n)
		run := func(name string, f func(dst, x []float32)) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.SetBytes(int64(8 * n))
				for b.Loop() {
					f(dst, x)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/value")
			})
		}
		for _, c := range cases {
			run(c.name, c.f)
		}
		run("Softmax", Softmax)
		run("LogSoftmax", LogSoftmax)
	}
}

package tensor

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

func random(b testing.TB, d dtype.DType, shape ...int) *Tensor {
	return randomIn(b, memory.Heap(), d, shape...)
}

func randomIn(b testing.TB, a memory.Allocator, d dtype.DType, shape ...int) *Tensor {
	x, err := New(a, d, shape...)
	if err != nil {
		b.Fatal(err)
	}
	Normal(x, rand.New(rand.NewPCG(1, 2)), 0, 1)
	return x
}

// BenchmarkOps measures operations on matrices of 1024×1024; MB/s counts the bytes
// of the operands and the result.
func BenchmarkOps(b *testing.B) {
	x, y, dst := random(b, dtype.F32, 1024, 1024), random(b, dtype.F32, 1024, 1024), random(b, dtype.F32, 1024, 1024)
	row, sums := random(b, dtype.F32, 1024), random(b, dtype.F32, 1024)
	const matrix = 4 << 20
	for _, bench := range []struct {
		name  string
		bytes int64
		f     func()
	}{
		{"Add", 3 * matrix, func() { Add(dst, x, y) }},
		{"Mul", 3 * matrix, func() { Mul(dst, x, y) }},
		{"AddRow", 2 * matrix, func() { Add(dst, x, row) }},
		{"AddColumn", 2 * matrix, func() { Add(dst, x, row.Unsqueeze(1)) }},
		{"Exp", 2 * matrix, func() { Exp(dst, x) }},
		{"Sum", matrix, func() { Sum(Scalar(dtype.F32, 0), x) }},
		{"SumRows", matrix, func() { Sum(sums, x, 1) }},
		{"SumColumns", matrix, func() { Sum(sums, x, 0) }},
		{"Softmax", 2 * matrix, func() { Softmax(dst, x, 1) }},
		{"CopyTransposed", 2 * matrix, func() { Copy(dst, x.Transpose(0, 1)) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(bench.bytes)
			b.ReportAllocs()
			for b.Loop() {
				bench.f()
			}
		})
	}
}

// BenchmarkSizes measures what memory bounds, on vectors that fit the first-level cache
// up to such that fit none, with one thread and with all, in huge pages where they are
// large and the system has such; MB/s counts the bytes of the operands and the result.
func BenchmarkSizes(b *testing.B) {
	pool := parallel.New(runtime.GOMAXPROCS(0))
	defer pool.Close()
	sum := Scalar(dtype.F32, 0)
	for _, n := range []int{1 << 10, 1 << 14, 1 << 18, 1 << 20, 1 << 22, 1 << 24} {
		pages := memory.Mapped()
		x, y, dst := randomIn(b, pages, dtype.F32, n), randomIn(b, pages, dtype.F32, n), randomIn(b, pages, dtype.F32, n)
		rows, to, row := x.Reshape(n/512, 512), dst.Reshape(n/512, 512), random(b, dtype.F32, 512)
		columns := random(b, dtype.F32, 512)
		for _, bench := range []struct {
			name  string
			bytes int // for each element
			f     func(on Threads)
		}{
			{"Add", 12, func(on Threads) { on.Add(dst, x, y) }},
			{"Mul", 12, func(on Threads) { on.Mul(dst, x, y) }},
			{"AddRow", 8, func(on Threads) { on.Add(to, rows, row) }},
			{"Sum", 4, func(on Threads) { on.Sum(sum, x) }},
			{"SumColumns", 4, func(on Threads) { on.Sum(columns, rows, 0) }},
			{"ReduceMax", 4, func(on Threads) { on.ReduceMax(sum, x) }},
		} {
			for _, on := range []struct {
				threads int
				Threads
			}{{1, Threads{}}, {pool.Threads(), On(pool)}} {
				b.Run(fmt.Sprintf("%s/n=%d/threads=%d", bench.name, n, on.threads), func(b *testing.B) {
					b.SetBytes(int64(bench.bytes * n))
					for b.Loop() {
						bench.f(on.Threads)
					}
				})
			}
		}
		for _, t := range []*Tensor{x, y, dst} {
			t.Release()
		}
	}
}

package tensor

import (
	"math/rand/v2"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

func random(b testing.TB, d dtype.DType, shape ...int) *Tensor {
	x, err := New(memory.Heap(), d, shape...)
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

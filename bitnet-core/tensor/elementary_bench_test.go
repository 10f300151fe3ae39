package tensor

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/blas"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// BenchmarkElementary measures functions on one thread and on all; MB/s counts the bytes
// of the operand and the result.
func BenchmarkElementary(b *testing.B) {
	pool := parallel.New(runtime.GOMAXPROCS(0))
	defer pool.Close()
	for name, on := range map[string]Threads{"one": {}, "all": On(pool)} {
		for _, n := range []int{1 << 10, 1 << 16, 1 << 22} {
			rows := max(1, n>>10)
			x, dst := random(b, dtype.F32, rows, n/rows), random(b, dtype.F32, rows, n/rows)
			for _, bench := range []struct {
				name string
				f    func()
			}{
				{"Exp", func() { on.Exp(dst, x) }},
				{"Tanh", func() { on.Tanh(dst, x) }},
				{"GELU", func() { on.GELU(dst, x) }},
				{"Softmax", func() { on.Softmax(dst, x, 1) }},
				{"LayerNorm", func() { on.LayerNorm(dst, x, nil, nil, 1e-5) }},
				{"RMSNorm", func() { on.RMSNorm(dst, x, nil, 1e-5) }},
			} {
				b.Run(fmt.Sprintf("%s/%s/%d", bench.name, name, n), func(b *testing.B) {
					b.SetBytes(int64(8 * n))
					for b.Loop() {
						bench.f()
					}
				})
			}
		}
	}
}

// BenchmarkSoftmaxDown measures softmax along the first axis of 2^18 elements, which are
// counted once; the last axis is the measure.
func BenchmarkSoftmaxDown(b *testing.B) {
	for _, high := range []int{16, 32, 64, 256, 1024} {
		x, dst := random(b, dtype.F32, high, 1<<18/high), random(b, dtype.F32, high, 1<<18/high)
		for axis := range 2 {
			b.Run(fmt.Sprintf("high=%d/axis=%d", high, axis), func(b *testing.B) {
				b.SetBytes(4 << 18)
				for b.Loop() {
					Softmax(dst, x, axis)
				}
			})
		}
	}
}

// BenchmarkHalves measures operations on 16-bit floats, 256 × 256.
func BenchmarkHalves(b *testing.B) {
	w, err := blas.New(nil, memory.Heap())
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	for _, d := range []dtype.DType{dtype.F16, dtype.BF16} {
		x, y, dst := random(b, d, 256, 256), random(b, d, 256, 256), random(b, d, 256, 256)
		for _, bench := range []struct {
			name string
			f    func()
		}{
			{"Add", func() { Add(dst, x, y) }},
			{"AddTransposed", func() { Add(dst, x, y.Transpose(0, 1)) }},
			{"MatMul", func() { MatMul(w, dst, x, y) }},
		} {
			b.Run(fmt.Sprintf("%s/%v", bench.name, d), func(b *testing.B) {
				for b.Loop() {
					bench.f()
				}
			})
		}
	}
}

package convert

import (
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// Sizes of benchmarks in values: what stays in the second-level cache, and what does
// not stay in any.
var benchSizes = []int{32 << 10, 16 << 20}

func benchFloats(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// BenchmarkConvert counts bytes read and written.
func BenchmarkConvert(b *testing.B) {
	for _, p := range [][2]dtype.DType{
		{dtype.F32, dtype.F16},
		{dtype.F16, dtype.F32},
		{dtype.F32, dtype.BF16},
		{dtype.BF16, dtype.F32},
		{dtype.F32, dtype.I8},
		{dtype.I8, dtype.F32},
		{dtype.U8, dtype.F32},
		{dtype.F32, dtype.U8},
		{dtype.F32, dtype.F64},
		{dtype.F64, dtype.F32},
		{dtype.F16, dtype.F64},
		{dtype.BF16, dtype.F16},
		{dtype.I32, dtype.F32},
		{dtype.I8, dtype.I32},
		{dtype.TQ2_0, dtype.F32},
		{dtype.F32, dtype.TQ2_0},
		{dtype.F32, dtype.TQ1_0},
	} {
		for _, n := range benchSizes {
			to, from := p[0], p[1]
			fsize, _ := from.Size(int64(n))
			tsize, _ := to.Size(int64(n))
			src, dst := make([]byte, fsize), make([]byte, tsize)
			if _, err := Convert(src, Bytes(benchFloats(n)), from, dtype.F32, Options{}); err != nil {
				b.Fatal(err)
			}
			run(dst, src, to, from, n) // the system has given the pages then
			b.Run(fmt.Sprintf("%v-%v/n=%d", from, to, n), func(b *testing.B) {
				b.SetBytes(fsize + tsize)
				for b.Loop() {
					run(dst, src, to, from, n)
				}
			})
		}
	}
}

// BenchmarkScalar is the plain loops that kernels are compared with.
func BenchmarkScalar(b *testing.B) {
	n := benchSizes[0]
	x, h := benchFloats(n), make([]uint16, n)
	b.Run("F32-F16", func(b *testing.B) {
		b.SetBytes(int64(6 * n))
		for b.Loop() {
			for i, v := range x {
				h[i] = dtype.F32ToF16(v)
			}
		}
	})
	b.Run("F16-F32", func(b *testing.B) {
		b.SetBytes(int64(6 * n))
		for b.Loop() {
			for i, v := range h {
				x[i] = dtype.F16ToF32(v)
			}
		}
	})
}

// BenchmarkQuantize counts bytes of float32, in rows of 4096 and as one tensor.
func BenchmarkQuantize(b *testing.B) {
	for _, n := range benchSizes {
		x, q := benchFloats(n), make([]int8, n)
		for _, rows := range []int{n / 4096, 1} {
			scales := make([]float32, rows)
			for name, f := range map[string]func(){
				"I8":         func() { QuantizeI8(q, scales, x) },
				"U8":         func() { QuantizeU8(Bytes(q), scales, x) },
				"I4":         func() { QuantizeI4(Bytes(q)[:n/2], scales, x) },
				"dequant-I8": func() { DequantizeI8(x, q, scales) },
				"dequant-I4": func() { DequantizeI4(x, Bytes(q)[:n/2], scales) },
			} {
				b.Run(fmt.Sprintf("%s/n=%d/rows=%d", name, n, rows), func(b *testing.B) {
					b.SetBytes(int64(4 * n))
					for b.Loop() {
						f()
					}
				})
			}
		}
	}
}

// BenchmarkBatch divides 64 tensors over two threads.
func BenchmarkBatch(b *testing.B) {
	for _, threads := range []int{1, 2} {
		pool := parallel.New(threads)
		var jobs []Job
		for range 64 {
			const n = 256 << 10
			jobs = append(jobs, Job{make([]byte, 2*n), make([]byte, 8*n), dtype.F16, dtype.F64})
		}
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			for b.Loop() {
				r, err := Batch(jobs, Options{Pool: pool})
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(r.Read + r.Written)
			}
		})
		pool.Close()
	}
}

func BenchmarkStream(b *testing.B) {
	const n = 16 << 20
	b.SetBytes(6 * n)
	for b.Loop() {
		if _, err := Stream(io.Discard, zeros(4*n), dtype.F16, dtype.F32, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

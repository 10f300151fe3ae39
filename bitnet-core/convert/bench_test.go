package convert

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

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

// BenchmarkConvert counts bytes read and written, of all pairs in the second-level
// cache and of some in memory.
func BenchmarkConvert(b *testing.B) {
	types := []dtype.DType{
		dtype.F64, dtype.F32, dtype.F16, dtype.BF16, dtype.I32, dtype.I16, dtype.I8, dtype.U8,
		dtype.I4, dtype.U4, dtype.TQ1_0, dtype.TQ2_0,
	}
	for _, from := range types {
		for _, to := range types {
			if to != from {
				benchPair(b, to, from, benchSizes[0])
			}
		}
	}
	for _, p := range [][2]dtype.DType{
		{dtype.F32, dtype.F16},
		{dtype.F16, dtype.F32},
		{dtype.F32, dtype.BF16},
		{dtype.BF16, dtype.F32},
		{dtype.F64, dtype.F32},
		{dtype.F32, dtype.F64},
		{dtype.F32, dtype.I8},
		{dtype.I8, dtype.F32},
		{dtype.I32, dtype.I8},
		{dtype.I8, dtype.I4},
		{dtype.I4, dtype.F32},
		{dtype.F32, dtype.TQ2_0},
	} {
		benchPair(b, p[1], p[0], benchSizes[1])
	}
}

func benchPair(b *testing.B, to, from dtype.DType, n int) {
	fsize, _ := from.Size(int64(n))
	tsize, _ := to.Size(int64(n))
	b.Run(fmt.Sprintf("%v-%v/n=%d", from, to, n), func(b *testing.B) {
		src, dst := make([]byte, fsize), make([]byte, tsize)
		if _, err := Convert(src, Bytes(benchFloats(n)), from, dtype.F32, Options{}); err != nil {
			b.Fatal(err)
		}
		run(dst, src, to, from, n) // the system has given the pages then
		b.SetBytes(fsize + tsize)
		for b.Loop() {
			run(dst, src, to, from, n)
		}
	})
}

// BenchmarkTimesScalar alternates between Convert and the loop that one would write,
// and reports the ratio of their times.
func BenchmarkTimesScalar(b *testing.B) {
	n := benchSizes[0]
	x, h := benchFloats(n), make([]uint16, n)
	for _, p := range []struct {
		name      string
		one, many func()
	}{
		{"F32-F16", func() {
			for i, v := range x {
				h[i] = dtype.F32ToF16(v)
			}
		}, func() { run(Bytes(h), Bytes(x), dtype.F16, dtype.F32, n) }},
		{"F16-F32", func() {
			for i, v := range h {
				x[i] = dtype.F16ToF32(v)
			}
		}, func() { run(Bytes(x), Bytes(h), dtype.F32, dtype.F16, n) }},
	} {
		b.Run(p.name, func(b *testing.B) {
			var ratios []float64
			for b.Loop() {
				start := time.Now()
				p.one()
				one := time.Since(start)
				const times = 16
				start = time.Now()
				for range times {
					p.many()
				}
				ratios = append(ratios, times*float64(one)/float64(time.Since(start)))
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "times-scalar")
		})
	}
}

// BenchmarkQuantize counts bytes of float32 and of the integers, each once, in rows of
// 4096 and as one tensor.
func BenchmarkQuantize(b *testing.B) {
	for _, n := range benchSizes {
		x, q := benchFloats(n), make([]int8, n)
		for _, rows := range []int{n / 4096, 1} {
			scales := make([]float32, rows)
			for _, p := range []struct {
				name  string
				bytes int
				f     func()
			}{
				{"I8", 5 * n, func() { QuantizeI8(q, scales, x) }},
				{"U8", 5 * n, func() { QuantizeU8(Bytes(q), scales, x) }},
				{"I4", 9 * n / 2, func() { QuantizeI4(Bytes(q)[:n/2], scales, x) }},
				{"U4", 9 * n / 2, func() { QuantizeU4(Bytes(q)[:n/2], scales, x) }},
				{"dequant-I8", 5 * n, func() { DequantizeI8(x, q, scales) }},
				{"dequant-U8", 5 * n, func() { DequantizeU8(x, Bytes(q), scales) }},
				{"dequant-I4", 9 * n / 2, func() { DequantizeI4(x, Bytes(q)[:n/2], scales) }},
				{"dequant-U4", 9 * n / 2, func() { DequantizeU4(x, Bytes(q)[:n/2], scales) }},
			} {
				b.Run(fmt.Sprintf("%s/n=%d/rows=%d", p.name, n, rows), func(b *testing.B) {
					b.SetBytes(int64(p.bytes))
					for b.Loop() {
						p.f()
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

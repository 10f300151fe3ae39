package nn

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// BenchmarkDotMemory multiplies matrices that no cache holds, in huge pages and in the
// small ones of a mapped file, by turns with a plain read of the same bytes. It reports
// the median speed of both and their ratio.
func BenchmarkDotMemory(b *testing.B) {
	const cols, size = 2560, 512 << 20
	huge, err := memory.Mapped().Alloc(size, 64)
	require.NoError(b, err)
	defer huge.Release()
	// Small numbers, whatever type they are taken for.
	for i := range huge.Bytes() {
		huge.Bytes()[i] = byte(i*i>>3) | 0x1c*byte(i&1)
	}
	path := filepath.Join(b.TempDir(), "weights")
	require.NoError(b, os.WriteFile(path, huge.Bytes(), 0o600))
	file, err := memory.MapFile(path)
	require.NoError(b, err)
	defer file.Release()

	types := append([]dtype.DType{dtype.F32, dtype.F16, dtype.BF16}, blockTypes...)
	for _, in := range []struct {
		pages string
		data  []byte
	}{{"huge", huge.Bytes()}, {"file", file.Bytes()}} {
		for _, d := range types {
			stride, _ := RowBytes(d, cols)
			rows := size / stride / 64 * 64
			m := Matrix{Rows: rows, Cols: cols, Type: d, Data: in.data[:rows*stride]}
			for _, tokens := range []int{1, 2, 3, 4} {
				for _, threads := range []int{1, 2} {
					b.Run(fmt.Sprintf("pages=%s/type=%v/tokens=%d/threads=%d/kernel=%s", in.pages, d, tokens, threads, kernels.name), func(b *testing.B) {
						dotMemory(b, &m, tokens, threads)
					})
				}
			}
		}
	}
}

func dotMemory(b *testing.B, m *Matrix, tokens, threads int) {
	pool := parallel.New(threads)
	defer pool.Close()
	x := make([]float32, tokens*m.Cols)
	for i := range x {
		x[i] = float32(i%17) - 8
	}
	dst := make([]float32, tokens*m.Rows)
	words := unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(m.Data))), len(m.Data)/8)
	var total atomic.Uint64
	var product, plain []float64
	pass := func(speeds *[]float64, f func()) {
		start := time.Now()
		f()
		*speeds = append(*speeds, float64(len(m.Data))/time.Since(start).Seconds()/1e9)
	}
	for b.Loop() {
		pass(&product, func() {
			pool.Range(m.Rows, 16, func(lo, hi int) { m.Mul(dst, m.Rows, x, lo, hi) })
		})
		pass(&plain, func() {
			pool.Range(len(words), 64, func(lo, hi int) {
				var a, c, e, g uint64
				for w := words[lo:hi]; len(w) >= 8; w = w[8:] {
					a += w[0] + w[4]
					c += w[1] + w[5]
					e += w[2] + w[6]
					g += w[3] + w[7]
				}
				total.Add(a + c + e + g)
			})
		})
	}
	slices.Sort(product)
	slices.Sort(plain)
	fast, bound := product[len(product)/2], plain[len(plain)/2]
	b.ReportMetric(fast, "GB/s")
	b.ReportMetric(bound, "plain-GB/s")
	b.ReportMetric(fast/bound, "of-plain")
	b.ReportMetric(0, "ns/op") // both, which says nothing
}

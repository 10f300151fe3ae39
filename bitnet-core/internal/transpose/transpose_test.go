package transpose

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// TestCopy holds every level to the definition, for sizes around those of tiles, all
// alignments, and both ways of writing, and looks at what lies between the rows.
func TestCopy(t *testing.T) {
	was := level
	defer func() { level = was }()
	for _, l := range simd.Levels() {
		if !simd.Has(l) || l > simd.Generic+1 { // there is one vector kernel
			continue
		}
		level = l
		t.Run(level.String(), func(t *testing.T) {
			testCopy[uint8](t)
			testCopy[uint16](t)
			testCopy[uint32](t)
			testCopy[uint64](t)
		})
	}
}

func testCopy[T Element](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	n := line / int(unsafe.Sizeof(T(0)))
	sizes := []int{0, 1, 3, n - 1, n, n + 1, 2*n + 3, 5 * n}
	for _, rows := range sizes {
		for _, cols := range sizes {
			check[T](t, rng, rows, cols, cols+rng.IntN(3), rows+rng.IntN(3), rng.IntN(n))
		}
	}
	// Written past the cache, if it is aligned.
	wide := across * n * 2
	high := beyondCache / (line / n) / wide
	check[T](t, rng, high+n+1, wide+n+3, wide+2*n, high+n+2, 0)
	check[T](t, rng, high, wide, wide, high, 1)
}

func check[T Element](t *testing.T, rng *rand.Rand, rows, cols, down, right, offset int) {
	dst, src := aligned[T](max(rows*down, 1) + offset)[offset:], aligned[T](max(cols*right, 1) + offset)[offset:]
	mark := T(0xa5)
	for i := range dst {
		dst[i] = mark
	}
	for i := range src {
		src[i] = T(rng.Uint64())
	}
	before := append([]T(nil), src...)
	Copy(dst, down, src, right, rows, cols)
	for i := range rows {
		for j := range down {
			want := mark
			if j < cols {
				want = before[j*right+i]
			}
			if got := dst[i*down+j]; got != want {
				require.Failf(t, "wrong element", "%T %d×%d at %d, %d: want %d, got %d", mark, rows, cols, i, j, want, got)
			}
		}
	}
	require.True(t, slices.Equal(before, src))
}

// aligned returns memory that begins with a cache line.
func aligned[T Element](n int) []T {
	size := int(unsafe.Sizeof(T(0)))
	b := make([]T, n+line/size)
	skip := (line - int(uintptr(unsafe.Pointer(&b[0]))%line)) % line / size
	return b[skip:][:n]
}

func TestCopyRefuses(t *testing.T) {
	short, long := make([]uint32, 255), make([]uint32, 256)
	require.Panics(t, func() { Copy(short, 16, long, 16, 16, 16) })
	require.Panics(t, func() { Copy(long, 16, short, 16, 16, 16) })
}

// BenchmarkCopy compares with the copy of as many bytes; MB/s counts what is written.
func BenchmarkCopy(b *testing.B) {
	for _, side := range []int{128, 1024, 4096} {
		benchmarkCopy[uint8](b, side)
		benchmarkCopy[uint16](b, side)
		benchmarkCopy[uint32](b, side)
		benchmarkCopy[uint64](b, side)
		n := side * side
		dst, src := touched[uint32](b, n), touched[uint32](b, n)
		b.Run(fmt.Sprintf("plain4/%d", side), func(b *testing.B) {
			b.SetBytes(int64(4 * n))
			for b.Loop() {
				copy(dst, src)
			}
		})
	}
}

func benchmarkCopy[T Element](b *testing.B, side int) {
	size := int(unsafe.Sizeof(T(0)))
	dst, src := touched[T](b, side*side), touched[T](b, side*side)
	b.Run(fmt.Sprintf("%d/%d", size, side), func(b *testing.B) {
		b.SetBytes(int64(size * side * side))
		for b.Loop() {
			Copy(dst, side, src, side, side, side)
		}
	})
}

// touched is memory in large pages, where there are some, and of its own: pages that
// nobody wrote are all one.
func touched[T Element](b *testing.B, n int) []T {
	buf, err := memory.Mapped().Alloc(n*int(unsafe.Sizeof(T(0))), line)
	require.NoError(b, err)
	b.Cleanup(buf.Release)
	x := unsafe.Slice((*T)(unsafe.Pointer(&buf.Bytes()[0])), n)
	for i := range x {
		x[i] = T(i)
	}
	return x
}

//go:build unix

package blas

import (
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// guarded returns a copy of x that ends where an inaccessible page begins.
func guarded[T element](t *testing.T, x []T) []T {
	page, bytes := os.Getpagesize(), len(x)*int(unsafe.Sizeof(x[0]))
	size := (bytes + page - 1) / page * page
	all, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(all)) })
	require.NoError(t, unix.Mprotect(all[size:], unix.PROT_NONE))
	g := unsafe.Slice((*T)(unsafe.Pointer(&all[size-bytes])), len(x))
	copy(g, x)
	return g
}

// TestBounds puts every operand where reading or writing one byte past it faults.
func TestBounds(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		w := newWorkspace(t, 1)
		rng := rand.New(rand.NewPCG(5, 6))
		for _, s := range [][3]int{{1, 1, 1}, {12, 32, 7}, {24, 64, 400}, {25, 33, 9}, {7, 96, 17}, {40, 50, 64}, {110, 110, 110}, {3, 150, 5}, {100, 7, 9}} {
			for l := range layouts {
				a, b, c := random(rng, s[0], s[2], l), random(rng, s[2], s[1], l), random(rng, s[0], s[1], l)
				want := as(c, l)
				w.Gemm(want, 1, a, b, 1)
				x, y := normal(rng, s[2]), normal(rng, s[0])
				sum := append([]float32(nil), y...)
				w.Gemv(sum, 1, a, x, 1)
				a.Data, b.Data, c.Data = guarded(t, a.Data), guarded(t, b.Data), guarded(t, c.Data)
				w.Gemm(c, 1, a, b, 1)
				require.Equal(t, want.Data, c.Data)
				y = guarded(t, y)
				w.Gemv(y, 1, a, guarded(t, x), 1)
				require.Equal(t, sum, y)
			}
		}
	})
}

// TestBoundsInt8 is TestBounds for int8.
func TestBoundsInt8(t *testing.T) {
	withIntVariants(t, func(t *testing.T) {
		w := newWorkspace(t, 1)
		rng := rand.New(rand.NewPCG(7, 8))
		for _, s := range [][3]int{{1, 1, 1}, {12, 32, 7}, {24, 64, 400}, {25, 33, 9}, {7, 96, 64}, {40, 50, 128}} {
			for l := range 4 {
				a, b := randomInts(rng, s[0], s[2], l&1 != 0), randomInts(rng, s[2], s[1], l&2 != 0)
				c := Dense(make([]int32, s[0]*s[1]), s[0], s[1])
				want := Dense(make([]int32, s[0]*s[1]), s[0], s[1])
				multiplied(want, a, b)
				a.Data = guarded(t, a.Data[:(a.Rows-1)*a.Down+(a.Cols-1)*a.Right+1])
				b.Data = guarded(t, b.Data[:(b.Rows-1)*b.Down+(b.Cols-1)*b.Right+1])
				c.Data = guarded(t, c.Data)
				w.GemmInt8(c, a, b)
				require.Equal(t, want.Data, c.Data)
				x, y := guarded(t, randomInts(rng, 1, s[2], false).Data[:s[2]]), guarded(t, make([]int32, s[0]))
				w.GemvInt8(y, a, x)
				sums := make([]int32, s[0])
				multiplied(Dense(sums, s[0], 1), a, Dense(x, s[2], 1))
				require.Equal(t, sums, y)
			}
		}
	})
}

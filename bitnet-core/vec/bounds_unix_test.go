//go:build unix

package vec

import (
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// guarded returns room for n values of T that ends where an inaccessible page begins.
func guarded[T float32 | float64](t *testing.T, n int) []T {
	page := os.Getpagesize()
	bytes := n * int(unsafe.Sizeof(T(0)))
	size := (bytes + page - 1) / page * page
	all, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(all)) })
	require.NoError(t, unix.Mprotect(all[size:], unix.PROT_NONE))
	return unsafe.Slice((*T)(unsafe.Pointer(&all[size-bytes])), n)
}

// TestBounds puts every operand where reading or writing one byte past it faults.
func TestBounds(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for n := 1; n < 80; n += 1 + n/20 {
			a, b, dst := guarded[float32](t, n), guarded[float32](t, n), guarded[float32](t, n)
			copy(a, normal(rng, n))
			copy(b, normal(rng, n))
			for name, f := range each {
				f.run(dst, a, b, 2)
				same(t, f.want(dst[n-1], a[n-1], b[n-1], 2), dst[n-1]+afterwards(name, a[n-1]), "%s", name)
			}
			Sum(a)
			SumSquares(a)
			SumAbs(a)
			SumDeviations(a, 1)
			ArgMax(a)
			ArgMin(a)
			Accumulate(guarded[float64](t, n), a)
		}
	})
}

// afterwards is what want adds when it is asked after the operation that adds to dst.
func afterwards(name string, a float32) float32 {
	if name == "Axpy" {
		return 2 * a
	}
	return 0
}

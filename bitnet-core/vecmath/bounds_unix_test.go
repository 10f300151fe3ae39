//go:build unix

package vecmath

import (
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// guarded returns a copy of x that ends where an inaccessible page begins.
func guarded(t *testing.T, x []float32) []float32 {
	page := os.Getpagesize()
	size := (4*len(x) + page - 1) / page * page
	all, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(all)) })
	require.NoError(t, unix.Mprotect(all[size:], unix.PROT_NONE))
	g := unsafe.Slice((*float32)(unsafe.Pointer(&all[size-4*len(x)])), len(x))
	copy(g, x)
	return g
}

// TestBounds puts every operand where reading or writing one byte past it faults.
func TestBounds(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for n := 1; n < 50; n++ {
			x := guarded(t, normal(rng, n, 1))
			dst := guarded(t, make([]float32, n))
			for _, c := range cases {
				c.f(dst, x)
			}
			Softmax(dst, x)
			LogSoftmax(dst, x)
			require.InDelta(t, x[0], float64(dst[0])+LogSumExp(x), 1e-5)
		}
	})
}

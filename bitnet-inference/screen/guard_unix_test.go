//go:build linux || darwin

package screen

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// guarded returns a copy of v that ends where an inaccessible page begins.
func guarded[T any](t *testing.T, v []T) []T {
	page, each := os.Getpagesize(), int(unsafe.Sizeof(v[0]))
	n := len(v) * each
	size := (n + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(all)) })
	require.NoError(t, syscall.Mprotect(all[size:], syscall.PROT_NONE))
	g := unsafe.Slice((*T)(unsafe.Pointer(&all[size-n])), len(v))
	copy(g, v)
	return g
}

// TestGuards puts every operand where reading or writing one byte past it faults.
func TestGuards(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(51, 52))
		for blocks := 1; blocks <= 3; blocks++ {
			coarse, fine := guarded(t, randomBytes(rng, blocks*coarseBlock)), guarded(t, randomBytes(rng, blocks*fineBlock))
			x := guarded(t, make([]int8, 2*blocks*blockLen))
			for i := range x {
				x[i] = int8(rng.Uint32())
			}
			want := make([]int64, 1)
			coarseGeneric(&want[0], &coarse[0], &x[0], blocks, 1)
			out := guarded(t, make([]int64, 1))
			kernels.coarse(&out[0], &coarse[0], &x[0], blocks, 1)
			require.Equal(t, want, out)
			require.Equal(t, fineGeneric(&fine[0], nil, &x[0], blocks), kernels.fine(&fine[0], &fine[0], &x[0], blocks))
		}
		for _, d := range types {
			for _, n := range []int{1, 31, 32, 33, 256, 300} {
				m := matrix([][]float32{fills["normal"](rng, n)}, d)
				m.Data = guarded(t, m.Data)
				blocks := (n + blockLen - 1) / blockLen
				w := guarded(t, make([]float32, blocks*blockLen))
				coarse, fine := guarded(t, make([]byte, blocks*coarseBlock)), guarded(t, make([]byte, blocks*fineBlock))
				most := decodeRow(w[len(w)-n:], m, 0)
				require.Positive(t, encodeRow(coarse, fine, w, len(w), most, &m.Data[0]).norm)
			}
		}
		if kernels.bounds == nil {
			return
		}
		const n = boundRows
		iv := intervals{sums: &guarded(t, make([]int64, n))[0]}
		for _, field := range []**float32{&iv.scale, &iv.residual, &iv.norm, &iv.low, &iv.high} {
			*field = &guarded(t, make([]float32, n))[0]
		}
		b := bound{always: 1}
		kernels.bounds((*uint64)(unsafe.Pointer(&iv)), (*uint64)(unsafe.Pointer(&b)), 1)
		require.Equal(t, []float32{-1, -1}, unsafe.Slice(iv.low, n)[:2])
	})
}

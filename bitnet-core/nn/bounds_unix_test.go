//go:build unix

package nn

import (
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// guarded returns a copy of b that ends where an inaccessible page begins.
func guarded(t *testing.T, b []byte) []byte {
	page := os.Getpagesize()
	size := (len(b) + page - 1) / page * page
	all, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(all)) })
	require.NoError(t, unix.Mprotect(all[size:], unix.PROT_NONE))
	g := all[size-len(b) : size : size]
	copy(g, b)
	return g
}

func guardedFloats(t *testing.T, x []float32) []float32 {
	data, _ := encode(x, dtype.F32)
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(guarded(t, data)))), len(x))
}

// TestBounds puts every operand where reading or writing one byte past it faults.
func TestBounds(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for _, d := range headTypes {
			for _, width := range []int{4, 20, 64, 80, 100, 128, 144} {
				for _, rows := range []int{1, 4, 6, 9, 12} {
					const seen = 70
					h := newCached(rng, d, width, seen)
					want := h.attend(normal(rand.New(rand.NewPCG(1, 1)), rows*width), rows, seen)
					h.Keys, h.Values = guarded(t, h.Keys), guarded(t, h.Values)
					q := guardedFloats(t, normal(rand.New(rand.NewPCG(1, 1)), rows*width))
					sum := MakePart(guardedFloats(t, make([]float32, PartLen(rows, width))), rows, width)
					h.Chunk(sum, Queries{Rows: q, Group: rows, Seen: seen}, 0, guardedFloats(t, make([]float32, Scratch(rows, width))))
					out := guardedFloats(t, make([]float32, width))
					sum.Row(out, rows-1)
					require.Equal(t, want[(rows-1)*width:], out)
				}
			}
		}
		for n := 1; n < 50; n++ {
			x, y, z := guardedFloats(t, normal(rng, n)), guardedFloats(t, normal(rng, n)), guardedFloats(t, normal(rng, n))
			Add(x, y)
			blend(x, y, 0.1, 0.2)
			ReLU2Mul(x, y, z)
			SiLUMul(x, y, z)
			RMSNorm(x, y, z, 1e-5)
			r := &Rope{half: n, cos: y, sin: z}
			r.Apply(guardedFloats(t, normal(rng, 2*n)), 0)
			expSum(x, largest(x))
		}
	})
}

// TestMatrixMulBounds does so for the products of dense matrices.
func TestMatrixMulBounds(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
			for _, cols := range []int{1, 16, 31, 32, 64, 99} {
				for rows := 1; rows <= 9; rows++ {
					for tokens := 1; tokens <= 5; tokens++ {
						data, _ := encode(normal(rng, rows*cols), d)
						m := Matrix{Rows: rows, Cols: cols, Type: d, Data: data}
						x := normal(rng, tokens*cols)
						want := make([]float32, tokens*rows)
						m.Mul(want, rows, x, 0, rows)
						m.Data = guarded(t, data)
						got := guardedFloats(t, make([]float32, tokens*rows))
						m.Mul(got, rows, guardedFloats(t, x), 0, rows)
						require.Equal(t, want, got)
					}
				}
			}
		}
	})
}

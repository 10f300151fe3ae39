//go:build !purego

package ternary

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
	"github.com/stretchr/testify/require"
)

// TestUnpackAMX needs AVX-512 alone, unlike the products.
func TestUnpackAMX(t *testing.T) {
	if !simd.Has(simd.AVX512) {
		t.Skip("not supported by this CPU, or excluded by BITNET_SIMD")
	}
	const cols, rows = 1280, 20
	p := newProduct(rand.New(rand.NewPCG(17, 18)), rows, cols, 1)
	var b amxBuffer
	const first, block, blocks = 3, 1, 3
	require.Equal(t, &b.weights[1][0], b.unpack(1, &p.m, first, amxTile, block, blocks))
	require.Zero(t, b.weights[0])
	for i, got := range b.weights[1] {
		n, f, k, r, j := i/4096, i/1024%4, i/64%16, i/4%16, i%4
		var want int8
		if n < blocks {
			want = p.w[(first+r)*cols+(block+n)*BlockLen+64*f+4*k+j]
		}
		require.Equal(t, want, got, "weight %d of block %d of row %d", 64*f+4*k+j, n, r)
	}
	// The last three rows are the last columns of tiles of sixteen.
	require.Equal(t, &b.weights[0][4*13], b.unpack(0, &p.m, rows-3, 3, 0, 4))
	for r := range 3 {
		require.Equal(t, p.w[(rows-3+r)*cols], b.weights[0][4*(13+r)])
	}
}

// TestUnpackBase3AMX needs AVX-512 VBMI alone.
func TestUnpackBase3AMX(t *testing.T) {
	if !simd.Has(simd.AVX512VBMI) {
		t.Skip("not supported by this CPU, or excluded by BITNET_SIMD")
	}
	const cols, rows = 1344, 100 // 5 blocks and a quarter
	p := newProduct(rand.New(rand.NewPCG(17, 18)), rows, cols, 1)
	m := base3Of(&p.m)
	var b amxBuffer
	for _, first := range []int{0, 16, 32, 48, 53} {
		for block, blocks := range map[int]int{0: 4, 1: 3, 3: 3, 5: 1} {
			clear(b.weights[1][:])
			first16 := first &^ 15
			require.Equal(t, &b.weights[1][4*(first%16)], b.unpack(1, &m, first, amxTile-first%16, block, blocks))
			require.Zero(t, b.weights[0])
			for i, got := range b.weights[1] {
				column, r := i/64*4+i%4, i/4%16
				var want int8
				if c := block*BlockLen + column; column < blocks*BlockLen && c < cols {
					want = p.w[(first16+r)*cols+c]
				}
				require.Equal(t, want, got, "column %d of row %d", block*BlockLen+column, first16+r)
			}
		}
	}
}

func TestBufferOfAMX(t *testing.T) {
	b := amxBuffers.New().(*amxBuffer)
	require.Zero(t, uintptr(unsafe.Pointer(b))%64)
}

package ternary

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// TestLayout states the layout of the package comment for one row: 300 weights
// in two blocks.
func TestLayout(t *testing.T) {
	const cols = 300
	rng := rand.New(rand.NewPCG(1, 2))
	w := make([]int8, cols)
	for i := range w {
		w[i] = int8(rng.IntN(3)) - 1
	}
	m := New(1, cols)
	m.SetRow(0, w)
	require.Len(t, m.Data, 2*BlockBytes)
	for i := range 2 * BlockLen {
		code := m.Data[i/256*64+i%64] >> (2 * (i % 256 / 64)) & 3
		want := byte(1) // padding is weight 0
		if i < cols {
			want = byte(w[i] + 1)
		}
		require.Equal(t, want, code, "weight %d", i)
	}
}

func TestStride(t *testing.T) {
	for cols, want := range map[int]int{0: 0, 1: 64, 256: 64, 257: 128, 2560: 640, 6912: 1728, 8640: 2176} {
		require.Equal(t, want, Stride(cols), cols)
	}
}

func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for cols := range 530 {
		const rows = 3
		m, n := New(rows, cols), New(rows, cols)
		if cols > 0 {
			require.Zero(t, uintptr(unsafe.Pointer(&m.Data[0]))%64)
		}
		for i := range m.Data { // what was there does not matter
			m.Data[i], n.Data[i] = byte(rng.Uint32()), byte(rng.Uint32())
		}
		w, codes := make([]int8, rows*cols), make([]byte, rows*cols)
		for i := range w {
			w[i] = int8(rng.IntN(3)) - 1
			codes[i] = byte(w[i] + 1)
		}
		for r := range rows {
			m.SetRow(r, w[r*cols:(r+1)*cols])
			shift := uint(2 * rng.IntN(4))
			shifted := slices.Clone(codes[r*cols : (r+1)*cols])
			for i := range shifted { // bits of other codes around it
				shifted[i] = shifted[i]<<shift | byte(rng.Uint32())&^(3<<shift)
			}
			n.SetCodes(r, shifted, shift)
		}
		require.Equal(t, m.Data, n.Data)
		got := make([]int8, cols)
		for r := range rows {
			m.Row(got, r)
			require.Equal(t, w[r*cols:(r+1)*cols], got)
		}
	}
}

// TestPackGroups compares with PackBlock of the same codes.
func TestPackGroups(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		var codes [BlockLen]byte
		var up, down [2][32]byte
		for i := range codes {
			codes[i] = byte(rng.IntN(3))
			g, n, m := i/128, i%128/32, i%32
			up[g][m] |= codes[i] << (2 * n)
			down[g][m] |= codes[i] << (6 - 2*n)
		}
		var want, got [BlockBytes]byte
		PackBlock(&want, &codes, 0)
		PackGroups(&got, &up[0], &up[1])
		require.Equal(t, want, got)
		PackGroupsReversed(&got, &down[0], &down[1])
		require.Equal(t, want, got)
	}
}

func TestMatrixPanics(t *testing.T) {
	m := New(2, 300)
	w := make([]int8, 300)
	for _, bad := range []int8{2, -2, 127, -128} {
		w[299] = bad
		require.PanicsWithValue(t, "ternary: SetRow weight", func() { m.SetRow(0, w) }, bad)
	}
	require.PanicsWithValue(t, "ternary: SetRow shape", func() { m.SetRow(2, w) })
	require.PanicsWithValue(t, "ternary: SetRow shape", func() { m.SetRow(0, w[1:]) })
	require.PanicsWithValue(t, "ternary: SetCodes shape", func() { m.SetCodes(-1, make([]byte, 300), 0) })
	require.PanicsWithValue(t, "ternary: PackedRow row", func() { m.PackedRow(2) })
	require.PanicsWithValue(t, "ternary: Row shape", func() { m.Row(w, 2) })
	require.PanicsWithValue(t, "ternary: New shape", func() { New(1, MaxCols+1) })
	require.PanicsWithValue(t, "ternary: New shape", func() { New(-1, 1) })
}

package nn

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestBlocksGolden compares rounding and decoding with ggml's, bit for bit. Of Q6_K only
// what blocks stand for is compared: codes whose scale is zero are arbitrary. scripts/blocks_golden.py wrote the file.
func TestBlocksGolden(t *testing.T) {
	var cases []struct{ Type, Values, Blocks, Decoded string }
	golden.JSON(t, golden.Committed(t, "golden", "blocks", "blocks.json"), &cases)
	require.Len(t, cases, 7*len(blockTypes))
	types := map[string]dtype.DType{}
	for _, d := range blockTypes {
		types[d.String()] = d
	}
	for i, c := range cases {
		t.Run(fmt.Sprintf("%d/%s", i, c.Type), func(t *testing.T) {
			blocks, err := hex.DecodeString(c.Blocks)
			require.NoError(t, err)
			want := floats(t, c.Decoded)
			m := Matrix{Rows: 1, Cols: len(want), Type: types[c.Type], Data: blocks}
			got := make([]float32, len(want))
			m.Row(got, 0)
			require.Equal(t, bitsOf(want), bitsOf(got))
			if c.Values == "" {
				return
			}
			m.Data = make([]byte, len(blocks))
			require.NoError(t, m.SetRow(0, floats(t, c.Values)))
			if m.Type != dtype.Q6_K {
				require.Equal(t, c.Blocks, hex.EncodeToString(m.Data))
				return
			}
			m.Row(got, 0)
			for i := range got { // a zero has two signs
				got[i], want[i] = got[i]+0, want[i]+0
			}
			require.Equal(t, want, got)
		})
	}
}

func floats(t *testing.T, s string) []float32 {
	data, err := hex.DecodeString(s)
	require.NoError(t, err)
	x := make([]float32, len(data)/4)
	require.NoError(t, dtype.Float32s(x, data, dtype.F32))
	return x
}

func bitsOf(x []float32) []uint32 {
	b := make([]uint32, len(x))
	for i, v := range x {
		b[i] = math.Float32bits(v)
	}
	return b
}

// TestSetRowError bounds the error of every weight by half a step of its block, or a
// whole one for the asymmetric codes of Q4_0, whose largest is 7 of 8 steps, and what
// rounding the block's scale to f16 adds: half a unit of its last place, which below
// 2^-14 is 2^-25, times the largest code. Scales of Q6_K are rounded to 1/128 of the
// largest, too, which 31 steps multiply.
func TestSetRowError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(blockTypes).Draw(t, "type")
		const cols = 256
		spread := rapid.Float64Range(0, 4).Draw(t, "spread")
		unit := math.Pow(10, rapid.Float64Range(-6, 2).Draw(t, "unit"))
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		x := make([]float32, cols)
		for i := range x {
			x[i] = float32(unit * rng.NormFloat64() * math.Exp(-spread*rng.Float64()))
		}
		n, _ := RowBytes(d, cols)
		m := Matrix{Rows: 1, Cols: cols, Type: d, Data: make([]byte, n)}
		require.NoError(t, m.SetRow(0, x))
		got := make([]float32, cols)
		m.Row(got, 0)
		elems, _ := d.Block()
		for b := 0; b < cols; b += elems {
			most, _ := extreme(x[b : b+elems])
			bound := map[dtype.DType]float64{dtype.Q8_0: 0.57 / 127, dtype.Q4_0: 1.01 / 8, dtype.Q6_K: 0.07}[d] * math.Abs(float64(most))
			bound += map[dtype.DType]float64{dtype.Q8_0: 127, dtype.Q4_0: 8, dtype.Q6_K: 128 * 32}[d] * 0x1p-25
			for i := b; i < b+elems; i++ {
				require.InDelta(t, x[i], got[i], bound, "%v weight %d of %v", d, i, x[b:b+elems])
			}
		}
	})
}

// TestSetRowFloats rounds to the plain types and back.
func TestSetRowFloats(t *testing.T) {
	x := normal(rand.New(rand.NewPCG(3, 4)), 12)
	for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		data, stored := encode(x, d)
		n, _ := RowBytes(d, 4)
		m := Matrix{Rows: 3, Cols: 4, Type: d, Data: make([]byte, 3*n)}
		for r := range 3 {
			require.NoError(t, m.SetRow(r, x[4*r:4*r+4]))
		}
		require.Equal(t, data, m.Data)
		row := make([]float32, 4)
		m.Row(row, 2)
		require.Equal(t, stored[8:], row)
		require.Panics(t, func() { _ = m.SetRow(3, row) })
		require.Panics(t, func() { _ = m.SetRow(0, row[:3]) })
	}
}

// TestSetRowRange: what a type cannot hold is an error and not a damaged row, at any
// place in it; what it just holds is none.
func TestSetRowRange(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		d       dtype.DType
		most    float32 // just fits
		tooMuch float32
	}{
		{dtype.F32, math.MaxFloat32, inf},
		{dtype.F16, 65504, 65520},
		{dtype.BF16, 3.38e38, 3.4e38},
		{dtype.Q8_0, 65504 * 127, 65520 * 127},
		{dtype.Q4_0, 65504 * 8, 65520 * 8},
		{dtype.Q6_K, 65504 * 128 * 31, 65520 * 128 * 33},
	} {
		const cols = 512
		n, _ := RowBytes(c.d, cols)
		m := Matrix{Rows: 1, Cols: cols, Type: c.d, Data: make([]byte, n)}
		for at := 0; at < cols; at += 73 {
			x := normal(rand.New(rand.NewPCG(9, uint64(at))), cols)
			for _, v := range []float32{inf, -inf, float32(math.NaN()), c.tooMuch, -c.tooMuch} {
				x[at] = v
				require.ErrorIs(t, m.SetRow(0, x), ErrRange, "%v %v at %d", c.d, v, at)
			}
			for _, v := range []float32{c.most, -c.most, 1e-45, 0} {
				x[at] = v
				require.NoError(t, m.SetRow(0, x), "%v %v at %d", c.d, v, at)
				row := make([]float32, cols)
				m.Row(row, 0)
				for _, v := range row {
					require.Zero(t, v-v)
				}
			}
		}
	}
}

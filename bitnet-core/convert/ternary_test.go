package convert

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

var ternary = map[dtype.DType]string{dtype.TQ1_0: "tq1_0", dtype.TQ2_0: "tq2_0"}

// TestTernaryGolden encodes to the bytes that llama.cpp writes, and decodes them;
// testdata/golden/ternary/README.md says how they were made.
func TestTernaryGolden(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile(golden.Committed(t, "golden", "ternary", "quant", name))
		require.NoError(t, err)
		return b
	}
	withVariants(t, func(t *testing.T) {
		for _, name := range []string{"A_ternary", "B_rowscale", "C_gauss", "D_edge"} {
			src := read(name + "_8x512.f32")
			for d, ext := range ternary {
				want := read(name + "_8x512." + ext + ".bin")
				got := make([]byte, len(want))
				_, err := Convert(got, src, d, dtype.F32, Options{})
				require.NoError(t, err)
				require.Equal(t, want, got, "%s %v", name, d)

				values := make([]float32, len(src)/4)
				_, err = Convert(Bytes(values), got, dtype.F32, d, Options{})
				require.NoError(t, err)
				for i, v := range numbers[float32](src) {
					block := numbers[float32](src)[i/256*256 : i/256*256+256]
					most := math.Float32frombits(absMax(block))
					want := float32(0)
					if most > 0 && math.Abs(float64(v/most)) >= 0.5 {
						want = float32(math.Copysign(float64(dtype.F16ToF32(dtype.F32ToF16(most))), float64(v)))
					}
					require.Equal(t, want, values[i], "%s %v element %d", name, d, i)
				}
				requireSameEverywhere(t, got, src, d, dtype.F32)
				requireSameEverywhere(t, Bytes(values), got, dtype.F32, d)
			}
		}
	})
}

// TestTernaryOtherTypes goes through every plain type and the other ternary one.
func TestTernaryOtherTypes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 3 * 256
	want := make([]int8, n)
	for i := range want {
		want[i] = int8(rng.IntN(3) - 1)
	}
	want[0] = 1
	for d := range ternary {
		for _, p := range append([]dtype.DType{dtype.TQ1_0, dtype.TQ2_0}, plain...) {
			if p.Plain() && !isFloat(p) && !signed(p) {
				continue
			}
			buf := Bytes(want)
			for _, step := range [][2]dtype.DType{{p, dtype.I8}, {d, p}, {p, d}, {dtype.I8, p}} {
				size, ok := step[0].Size(n)
				require.True(t, ok)
				next := make([]byte, size)
				_, err := Convert(next, buf, step[0], step[1], Options{})
				require.NoError(t, err)
				buf = next
			}
			require.Equal(t, Bytes(want), buf, "%v by %v", p, d)
		}
	}
}

// TestTernaryDamage encodes what has no scale.
func TestTernaryDamage(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for d := range ternary {
		for _, tt := range []struct{ in, first, rest float32 }{
			{inf, nan, nan}, {nan, nan, nan}, {1e9, inf, nan}, {0x1p-140, 0, 0}, {0x1p-30, 0, 0}, {65504, 65504, 0}, {-2, -2, 0},
		} {
			x := make([]float32, 256)
			x[0] = tt.in
			size, _ := d.Size(256)
			b := make([]byte, size)
			_, err := Convert(b, Bytes(x), d, dtype.F32, Options{})
			require.NoError(t, err)
			_, err = Convert(Bytes(x), b, dtype.F32, d, Options{})
			require.NoError(t, err)
			for i, v := range x {
				want := tt.rest
				if i == 0 {
					want = tt.first
				}
				require.True(t, v == want || v != v && want != want, "%v %v: element %d is %v", d, tt.in, i, v)
			}
		}
	}
	// TQ2_0 has a code for twice the scale.
	b := make([]byte, 66)
	b[0], b[65] = 3, 0x3c
	x := make([]float32, 256)
	_, err := Convert(Bytes(x), b, dtype.F32, dtype.TQ2_0, Options{})
	require.NoError(t, err)
	require.Equal(t, float32(2), x[0])
	require.Equal(t, float32(-1), x[1])
}

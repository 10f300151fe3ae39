package qtensor

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-quant/internal/golden"
	"github.com/stretchr/testify/require"
)

// The cases of testdata/golden/ternary/quant: 8 rows of 512 weights each.
var goldenCases = []string{"A_ternary", "B_rowscale", "C_gauss", "D_edge"}

const goldenRows, goldenCols = 8, 512

var goldenTypes = map[Layout]string{I2S: "i2_s", TQ1: "tq1_0", TQ2: "tq2_0"}

func goldenFloats(t testing.TB, name string) []float32 {
	return golden.Float32s(t, "ternary/quant/"+name+"_8x512.f32")
}

func goldenData(t testing.TB, name string, l Layout) []byte {
	return golden.Bytes(t, fmt.Sprintf("ternary/quant/%s_8x512.%s.bin", name, goldenTypes[l]))
}

func TestGoldenPackFloat32(t *testing.T) {
	for _, name := range goldenCases {
		for _, l := range []Layout{TQ1, TQ2} {
			got, err := PackFloat32(l, goldenFloats(t, name), goldenRows, goldenCols)
			require.NoError(t, err)
			require.Equal(t, goldenData(t, name, l), got, "%s %v", name, l)
		}
	}
}

// expected returns the codes and the values that the engines' quantizers should
// have stored for w, by the rules in the golden files' README.
func expected(l Layout, w []float32) (codes []int8, values []float32) {
	group := tqBlock
	if l == I2S {
		group = len(w)
	}
	for k := 0; k < len(w); k += group {
		d := float32(0)
		for _, v := range w[k : k+group] {
			d = max(d, float32(math.Abs(float64(v))))
		}
		stored := d
		if l != I2S {
			stored = dtype.F16ToF32(dtype.F32ToF16(d))
		}
		for _, v := range w[k : k+group] {
			var c int8
			switch {
			case l == I2S && math.Abs(float64(v)) >= 1e-6:
				c = int8(math.Copysign(1, float64(v)))
			case l != I2S && d != 0:
				c = int8(math.Round(float64(v) / float64(d)))
			}
			codes = append(codes, c)
			values = append(values, float32(c)*stored)
		}
	}
	return codes, values
}

func TestGoldenDequantize(t *testing.T) {
	for _, name := range goldenCases {
		w := goldenFloats(t, name)
		for l := range goldenTypes {
			_, want := expected(l, w)
			got := make([]float32, len(w))
			require.NoError(t, Dequantize(got, l, goldenData(t, name, l), goldenRows, goldenCols))
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("%s %v: weight %d is %v, want %v", name, l, i, got[i], want[i])
				}
			}
			if name == "A_ternary" { // 2^-5 is exact everywhere
				require.Equal(t, w, got)
			}
		}
	}
}

// TestGoldenI2S packs the codes that the engine wrote.
func TestGoldenI2S(t *testing.T) {
	for _, name := range goldenCases {
		want := goldenData(t, name, I2S)
		tensor, err := Parse(I2S, want, goldenRows, goldenCols)
		require.NoError(t, err)
		codes, _ := expected(I2S, goldenFloats(t, name))
		got := make([]int8, goldenCols)
		for r := range goldenRows {
			tensor.Codes(got, r)
			require.Equal(t, codes[r*goldenCols:(r+1)*goldenCols], got, "%s row %d", name, r)
		}
		data, err := Pack(I2S, codes, goldenRows, goldenCols, tensor.Scale[0])
		require.NoError(t, err)
		const used = goldenRows*goldenCols/4 + 4
		require.Equal(t, want[:used], data[:used], name)
		require.Equal(t, make([]byte, 28), data[used:], name)
	}
}

func TestGoldenScales(t *testing.T) {
	for _, l := range []Layout{TQ1, TQ2} {
		tensor, err := Parse(l, goldenData(t, "A_ternary", l), goldenRows, goldenCols)
		require.NoError(t, err)
		require.Equal(t, []float32{1.0 / 32}, tensor.Scale)

		tensor, err = Parse(l, goldenData(t, "B_rowscale", l), goldenRows, goldenCols)
		require.NoError(t, err)
		require.Len(t, tensor.Scale, goldenRows)
		w := goldenFloats(t, "B_rowscale")
		for r, got := range tensor.Scale {
			want := float32(0)
			for _, v := range w[r*goldenCols : (r+1)*goldenCols] {
				want = max(want, float32(math.Abs(float64(v))))
			}
			require.Equal(t, dtype.F16ToF32(dtype.F32ToF16(want)), got, "row %d", r)
		}

		_, err = Parse(l, goldenData(t, "C_gauss", l), goldenRows, goldenCols)
		require.ErrorContains(t, err, "group scales are not supported")
	}
	tensor, err := Parse(I2S, goldenData(t, "B_rowscale", I2S), goldenRows, goldenCols)
	require.NoError(t, err)
	data := goldenData(t, "B_rowscale", I2S)
	require.Equal(t, math.Float32frombits(binary.LittleEndian.Uint32(data[1024:])), tensor.Scale[0])
}

// engineRows are the codes and values that ik_llama.cpp's quantizers should have stored for
// w: one scale for each row, codes by half of it. Weights of a scale 0 are 0.
func engineRows(l Layout, w []float32) (codes []int8, values []float32) {
	for r := range goldenRows {
		row := w[r*goldenCols : (r+1)*goldenCols]
		d := float32(0)
		for _, v := range row {
			d = max(d, float32(math.Abs(float64(v))))
		}
		stored := d
		if l == IQ1 {
			stored = dtype.F16ToF32(dtype.F32ToF16(d))
		}
		for _, v := range row {
			var c int8
			if d > 0 && math.Abs(float64(v)) >= float64(d)/2 {
				c = int8(math.Copysign(1, float64(v)))
			}
			codes = append(codes, c)
			values = append(values, float32(c)*stored)
		}
	}
	return codes, values
}

// TestGoldenRows reads what ik_llama.cpp wrote and writes the same bytes, but for the
// codes of rows of zeros, which mean nothing.
func TestGoldenRows(t *testing.T) {
	for l, suffix := range map[Layout]string{IQ2: "iq2_bn", IQ1: "iq1_bn", IQ2R4: "iq2_bn_r4"} {
		for _, name := range goldenCases {
			data := golden.Bytes(t, fmt.Sprintf("ternary/quant/%s_8x512.%s.bin", name, suffix))
			codes, values := engineRows(l, goldenFloats(t, name))
			tensor, err := Parse(l, data, goldenRows, goldenCols)
			require.NoError(t, err)
			got := make([]int8, goldenRows*goldenCols)
			tensor.Decode(got, 0, goldenRows)
			require.Equal(t, codes, got, "%s %v", name, l)
			floats := make([]float32, len(values))
			require.NoError(t, Dequantize(floats, l, data, goldenRows, goldenCols))
			for i := range floats { // a zero has two signs
				require.Equal(t, values[i]+0, floats[i]+0, "%s %v %d", name, l, i)
			}
			again, err := Pack(l, codes, goldenRows, goldenCols, tensor.Scale...)
			require.NoError(t, err)
			if name != "D_edge" { // which has a row of zeros
				require.Equal(t, data, again, "%s %v", name, l)
			}
		}
	}
}

// TestGoldenMatMul multiplies what was read with activations quantized as ik_llama.cpp does: a
// row has four scales, for the elements of which number/4 (number/16 for IQ2R4) leaves the same
// rest by 4.
func TestGoldenMatMul(t *testing.T) {
	const tokens = 4
	x := golden.Float32s(t, "ternary/quant/X_act_4x512.f32")
	for l, suffix := range map[Layout]string{IQ2: "iq2_bn", IQ1: "iq1_bn", IQ2R4: "iq2_bn_r4"} {
		run := 4
		if l == IQ2R4 {
			run = 16
		}
		for _, name := range []string{"A_ternary", "B_rowscale"} {
			data := golden.Bytes(t, fmt.Sprintf("ternary/quant/%s_8x512.%s.bin", name, suffix))
			w := make([]float32, goldenRows*goldenCols)
			require.NoError(t, Dequantize(w, l, data, goldenRows, goldenCols))
			want := golden.Float32s(t, fmt.Sprintf("ternary/matmul/%s__X.%s.y.f32", name, suffix))
			for tok := range tokens {
				row := x[tok*goldenCols : (tok+1)*goldenCols]
				var d [4]float64
				for c, v := range row {
					lane := c / run % 4
					d[lane] = max(d[lane], math.Abs(float64(v))/127)
				}
				for r := range goldenRows {
					var y float64
					for c, v := range row {
						if step := d[c/run%4]; step > 0 {
							y += float64(w[r*goldenCols+c]) * step * math.RoundToEven(float64(v)/step)
						}
					}
					require.InDelta(t, want[tok*goldenRows+r], y, 2e-4*max(1, math.Abs(y)), "%s %v token %d row %d", name, l, tok, r)
				}
			}
		}
	}
}

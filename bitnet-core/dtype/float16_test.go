package dtype

import (
	"encoding/binary"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/x448/float16"
	"pgregory.net/rapid"
)

// TestF16All compares every binary16 with another implementation, and takes it
// to float32 and back.
func TestF16All(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		f := F16ToF32(h)
		if want := float16.Frombits(h).Float32(); math.Float32bits(f) != math.Float32bits(want) {
			t.Fatalf("F16ToF32(%#04x) = %v (%#08x), want %v (%#08x)", h, f, math.Float32bits(f), want, math.Float32bits(want))
		}
		want := h
		if f != f {
			want |= 0x200
		}
		require.Equal(t, want, F32ToF16(f), "%#04x", h)
	}
}

func TestBF16All(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		f := BF16ToF32(h)
		require.Equal(t, uint32(h)<<16, math.Float32bits(f))
		want := h
		if f != f {
			want |= 0x40
		}
		require.Equal(t, want, F32ToBF16(f), "%#04x", h)
	}
}

// interesting are float32 bit patterns at the borders of the 16-bit types.
func interesting() []uint32 {
	var a []uint32
	for _, b := range []uint32{
		0, 0x33000000, // half of the least binary16
		0x33800000, 0x38800000, // the least, the least normal binary16
		0x477fe000, 0x477ff000, 0x47800000, // 65504, 65520, 65536
		0x7f7f8000, 0x7f800000, 0x7fc00000, // the largest, infinity, NaN
	} {
		for d := range uint32(5) {
			a = append(a, b+d, b-d, b+d|1<<31, b-d|1<<31)
		}
	}
	return a
}

func anyFloat32() *rapid.Generator[float32] {
	return rapid.Custom(func(t *rapid.T) float32 {
		bits := rapid.OneOf(
			rapid.Uint32(),
			rapid.SampledFrom(interesting()),
			rapid.Uint32Range(0x32000000, 0x48000000), // the range of binary16
		).Draw(t, "bits")
		return math.Float32frombits(bits)
	})
}

// TestF16Rounding checks F32ToF16 against another implementation.
func TestF16Rounding(t *testing.T) {
	check := func(t require.TestingT, f float32) {
		want := float16.Fromfloat32(f).Bits()
		if f != f { // the other one may set the quiet bit or not
			want = uint16(math.Float32bits(f)>>16&0x8000) | 0x7e00 | uint16(math.Float32bits(f)>>13&0x3ff)
		}
		require.Equal(t, want, F32ToF16(f), "%v (%#08x)", f, math.Float32bits(f))
	}
	for _, b := range interesting() {
		check(t, math.Float32frombits(b))
	}
	rapid.Check(t, func(t *rapid.T) { check(t, anyFloat32().Draw(t, "f")) })
}

// TestNearest checks both roundings by their definition, in exact arithmetic:
// no neighbour of the result is nearer, and at equal distance the even one wins.
func TestNearest(t *testing.T) {
	for _, tt := range []struct {
		name string
		to   func(float32) uint16
		from func(uint16) float32
		inf  uint16
		max  float64 // the value that infinity would have
	}{
		{"f16", F32ToF16, F16ToF32, 0x7c00, 65536},
		{"bf16", F32ToBF16, BF16ToF32, 0x7f80, 0x1p128},
	} {
		t.Run(tt.name, func(t *testing.T) {
			value := func(h uint16) *big.Float { // of magnitudes
				if h == tt.inf {
					return big.NewFloat(tt.max)
				}
				return big.NewFloat(float64(tt.from(h)))
			}
			rapid.Check(t, func(t *rapid.T) {
				f := anyFloat32().Filter(func(f float32) bool { return f == f && !math.IsInf(float64(f), 0) }).Draw(t, "f")
				got := tt.to(f)
				require.Equal(t, math.Signbit(float64(f)), got>>15 == 1)
				got &= 0x7fff
				require.LessOrEqual(t, got, tt.inf)
				x := big.NewFloat(math.Abs(float64(f)))
				dist := func(h uint16) *big.Float {
					d := new(big.Float).SetPrec(300).Sub(value(h), x)
					return d.Abs(d)
				}
				for _, n := range []uint16{got - 1, got + 1} {
					if n > tt.inf { // wrapped below zero, or past infinity
						continue
					}
					c := dist(got).Cmp(dist(n))
					require.True(t, c < 0 || c == 0 && got%2 == 0, "%v rounds to %#04x, %#04x is nearer", f, got, n)
				}
			})
		})
	}
}

// TestTies takes the middle between every two neighbours, and the float32 on each
// side of it.
func TestTies(t *testing.T) {
	for _, tt := range []struct {
		name string
		to   func(float32) uint16
		from func(uint16) float32
		inf  uint16
		max  float64 // the value that infinity would have
	}{
		{"f16", F32ToF16, F16ToF32, 0x7c00, 65536},
		{"bf16", F32ToBF16, BF16ToF32, 0x7f80, 0x1p128},
	} {
		for h := range tt.inf {
			above := float64(tt.from(h + 1))
			if h+1 == tt.inf {
				above = tt.max
			}
			mid := float32((float64(tt.from(h)) + above) / 2)
			bits := math.Float32bits(mid)
			for _, c := range []struct {
				bits uint32
				want uint16
			}{{bits - 1, h}, {bits, h + h&1}, {bits + 1, h + 1}} {
				for _, sign := range []uint16{0, 0x8000} {
					got := tt.to(math.Float32frombits(c.bits | uint32(sign)<<16))
					if got != c.want|sign {
						t.Fatalf("%s: %#08x rounds to %#04x, want %#04x", tt.name, c.bits, got, c.want|sign)
					}
				}
			}
		}
	}
}

func TestFloat32s(t *testing.T) {
	want := []float32{1, -2.5, 0, float32(math.Inf(1)), 0x1p-14}
	for _, d := range []DType{F32, F16, BF16, F64} {
		var src []byte
		for _, f := range want {
			le := binary.LittleEndian
			switch d {
			case F32:
				src = le.AppendUint32(src, math.Float32bits(f))
			case F16:
				src = le.AppendUint16(src, F32ToF16(f))
			case BF16:
				src = le.AppendUint16(src, F32ToBF16(f))
			case F64:
				src = le.AppendUint64(src, math.Float64bits(float64(f)))
			}
		}
		got := make([]float32, len(want))
		require.NoError(t, Float32s(got, src, d))
		require.Equal(t, want, got, d)
		require.PanicsWithValue(t, "dtype: Float32s length mismatch", func() { Float32s(got, src[1:], d) })
	}
	require.EqualError(t, Float32s(make([]float32, 1), make([]byte, 1), U8),
		"dtype: no conversion from U8 to float32: want F32, F16, BF16 or F64")
}

func BenchmarkFloat32s(b *testing.B) {
	const n = 1 << 16
	dst, src := make([]float32, n), make([]byte, 8*n)
	for _, d := range []DType{F32, F16, BF16, F64} {
		b.Run("from="+d.String(), func(b *testing.B) {
			_, size := d.Block()
			b.SetBytes(int64(n * size))
			for b.Loop() {
				if err := Float32s(dst, src[:n*size], d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

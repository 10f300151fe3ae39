package convert

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// generic returns what the definition of a kernel gives.
func generic[T any](f func() T) T {
	was := kernels
	defer func() { kernels = was }()
	kernels = choose(simd.Generic)
	return f()
}

func randomFloats(rng *rand.Rand, n int) []float32 {
	list := edges()
	x := make([]float32, n)
	for i := range x {
		switch rng.IntN(3) {
		case 0:
			x[i] = math.Float32frombits(rng.Uint32())
		case 1:
			x[i] = float32(list[rng.IntN(len(list))])
		default:
			x[i] = float32(rng.NormFloat64() * 100)
		}
	}
	return x
}

func floatBits(x []float32) []uint32 {
	b := make([]uint32, len(x))
	for i, v := range x {
		b[i] = math.Float32bits(v)
	}
	return b
}

// TestKernels holds kernels to their definition, to the bit, NaNs included, at all
// lengths around their turns and all alignments.
func TestKernels(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := range 200 {
			off := rng.IntN(16)
			x := randomFloats(rng, n+off)[off:]
			small := make([]int8, n+off)[off:]
			for i := range small {
				small[i] = int8(rng.Uint32())
			}
			floats := func(f func(dst []float32)) func() []uint32 {
				return func() []uint32 {
					dst := make([]float32, n+off+1)
					dst[n+off] = 77
					f(dst[off : n+off])
					return floatBits(dst)
				}
			}
			for _, scale := range []float32{1, -0.37, 0, 0x1p-140, float32(math.Inf(1))} {
				wide := floats(func(dst []float32) { widenI8(dst, small, scale) })
				want, got := generic(wide), wide()
				for i := range want { // 0·Inf: which NaN it is depends on the instruction
					if !(isNaN(want[i]) && isNaN(got[i])) {
						require.Equal(t, want[i], got[i], scale)
					}
				}
			}
			for _, r := range [][3]float32{{1, -128, 127}, {1, 0, 255}, {0.37, -127, 127}, {1e30, -7, 7}, {float32(math.NaN()), -127, 127}} {
				rounded := func() string {
					dst := make([]byte, n+off+1)
					dst[n+off] = 77
					roundBytes(dst[off:n+off], x, r[0], r[1], r[2])
					return string(dst)
				}
				require.Equal(t, generic(rounded), rounded(), r)
			}
			for _, inverse := range []float32{1, 0.5, 0.37} {
				codes := func() string {
					dst := make([]byte, n+off+1)
					dst[n+off] = 77
					trits(dst[off:n+off], x, inverse)
					return string(dst)
				}
				require.Equal(t, generic(codes), codes(), inverse)
			}
			top := func() uint32 { return absMax(x) }
			require.Equal(t, generic(top), top())
			finite := make([]float32, n)
			for i := range finite {
				finite[i] = float32(rng.NormFloat64())
			}
			top = func() uint32 { return absMax(finite) }
			require.Equal(t, generic(top), top())
		}
	})
}

func isNaN(bits uint32) bool { return bits&^(1<<31) > infinity }

// TestPayloads checks what the package documentation says of NaNs, and that -0 and
// subnormal numbers are kept, in all kernels.
func TestPayloads(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		for _, tt := range []struct {
			from, to   dtype.DType
			bits, want uint64
		}{
			{dtype.F64, dtype.F32, 0xfff0000020000000, 0xffc00001}, // signalling, becomes quiet
			{dtype.F64, dtype.F16, 0x7ff8400000000000, 0x7e10},
			{dtype.F64, dtype.BF16, 0xfff0200000000000, 0xffc1},
			{dtype.F32, dtype.F64, 0xff800001, 0xfff8000020000000},
			{dtype.F32, dtype.F16, 0x7f802000, 0x7e01},
			{dtype.F32, dtype.BF16, 0xff810000, 0xffc1},
			{dtype.F16, dtype.F64, 0xfd01, 0xfff8000000000000 | 0x101<<42},
			{dtype.F16, dtype.BF16, 0x7d00, 0x7fe0},
			{dtype.BF16, dtype.F16, 0xff81, 0xfe08 | 0x200},
			{dtype.F64, dtype.F16, 1 << 63, 0x8000},
			{dtype.F16, dtype.F64, 0x8000, 1 << 63},
			{dtype.BF16, dtype.F16, 0x8000, 0x8000},
			{dtype.F16, dtype.F32, 1, 0x33800000},
			{dtype.F32, dtype.F64, 1, 0x36a0000000000000},
			{dtype.F64, dtype.F32, 0x36a0000000000000, 1},
			{dtype.F64, dtype.BF16, 0x36a0000000000000, 0},
			{dtype.F32, dtype.BF16, 0x00018001, 0x0002}, // subnormal
			{dtype.I64, dtype.F16, math.MaxUint64, 0xbc00},
			{dtype.U64, dtype.F16, 65519, 0x7bff},
			{dtype.U64, dtype.F16, 65520, 0x7c00},
			{dtype.I64, dtype.BF16, 1<<62 + 1<<54, 0x5e80},
			{dtype.I64, dtype.BF16, 1<<62 + 1<<54 + 1, 0x5e81}, // once rounded, not twice
			{dtype.F64, dtype.F16, math.Float64bits(1 + 0x1p-11 + 0x1p-40), 0x3c01},
		} {
			const n = 70 // through kernels and what is left
			var src []byte
			for range n {
				src = append(src, Bytes([]uint64{tt.bits})[:width(tt.from)]...)
			}
			dst := make([]byte, n*width(tt.to))
			_, err := Convert(dst, src, tt.to, tt.from, Options{})
			require.NoError(t, err)
			for i := range n {
				require.Equal(t, tt.want, bits(dst[i*width(tt.to):], tt.to), "%v %#x to %v, element %d", tt.from, tt.bits, tt.to, i)
			}
		}
	})
}

// TestWantedKernels fails where the best kernels of those that BITNET_REQUIRE_ASM lists
// were not chosen.
func TestWantedKernels(t *testing.T) {
	list := os.Getenv("BITNET_REQUIRE_ASM")
	if list == "" {
		t.Skip("BITNET_REQUIRE_ASM is not set")
	}
	want := ""
	for _, name := range []string{"avx2", "avx512", "neon"} {
		if slices.Contains(strings.Split(list, ","), name) {
			want = name
		}
	}
	if want != "" {
		require.Equal(t, want, kernels.name)
	}
}

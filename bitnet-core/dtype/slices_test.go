package dtype

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// withVariants runs body with every set of kernels that this CPU has.
func withVariants(t *testing.T, body func(t *testing.T)) {
	was := kernels
	defer func() { kernels = was }()
	seen := map[string]bool{}
	for _, level := range simd.Levels() {
		if kernels = choose(level); simd.Has(level) && !seen[kernels.name] {
			seen[kernels.name] = true
			t.Run("kernel="+kernels.name, body)
		}
	}
}

// mixed returns n values: any bits, borders of the 16-bit types, and usual numbers.
func mixed(rng *rand.Rand, n int) []float32 {
	borders := interesting()
	x := make([]float32, n)
	for i := range x {
		switch rng.IntN(3) {
		case 0:
			x[i] = math.Float32frombits(rng.Uint32())
		case 1:
			x[i] = math.Float32frombits(borders[rng.IntN(len(borders))])
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

// TestSlices holds the conversions of slices and of bytes to those of single values, to
// the bit, NaNs included, at all lengths around the turns of kernels and at odd
// addresses.
func TestSlices(t *testing.T) {
	const band = 67
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := range 200 {
			off := rng.IntN(16)
			x := mixed(rng, off+n)[off:]
			was := floatBits(x)
			h := make([]uint16, off+n)[off:]
			for i := range h {
				h[i] = uint16(rng.Uint32())
			}
			for _, d := range []struct {
				to     func(float32) uint16
				from   func(uint16) float32
				narrow func([]uint16, []float32)
				widen  func([]float32, []uint16)
				t      DType
			}{
				{F32ToF16, F16ToF32, F32sToF16, F16sToF32, F16},
				{F32ToBF16, BF16ToF32, F32sToBF16, BF16sToF32, BF16},
			} {
				wantBits, wantBytes, wantFloats := make([]uint16, n), make([]byte, 2*n), make([]uint32, n)
				file := make([]byte, 2*n+1)[1:]
				for i, v := range x {
					wantBits[i], wantFloats[i] = d.to(v), math.Float32bits(d.from(h[i]))
					binary.LittleEndian.PutUint16(wantBytes[2*i:], wantBits[i])
					binary.LittleEndian.PutUint16(file[2*i:], h[i])
				}
				bits := slices.Repeat([]uint16{0xa5a5}, off+n+band)
				d.narrow(bits[off:off+n], x)
				require.Equal(t, wantBits, bits[off:off+n], d.t)
				require.Equal(t, slices.Repeat([]uint16{0xa5a5}, band), bits[off+n:])

				wide := slices.Repeat([]float32{77}, off+n+band)
				d.widen(wide[off:off+n], h)
				require.Equal(t, wantFloats, floatBits(wide[off:off+n]), d.t)
				require.Equal(t, slices.Repeat([]float32{77}, band), wide[off+n:])

				clear(wide)
				require.NoError(t, Float32s(wide[off:off+n], file, d.t))
				require.Equal(t, wantFloats, floatBits(wide[off:off+n]), d.t)

				out := make([]byte, 1+2*n+band)
				require.NoError(t, PutFloat32s(out[1:1+2*n], x, d.t))
				require.Equal(t, wantBytes, out[1:1+2*n])
				require.Equal(t, make([]byte, band), out[1+2*n:])
				require.Equal(t, was, floatBits(x), "the source is written")

				same := slices.Clone(x)
				d.narrow(unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(same))), n), same)
				require.Equal(t, wantBits, unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(same))), n), "in place")
			}
		}
	})
}

// TestSlicesAll16 widens every 16-bit float.
func TestSlicesAll16(t *testing.T) {
	var all []uint16
	for i := range 1 << 16 {
		all = append(all, uint16(i))
	}
	withVariants(t, func(t *testing.T) {
		dst := make([]float32, len(all))
		F16sToF32(dst, all)
		for i, h := range all {
			if math.Float32bits(dst[i]) != math.Float32bits(F16ToF32(h)) {
				t.Fatalf("F16 %#x: %v", h, dst[i])
			}
		}
		BF16sToF32(dst, all)
		for i, h := range all {
			if math.Float32bits(dst[i]) != uint32(h)<<16 {
				t.Fatalf("BF16 %#x: %v", h, dst[i])
			}
		}
	})
}

func TestPutFloat32s(t *testing.T) {
	x := []float32{1, -2.5, float32(math.Inf(1)), 0x1p-149}
	for _, d := range []DType{F32, F64, F16, BF16} {
		size, _ := d.Size(4)
		b := make([]byte, size)
		require.NoError(t, PutFloat32s(b, x, d))
		back := make([]float32, 4)
		require.NoError(t, Float32s(back, b, d))
		want := slices.Clone(x)
		if size == 8 {
			want[3] = 0
		}
		require.Equal(t, want, back, d)
		require.PanicsWithValue(t, "dtype: PutFloat32s length mismatch", func() { _ = PutFloat32s(b[1:], x, d) })
	}
	require.EqualError(t, PutFloat32s(nil, nil, I8), "dtype: no conversion from float32 to I8: want F32, F16, BF16 or F64")
	require.Panics(t, func() { F16sToF32(make([]float32, 2), make([]uint16, 3)) })
	require.Panics(t, func() { BF16sToF32(make([]float32, 2), make([]uint16, 3)) })
	require.Panics(t, func() { F32sToF16(make([]uint16, 2), make([]float32, 3)) })
	require.Panics(t, func() { F32sToBF16(make([]uint16, 2), make([]float32, 3)) })
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

// BenchmarkSlices counts bytes read and written, from the first-level cache; a loop over
// single values is the measure.
func BenchmarkSlices(b *testing.B) {
	const n = 4096
	x, h := mixed(rand.New(rand.NewPCG(1, 2)), n), make([]uint16, n)
	for i := range x {
		if x[i] != x[i] || math.Abs(float64(x[i])) > 1e4 {
			x[i] = 1.5
		}
	}
	for _, f := range []struct {
		name string
		run  func()
	}{
		{"F32sToF16", func() { F32sToF16(h, x) }},
		{"F16sToF32", func() { F16sToF32(x, h) }},
		{"F32sToBF16", func() { F32sToBF16(h, x) }},
		{"BF16sToF32", func() { BF16sToF32(x, h) }},
		{"F32ToF16", func() {
			for i, v := range x {
				h[i] = F32ToF16(v)
			}
		}},
		{"F16ToF32", func() {
			for i, v := range h {
				x[i] = F16ToF32(v)
			}
		}},
	} {
		b.Run(fmt.Sprintf("%s/n=%d", f.name, n), func(b *testing.B) {
			b.SetBytes(6 * n)
			for b.Loop() {
				f.run()
			}
		})
	}
}

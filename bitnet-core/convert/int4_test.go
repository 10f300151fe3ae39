package convert

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

func TestI4(t *testing.T) {
	require.Equal(t, 0, I4Bytes(0))
	require.Equal(t, math.MaxInt/2+1, I4Bytes(math.MaxInt))
	b := make([]byte, 3)
	PackI4(b, []int8{-8, 7, -128, 127, 1})
	require.Equal(t, []byte{0x78, 0x78, 0x01}, b)
	PackU4(b, []byte{15, 3, 16, 255, 1})
	require.Equal(t, []byte{0x3f, 0xff, 0x01}, b)
}

// TestHalves packs and unpacks every value beside others, at all lengths around the turns
// of kernels and at odd addresses.
func TestHalves(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := range 300 {
			src, intact := guarded(n)
			for i := range src {
				src[i] = byte(rng.Uint32())
			}
			was := slices.Clone(src)
			packed, packedIntact := guarded(I4Bytes(n))
			back, backIntact := guarded(n)

			PackI4(packed, numbers[int8](src))
			UnpackI4(numbers[int8](back), packed)
			for i, v := range was {
				require.Equal(t, min(max(int8(v), -8), 7), int8(back[i]))
				require.Equal(t, back[i]&15, packed[i/2]>>(i%2*4)&15, "order")
			}
			require.True(t, n%2 == 0 || packed[n/2] < 16)

			PackU4(packed, src)
			UnpackU4(back, packed)
			for i, v := range was {
				require.Equal(t, min(v, 15), back[i])
				require.Equal(t, back[i], packed[i/2]>>(i%2*4)&15, "order")
			}
			require.True(t, n%2 == 0 || packed[n/2] < 16)
			require.Equal(t, was, src)

			PackU4(src[:I4Bytes(n)], src) // over itself
			require.Equal(t, packed, src[:I4Bytes(n)])
			intact(t)
			packedIntact(t)
			backIntact(t)
		}
	})
}

// limits4 are the least and the largest value of a type of half a byte.
var limits4 = map[dtype.DType][2]int{dtype.I4: {-8, 7}, dtype.U4: {0, 15}}

// requireHalves holds the conversion of src to type to, of half a byte, to the
// reference's: rounding to I64, then limits.
func requireHalves(t require.TestingT, got, src []byte, to, from dtype.DType) {
	for i := range len(src) / width(from) {
		v := int64(decode(bits(src[i*width(from):], from), from).encode(dtype.I64))
		if from == dtype.U64 && v < 0 {
			v = math.MaxInt64
		}
		want := min(max(v, int64(limits4[to][0])), int64(limits4[to][1]))
		require.Equal(t, byte(want)&15, got[i/2]>>(i%2*4)&15, "%v %x to %v", from, src[i*width(from):][:width(from)], to)
	}
}

// TestI4Pairs converts from all types and to all types, in every way.
func TestI4Pairs(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for four := range limits4 {
			for _, d := range plain {
				for _, n := range []int{0, 2, 62, 64, 334, grain + 258} {
					src := samples(rng, d, n)
					packed, intact := guarded(n / 2)
					r, err := Convert(packed, src, four, d, Options{})
					require.NoError(t, err)
					require.EqualValues(t, n, r.Elements)
					require.EqualValues(t, n/2, r.Written)
					intact(t)
					requireHalves(t, packed, src, four, d)
					if n > 0 {
						requireSameEverywhere(t, packed, src, four, d)
					}

					codes := make([]byte, n)
					unpack(codes, packed, four == dtype.I4)
					wide, intact := guarded(n * width(d))
					_, err = Convert(wide, packed, d, four, Options{})
					require.NoError(t, err)
					intact(t)
					requireValues(t, wide, codes, d, byteType(four))
					requireSameEverywhere(t, wide, packed, d, four)
				}
			}
		}
	})
}

func TestI4PairsProperty(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			four := rapid.SampledFrom([]dtype.DType{dtype.I4, dtype.U4}).Draw(t, "to")
			from := rapid.SampledFrom(plain).Draw(t, "from")
			var src []byte
			v := rapid.SliceOfN(rapid.Uint64(), 0, 40).Draw(t, "values")
			for _, x := range slices.Concat(v, v) {
				src = append(src, Bytes([]uint64{x})[:width(from)]...)
			}
			dst := make([]byte, len(v))
			_, err := Convert(dst, src, four, from, Options{})
			require.NoError(t, err)
			requireHalves(t, dst, src, four, from)
		})
	})
}

// TestI4Others converts between I4, U4 and ternary blocks, in place too.
func TestI4Others(t *testing.T) {
	signed := []byte{0x80, 0xf7}
	dst := make([]byte, 2)
	_, err := Convert(dst, signed, dtype.U4, dtype.I4, Options{})
	require.NoError(t, err)
	require.Equal(t, []byte{0x00, 0x07}, dst)
	_, err = Convert(dst, signed, dtype.I4, dtype.U4, Options{})
	require.NoError(t, err)
	require.Equal(t, []byte{0x70, 0x77}, dst)
	got, _, err := InPlace(signed, dtype.U4, dtype.I4)
	require.NoError(t, err)
	require.Equal(t, []byte{0x00, 0x07}, got)

	x := make([]float32, 512)
	for i := range x {
		x[i] = float32(i%3 - 1)
	}
	ternary, four, back := make([]byte, 132), make([]byte, 256), make([]byte, 132)
	for _, c := range []Job{
		{ternary, Bytes(x), dtype.TQ2_0, dtype.F32},
		{four, ternary, dtype.I4, dtype.TQ2_0},
		{back, four, dtype.TQ2_0, dtype.I4},
	} {
		_, err := Convert(c.Dst, c.Src, c.To, c.From, Options{})
		require.NoError(t, err)
	}
	require.True(t, bytes.Equal(ternary, back))
	require.Equal(t, []byte{0x0f, 0xf1}, four[:2])

	for want, err := range map[string]error{
		"convert: 3 elements are no whole number of blocks of I4": second(Convert(nil, make([]byte, 12), dtype.I4, dtype.F32, Options{})),
		"convert: U8 is wider than U4: not in place":              third(InPlace(four, dtype.U8, dtype.U4)),
	} {
		require.EqualError(t, err, want)
	}
}

func TestI4Tensor(t *testing.T) {
	c := memory.NewChecked(memory.Heap())
	x := counting(t, c, 3, 4)
	four, r, err := Tensor(c, x, dtype.U4, Options{})
	require.NoError(t, err)
	require.Equal(t, "U4 3×4", four.String())
	require.Equal(t, []byte{0x10, 0x32, 0x54, 0x76, 0x98, 0xba}, four.Bytes())
	require.EqualValues(t, 6, r.Written)

	seen, err := Bitcast(four, dtype.I4)
	require.NoError(t, err)
	require.Equal(t, "I4 3×4", seen.String())
	row, _, err := Tensor(c, seen.Select(0, 2), dtype.I32, Options{})
	require.NoError(t, err)
	require.Equal(t, "I32 4", row.String())
	require.Equal(t, -8.0, row.At(0))
	require.Equal(t, -5.0, row.At(3))
	row.Release()

	whole, err := Bitcast(four, dtype.U16)
	require.NoError(t, err)
	require.Equal(t, "U16 3×1", whole.String())
	again, err := Bitcast(whole, dtype.U4)
	require.NoError(t, err)
	require.Equal(t, "U4 3×4", again.String())
	require.Same(t, &four.Bytes()[0], &again.Bytes()[0])
	_, err = Bitcast(four, dtype.F32)
	require.EqualError(t, err, "convert: the rows of U4 3×4 are no whole number of F32")
	_, _, err = Tensor(c, x.Reshape(4, 3), dtype.I4, Options{})
	require.EqualError(t, err, "convert: F32 4×3: rows of 3 elements are no whole number of blocks of I4, which hold 2")
	_, _, err = Tensor(c, tensor.Scalar(dtype.F64, 1), dtype.I4, Options{})
	require.EqualError(t, err, "convert: F64 scalar: rows of 1 elements are no whole number of blocks of I4, which hold 2")
	for _, r := range []interface{ Release() }{again, whole, seen, four, x} {
		r.Release()
	}
	require.Empty(t, c.Leaks())
}

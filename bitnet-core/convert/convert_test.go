package convert

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func levels() []simd.Level {
	return slices.DeleteFunc(simd.Levels(), func(l simd.Level) bool { return !simd.Has(l) })
}

// guarded returns size bytes at an odd address between others, and a check that those
// are still what they were.
func guarded(size int) (b []byte, check func(t require.TestingT)) {
	const band = 67
	all := bytes.Repeat([]byte{0xa5}, size+2*band)
	return all[band : band+size : band+size], func(t require.TestingT) {
		edge := bytes.Repeat([]byte{0xa5}, band)
		require.Equal(t, edge, all[:band])
		require.Equal(t, edge, all[band+size:])
	}
}

// TestPairs holds every pair of plain types to the reference, with all kernels, at odd
// addresses, and every other way to convert to the same bytes.
func TestPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	withVariants(t, func(t *testing.T) {
		for _, from := range plain {
			for _, to := range plain {
				for _, n := range []int{0, 1, 63, 64, 333} {
					src, srcIntact := guarded(n * width(from))
					copy(src, samples(rng, from, n))
					was := slices.Clone(src)
					dst, dstIntact := guarded(n * width(to))
					r, err := Convert(dst, src, to, from, Options{})
					require.NoError(t, err)
					require.EqualValues(t, n, r.Elements)
					require.EqualValues(t, len(src), r.Read)
					require.EqualValues(t, len(dst), r.Written)
					require.Equal(t, was, src)
					srcIntact(t)
					dstIntact(t)
					if to == from {
						require.Equal(t, was, dst)
					} else {
						requireValues(t, dst, src, to, from)
					}
					requireSameEverywhere(t, dst, src, to, from)
				}
			}
		}
	})
}

// requireSameEverywhere converts src in all other ways.
func requireSameEverywhere(t require.TestingT, want, src []byte, to, from dtype.DType) {
	var out bytes.Buffer
	r, err := Stream(&out, iotest.OneByteReader(bytes.NewReader(src)), to, from, Options{Chunk: 100})
	require.NoError(t, err)
	require.Equal(t, len(want), out.Len())
	require.True(t, bytes.Equal(want, out.Bytes()))
	require.EqualValues(t, len(src), r.Read)
	require.EqualValues(t, len(want), r.Written)

	if len(want) > len(src) {
		_, _, err := InPlace(slices.Clone(src), to, from)
		require.ErrorContains(t, err, "not in place")
		return
	}
	same, intact := guarded(len(src))
	copy(same, src)
	got, _, err := InPlace(same, to, from)
	if len(src) == 0 && err != nil { // wider, but nothing
		require.ErrorContains(t, err, "not in place")
		return
	}
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "%v to %v in place", from, to)
	intact(t)
}

// TestPairsProperty converts other values, and through all kernels.
func TestPairsProperty(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			from, to := rapid.SampledFrom(plain).Draw(t, "from"), rapid.SampledFrom(plain).Draw(t, "to")
			v := rapid.SliceOfN(rapid.Uint64(), 0, 70).Draw(t, "values")
			var src []byte
			for _, x := range v {
				src = append(src, Bytes([]uint64{x})[:width(from)]...)
			}
			dst := make([]byte, len(v)*width(to))
			_, err := Convert(dst, src, to, from, Options{})
			require.NoError(t, err)
			if to != from {
				requireValues(t, dst, src, to, from)
			}
			requireSameEverywhere(t, dst, src, to, from)
		})
	})
}

// TestExhaustive16 converts every element of the 16-bit types to all types.
func TestExhaustive16(t *testing.T) {
	var all []uint16
	for i := range 1 << 16 {
		all = append(all, uint16(i))
	}
	for _, from := range []dtype.DType{dtype.F16, dtype.BF16, dtype.I16, dtype.U16} {
		for _, to := range plain {
			if to == from {
				continue
			}
			dst := make([]byte, len(all)*width(to))
			_, err := Convert(dst, Bytes(all), to, from, Options{})
			require.NoError(t, err)
			if !testing.Short() || to == dtype.F32 {
				requireValues(t, dst, Bytes(all), to, from)
			}
		}
	}
}

// TestInPlaceLong converts more than a go in place, through F32 and without.
func TestInPlaceLong(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, p := range [][2]dtype.DType{
		{dtype.F16, dtype.F64},
		{dtype.BF16, dtype.I32},
		{dtype.F16, dtype.F32},
		{dtype.I8, dtype.F32},
		{dtype.U8, dtype.BF16},
		{dtype.F32, dtype.I32},
		{dtype.F16, dtype.BF16},
		{dtype.TQ2_0, dtype.F32},
		{dtype.TQ1_0, dtype.F16},
		{dtype.TQ1_0, dtype.TQ2_0},
		{dtype.F64, dtype.I64},
	} {
		to, from := p[0], p[1]
		const n = 5*grain + 512
		size, _ := from.Size(n)
		src := make([]byte, size)
		if from.Plain() {
			src = samples(rng, from, n)
		}
		tsize, _ := to.Size(n)
		want := make([]byte, tsize)
		_, err := Convert(want, src, to, from, Options{})
		require.NoError(t, err)
		got, r, err := InPlace(src, to, from)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got), p)
		require.EqualValues(t, n, r.Elements)
		require.Equal(t, tsize, r.Written)
	}
	same := []byte{1, 2, 3, 4}
	got, r, err := InPlace(same, dtype.I16, dtype.I16)
	require.NoError(t, err)
	require.Same(t, &same[0], &got[0])
	require.Zero(t, r.Read+r.Written, "nothing is moved")
}

// TestBatch divides jobs of all sizes over threads.
func TestBatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	pool := parallel.New(3)
	defer pool.Close()
	var jobs []Job
	var want [][]byte
	var elems int64
	for i, n := range []int{0, 1, 100, pieceElems - 1, pieceElems, 3*pieceElems + 77, 5, 2 * pieceElems} {
		from, to := plain[(3*i+1)%len(plain)], plain[(5*i+2)%len(plain)]
		src := make([]byte, n*width(from))
		for k := range src {
			src[k] = byte(rng.Uint32())
		}
		w := make([]byte, n*width(to))
		_, err := Convert(w, src, to, from, Options{})
		require.NoError(t, err)
		jobs, want = append(jobs, Job{make([]byte, len(w)), src, to, from}), append(want, w)
		elems += int64(n)
	}
	r, err := Batch(jobs, Options{Pool: pool})
	require.NoError(t, err)
	require.Equal(t, elems, r.Elements)
	for i := range jobs {
		require.True(t, bytes.Equal(want[i], jobs[i].Dst), i)
	}
	dst := make([]byte, len(want[5]))
	_, err = Convert(dst, jobs[5].Src, jobs[5].To, jobs[5].From, Options{Pool: pool})
	require.NoError(t, err)
	require.True(t, bytes.Equal(want[5], dst))

	one := []byte{7}
	_, err = Batch([]Job{
		{one, []byte{1}, dtype.I8, dtype.U8},
		{nil, nil, dtype.Q4_0, dtype.F32},
		{nil, make([]byte, 12), dtype.TQ2_0, dtype.F32},
	}, Options{})
	require.EqualError(t, err, "job 1: convert: no conversion from F32 to Q4_0: want plain types, I4, U4, TQ1_0 or TQ2_0\n"+
		"job 2: convert: 3 elements are no whole number of blocks of TQ2_0")
	require.Equal(t, []byte{7}, one, "nothing is converted if there are errors")
}

func TestMistakes(t *testing.T) {
	b := make([]byte, 64)
	for want, f := range map[string]func(){
		"convert: Convert length mismatch":                     func() { Convert(b[:8], b[16:20], dtype.F64, dtype.I16, Options{}) },
		"convert: length is no whole number of elements":       func() { Convert(b[:8], b[16:21], dtype.F64, dtype.I16, Options{}) },
		"convert: Convert overlapping operands":                func() { Convert(b[:8], b[7:11], dtype.F32, dtype.I16, Options{}) },
		"convert: PackI4 length mismatch":                      func() { PackI4(b[:1], make([]int8, 3)) },
		"convert: UnpackI4 length mismatch":                    func() { UnpackI4(make([]int8, 3), b[:1]) },
		"convert: PackU4 length mismatch":                      func() { PackU4(b[:1], b[8:11]) },
		"convert: UnpackU4 length mismatch":                    func() { UnpackU4(b[8:11], b[:1]) },
		"convert: QuantizeU4 length mismatch":                  func() { QuantizeU4(b[:2], make([]float32, 2), make([]float32, 6)) },
		"convert: DequantizeU4 length mismatch":                func() { DequantizeU4(make([]float32, 2), nil, make([]float32, 1)) },
		"convert: QuantizeI8 length mismatch":                  func() { QuantizeI8(make([]int8, 2), make([]float32, 1), make([]float32, 3)) },
		"convert: QuantizeU8 length mismatch":                  func() { QuantizeU8(b[:2], make([]float32, 1), make([]float32, 3)) },
		"convert: QuantizeI4 length mismatch":                  func() { QuantizeI4(b[:2], make([]float32, 2), make([]float32, 6)) },
		"convert: DequantizeI8 length mismatch":                func() { DequantizeI8(make([]float32, 2), nil, nil) },
		"convert: DequantizeU8 length mismatch":                func() { DequantizeU8(make([]float32, 2), nil, nil) },
		"convert: DequantizeI4 length mismatch":                func() { DequantizeI4(make([]float32, 2), nil, make([]float32, 1)) },
		"convert: number of scales does not divide the values": func() { QuantizeI8(make([]int8, 3), make([]float32, 2), make([]float32, 3)) },
	} {
		require.PanicsWithValue(t, want, f)
	}
	for want, err := range map[string]error{
		"convert: no conversion from I2_S to F32: want plain types, I4, U4, TQ1_0 or TQ2_0":       second(Convert(nil, nil, dtype.F32, dtype.I2_S, Options{})),
		"convert: no conversion from F32 to INVALID: want plain types, I4, U4, TQ1_0 or TQ2_0":    third(InPlace(nil, dtype.Invalid, dtype.F32)),
		"convert: no conversion from DType(200) to F32: want plain types, I4, U4, TQ1_0 or TQ2_0": second(Stream(io.Discard, nil, dtype.F32, 200, Options{})),
		"convert: 65 bytes are no whole number of blocks of TQ2_0, which take 66":                 second(Convert(nil, make([]byte, 65), dtype.F32, dtype.TQ2_0, Options{})),
		"convert: 16 elements are no whole number of blocks of TQ1_0":                             third(InPlace(b, dtype.TQ1_0, dtype.F32)),
		"convert: F64 is wider than F32: not in place":                                            third(InPlace(b, dtype.F64, dtype.F32)),
		"convert: F16 is wider than TQ2_0: not in place":                                          third(InPlace(b, dtype.F16, dtype.TQ2_0)),
	} {
		require.EqualError(t, err, want)
	}
}

func second(_ Report, err error) error          { return err }
func third(_ []byte, _ Report, err error) error { return err }

package convert

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A quantizer is one of the three, on int values.
type quantizer struct {
	name string
	most float64
	to   func(scales, x []float32) []int
	from func(q []int, scales []float32) []float32
}

var quantizers = []quantizer{
	{"I8", 127, func(scales, x []float32) []int {
		dst := make([]int8, len(x))
		QuantizeI8(dst, scales, x)
		return ints(dst, 0)
	}, func(q []int, scales []float32) []float32 {
		dst, src := make([]float32, len(q)), make([]int8, len(q))
		for i, v := range q {
			src[i] = int8(v)
		}
		DequantizeI8(dst, src, scales)
		return dst
	}},
	{"U8", 127, func(scales, x []float32) []int {
		dst := make([]uint8, len(x))
		QuantizeU8(dst, scales, x)
		return ints(dst, 128)
	}, func(q []int, scales []float32) []float32 {
		dst, src := make([]float32, len(q)), make([]uint8, len(q))
		for i, v := range q {
			src[i] = uint8(v + 128)
		}
		DequantizeU8(dst, src, scales)
		return dst
	}},
	halfQuantizer("I4", 0, QuantizeI4, DequantizeI4),
	halfQuantizer("U4", 8, QuantizeU4, DequantizeU4),
}

// halfQuantizer takes rows apart byte by byte.
func halfQuantizer(name string, zero int, to func([]byte, []float32, []float32), from func([]float32, []byte, []float32)) quantizer {
	return quantizer{name, 7, func(scales, x []float32) []int {
		n, rows := len(x)/len(scales), len(scales)
		dst := make([]byte, rows*I4Bytes(n))
		for i := range dst {
			dst[i] = 0xee
		}
		to(dst, scales, x)
		var all []int
		for r := range rows {
			row := dst[r*I4Bytes(n) : (r+1)*I4Bytes(n)]
			for i := range n {
				v := int(row[i/2]) >> (i % 2 * 4) & 15
				if zero == 0 && v > 7 {
					v -= 16
				}
				all = append(all, v-zero)
			}
			if n%2 == 1 && row[n/2]>>4 != 0 {
				panic("the last half is not zero")
			}
		}
		return all
	}, func(q []int, scales []float32) []float32 {
		dst, rows := make([]float32, len(q)), len(scales)
		n := len(q) / rows
		src := make([]byte, rows*I4Bytes(n))
		for i, v := range q {
			src[i/n*I4Bytes(n)+i%n/2] |= byte(v+zero) & 15 << (i % n % 2 * 4)
		}
		from(dst, src, scales)
		return dst
	}}
}

func ints[T int8 | uint8](x []T, zero int) []int {
	var all []int
	for _, v := range x {
		all = append(all, int(v)-zero)
	}
	return all
}

// requireQuantized holds one row to plain arithmetic.
func requireQuantized(t require.TestingT, q quantizer, x []float32, scale float32, got []int, back []float32) {
	most, finite := 0.0, true
	for _, v := range x {
		most = max(most, math.Abs(float64(v)))
		finite = finite && v-v == 0
	}
	if !finite {
		require.NotEqual(t, scale, scale)
		for i := range x {
			require.Zero(t, got[i])
			require.NotEqual(t, back[i], back[i], "NaN")
		}
		return
	}
	want := max(float32(most)/float32(q.most), 0x1p-126)
	require.Equal(t, want, scale)
	for i, v := range x {
		require.Equal(t, math.RoundToEven(float64(v*(1/scale))), float64(got[i]), "%v/%v", v, scale)
		require.LessOrEqual(t, math.Abs(float64(got[i])), q.most)
		require.Equal(t, float32(got[i])*scale, back[i])
		require.LessOrEqual(t, math.Abs(float64(v)-float64(got[i])*float64(scale)), float64(scale)*(0.5+q.most*0x1p-22))
	}
}

func TestQuantize(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, q := range quantizers {
			for _, cols := range []int{1, 2, 63, 64, 65, 200, stage, stage + 1, 2*stage + 3} {
				const rows = 7
				x := make([]float32, rows*cols)
				for i := range x {
					x[i] = float32(rng.NormFloat64()) * float32(math.Pow(10, float64(i/cols)*12-40))
				}
				x[2*cols] = float32(math.NaN())
				x[4*cols-1] = float32(math.Inf(-1))
				clear(x[cols : 2*cols])
				x[5*cols] = math.MaxFloat32
				scales := make([]float32, rows)
				got := q.to(scales, x)
				back := q.from(got, scales)
				for r := range rows {
					lo, hi := r*cols, (r+1)*cols
					requireQuantized(t, q, x[lo:hi], scales[r], got[lo:hi], back[lo:hi])
				}
			}
		}
	})
}

func TestQuantizeProperty(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			q := rapid.SampledFrom(quantizers).Draw(t, "quantizer")
			x := rapid.SliceOfN(rapid.Float32(), 1, 150).Draw(t, "x")
			scales := make([]float32, 1)
			got := q.to(scales, x)
			requireQuantized(t, q, x, scales[0], got, q.from(got, scales))
		})
	})
}

func TestQuantizeNothing(t *testing.T) {
	for _, q := range quantizers[:2] {
		require.Empty(t, q.to(nil, nil))
	}
	QuantizeI4(nil, nil, nil)
	QuantizeU4(nil, nil, nil)
	scales := []float32{5, 5}
	QuantizeI8(nil, scales, nil)
	require.Equal(t, []float32{0x1p-126, 0x1p-126}, scales, "rows without values")
	x, q, scale := make([]float32, 5000), make([]byte, 2500), make([]float32, 2)
	require.Zero(t, testing.AllocsPerRun(10, func() {
		QuantizeI4(q, scale, x)
		DequantizeI4(x, q, scale)
	}))
}

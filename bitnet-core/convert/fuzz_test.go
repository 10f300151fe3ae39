package convert

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// FuzzConvert holds any bytes of any pair of plain types to the reference, in every way
// to convert them, and their conversion to I4 and U4.
func FuzzConvert(f *testing.F) {
	for i, d := range plain {
		f.Add(uint8(i), uint8(i+1), anySeed(d))
		f.Add(uint8(i), uint8(2), anySeed(d))
	}
	f.Fuzz(func(t *testing.T, a, b uint8, src []byte) {
		from, to := plain[int(a)%len(plain)], plain[int(b)%len(plain)]
		n := min(len(src)/width(from), 200)
		src = src[:n*width(from)]
		dst := make([]byte, n*width(to))
		_, err := Convert(dst, src, to, from, Options{})
		require.NoError(t, err)
		if to != from {
			requireValues(t, dst, src, to, from)
		}
		requireSameEverywhere(t, dst, src, to, from)

		for _, four := range []dtype.DType{dtype.I4, dtype.U4} {
			packed := make([]byte, n/2)
			_, err := Convert(packed, src[:n/2*2*width(from)], four, from, Options{})
			require.NoError(t, err)
			requireHalves(t, packed, src[:n/2*2*width(from)], four, from)
		}
	})
}

func anySeed(d dtype.DType) []byte {
	var b []byte
	for _, v := range []float64{0, 1, -1.5, 65520, 1e9, -1e30, math.Inf(1), math.NaN()} {
		b = append(b, Bytes([]uint64{anyBits(v, d)})[:width(d)]...)
	}
	return b
}

// FuzzTernary decodes any blocks and encodes the result: unless a code says 2·d, the
// values stay the same.
func FuzzTernary(f *testing.F) {
	f.Add(true, make([]byte, 66))
	f.Add(false, []byte("a block of TQ1_0 takes fifty-four bytes: 48, 4 and a scale, f16"))
	f.Fuzz(func(t *testing.T, two bool, data []byte) {
		d := dtype.TQ1_0
		if two {
			d = dtype.TQ2_0
		}
		_, size := d.Block()
		blocks := len(data) / size
		x, y := make([]float32, blocks*256), make([]float32, blocks*256)
		_, err := Convert(Bytes(x), data[:blocks*size], dtype.F32, d, Options{})
		require.NoError(t, err)
		again := make([]byte, blocks*size)
		_, err = Convert(again, Bytes(x), d, dtype.F32, Options{})
		require.NoError(t, err)
		_, err = Convert(Bytes(y), again, dtype.F32, d, Options{})
		require.NoError(t, err)
		for b := range blocks {
			scale := dtype.F16ToF32(uint16(data[b*size+size-2]) | uint16(data[b*size+size-1])<<8)
			block := x[256*b : 256*b+256]
			most := math.Float32frombits(absMax(block))
			for i, v := range block {
				switch {
				case scale-scale != 0:
					require.NotEqual(t, y[256*b+i], y[256*b+i], "NaN from a scale that is not finite")
				case most <= max(scale, -scale):
					require.Equal(t, v, y[256*b+i])
				}
			}
		}
	})
}

// FuzzQuantize holds all quantizers to plain arithmetic.
func FuzzQuantize(f *testing.F) {
	f.Add(anySeed(dtype.F32))
	f.Add(anySeed(dtype.F32)[:20])
	f.Fuzz(func(t *testing.T, data []byte) {
		n := min(len(data)/4, 300)
		if n == 0 {
			return
		}
		x := append([]float32(nil), numbers[float32](data[:4*n])...)
		for _, q := range quantizers {
			scales := make([]float32, 1)
			got := q.to(scales, x)
			requireQuantized(t, q, x, scales[0], got, q.from(got, scales))
		}
	})
}

package nn

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// stored returns what a Head of type d gives back of x.
func stored(x []float32, d dtype.DType) []float32 {
	if d != dtype.Q8_0 {
		_, x = encode(x, d)
		return x
	}
	out := make([]float32, len(x))
	for lo := 0; lo < len(x); lo += 32 {
		group := x[lo:min(lo+32, len(x))]
		top := 0.0
		for _, v := range group {
			top = max(top, math.Abs(float64(v)))
		}
		step := float32(top) / 127
		scale := float64(dtype.F16ToF32(dtype.F32ToF16(step)))
		for i, v := range group {
			if scale != 0 {
				out[lo+i] = float32(scale * math.RoundToEven(float64(v*(1/step))))
			}
		}
	}
	return out
}

// row returns key and value of a position as they are stored.
func (h *Head) row(p int) (key, value []float32) {
	block := KeyBlock * PositionBytes(h.Type, h.Width)
	keys, values := h.Keys[p/KeyBlock*block:], h.Values[p/KeyBlock*block:]
	lane := p % KeyBlock
	for g := 0; g < h.Width; g += q8Group {
		n := min(q8Group, h.Width-g)
		for d := range n {
			k := int8(keys[d/2*2*KeyBlock+2*lane+d%2])
			v := int8(values[lane/2*2*h.Width+2*(g+d)+lane%2])
			key = append(key, float32(k)*halfAt(keys[even(n)*KeyBlock:], lane))
			value = append(value, float32(v)*halfAt(values[KeyBlock*even(h.Width)+2*g:], lane))
		}
		keys = keys[(even(n)+2)*KeyBlock:]
	}
	return key, value
}

func TestHeadBytes(t *testing.T) {
	for _, tt := range []struct {
		d            dtype.DType
		width, n     int
		row          int
		keys, values int64
	}{
		{dtype.F32, 128, 33, 512, 64 * 512, 33 * 512},
		{dtype.F16, 64, 32, 128, 32 * 128, 32 * 128},
		{dtype.F16, 64, 0, 128, 0, 0},
		{dtype.Q8_0, 128, 33, 136, 64 * 136, 64 * 136},
		{dtype.Q8_0, 80, 1, 86, 32 * 86, 32 * 86},
		{dtype.Q8_0, 100, 1, 108, 32 * 108, 32 * 108},
		{dtype.Q8_0, 7, 1, 10, 320, 320},
		{dtype.BF16, 64, 32, 0, 0, 0},
	} {
		keys, values := HeadBytes(tt.d, tt.width, tt.n)
		require.Equal(t, tt.row, PositionBytes(tt.d, tt.width))
		require.Equal(t, [2]int64{tt.keys, tt.values}, [2]int64{keys, values})
	}
}

// TestQ8Put: what is stored is the definition's to the bit and, where the scale is a
// normal float16, within half a step, in every position and at every width.
func TestQ8Put(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for width := 1; width <= 130; width++ {
		h := newCached(rng, dtype.Q8_0, width, 70)
		for p := range 70 {
			key, value := h.row(p)
			require.Equal(t, h.keys[p*width:][:width], key, "width %d position %d", width, p)
			require.Equal(t, h.values[p*width:][:width], value, "width %d position %d", width, p)
		}
	}
	for _, size := range []float64{1e-2, 1, 1e3, 8e6} {
		x := make([]float32, 32)
		for range 1000 {
			top := 0.0
			for i := range x {
				x[i] = float32(size * (2*rng.Float64() - 1))
				top = max(top, math.Abs(float64(x[i])))
			}
			for i, v := range stored(x, dtype.Q8_0) {
				require.InDelta(t, x[i], v, top*(1.0/254+1.0/2048+1e-6))
			}
		}
	}
}

// TestQ8Extremes: magnitudes that float16 scales cannot hold and values that are no
// numbers, in one group; other groups and positions keep what they have.
func TestQ8Extremes(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, tt := range []struct {
		name string
		x    float64
		want float64 // of the group's element with x, NaN: of all
	}{
		{"zero", 0, 0},
		{"minus zero", math.Copysign(0, -1), 0},
		{"too small", 1e-7, 0},
		{"denormal", 1e-44, 0},
		{"large", 8.3e6, 8.3e6},
		{"too large", 8.4e6, nan},
		{"largest", math.MaxFloat32, nan},
		{"Inf", inf, nan},
		{"-Inf", -inf, nan},
		{"NaN", nan, nan},
	} {
		h := newCached(rand.New(rand.NewPCG(1, 1)), dtype.Q8_0, 100, 40)
		x := make([]float32, 100)
		x[70], x[99] = float32(tt.x), 127
		h.Put(33, x, x)
		key, value := h.row(33)
		for i := range key {
			switch {
			case i == 99:
				require.EqualValues(t, 127, key[i], tt.name)
			case i >= 64 && i < 96 && math.IsNaN(tt.want):
				require.True(t, math.IsNaN(float64(key[i])), tt.name)
			case i == 70:
				require.InEpsilon(t, 1+tt.want, 1+key[i], 1e-3, tt.name)
			default:
				require.Zero(t, key[i], tt.name)
			}
		}
		require.Equal(t, fmt.Sprint(key), fmt.Sprint(value), tt.name)
		other, _ := h.row(32)
		require.Equal(t, h.keys[32*100:33*100], other)
	}
}

// TestQ8Factors holds every kernel to the definition's bits, with products that are no
// numbers, too large, too small for an inverse, or ties, at any place of any row.
func TestQ8Factors(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 2))
	inf := float32(math.Inf(1))
	values := []float32{0, float32(math.Copysign(0, -1)), inf, -inf, float32(math.NaN()), 3.4e38, -3.4e38, 1e-45, -1e-38, 1e-34, 65534, -65535, 32767.5}
	halves := []uint16{0, 0x8000, 1, 0x3c00, 0xbc00, 0x7bff, 0x7c00, 0xfc00, 0x7e00}
	for range 300 {
		const ld, stride = q8Group + 3, factorBytes + 8
		rows, off := 1+rng.IntN(5), rng.IntN(16)
		x := append(make([]float32, off), normal(rng, rows*ld)...)[off:]
		scales := append(make([]byte, off+2*q8Group), 0)[off:]
		for i := range q8Group {
			binary.LittleEndian.PutUint16(scales[2*i:], dtype.F32ToF16(rng.Float32()))
		}
		switch rng.IntN(3) {
		case 0: // a few among others
			for range rng.IntN(4) {
				x[rng.IntN(len(x))] = values[rng.IntN(len(values))]
				i := rng.IntN(q8Group)
				binary.LittleEndian.PutUint16(scales[2*i:], halves[rng.IntN(len(halves))])
			}
		case 1: // nothing else, times 1
			first := rng.IntN(len(values))
			for i := range x {
				x[i] = values[first+rng.IntN(len(values)-first)]
			}
			copy(scales, ones[:])
		case 2: // integers and ties
			for i := range x {
				x[i] = float32(rng.IntN(131071)-65535) / 2
			}
			x[rng.IntN(len(x))] = 32767
			copy(scales, ones[:])
		}
		var want []byte
		withVariants(t, func(t *testing.T) {
			got := make([]byte, rows*stride+1)
			for i := range got {
				got[i] = 0xa5
			}
			factors(got, stride, x, ld, rows, scales, 0)
			for r := range rows {
				if at := got[r*stride+2*q8Group:]; factorScale(got[r*stride:]) != factorScale(got[r*stride:]) {
					binary.LittleEndian.PutUint32(at, math.MaxUint32) // whichever NaN
				}
			}
			if want == nil {
				want = got
			}
			require.Equal(t, want, got, "%v times %x", x, scales)
		})
	}
}

// TestQ8SameBits feeds every kernel codes and scales of any bits, NaN and Inf among
// them, at any alignment: results are the definition's to the bit, of rows that see as
// much as others and of rows that see less.
func TestQ8SameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	scales := []uint16{0, 1, 0x3c00, 0xbc00, 0x0400, 0x7bff, 0x3555, 0x2e66, 0x7c00, 0x7e00}
	for _, width := range []int{2, 4, 7, 32, 64, 80, 96, 100, 128, 144} {
		for _, rows := range []int{1, 3, 4, 6, 8, 12, 15} {
			for wild := range 4 { // 1 and 2: some scales are no numbers; 3: the largest sums
				h := newCached(rng, dtype.Q8_0, width, 96)
				off := rng.IntN(16)
				h.Keys, h.Values = append(make([]byte, off), h.Keys...)[off:], append(make([]byte, off), h.Values...)[off:]
				fill := func(data []byte, codes int) []byte {
					for i := range data[:codes] {
						if data[i] = byte(rng.Uint32()); wild == 3 {
							data[i] = 0x80
						}
					}
					for i := codes; i < codes+2*KeyBlock; i += 2 {
						some := scales[rng.IntN(8)]
						if (wild == 1 || wild == 2) && rng.IntN(20) == 0 {
							some = scales[7+wild]
						}
						data[i], data[i+1] = byte(some), byte(some>>8)
					}
					return data[codes+2*KeyBlock:]
				}
				keys, values := h.Keys, h.Values
				for range 3 {
					for g := range groups(width) {
						keys = fill(keys, even(min(q8Group, width-g*q8Group))*KeyBlock)
						values = fill(values, map[bool]int{true: even(width) * KeyBlock}[g == 0])
					}
				}
				q, p := normal(rng, rows*width), make([]float32, rows*Chunk)
				for i := range p {
					p[i] = float32(math.Exp(-20 * rng.Float64()))
				}
				if wild == 3 {
					for i := range q {
						q[i] = -1
					}
				}
				var want []uint32
				withVariants(t, func(t *testing.T) {
					got, scratch := make([]float32, rows*(96+width)), asBytes(make([]float32, Scratch(rows, width)))
					h.scores(got, 96, q, rows, 0, 3, scratch)
					h.weigh(got[rows*96:], p, Chunk, rows, 0, 61, 3, 64, scratch)
					bits := make([]uint32, len(got))
					for i, v := range got {
						if bits[i] = math.Float32bits(v); v != v {
							bits[i] = math.MaxUint32 // whichever NaN
						}
					}
					if want == nil {
						want = bits
					}
					require.Equal(t, want, bits, "width %d rows %d wild %d", width, rows, wild)
				})
			}
		}
	}
}

// TestQ8Accuracy: attention over q8_0 keys and values of a normal distribution differs
// from attention over the values before rounding by about 1/200 of their size, and
// from attention over what is stored by no more than float32 does.
func TestQ8Accuracy(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	const width, n, rows = 128, 700, 4
	exact, h := newCached(rng, dtype.F32, width, n), newCached(rng, dtype.Q8_0, width, n)
	for p := range n {
		k, v := exact.keys[p*width:(p+1)*width], exact.values[p*width:(p+1)*width]
		h.Put(p, k, v)
		copy(h.keys[p*width:], stored(k, dtype.Q8_0))
		copy(h.values[p*width:], stored(v, dtype.Q8_0))
	}
	q := normal(rng, rows*width)
	Scale(q, q, 0.2) // scores of a deviation of 2
	got := h.attend(q, rows, n)
	var size, rounding, arithmetic float64
	for r := range rows {
		before, after := exact.want(q[r*width:(r+1)*width], n), h.want(q[r*width:(r+1)*width], n)
		for i := range before {
			size += before[i] * before[i]
			rounding += math.Pow(float64(got[r*width+i])-before[i], 2)
			arithmetic += math.Pow(float64(got[r*width+i])-after[i], 2)
		}
	}
	rounding, arithmetic = math.Sqrt(rounding/size), math.Sqrt(arithmetic/size)
	t.Logf("relative error %.2g, of which arithmetic %.2g", rounding, arithmetic)
	require.Less(t, rounding, 0.02)
	require.Less(t, arithmetic, 1e-4)
}

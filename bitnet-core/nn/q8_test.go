package nn

import (
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
	block := KeyBlock * RowBytes(h.Type, h.Width)
	keys, values := h.Keys[p/KeyBlock*block:], h.Values[p/KeyBlock*block:]
	for g := 0; g < h.Width; g += q8Group {
		n := min(q8Group, h.Width-g)
		for d := range n {
			key = append(key, float32(int8(keys[d*KeyBlock+p%KeyBlock]))*halfAt(keys[n*KeyBlock:], p%KeyBlock))
			value = append(value, float32(int8(values[p%KeyBlock*h.Width+g+d]))*halfAt(values[KeyBlock*h.Width+2*g:], p%KeyBlock))
		}
		keys = keys[(n+2)*KeyBlock:]
	}
	return key, value
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

// TestQ8KernelExtremes feeds every kernel codes and scales that Put would not write
// and such as it does for values out of range: results are those of the definition,
// NaN and Inf included, and what a query does not see leaves no trace.
func TestQ8KernelExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	scales := []uint16{0, 1, 0x3c00, 0xbc00, 0x0400, 0x7bff, 0x7c00, 0x7e00}
	for _, width := range []int{4, 32, 64, 80, 96, 100, 128} {
		for _, rows := range []int{1, 3, 4, 6, 12, 15} {
			h := newCached(rng, dtype.Q8_0, width, 64)
			for _, data := range [][]byte{h.Keys, h.Values} {
				for i := range data {
					data[i] = []byte{0x80, 0x81, 0xff, 0, 1, 0x7f}[rng.IntN(6)]
				}
			}
			block, values := KeyBlock*RowBytes(h.Type, width), h.Values
			for b := range 2 {
				at := b * block
				for g := range groups(width) {
					n := min(q8Group, width-g*q8Group)
					for lane := range KeyBlock {
						some := scales[rng.IntN(len(scales)-2*(lane&1))] // NaN and Inf in every other position
						h.Keys[at+n*KeyBlock+2*lane], h.Keys[at+n*KeyBlock+2*lane+1] = byte(some), byte(some>>8)
						v := b*block + KeyBlock*width + 2*(g*KeyBlock+lane)
						values[v], values[v+1] = byte(some), byte(some>>8)
					}
					at += (n + 2) * KeyBlock
				}
			}
			q, p := normal(rng, rows*width), normal(rng, rows*Chunk)
			for i := range p {
				if i%Chunk%2 == 0 && rng.IntN(8) > 0 {
					p[i] = 0
				}
			}
			was := kernels
			var want []float32
			withVariants(t, func(t *testing.T) {
				got := make([]float32, rows*(64+width))
				h.scores(got, 64, q, rows, 0, 2)
				h.weigh(got[rows*64:], p, Chunk, rows, 0, 35, 3, 64, make([]float32, rows*KeyBlock))
				if want == nil {
					want = got
				}
				for i, w := range want {
					g, w := float64(got[i]), float64(w)
					if math.IsNaN(w) || math.IsInf(w, 0) {
						require.Equal(t, fmt.Sprint(w), fmt.Sprint(g), "%d", i)
					} else {
						require.InDelta(t, w, g, 1e-3*(1+math.Abs(w))+200, "%d", i)
					}
				}
			})
			kernels = was
		}
	}
}

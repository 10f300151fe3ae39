package int8act

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-quant/internal/simdtest"
	"github.com/stretchr/testify/require"
)

var nan, posInf = float32(math.NaN()), float32(math.Inf(1))

// plain is the formula of the package comment in float64, but for the two
// float32 roundings that define the result.
func plain(x []float32) (q []int8, scale float32, sum int32) {
	largest := float32(Eps)
	for _, v := range x {
		largest = max(largest, float32(math.Abs(float64(v))))
	}
	scale = 127 / largest
	for _, v := range x {
		r := max(-128, min(127, math.RoundToEven(float64(v*scale))))
		q = append(q, int8(r))
		sum += int32(r)
	}
	return q, scale, sum
}

func all() []variant { return append([]variant{generic}, variants()...) }

func eachVariant(t *testing.T, f func(t *testing.T, v *variant)) {
	for _, v := range all() {
		t.Run(v.name, func(t *testing.T) {
			if !v.ok {
				t.Skip("not supported by this CPU, or excluded by BITNET_SIMD")
			}
			f(t, &v)
		})
	}
}

func TestQuantizeRow(t *testing.T) {
	tests := []struct {
		name  string
		x     []float32
		q     []int8
		scale float32
	}{
		{"empty", nil, []int8{}, 127 / float32(1e-5)},
		{"zeros", []float32{0, 0}, []int8{0, 0}, 127 / float32(1e-5)},
		{"largest is 127", []float32{2, -1, 0.5}, []int8{127, -64, 32}, 63.5}, // -63.5 to -64, 31.75 to 32
		{"negative largest", []float32{-127, 1, 0}, []int8{-127, 1, 0}, 1},
		{"ties to even", []float32{127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5}, []int8{127, 0, 2, 2, 0, -2, -2}, 1},
		{"below Eps", []float32{1e-6, -2e-6}, []int8{13, -25}, 127 / float32(1e-5)},
		{"huge", []float32{math.MaxFloat32, -math.MaxFloat32}, []int8{127, -127}, 127 / float32(math.MaxFloat32)},
		{"NaN", []float32{1, nan, 2}, []int8{0, 0, 0}, 0},
		{"infinity", []float32{1, posInf, 2}, []int8{0, 0, 0}, 0},
		{"minus infinity", []float32{-posInf}, []int8{0}, 0},
		{"NaN hides infinity", []float32{posInf, -nan, posInf}, []int8{0, 0, 0}, 0},
	}
	eachVariant(t, func(t *testing.T, v *variant) {
		for _, tt := range tests {
			for _, pad := range []int{0, 29, 64} { // reach the vector loops too
				x := append(slices.Clone(tt.x), make([]float32, pad)...)
				want := append(slices.Clone(tt.q), make([]int8, pad)...)
				dst := make([]int8, len(x))
				scale, sum := quantizeRow(v, dst, x)
				var wantSum int32
				for _, q := range want {
					wantSum += int32(q)
				}
				require.Equal(t, want, dst, "%s pad %d", tt.name, pad)
				require.Equal(t, tt.scale, scale, "%s pad %d", tt.name, pad)
				require.Equal(t, wantSum, sum, "%s pad %d", tt.name, pad)
			}
		}
	})
}

// TestVariants compares every variant with plain arithmetic at every length up
// to a few vectors and at alignments that are no multiple of a vector, with
// guard pages behind both slices and a guard band before dst.
func TestVariants(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		const most = 300
		rng := rand.New(rand.NewPCG(1, 2))
		xs := simdtest.Guarded(t, 4*most)
		x0 := unsafe.Slice((*float32)(unsafe.Pointer(&xs[0])), most)
		d0 := unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(simdtest.Guarded(t, most+64)))), most+64)
		for n := 0; n <= most; n++ {
			x := x0[most-n:]
			fill(rng, x, n%4)
			was := slices.Clone(x)
			for i := range d0 {
				d0[i] = 99
			}
			dst := d0[most+64-n:]
			scale, sum := quantizeRow(v, dst, x)
			q, wantScale, wantSum := plain(x)
			require.Equal(t, q, append([]int8(nil), dst...), n)
			require.Equal(t, wantScale, scale)
			require.Equal(t, wantSum, sum)
			require.Equal(t, was, x, "input written")
			for i, b := range d0[:most+64-n] {
				require.Equal(t, int8(99), b, "guard band %d", i)
			}
		}
	})
}

// TestNonFiniteAnywhere puts one bad value at each position.
func TestNonFiniteAnywhere(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		for _, bad := range []float32{nan, posInf, -posInf, math.Float32frombits(0xff800001)} {
			for n := range 150 {
				x := make([]float32, 150)
				fill(rand.New(rand.NewPCG(3, 4)), x, 0)
				x[n] = bad
				dst := make([]int8, len(x))
				dst[0] = 5
				scale, sum := quantizeRow(v, dst, x)
				require.Zero(t, scale)
				require.Zero(t, sum)
				require.Equal(t, make([]int8, len(x)), dst)
			}
		}
	})
}

func FuzzQuantizeRow(f *testing.F) {
	f.Add(uint64(1), 300, 1)
	f.Add(uint64(2), 6912, 3)
	f.Fuzz(func(t *testing.T, seed uint64, n, kind int) {
		x := make([]float32, max(0, n)%8192)
		fill(rand.New(rand.NewPCG(seed, 5)), x, kind&3)
		q, scale, sum := plain(x)
		for _, v := range all() {
			if v.ok {
				dst := make([]int8, len(x))
				s, m := quantizeRow(&v, dst, x)
				if !slices.Equal(dst, q) || s != scale || m != sum {
					t.Fatalf("%s: n=%d kind=%d seed=%d differs", v.name, len(x), kind&3, seed)
				}
			}
		}
	})
}

// fill writes one of four kinds of finite values.
func fill(rng *rand.Rand, x []float32, kind int) {
	for i := range x {
		switch kind {
		case 0:
			x[i] = float32(rng.NormFloat64())
		case 1: // any finite bit pattern
			for x[i] = nan; x[i]-x[i] != 0; {
				x[i] = math.Float32frombits(rng.Uint32())
			}
		case 2: // half-integers at scale 1: ties
			x[i] = float32(rng.IntN(509)-254) / 2
		case 3: // below Eps, subnormals among them
			x[i] = math.Float32frombits(rng.Uint32() % 0x37000000)
		}
	}
}

func TestRows(t *testing.T) {
	var r Rows
	r.Resize(3, 300)
	require.Equal(t, 512, r.Stride)
	require.Len(t, r.Q, 3*512)
	require.Zero(t, uintptr(unsafe.Pointer(&r.Q[0]))%64)
	for i := range r.Q {
		r.Q[i] = 7
	}
	x := make([]float32, 300)
	for i := range x {
		x[i] = float32(i - 150)
	}
	r.QuantizeRow(1, x)
	q, scale, sum := plain(x)
	require.Equal(t, q, r.Q[512:812])
	require.Equal(t, make([]int8, 212), r.Q[812:1024], "padding")
	require.Equal(t, scale, r.Scale[1])
	require.Equal(t, sum, r.Sum[1])
	require.Equal(t, int8(7), r.Q[511], "row 0 written")
	require.Equal(t, int8(7), r.Q[1024], "row 2 written")

	r.Resize(1, 1)
	require.Equal(t, []int{1, 1, 256, 256, 1, 1}, []int{r.T, r.Cols, r.Stride, len(r.Q), len(r.Scale), len(r.Sum)})
	r.Resize(0, 5)
	require.Empty(t, r.Q)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		r.Resize(3, 300)
		r.QuantizeRow(2, x)
		r.Resize(2, 256)
		r.QuantizeRow(1, x[:256])
	}))
	require.PanicsWithValue(t, "int8act: Resize shape", func() { r.Resize(-1, 1) })
	require.PanicsWithValue(t, "int8act: QuantizeRow shape", func() { r.QuantizeRow(2, x[:256]) })
	require.PanicsWithValue(t, "int8act: QuantizeRow shape", func() { r.QuantizeRow(0, x) })
	require.PanicsWithValue(t, "int8act: QuantizeRow length", func() { QuantizeRow(nil, x) })
}

// TestOrder: rows hold the same values, sum and scale in any order, each column
// where At says, and zeros for the padding.
func TestOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	for _, cols := range []int{1, 100, 256, 300, 1024} {
		x := make([]float32, cols)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		var natural Rows
		natural.Resize(2, cols)
		natural.QuantizeRow(1, x)
		other := Rows{Order: GroupsReversed}
		other.Resize(2, cols)
		other.QuantizeRow(1, x)
		require.Equal(t, natural.Sum[1], other.Sum[1])
		require.Equal(t, natural.Scale[1], other.Scale[1])
		seen := make([]bool, natural.Stride)
		for c := range natural.Stride {
			require.Equal(t, c, Natural.At(c))
			at := GroupsReversed.At(c)
			require.False(t, seen[at])
			seen[at] = true
			require.Equal(t, natural.Q[natural.Stride+c], other.Q[natural.Stride+at], "column %d", c)
		}
	}
}

func TestRequiredVariants(t *testing.T) {
	ok := map[string]bool{}
	for _, v := range variants() {
		ok[v.name] = v.ok
	}
	simdtest.Required(t, ok)
}

func BenchmarkQuantizeRow(b *testing.B) {
	for _, v := range all() {
		for _, n := range []int{512, 2560, 6912} {
			b.Run(fmt.Sprintf("kernel=%s/n=%d", v.name, n), func(b *testing.B) {
				if !v.ok {
					b.Skip("not supported by this CPU, or excluded by BITNET_SIMD")
				}
				x, dst := make([]float32, n), make([]int8, n)
				fill(rand.New(rand.NewPCG(1, 2)), x, 0)
				b.SetBytes(int64(4 * n))
				for b.Loop() {
					quantizeRow(&v, dst, x)
				}
			})
		}
	}
}

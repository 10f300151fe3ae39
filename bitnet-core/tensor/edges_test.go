package tensor

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// TestCopyOfNothing copies views of no elements whose memory is in another order than
// the destination's, whichever dimension is 0.
func TestCopyOfNothing(t *testing.T) {
	for zero := range 3 {
		shape := []int{4, 5, 6}
		shape[zero] = 0
		for _, d := range []dtype.DType{dtype.F64, dtype.F32, dtype.F16, dtype.U8} {
			whole, err := New(memory.Heap(), d, 6, 5, 4)
			require.NoError(t, err)
			wide, err := New(memory.Heap(), d, 4, 5, 6, 2)
			require.NoError(t, err)
			permuted := whole.Permute(2, 1, 0).Slice(zero, 1, 1)
			turned := whole.Reshape(5, 6, 4).Permute(2, 0, 1).Slice(zero, 1, 1)
			part := wide.Slice(zero, 2, 2).Select(3, 1)
			for name, s := range map[string]*Tensor{"permuted": permuted, "turned": turned, "part": part} {
				dst, err := New(memory.Heap(), d, shape...)
				require.NoError(t, err)
				require.NotPanics(t, func() {
					Copy(dst, s)
					Concat(dst, zero, s, s)
					Copy(s, dst)
				}, "%s %v %v", name, d, shape)
			}
		}
	}
}

// TestFloat64Functions: functions of F64 are right to the last digits where package
// math, or the plain formula, is not.
func TestFloat64Functions(t *testing.T) {
	for _, c := range []struct {
		name    string
		f       func(dst, a *Tensor)
		x, want float64
	}{
		// Subnormal numbers: math.Log has an assembly on amd64 that takes their exponent
		// for that of the smallest normal one.
		{"Log", Log, 5e-324, -744.4400719213812},
		{"Log", Log, 0x1p-1040, -1040 * math.Ln2},
		{"Log", Log, 0x1.8p-1023, math.Log(1.5) - 1023*math.Ln2},
		{"Log", Log, 0x1p-1022, -708.3964185322641},
		// tanh is -1 there, or next to it.
		{"GELUTanh", GELUTanh, -7, -2.3154422620725474e-15},
		{"GELUTanh", GELUTanh, -11, -1.4847686071591352e-48},
		{"GELUTanh", GELUTanh, 7, 7},
		{"GELUTanh", GELUTanh, -1e200, 0},
	} {
		dst := Scalar(dtype.F64, 0)
		c.f(dst, Scalar(dtype.F64, c.x))
		require.InDelta(t, c.want, dst.At(), 1e-13*math.Abs(c.want), "%s of %v", c.name, c.x)
	}
	for _, c := range []struct{ x, y, want float64 }{
		{5e-324, 0.25, 0x1p-268 * math.Sqrt(0.5)},
		{5e-324, -0.003602943866830404, 14.616861964204974},
		{5e-324, 0, 1},
		{5e-324, -2, math.Inf(1)},
		{5e-324, 2, 0},
		{0x1p-1030, -0.5, 0x1p515},
		{0x1p-1030, 1, 0x1p-1030},
	} {
		dst := Scalar(dtype.F64, 0)
		Pow(dst, Scalar(dtype.F64, c.x), Scalar(dtype.F64, c.y))
		if math.IsInf(c.want, 1) || c.want == 0 {
			require.Equal(t, c.want, dst.At(), "%v to the power %v", c.x, c.y)
		} else {
			require.InEpsilon(t, c.want, dst.At(), 1e-13, "%v to the power %v", c.x, c.y)
		}
	}
}

// TestUnsignedSigns: as NumPy's, which wrap around.
func TestUnsignedSigns(t *testing.T) {
	x := of(t, []uint8{0, 1, 128, 255})
	Abs(x, x)
	require.Equal(t, []uint8{0, 1, 128, 255}, Values[uint8](x))
	Neg(x, x)
	require.Equal(t, []uint8{0, 255, 128, 1}, Values[uint8](x))
	y := of(t, []uint64{0, 1, math.MaxUint64})
	Neg(y, y)
	require.Equal(t, []uint64{0, math.MaxUint64, 1}, Values[uint64](y))
}

// TestStep compares with indices, NumPy's t[lo:hi:step].
func TestStep(t *testing.T) {
	x := of(t, []int32{0, 1, 2, 3, 4, 5, 6})
	for _, c := range []struct {
		lo, hi, step int
		want         string
	}{
		{0, 7, 1, "[0 1 2 3 4 5 6]"},
		{0, 7, 2, "[0 2 4 6]"},
		{1, 7, 2, "[1 3 5]"},
		{1, 6, 3, "[1 4]"},
		{2, 3, 9, "[2]"},
		{0, 7, math.MaxInt, "[0]"},
		{3, 3, 2, "[]"},
	} {
		require.Equal(t, c.want, Sprint(x.Slice(0, c.lo, c.hi).Step(0, c.step)))
	}
	even, odd := x.Step(0, 2), x.Slice(0, 1, 7).Step(0, 2)
	require.False(t, even.Overlaps(odd))
	require.Equal(t, "[0 6]", Sprint(even.Step(0, 3)))
	Add(odd, odd, even.Slice(0, 1, 4))
	require.Equal(t, []int32{0, 3, 2, 7, 4, 11, 6}, Values[int32](x))
	three := counting(t, 3, 4).Transpose(0, 1).Step(0, 3)
	require.Equal(t, "[[ 0.  4.  8.]\n [ 3.  7. 11.]]", Sprint(three))
}

// TestBool: Min and Max are and and or, Equal with false is not.
func TestBool(t *testing.T) {
	x := of(t, []float32{-1, 1, 3})
	up, down, dst := bools(t, 3), bools(t, 3), bools(t, 3)
	Greater(up, x, Scalar(dtype.F32, 0))
	Less(down, x, Scalar(dtype.F32, 2))
	Min(dst, up, down)
	require.Equal(t, "[False  True False]", Sprint(dst))
	Max(dst, up, down)
	require.Equal(t, "[ True  True  True]", Sprint(dst))
	Equal(dst, up, Scalar(dtype.Bool, 0))
	require.Equal(t, "[ True False False]", Sprint(dst))
	any, all := bools(t), bools(t)
	ReduceMax(any, up)
	ReduceMin(all, up)
	require.Equal(t, "True False", Sprint(any)+" "+Sprint(all))
}

func bools(t *testing.T, shape ...int) *Tensor {
	x, err := New(memory.Heap(), dtype.Bool, shape...)
	require.NoError(t, err)
	return x
}

// TestSprintExponents: where an exponent has three digits, NumPy gives them to all.
func TestSprintExponents(t *testing.T) {
	for want, v := range map[string][]float64{
		"[1.e+100 1.e+005]":                                 {1e100, 1e5},
		"[ 4.94065646e-324 -1.17620362e+002]":               {5e-324, -117.620362},
		"[0.0e+000 1.5e-200      nan]":                      {0, 1.5e-200, math.NaN()},
		"[1.00000000e+099 1.23456789e-100            -inf]": {1e99, 1.23456789e-100, math.Inf(-1)},
		"[1.e+10 1.e-10]":                                   {1e10, 1e-10},
		"[-1.e+00 -1.e-99]":                                 {-1, -1e-99},
	} {
		require.Equal(t, want, Sprint(of(t, v)))
	}
}

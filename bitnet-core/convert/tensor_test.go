package convert

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

func counting(t *testing.T, a memory.Allocator, shape ...int) *tensor.Tensor {
	x, err := tensor.New(a, dtype.F32, shape...)
	require.NoError(t, err)
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(i)
	}
	return x
}

func TestTensor(t *testing.T) {
	c := memory.NewChecked(memory.Heap())
	x := counting(t, c, 3, 2, 256)
	half, r, err := Tensor(c, x.Select(0, 1), dtype.F16, Options{})
	require.NoError(t, err)
	require.Equal(t, "F16 2×256", half.String())
	require.Equal(t, 512.0, half.At(0, 0))
	require.Equal(t, 1023.0, half.At(1, 255))
	require.EqualValues(t, 512, r.Elements)
	require.EqualValues(t, 2048, r.Read)
	require.EqualValues(t, 1024, r.Written)

	same, r, err := Tensor(c, half, dtype.F16, Options{})
	require.NoError(t, err)
	require.Same(t, &half.Bytes()[0], &same.Bytes()[0])
	require.Equal(t, Report{Elements: 512}, r)
	half.Release()
	require.Equal(t, 512.0, same.At(0, 0), "the result lives by itself")
	same.Release()

	packed, _, err := Tensor(c, x, dtype.TQ2_0, Options{})
	require.NoError(t, err)
	require.Len(t, packed.Bytes(), 6*66)
	packed.Release()
	require.Len(t, c.Leaks(), 1)

	_, _, err = Tensor(c, x.Reshape(256, 6), dtype.TQ2_0, Options{})
	require.EqualError(t, err, "convert: F32 256×6: rows of 6 elements are no whole number of blocks of TQ2_0, which hold 256")
	_, _, err = Tensor(c, x, dtype.I2_S, Options{})
	require.ErrorContains(t, err, "no conversion from F32 to I2_S")
	_, _, err = Tensor(none{}, x, dtype.I8, Options{})
	require.EqualError(t, err, "convert: F32 3×2×256 to I8: no memory")
	require.PanicsWithValue(t, "convert: Tensor that is not contiguous", func() {
		Tensor(c, x.Transpose(0, 1), dtype.I8, Options{})
	})
	x.Release()
	require.Empty(t, c.Leaks())
}

type none struct{}

func (none) Alloc(int, int) (memory.Buffer, error) { return memory.Buffer{}, fmt.Errorf("no memory") }

func TestTensorInPlace(t *testing.T) {
	c := memory.NewChecked(memory.Heap())
	x := counting(t, c, 2, 300)
	y, r, err := TensorInPlace(x, dtype.U8)
	require.NoError(t, err)
	require.Equal(t, "U8 2×300", y.String())
	require.Same(t, &x.Bytes()[0], &y.Bytes()[0])
	require.Equal(t, 44.0, y.At(0, 44))
	require.Equal(t, 255.0, y.At(1, 0))
	require.EqualValues(t, 600, r.Written)
	x.Release()
	require.Equal(t, 255.0, y.At(1, 299), "kept alive")

	_, _, err = TensorInPlace(y, dtype.F16)
	require.EqualError(t, err, "convert: F16 is wider than U8: not in place")
	_, _, err = TensorInPlace(y, dtype.TQ1_0)
	require.EqualError(t, err, "convert: U8 2×300: rows of 300 elements are no whole number of blocks of TQ1_0, which hold 256")
	_, _, err = TensorInPlace(y, dtype.Q4_0)
	require.ErrorContains(t, err, "no conversion")
	require.PanicsWithValue(t, "convert: TensorInPlace that is not contiguous", func() {
		TensorInPlace(y.Transpose(0, 1), dtype.I8)
	})
	y.Release()
	require.Empty(t, c.Leaks())
}

func TestBitcast(t *testing.T) {
	c := memory.NewChecked(memory.Heap())
	x := counting(t, c, 2, 6)
	for _, tt := range []struct {
		d    dtype.DType
		want string
	}{
		{dtype.U32, "U32 2×6"},
		{dtype.BF16, "BF16 2×12"},
		{dtype.I8, "I8 2×24"},
		{dtype.F64, "F64 2×3"},
	} {
		y, err := Bitcast(x, tt.d)
		require.NoError(t, err)
		require.Equal(t, tt.want, y.String())
		require.Same(t, &x.Bytes()[0], &y.Bytes()[0])
		y.Release()
	}
	y, err := Bitcast(x, dtype.U32)
	require.NoError(t, err)
	require.Equal(t, float64(0x40a00000), y.At(0, 5))
	for want, f := range map[string]func() (*tensor.Tensor, error){
		"convert: the bytes of F32 cannot be seen as BOOL":           func() (*tensor.Tensor, error) { return Bitcast(x, dtype.Bool) },
		"convert: the bytes of F32 cannot be seen as TQ2_0":          func() (*tensor.Tensor, error) { return Bitcast(x, dtype.TQ2_0) },
		"convert: the rows of F32 4×3 are no whole number of F64":    func() (*tensor.Tensor, error) { return Bitcast(x.Reshape(4, 3), dtype.F64) },
		"convert: the rows of F32 scalar are no whole number of F16": func() (*tensor.Tensor, error) { return Bitcast(x.Select(0, 0).Select(0, 0), dtype.F16) },
		"tensor: F64 of shape 2 lies at an address that is no multiple of the element size": func() (*tensor.Tensor, error) {
			return Bitcast(x.Select(0, 0).Slice(0, 1, 5), dtype.F64)
		},
	} {
		_, err := f()
		require.EqualError(t, err, want)
	}
	require.PanicsWithValue(t, "convert: Bitcast of a tensor that is not contiguous", func() { Bitcast(x.Transpose(0, 1), dtype.U32) })
	x.Release()
	require.Len(t, c.Leaks(), 1)
	y.Release()
	require.Empty(t, c.Leaks())
}

func TestView(t *testing.T) {
	x := []float64{1, 2}
	b := Bytes(x)
	require.Len(t, b, 16)
	y, ok := View[float64](b)
	require.True(t, ok)
	require.Same(t, &x[0], &y[0])
	_, ok = View[float64](b[1:9])
	require.False(t, ok)
	_, ok = View[int16](b[:3])
	require.False(t, ok)
	require.Empty(t, Bytes[int8](nil))
	y, ok = View[float64](nil)
	require.True(t, ok)
	require.Empty(t, y)
}

func TestReport(t *testing.T) {
	r := Report{Elements: 1024, Read: 4096, Written: 2048, Time: time.Microsecond, Buffers: 5}
	require.Equal(t, "1024 elements, 4096 bytes read, 2048 written in 1µs (6.14 GB/s)", r.String())
	sum := r.Add(Report{Elements: 1, Read: 2, Written: 3, Time: time.Microsecond, Buffers: 4})
	require.Equal(t, Report{Elements: 1025, Read: 4098, Written: 2051, Time: 2 * time.Microsecond, Buffers: 5}, sum)
	require.Zero(t, Report{Read: 1}.Rate())
	require.NotContains(t, Report{}.String(), "NaN")
}

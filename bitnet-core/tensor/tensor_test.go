package tensor

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

func TestShape(t *testing.T) {
	for _, tt := range []struct {
		s    Shape
		want int
		ok   bool
		text string
	}{
		{nil, 1, true, "scalar"},
		{Shape{2, 3}, 6, true, "2×3"},
		{Shape{5, 0}, 0, true, "5×0"},
		{Shape{-1}, 0, false, "-1"},
		{Shape{math.MaxInt, 2}, 0, false, "9223372036854775807×2"},
	} {
		n, ok := tt.s.Elems()
		require.Equal(t, tt.ok, ok, tt.s)
		require.Equal(t, tt.want, n, tt.s)
		require.Equal(t, tt.text, tt.s.String())
	}
}

// counting returns an F32 tensor whose element i in memory is i.
func counting(t require.TestingT, shape ...int) *Tensor {
	x, err := New(memory.Heap(), dtype.F32, shape...)
	require.NoError(t, err)
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(i)
	}
	return x
}

func TestViews(t *testing.T) {
	x := counting(t, 2, 3, 4)
	require.Equal(t, []int{12, 4, 1}, x.Strides())
	require.Equal(t, "F32 2×3×4", x.String())
	require.Equal(t, 24, x.Len())
	require.Equal(t, 23.0, x.At(1, 2, 3))

	row := x.Select(0, 1).Select(0, 2)
	require.Equal(t, Shape{4}, row.Shape())
	require.Equal(t, []float32{20, 21, 22, 23}, row.Float32s())

	mid := x.Slice(1, 1, 3)
	require.Equal(t, Shape{2, 2, 4}, mid.Shape())
	require.False(t, mid.Contiguous())
	require.Equal(t, 16.0, mid.At(1, 0, 0))
	require.PanicsWithValue(t, "tensor: Bytes of a tensor that is not contiguous", func() { mid.Bytes() })
	require.Equal(t, []float32{16, 17, 18, 19, 20, 21, 22, 23}, mid.Select(0, 1).Float32s())

	tr := x.Transpose(0, 2)
	require.Equal(t, Shape{4, 3, 2}, tr.Shape())
	require.Equal(t, x.At(1, 2, 3), tr.At(3, 2, 1))
	require.False(t, tr.Contiguous())
	require.True(t, tr.Transpose(2, 0).Contiguous())

	r := x.Reshape(6, 4).Slice(0, 2, 4).Reshape(8)
	require.Equal(t, []float32{8, 9, 10, 11, 12, 13, 14, 15}, r.Float32s())

	require.True(t, x.Slice(1, 1, 1).Contiguous(), "no elements, nothing apart")
	require.Empty(t, x.Slice(1, 1, 1).Bytes())
	require.True(t, x.Slice(0, 1, 2).Transpose(0, 1).Contiguous(), "a dimension of 1 has no neighbours")

	x.Float32s()[8] = -1
	require.Equal(t, float32(-1), r.Float32s()[0], "views share memory")
	require.Equal(t, Shape{2, 3, 4}, x.Shape(), "views leave their origin as it is")
	require.Equal(t, []int{12, 4, 1}, x.Strides())
}

// TestViewsProperty compares random chains of views with index arithmetic done
// on plain nested indices.
func TestViewsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 4), 1, 4).Draw(t, "shape")
		v := counting(t, shape...)
		// at maps an index of the view to one of the tensor.
		at := func(idx []int) []int { return idx }
		for range rapid.IntRange(0, 4).Draw(t, "views") {
			rank := len(v.Shape())
			if rank == 0 {
				break
			}
			d, prev := rapid.IntRange(0, rank-1).Draw(t, "dim"), at
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				lo := rapid.IntRange(0, v.Shape()[d]-1).Draw(t, "lo")
				hi := rapid.IntRange(lo+1, v.Shape()[d]).Draw(t, "hi")
				v = v.Slice(d, lo, hi)
				at = func(idx []int) []int {
					idx = append([]int{}, idx...)
					idx[d] += lo
					return prev(idx)
				}
			case 1:
				i := rapid.IntRange(0, v.Shape()[d]-1).Draw(t, "i")
				v = v.Select(d, i)
				at = func(idx []int) []int {
					return prev(append(append(append([]int{}, idx[:d]...), i), idx[d:]...))
				}
			case 2:
				e := rapid.IntRange(0, rank-1).Draw(t, "other")
				v = v.Transpose(d, e)
				at = func(idx []int) []int {
					idx = append([]int{}, idx...)
					idx[d], idx[e] = idx[e], idx[d]
					return prev(idx)
				}
			}
		}
		idx := make([]int, len(v.Shape()))
		for d, n := range v.Shape() {
			idx[d] = rapid.IntRange(0, n-1).Draw(t, "index")
		}
		want := 0
		for d, i := range at(idx) {
			want = want*shape[d] + i
		}
		require.Equal(t, float64(want), v.At(idx...))
		if v.Contiguous() {
			flat := v.Reshape(v.Len())
			n := 0
			for d, i := range idx {
				n = n*v.Shape()[d] + i
			}
			require.Equal(t, float32(want), flat.Float32s()[n])
		}
	})
}

func TestAtTypes(t *testing.T) {
	le := binary.LittleEndian
	for _, tt := range []struct {
		d    dtype.DType
		b    []byte
		want float64
	}{
		{dtype.F64, le.AppendUint64(nil, math.Float64bits(-1.5)), -1.5},
		{dtype.F32, le.AppendUint32(nil, math.Float32bits(2.5)), 2.5},
		{dtype.F16, le.AppendUint16(nil, 0xc000), -2},
		{dtype.BF16, le.AppendUint16(nil, 0x4040), 3},
		{dtype.I64, le.AppendUint64(nil, math.MaxUint64), -1},
		{dtype.I32, le.AppendUint32(nil, math.MaxUint32), -1},
		{dtype.I16, le.AppendUint16(nil, math.MaxUint16), -1},
		{dtype.I8, []byte{0xff}, -1},
		{dtype.U64, le.AppendUint64(nil, 1<<63), 1 << 63},
		{dtype.U32, le.AppendUint32(nil, math.MaxUint32), math.MaxUint32},
		{dtype.U16, le.AppendUint16(nil, math.MaxUint16), math.MaxUint16},
		{dtype.U8, []byte{0xff}, 255},
		{dtype.Bool, []byte{1}, 1},
	} {
		a, err := New(memory.Heap(), tt.d, 2, 2)
		require.NoError(t, err)
		copy(a.Bytes()[3*len(tt.b):], tt.b)
		require.Equal(t, tt.want, a.At(1, 1), tt.d)
		require.Zero(t, a.At(1, 0), tt.d)
	}
}

func TestBlockTypes(t *testing.T) {
	x, err := New(memory.Heap(), dtype.Q8_0, 3, 2, 64)
	require.NoError(t, err)
	require.Len(t, x.Bytes(), 3*2*68)
	for i := range x.Bytes() {
		x.Bytes()[i] = byte(i / 68)
	}
	require.Equal(t, byte(5), x.Select(0, 2).Select(0, 1).Bytes()[0])
	require.Len(t, x.Slice(0, 1, 3).Bytes(), 4*68)
	require.Equal(t, byte(2), x.Slice(0, 1, 3).Bytes()[0])
	require.Len(t, x.Reshape(6, 64).Select(0, 3).Bytes(), 68)

	s, err := New(memory.Heap(), dtype.I2_S, 4, 128)
	require.NoError(t, err)
	require.Len(t, s.Bytes(), 4*32+32)
	require.Len(t, s.Reshape(2, 256).Bytes(), 4*32+32)
	n, err := New(memory.Heap(), dtype.IQ2_BN, 2, 64)
	require.NoError(t, err)
	require.Len(t, n.Bytes(), 2*(4+16))

	for _, f := range []func(){
		func() { x.Slice(1, 0, 1) },
		func() { x.Select(0, 0).Select(0, 0).Slice(0, 32, 64) },
		func() { s.Slice(0, 0, 1) },
		func() { n.Select(0, 1) },
	} {
		require.PanicsWithValue(t, "tensor: Slice through the blocks of a block type", f)
	}
	require.PanicsWithValue(t, "tensor: Reshape through the blocks of a block type", func() { n.Reshape(128) })
	require.PanicsWithValue(t, "tensor: Reshape through the blocks of a block type", func() { x.Reshape(24, 16) })
	require.PanicsWithValue(t, "tensor: Transpose of a block type", func() { x.Transpose(0, 1) })
	require.PanicsWithValue(t, "tensor: At of a block type", func() { x.At(0, 0, 0) })
	require.PanicsWithValue(t, "tensor: Float32s of another type than F32", func() { x.Float32s() })
}

func TestMistakesPanic(t *testing.T) {
	x := counting(t, 2, 3)
	for want, f := range map[string]func(){
		"tensor: Slice dimension out of range":                    func() { x.Slice(2, 0, 1) },
		"tensor: Slice bounds out of range":                       func() { x.Slice(0, 1, 3) },
		"tensor: Select dimension out of range":                   func() { x.Select(-1, 0) },
		"tensor: Select index out of range":                       func() { x.Select(1, 3) },
		"tensor: Transpose dimension out of range":                func() { x.Transpose(0, 2) },
		"tensor: Reshape to another number of elements":           func() { x.Reshape(7) },
		"tensor: Reshape of a view whose strides do not allow it": func() { x.Transpose(0, 1).Reshape(6) },
		"tensor: At index count is not the number of dimensions":  func() { x.At(0) },
		"tensor: At index out of range":                           func() { x.At(0, 3) },
	} {
		require.PanicsWithValue(t, want, f)
	}
}

func TestOfErrors(t *testing.T) {
	const half = 1 << (bits.UintSize / 2) // whose square is one more than a word holds
	aligned, err := memory.Heap().Alloc(64, 64)
	require.NoError(t, err)
	for _, tt := range []struct {
		off   int
		d     dtype.DType
		shape []int
		want  string
	}{
		{0, dtype.F32, []int{17}, "tensor: F32 of shape 17 needs 68 bytes at 0, the buffer has 64"},
		{4, dtype.F32, []int{16}, "tensor: F32 of shape 16 needs 64 bytes at 4, the buffer has 64"},
		{-4, dtype.F32, []int{1}, "tensor: F32 of shape 1 needs 4 bytes at -4, the buffer has 64"},
		{2, dtype.F32, []int{1}, "tensor: F32 of shape 1 lies at an address that is no multiple of the element size"},
		{0, dtype.Invalid, []int{1}, "tensor: INVALID is no element type"},
		{0, dtype.F32, []int{2, -1}, "tensor: shape 2×-1 has a negative dimension or too many elements"},
		{0, dtype.F32, []int{half, half}, fmt.Sprintf("tensor: shape %d×%d", half, half) + " has a negative dimension or too many elements"},
		{0, dtype.F32, []int{math.MaxInt}, fmt.Sprintf("tensor: shape %d", math.MaxInt) + " is too large for F32 or no whole number of its blocks"},
		{0, dtype.TQ2_0, []int{255}, "tensor: shape 255 is too large for TQ2_0 or no whole number of its blocks"},
	} {
		_, err := OfAt(aligned, tt.off, tt.d, tt.shape...)
		require.EqualError(t, err, tt.want)
	}
	b, err := OfAt(aligned, 3, dtype.TQ2_0, 0)
	require.NoError(t, err, "blocks may lie anywhere")
	require.Empty(t, b.Bytes())
	_, err = New(memory.Heap(), dtype.U8, math.MaxInt/2+1)
	require.ErrorContains(t, err, fmt.Sprintf("tensor: U8 of shape %d: memory:", math.MaxInt/2+1))
}

func TestOwnership(t *testing.T) {
	c := memory.NewChecked(memory.Heap())
	x, err := New(c, dtype.F32, 2, 2)
	require.NoError(t, err)
	v := x.Select(0, 1).Retain()
	x.Release()
	require.Len(t, c.Leaks(), 1)
	require.Zero(t, v.At(1))
	v.Release()
	require.Empty(t, c.Leaks())
	require.Panics(t, func() { x.At(0, 0) })

	buf, err := c.Alloc(16, 0)
	require.NoError(t, err)
	_, err = Of(buf, dtype.F32, 4)
	require.NoError(t, err)
	buf.Release()
	require.Empty(t, c.Leaks(), "Of borrows")
}

package tensor

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// viewFrom takes the steps that data describes from x and returns the rest of data.
func viewFrom(x *Tensor, data []byte) (*Tensor, []byte) {
	for len(data) > 0 {
		op, arg, rank := data[0]%8, 0, len(x.shape)
		data = data[1:]
		if op == 7 {
			break
		}
		if len(data) > 0 {
			arg = int(data[0])
			data = data[1:]
		}
		if rank == 0 {
			x = x.Unsqueeze(0)
			continue
		}
		d := arg % rank
		n := x.shape[d]
		switch op {
		case 0:
			x = x.Slice(d, min(n, arg/8%4), n)
		case 1:
			x = x.Slice(d, 0, max(0, n-arg/8%4))
		case 2:
			if n > 0 && rank > 1 {
				x = x.Select(d, arg/8%n)
			}
		case 3:
			x = x.Transpose(d, arg/8%rank)
		case 4:
			if rank < 5 {
				x = x.Unsqueeze(d)
			}
		case 5:
			if n == 1 {
				shape := slices.Clone(x.shape)
				shape[d] = 1 + arg/8%3
				x = x.BroadcastTo(shape...)
			}
		case 6:
			if n%2 == 0 && rank < 5 { // every other
				x = x.Reshape(slices.Concat(x.shape[:d], []int{n / 2, 2}, x.shape[d+1:])...).Select(d+1, arg/8%2*min(1, n))
			}
		}
	}
	return x, data
}

// touched returns the bytes of the memory that x is a view of.
func touched(x *Tensor) map[int]bool {
	_, size := x.dtype.Block()
	out := map[int]bool{}
	for idx := range x.shape.Indices() {
		at := x.base + x.off*size
		for d, i := range idx {
			at += i * x.strides[d] * size
		}
		for k := range size {
			out[at+k] = true
		}
	}
	return out
}

// FuzzOverlaps compares Overlaps with the sets of bytes, and requires that Add and
// Copy panic for views that overlap, and else compute the same as on copies.
func FuzzOverlaps(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 8, 7, 1, 8})
	f.Add([]byte{3, 1, 7, 0, 1})
	f.Add([]byte{2, 1, 7, 2, 9})
	f.Add([]byte{2, 0, 5, 16, 7, 2, 0})
	f.Add([]byte{6, 1, 7, 6, 9})
	f.Add([]byte{6, 2, 6, 0, 7, 6, 10, 6, 8})
	f.Fuzz(func(t *testing.T, data []byte) {
		data = data[:min(len(data), 40)]
		whole, err := New(memory.Heap(), dtype.I16, 4, 6, 4)
		require.NoError(t, err)
		Arange(whole, 0, 1)
		a, data := viewFrom(whole, data)
		b, data := viewFrom(whole, data)
		if len(data) > 0 && data[0]%2 == 1 {
			b = b.as(dtype.U16)
		}
		if a.Len() > 1000 || b.Len() > 1000 {
			return
		}
		mine, share := touched(a), false
		for at := range touched(b) {
			share = share || mine[at]
		}
		require.Equal(t, share, a.Overlaps(b), "%v %v+%v, %v %v+%v", a, a.strides, a.off, b, b.strides, b.off)
		require.Equal(t, share, b.Overlaps(a))
		require.Equal(t, len(mine) < 2*a.Len(), a.repeats())

		src, err := b.as(dtype.I16).Clone(memory.Heap())
		require.NoError(t, err)
		switch b = b.as(dtype.I16); {
		case src.broadcastTo(a.shape) == nil:
			require.Panics(t, func() { Copy(a, b) })
		case a.repeats() || share && !a.same(b.broadcastTo(a.shape)):
			require.Panics(t, func() { Copy(a, b) })
			require.Panics(t, func() { Add(a, b, b) })
		default:
			Add(a, b, b)
			for idx, v := range a.All() {
				require.Equal(t, 2*src.broadcastTo(a.shape).At(idx...), v)
			}
		}
	})
}

// FuzzReshape compares Reshape of views with the places of their elements: it must
// panic if and only if no strides describe them.
func FuzzReshape(f *testing.F) {
	f.Add([]byte{}, uint8(0), uint8(0))
	f.Add([]byte{3, 1}, uint8(1), uint8(2))
	f.Add([]byte{1, 8}, uint8(5), uint8(1))
	f.Add([]byte{2, 0, 5, 16}, uint8(2), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, first, second uint8) {
		whole, err := New(memory.Heap(), dtype.I16, 4, 6, 4)
		require.NoError(t, err)
		Arange(whole, 0, 1)
		x, _ := viewFrom(whole, data[:min(len(data), 40)])
		n := x.Len()
		if n == 0 || n > 1000 {
			return
		}
		shape := []int{}
		for _, want := range []int{int(first%12) + 1, int(second%12) + 1} {
			if n%want == 0 {
				shape, n = append(shape, want), n/want
			}
		}
		shape = append(shape, n)
		var places []int
		for _, v := range x.All() {
			places = append(places, int(v))
		}
		possible := true
		strides := make([]int, len(shape))
		for d, step := range Shape(shape).strides() {
			if shape[d] > 1 {
				strides[d] = places[step] - places[0]
			}
		}
		i := 0
		for idx := range Shape(shape).Indices() {
			at := places[0]
			for d, k := range idx {
				at += k * strides[d]
			}
			possible = possible && at == places[i]
			i++
		}
		if !possible {
			require.Panics(t, func() { x.Reshape(shape...) })
			return
		}
		i = 0
		for _, v := range x.Reshape(shape...).All() {
			require.Equal(t, places[i], int(v))
			i++
		}
	})
}

// TestOverlapsOfTypes: elements of different sizes share single bytes.
func TestOverlapsOfTypes(t *testing.T) {
	buf, err := memory.Heap().Alloc(16, 0)
	require.NoError(t, err)
	whole, err := OfAt(buf, 2, dtype.I16, 6)
	require.NoError(t, err)
	even := whole.Reshape(3, 2).Select(1, 0) // bytes 2, 3, 6, 7, 10 and 11
	for k := range 16 {
		b, err := OfAt(buf, k, dtype.U8, 1)
		require.NoError(t, err)
		require.Equal(t, k >= 2 && k < 12 && k%4 >= 2, even.Overlaps(b), k)
		require.Equal(t, k >= 2 && k < 12 && k%4 >= 2, b.Overlaps(even), k)
	}
}

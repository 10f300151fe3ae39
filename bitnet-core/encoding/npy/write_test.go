package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// counting returns a tensor whose bytes count up.
func counting(t testing.TB, d dtype.DType, shape ...int) *tensor.Tensor {
	x, err := tensor.New(memory.Heap(), d, shape...)
	require.NoError(t, err)
	for i := range x.Bytes() {
		x.Bytes()[i] = byte(i + i>>8)
	}
	return x
}

// TestRoundTrip writes views of any strides in any order and reads them back.
func TestRoundTrip(t *testing.T) {
	types := []dtype.DType{dtype.Bool, dtype.I8, dtype.U16, dtype.F16, dtype.I32, dtype.F32, dtype.U64, dtype.F64}
	rapid.Check(t, func(rt *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 4).Draw(rt, "shape")
		x := counting(t, rapid.SampledFrom(types).Draw(rt, "type"), shape...)
		for range rapid.IntRange(0, 3).Draw(rt, "views") {
			if n := len(x.Shape()); n > 0 {
				a := rapid.IntRange(0, n-1).Draw(rt, "a")
				x = x.Transpose(a, rapid.IntRange(0, n-1).Draw(rt, "b"))
				lo := rapid.IntRange(0, x.Shape()[a]).Draw(rt, "lo")
				x = x.Slice(a, lo, rapid.IntRange(lo, x.Shape()[a]).Draw(rt, "hi"))
			}
		}
		o := Options{
			Version:   rapid.IntRange(0, 3).Draw(rt, "version"),
			Fortran:   rapid.Bool().Draw(rt, "fortran"),
			BigEndian: rapid.Bool().Draw(rt, "big-endian"),
		}
		var file bytes.Buffer
		require.NoError(rt, WriteTensor(&file, x, o))
		info, err := ReadInfo(bytes.NewReader(file.Bytes()))
		require.NoError(rt, err)
		require.Zero(rt, info.Offset%align)
		y, err := Read(&file, memory.Heap())
		require.NoError(rt, err)
		require.Equal(rt, x.DType(), y.DType())
		require.Equal(rt, []int(x.Shape()), []int(y.Shape()))
		require.Equal(rt, plain(x), elements(t, y))
	})
}

// plain returns the elements of x by [tensor.Tensor.Select] alone.
func plain(x *tensor.Tensor) []byte {
	if len(x.Shape()) == 0 {
		return x.Bytes()
	}
	b := []byte{}
	for i := range x.Shape()[0] {
		b = append(b, plain(x.Select(0, i))...)
	}
	if len(b) == 0 {
		return nil
	}
	return b
}

// TestStream writes more than the buffers hold, in pieces that split elements.
func TestStream(t *testing.T) {
	want := make([]byte, 8*70_001)
	for i := range want {
		want[i] = byte(i * 7 >> 3)
	}
	for _, big := range []bool{false, true} {
		d := TensorData{Type: dtype.F64, Shape: []int{70_001}, Stream: func(w io.Writer) error {
			for b := want; len(b) > 0; {
				n := min(len(b), 1001)
				if _, err := w.Write(b[:n]); err != nil {
					return err
				}
				b = b[n:]
			}
			return nil
		}}
		path := filepath.Join(t.TempDir(), "a.npy")
		require.NoError(t, WriteFile(path, d, Options{BigEndian: big}))
		x, err := Open(path)
		require.NoError(t, err)
		require.Equal(t, want, x.Bytes())
		x.Release()
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		if big {
			require.Equal(t, binary.LittleEndian.Uint64(want[8:]), binary.BigEndian.Uint64(b[len(b)-len(want)+8:]))
		}
	}
}

// TestGatherLarge writes more than a chunk from rows of few elements, contiguous or
// not, and from rows that are longer than a chunk.
func TestGatherLarge(t *testing.T) {
	x := counting(t, dtype.F64, 3, 33_000)
	for _, v := range []*tensor.Tensor{
		x.Transpose(0, 1), x.Slice(1, 1, 32_999), x.Slice(1, 7, 8),
		x.Reshape(3, 11_000, 3).Transpose(1, 2), x.Reshape(33_000, 3).Transpose(0, 1),
	} {
		require.Equal(t, plain(v), elements(t, v))
	}
}

func TestWriteFaults(t *testing.T) {
	full := errors.New("no space")
	for _, tt := range []struct {
		name string
		data TensorData
		o    Options
		want string
	}{
		{"no type", TensorData{}, Options{}, `npy: tensor "": INVALID is no element type`},
		{"bfloat16", TensorData{Name: "x", Type: dtype.BF16, Shape: []int{1}, Data: make([]byte, 2)}, Options{}, `npy: tensor "x": NumPy has no type BF16: convert the tensor to F32`},
		{"block type", TensorData{Name: "x", Type: dtype.Q8_0, Shape: []int{32}, Data: make([]byte, 34)}, Options{Fortran: true}, `npy: tensor "x": NumPy has no type Q8_0: convert the tensor to F32`},
		{"data", TensorData{Type: dtype.F32, Shape: []int{2}, Data: make([]byte, 4)}, Options{}, `npy: tensor "" has 4 bytes of data, and F32 of shape [2] takes 8`},
		{"version", TensorData{Type: dtype.F32, Data: make([]byte, 4)}, Options{Version: 4}, `npy: version 4 of the format: want 1, 2 or 3`},
		{"dimensions", TensorData{Name: "x", Type: dtype.U8, Shape: make([]int, 65)}, Options{}, `npy: tensor "x": it has 65 dimensions, and NumPy allows 64`},
		{"stream", TensorData{Name: "x", Type: dtype.U16, Shape: []int{2}, Stream: func(io.Writer) error { return full }}, Options{}, `npy: tensor "x": no space`},
		{"short stream", TensorData{Name: "x", Type: dtype.U16, Shape: []int{2}, Stream: func(io.Writer) error { return nil }}, Options{BigEndian: true}, `npy: tensor "x": Stream wrote 0 bytes, and U16 of shape [2] takes 4`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.npy")
			require.NoError(t, os.WriteFile(path, []byte("before"), 0o600))
			require.EqualError(t, WriteFile(path, tt.data, tt.o), tt.want)
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, "before", string(b))
		})
	}
	x, err := tensor.New(memory.Heap(), dtype.Q8_0, 2, 32)
	require.NoError(t, err)
	require.ErrorContains(t, WriteTensor(io.Discard, x, Options{Fortran: true}), "NumPy has no type Q8_0")
}

// TestWriterFails breaks off at every call of the underlying writer.
func TestWriterFails(t *testing.T) {
	x := counting(t, dtype.F32, 2, 90_000).Transpose(0, 1)
	for n := 0; ; n++ {
		w := &failing{left: n}
		err := WriteTensor(w, x, Options{BigEndian: true})
		if err == nil {
			require.Greater(t, n, 2)
			return
		}
		require.ErrorIs(t, err, io.ErrShortWrite)
	}
}

type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left == 0 {
		return 0, io.ErrShortWrite
	}
	f.left--
	return len(p), nil
}

func TestWriteTensorFile(t *testing.T) {
	x := counting(t, dtype.F32, 3, 4)
	path := filepath.Join(t.TempDir(), "a.npy")
	require.NoError(t, WriteTensorFile(path, x, Options{Fortran: true}))
	y, err := Open(path)
	require.NoError(t, err)
	defer y.Release()
	require.Equal(t, []int{1, 3}, y.Strides())
	require.Equal(t, x.Bytes(), elements(t, y))
}

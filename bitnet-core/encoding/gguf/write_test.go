package gguf

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// anyValue draws a metadata value. Floats are not NaN, so that values compare.
func anyValue(depth int) *rapid.Generator[any] {
	gens := []*rapid.Generator[any]{
		rapid.Uint8().AsAny(), rapid.Int8().AsAny(), rapid.Uint16().AsAny(), rapid.Int16().AsAny(),
		rapid.Uint32().AsAny(), rapid.Int32().AsAny(), rapid.Uint64().AsAny(), rapid.Int64().AsAny(),
		rapid.Float32().AsAny(), rapid.Float64().AsAny(), rapid.Bool().AsAny(), rapid.String().AsAny(),
	}
	return rapid.OneOf(append(gens, anyArray(depth))...)
}

func anyArray(depth int) *rapid.Generator[any] {
	gens := []*rapid.Generator[any]{
		rapid.SliceOf(rapid.Uint8()).AsAny(), rapid.SliceOf(rapid.Int8()).AsAny(),
		rapid.SliceOf(rapid.Uint16()).AsAny(), rapid.SliceOf(rapid.Int16()).AsAny(),
		rapid.SliceOf(rapid.Uint32()).AsAny(), rapid.SliceOf(rapid.Int32()).AsAny(),
		rapid.SliceOf(rapid.Uint64()).AsAny(), rapid.SliceOf(rapid.Int64()).AsAny(),
		rapid.SliceOf(rapid.Float32()).AsAny(), rapid.SliceOf(rapid.Float64()).AsAny(),
		rapid.SliceOf(rapid.Bool()).AsAny(), rapid.SliceOf(rapid.String()).AsAny(),
	}
	if depth < maxNesting-1 {
		gens = append(gens, rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return anyArray(depth + 1) }), 0, 3).AsAny())
	}
	return rapid.OneOf(gens...)
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(1, 20, 80)
		kv := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) KV {
			return KV{name.Draw(t, "key"), anyValue(0).Draw(t, "value")}
		}), 0, 8, func(e KV) string { return e.Key }).Draw(t, "kv")
		align := rapid.SampledFrom([]uint32{0, 1, 8, 32, 4096}).Draw(t, "align")
		if align > 0 {
			kv = append(kv, KV{alignmentKey, align})
		}
		tensors := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) TensorData {
			d := TensorData{
				Name:  name.Draw(t, "name"),
				Type:  rapid.SampledFrom([]dtype.DType{dtype.F32, dtype.F16, dtype.I8, dtype.F64, dtype.TQ1_0, dtype.I2_S, dtype.IQ1_BN, dtype.Q8_0}).Draw(t, "type"),
				Shape: rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape"),
			}
			if elems, _ := d.Type.Block(); elems > 1 {
				d.Shape = append(d.Shape[:min(len(d.Shape), 3)], elems*rapid.IntRange(1, 2).Draw(t, "blocks"))
			}
			size, ok := d.Type.TensorSize(d.Shape)
			require.True(t, ok)
			data := bytes.Repeat([]byte(d.Name), int(size)/len(d.Name)+1)[:size]
			if rapid.Bool().Draw(t, "stream") {
				d.Stream = func(w io.Writer) error { return errors.Join(write(w, data[:size/2]), write(w, data[size/2:])) }
			} else {
				d.Data = data
			}
			return d
		}), 0, 6, func(d TensorData) string { return d.Name }).Draw(t, "tensors")

		var b, again bytes.Buffer
		require.NoError(t, Write(&b, kv, tensors))
		require.NoError(t, Write(&again, kv, tensors))
		require.Equal(t, b.Bytes(), again.Bytes(), "the writer is deterministic")
		size, err := Size(kv, tensors)
		require.NoError(t, err)
		require.EqualValues(t, b.Len(), size)

		f, err := Parse(memory.Wrap(b.Bytes()), "m")
		require.NoError(t, err)
		require.Equal(t, uint32(3), f.Version)
		require.Len(t, f.Metadata(), len(kv))
		for i, e := range kv {
			require.Equal(t, e, f.Metadata()[i])
		}
		require.Len(t, f.Tensors(), len(tensors))
		for i, d := range tensors {
			info := f.Tensors()[i]
			require.Equal(t, d.Name, info.Name)
			x, err := f.Tensor(d.Name)
			require.NoError(t, err)
			require.Equal(t, d.Type, x.DType())
			require.Equal(t, d.Shape, []int(x.Shape()))
			var want bytes.Buffer
			_, err = d.WriteTo(&want)
			require.NoError(t, err)
			require.True(t, bytes.Equal(want.Bytes(), x.Bytes()))
		}
	})
}

func write(w io.Writer, b []byte) error {
	_, err := w.Write(b)
	return err
}

func TestWriteRefuses(t *testing.T) {
	deep := any([]any{[]uint8{}})
	for range maxNesting - 1 {
		deep = []any{deep}
	}
	for _, tt := range []struct {
		kv      []KV
		tensors []TensorData
		want    string
	}{
		{[]KV{{"", uint8(1)}}, nil, `gguf: metadata key "": want 1 to 65535 bytes of UTF-8`},
		{[]KV{{"\xff", uint8(1)}}, nil, `gguf: metadata key "\xff": want 1 to 65535 bytes of UTF-8`},
		{[]KV{{"k", uint8(1)}, {"k", uint8(1)}}, nil, `gguf: metadata key "k" is given twice`},
		{[]KV{{"k", 1}}, nil, `gguf: metadata "k": a value of Go type int has no type in the format: want a sized number, bool, string, or a slice of these`},
		{[]KV{{"k", nil}}, nil, `gguf: metadata "k": a value of Go type <nil> has no type in the format: want a sized number, bool, string, or a slice of these`},
		{[]KV{{"k", []any{uint8(1)}}}, nil, `gguf: metadata "k": element 0 of an array of arrays is uint8, want a slice`},
		{[]KV{{"k", deep}}, nil, `gguf: metadata "k": arrays are nested more than 8 deep`},
		{[]KV{{alignmentKey, uint32(3)}}, nil, `gguf: general.alignment is 3 (uint32), want a power of two up to 1048576, as uint32`},
		{[]KV{{alignmentKey, int32(32)}}, nil, `gguf: general.alignment is 32 (int32), want a power of two up to 1048576, as uint32`},
		{nil, []TensorData{{Name: "", Type: dtype.F32, Shape: []int{0}}}, `gguf: tensor 0: name "": want UTF-8, not empty`},
		{nil, []TensorData{{Name: "x", Type: dtype.F32, Shape: []int{0}}, {Name: "x", Type: dtype.F32, Shape: []int{0}}}, `gguf: tensor "x" is given twice`},
		{nil, []TensorData{{Name: "x", Type: dtype.F32, Shape: []int{0, 1, 1, 1, 1}}}, `gguf: tensor "x" has 5 dimensions, the format has room for 4`},
		{nil, []TensorData{{Name: "x", Type: dtype.U8, Shape: []int{0}}}, `gguf: tensor "x": the format has no type U8`},
		{
			nil,
			[]TensorData{{Name: "x", Type: dtype.F32, Shape: []int{2}, Data: make([]byte, 4)}, {Name: "y", Shape: []int{1}}},
			"gguf: tensor \"x\" has 4 bytes of data, and F32 of shape [2] takes 8\ngguf: tensor \"y\": INVALID is no element type",
		},
	} {
		var b bytes.Buffer
		require.EqualError(t, Write(&b, tt.kv, tt.tensors), tt.want)
		require.Zero(t, b.Len(), "nothing is written before everything is checked")
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.gguf")
	require.NoError(t, WriteFile(path, sampleKV(), sampleTensors()))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, sample(t), got)

	broken := []TensorData{{Name: "x", Type: dtype.F32, Shape: []int{2}, Stream: func(w io.Writer) error { return write(w, make([]byte, 4)) }}}
	require.EqualError(t, WriteFile(path, nil, broken), `gguf: tensor "x": Stream wrote 4 bytes, and F32 of shape [2] takes 8`)
	again, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, got, again, "a failure leaves the file as it was")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "and leaves nothing behind")
}

// TestSplit writes a model in parts and opens it through each of them.
func TestSplit(t *testing.T) {
	dir := t.TempDir()
	kv := append(sampleKV(), KV{alignmentKey, uint32(64)})
	tensors := sampleTensors()
	paths, err := WriteSplit(filepath.Join(dir, "model"), kv, tensors, 70)
	require.NoError(t, err)
	require.Len(t, paths, 3)
	require.Equal(t, "model-00002-of-00003.gguf", filepath.Base(paths[1]))
	for _, path := range paths {
		f, err := Open(path)
		require.NoError(t, err)
		require.Equal(t, paths, f.Paths())
		require.Equal(t, kv, f.Metadata()[:len(kv)], "metadata is that of the first part")
		require.Len(t, f.Tensors(), len(tensors))
		for i, d := range tensors {
			require.Equal(t, d.Name, f.Tensors()[i].Name)
			x, err := f.Tensor(d.Name)
			require.NoError(t, err)
			require.True(t, bytes.Equal(d.Data, x.Bytes()), d.Name)
		}
		require.Equal(t, 2, f.Tensors()[4].Part)
		require.NoError(t, f.Close())
	}
	capitals := t.TempDir()
	for i, path := range paths {
		paths[i] = filepath.Join(capitals, strings.ToUpper(filepath.Base(path)))
		require.NoError(t, os.Rename(path, paths[i]))
	}
	f, err := Open(paths[1])
	require.NoError(t, err)
	require.Equal(t, paths, f.Paths())
	require.NoError(t, f.Close())
	whole, err := WriteSplit(filepath.Join(dir, "whole"), kv, nil, 70)
	require.NoError(t, err)
	require.Len(t, whole, 1)
	f, err = Open(whole[0])
	require.NoError(t, err)
	require.NoError(t, f.Close())

	// Parts without the others are of no use to anyone.
	fails := errors.New("no more")
	last := TensorData{Name: "last", Type: dtype.I8, Shape: []int{70}, Stream: func(io.Writer) error { return fails }}
	_, err = WriteSplit(filepath.Join(dir, "failed"), kv, append(slices.Clone(tensors), last), 70)
	require.ErrorIs(t, err, fails)
	left, err := filepath.Glob(filepath.Join(dir, "failed*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestSplitFaults(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	one := func(name string) TensorData {
		return TensorData{Name: name, Type: dtype.I8, Shape: []int{1}, Data: []byte{1}}
	}
	part := func(name string, no, count, total int, tensors ...TensorData) {
		kv := []KV{{splitNoKey, uint16(no)}, {splitCountKey, uint16(count)}, {splitTensorsKey, int32(total)}}
		require.NoError(t, WriteFile(at(name), kv, tensors))
	}
	part("a-00001-of-00002.gguf", 0, 2, 2, one("x"))
	part("b.gguf", 1, 2, 2, one("x"))
	part("c-00001-of-00002.gguf", 1, 2, 2, one("x"))
	part("d-00001-of-00002.gguf", 0, 2, 2, one("x"))
	part("d-00002-of-00002.gguf", 1, 3, 2, one("y"))
	part("e-00001-of-00002.gguf", 0, 2, 2, one("x"))
	part("e-00002-of-00002.gguf", 1, 2, 2, one("x"))
	part("f-00001-of-00002.gguf", 0, 2, 3, one("x"))
	part("f-00002-of-00002.gguf", 1, 2, 3, one("y"))
	part("g-00001-of-00002.gguf", 0, 2, 2, one("x"))
	require.NoError(t, os.WriteFile(at("g-00002-of-00002.gguf"), []byte("GGUF"), 0o644))
	for _, tt := range []struct{ open, want string }{
		{"a-00001-of-00002.gguf", "gguf: open DIR/a-00002-of-00002.gguf: no such file or directory (part 2 of the split model DIR/a-00001-of-00002.gguf: all its parts must lie in one folder)"},
		{"b.gguf", "gguf: DIR/b.gguf: is part 2 of 2 of a split model, whose parts are found by name: call it model-00002-of-00002.gguf"},
		{"c-00001-of-00002.gguf", "gguf: DIR/c-00001-of-00002.gguf: is part 2 of 2 of a split model by its own account, and not by its name: call it c-00002-of-00002.gguf"},
		{"d-00001-of-00002.gguf", "gguf: DIR/d-00002-of-00002.gguf: is part 2 of 3 with 2 tensors in all, want part 2 of 2 with 2: it belongs to another model, download it again"},
		{"e-00002-of-00002.gguf", `gguf: DIR/e-00002-of-00002.gguf: tensor "x" is also in DIR/e-00001-of-00002.gguf: the parts belong to different models, download them again`},
		{"f-00002-of-00002.gguf", "gguf: DIR/f-00002-of-00002.gguf: the parts hold 2 tensors, and split.tensors.count is 3: download them again"},
		{"g-00001-of-00002.gguf", "gguf: DIR/g-00002-of-00002.gguf: the file ends at byte 4, inside the version: it is truncated, download it again (part 2 of the split model DIR/g-00001-of-00002.gguf: all its parts must lie in one folder)"},
		{"none.gguf", "gguf: open DIR/none.gguf: no such file or directory"},
		{".", "gguf: open DIR: is a directory, want a file"},
	} {
		_, err := Open(at(tt.open))
		require.Error(t, err)
		got := strings.ReplaceAll(err.Error(), dir, "DIR")
		require.Equal(t, tt.want, filepath.ToSlash(got))
	}
	_, err := WriteSplit(at("h"), []KV{{"k", 1}}, nil, math.MaxInt64)
	require.Error(t, err)
	if maps, err := os.ReadFile("/proc/self/maps"); err == nil {
		require.NotContains(t, string(maps), dir, "a file that was refused is still mapped")
	}
}

package safetensors

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// file makes a file of a header, taken as it is, and n bytes of data.
func file(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	for i := range n {
		b = append(b, byte(i))
	}
	return b
}

func TestParse(t *testing.T) {
	b := file(`{"__metadata__":{"format":"pt","ä\n":""},`+
		`"y":{"data_offsets":[8,12],"dtype":"BF16","shape":[2,1]}, "x" : {"dtype":"F32","shape":[2],"data_offsets":[0,8]},`+
		`"z":{"dtype":"I64","shape":[3,0],"data_offsets":[12,12]},"scalar":{"dtype":"BOOL","shape":[],"data_offsets":[12,13]}}`+"  \n", 13)
	f, err := Parse(memory.Wrap(b), "m")
	require.NoError(t, err)
	defer f.Close()
	require.Equal(t, map[string]string{"format": "pt", "ä\n": ""}, f.Metadata())
	data := int64(len(b) - 13)
	require.Equal(t, []Info{
		{Name: "x", Type: dtype.F32, TypeName: "F32", Shape: []int{2}, Offset: data, Size: 8},
		{Name: "y", Type: dtype.BF16, TypeName: "BF16", Shape: []int{2, 1}, Offset: data + 8, Size: 4},
		{Name: "z", Type: dtype.I64, TypeName: "I64", Shape: []int{3, 0}, Offset: data + 12},
		{Name: "scalar", Type: dtype.Bool, TypeName: "BOOL", Shape: []int{}, Offset: data + 12, Size: 1},
	}, f.Tensors())
	y, err := f.Tensor("y")
	require.NoError(t, err)
	require.Equal(t, []byte{8, 9, 10, 11}, y.Bytes())
	require.Equal(t, float64(math.Float32frombits(0x0b0a<<16)), y.At(1, 0))
	_, err = f.Tensor("none")
	require.EqualError(t, err, `safetensors: m: has no tensor "none"`)
	_, ok := f.Info("none")
	require.False(t, ok)
	info, ok := f.Info("z")
	require.True(t, ok)
	require.Equal(t, "z", info.Name)
}

// TestUnaligned reads tensors at every address modulo 8: the format promises
// nothing.
func TestUnaligned(t *testing.T) {
	b := file(`{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, 8)
	room := make([]byte, len(b)+8)
	for off := range 8 {
		copy(room[off:], b)
		f, err := Parse(memory.Wrap(room[off:off+len(b)]), "m")
		require.NoError(t, err)
		x, err := f.Tensor("x")
		require.NoError(t, err)
		require.Equal(t, math.Float64frombits(0x0706050403020100), x.At(0))
	}
}

// TestUnknownType lists a tensor of a type that cannot be read.
func TestUnknownType(t *testing.T) {
	f, err := Parse(memory.Wrap(file(`{"x":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[0,3]}}`, 3)), "m")
	require.NoError(t, err)
	require.Equal(t, "F8_E4M3", f.Tensors()[0].TypeName)
	require.Equal(t, dtype.Invalid, f.Tensors()[0].Type)
	_, err = f.Tensor("x")
	require.EqualError(t, err, `safetensors: m: tensor "x" has the type "F8_E4M3", which is not supported: convert the model to another type`)
}

func TestOwnership(t *testing.T) {
	b := file(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1)
	c := memory.NewChecked(memory.Heap())
	buf, err := c.Alloc(len(b), 0)
	require.NoError(t, err)
	copy(buf.Bytes(), b)
	f, err := Parse(buf, "m")
	require.NoError(t, err)
	buf.Release()
	x, err := f.Tensor("x")
	require.NoError(t, err)
	x.Retain()
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())
	require.Len(t, c.Leaks(), 1, "the tensor is retained")
	x.Release()
	require.Empty(t, c.Leaks())
	_, err = f.Tensor("x")
	require.EqualError(t, err, `safetensors: tensor "x": the file is closed`)

	buf, err = c.Alloc(3, 0)
	require.NoError(t, err)
	_, err = Parse(buf, "m")
	require.Error(t, err)
	buf.Release()
	require.Empty(t, c.Leaks(), "a file that was refused is not held")
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		metadata := rapid.MapOfN(text, text, 0, 4).Draw(t, "metadata")
		tensors := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) TensorData {
			d := TensorData{
				Name:  rapid.StringN(1, 20, 80).Draw(t, "name"),
				Type:  rapid.SampledFrom(fileOrder).Draw(t, "type"),
				Shape: rapid.SliceOfN(rapid.IntRange(0, 4), 0, 5).Draw(t, "shape"),
			}
			size, ok := d.Type.TensorSize(d.Shape)
			require.True(t, ok)
			data := bytes.Repeat([]byte(d.Name), int(size)/len(d.Name)+1)[:size]
			if rapid.Bool().Draw(t, "stream") {
				d.Stream = func(w io.Writer) error { _, err := w.Write(data); return err }
			} else {
				d.Data = data
			}
			return d
		}), 0, 6, func(d TensorData) string { return d.Name }).Draw(t, "tensors")

		var b, again bytes.Buffer
		require.NoError(t, Write(&b, metadata, tensors))
		for i, j := 0, len(tensors)-1; i < j; i, j = i+1, j-1 {
			tensors[i], tensors[j] = tensors[j], tensors[i]
		}
		require.NoError(t, Write(&again, metadata, tensors))
		require.Equal(t, b.Bytes(), again.Bytes(), "the order of the arguments does not matter")
		require.Zero(t, binary.LittleEndian.Uint64(b.Bytes())%8)

		f, err := Parse(memory.Wrap(b.Bytes()), "m")
		require.NoError(t, err)
		require.Len(t, f.Metadata(), len(metadata))
		for k, v := range metadata {
			require.Equal(t, v, f.Metadata()[k])
		}
		require.Len(t, f.Tensors(), len(tensors))
		last := Info{Type: fileOrder[0]}
		for _, info := range f.Tensors() {
			require.LessOrEqual(t, rank(last.Type), rank(info.Type))
			last = info
		}
		for _, d := range tensors {
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

func TestWriteRefuses(t *testing.T) {
	for _, tt := range []struct {
		metadata map[string]string
		tensors  []TensorData
		want     string
	}{
		{map[string]string{"\xff": ""}, nil, `safetensors: metadata "\xff": key and value must be UTF-8`},
		{map[string]string{"k": "\xff"}, nil, `safetensors: metadata "k": key and value must be UTF-8`},
		{nil, []TensorData{{Name: "", Type: dtype.F32, Shape: []int{0}}}, `safetensors: tensor name "": want UTF-8, not empty and not __metadata__`},
		{nil, []TensorData{{Name: "__metadata__", Type: dtype.F32, Shape: []int{0}}}, `safetensors: tensor name "__metadata__": want UTF-8, not empty and not __metadata__`},
		{nil, []TensorData{{Name: "x", Type: dtype.F32, Shape: []int{0}}, {Name: "x", Type: dtype.F32, Shape: []int{0}}}, `safetensors: tensor "x" is given twice`},
		{
			nil,
			[]TensorData{{Name: "x", Type: dtype.TQ2_0, Shape: []int{0}}, {Name: "y", Type: dtype.U8, Shape: []int{2}}},
			"safetensors: tensor \"x\": the format has no type TQ2_0\nsafetensors: tensor \"y\" has 0 bytes of data, and U8 of shape [2] takes 2",
		},
		{nil, []TensorData{{Name: "x", Type: dtype.F32, Shape: []int{-1}}}, `safetensors: tensor "x": shape [-1] is too large for F32 or no whole number of its blocks`},
	} {
		var b bytes.Buffer
		require.EqualError(t, Write(&b, tt.metadata, tt.tensors), tt.want)
		require.Zero(t, b.Len(), "nothing is written before everything is checked")
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.safetensors")
	x := []TensorData{{Name: "x", Type: dtype.U8, Shape: []int{2}, Data: []byte{1, 2}}}
	require.NoError(t, WriteFile(path, nil, x))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "\x38\x00\x00\x00\x00\x00\x00\x00"+`{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}   `+"\x01\x02", string(got))

	x[0].Data, x[0].Stream = nil, func(w io.Writer) error { _, err := w.Write(make([]byte, 3)); return err }
	require.EqualError(t, WriteFile(path, nil, x), `safetensors: tensor "x": Stream writes more than the tensor's bytes: 2 left, 3 more`)
	again, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, got, again, "a failure leaves the file as it was")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "and leaves nothing behind")
}

func TestShards(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, b, 0o644))
		return path
	}
	tensor := func(name string) []byte {
		return file(`{"`+name+`":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1)
	}
	put("good/model-00001-of-00002.safetensors", tensor("a"))
	put("good/model-00002-of-00002.safetensors", tensor("b"))
	index := put("good/"+indexName, []byte(`{"metadata":{"total_size":2,"more":[{"deep":[null,true]}]},"weight_map":{"b":"model-00002-of-00002.safetensors","a":"model-00001-of-00002.safetensors"}}`))
	for _, path := range []string{filepath.Dir(index), index} {
		f, err := Open(path)
		require.NoError(t, err)
		require.Len(t, f.Tensors(), 2)
		require.Equal(t, "b", f.Tensors()[1].Name)
		require.Equal(t, 1, f.Tensors()[1].Part)
		for _, name := range []string{"a", "b"} {
			x, err := f.Tensor(name)
			require.NoError(t, err)
			require.Zero(t, x.At(0))
		}
		require.NoError(t, f.Close())
	}
	put("single/weights.safetensors", tensor("a"))
	put("usual/model.safetensors", tensor("a"))
	put("usual/other.safetensors", tensor("b"))
	for _, path := range []string{"single", "usual", "usual/model.safetensors"} {
		f, err := Open(filepath.Join(dir, path))
		require.NoError(t, err)
		require.Equal(t, "a", f.Tensors()[0].Name)
		require.NoError(t, f.Close())
	}

	put("two/a.safetensors", tensor("a"))
	put("two/b.safetensors", tensor("a"))
	put("none/README", nil)
	put("two/same.json", []byte(`{"weight_map":{"a":"a.safetensors","c":"b.safetensors"}}`))
	put("two/lies.json", []byte(`{"weight_map":{"a":"a.safetensors","c":"a.safetensors"}}`))
	put("two/gone.json", []byte(`{"weight_map":{"a":"c.safetensors"}}`))
	put("two/up.json", []byte(`{"weight_map":{"a":"../single/weights.safetensors"}}`))
	put("two/below.json", []byte(`{"weight_map":{"a":"sub/a.safetensors"}}`))
	put("two/other.json", []byte(`{"weight_map":{"a":"/etc/passwd"}}`))
	put("two/empty.json", []byte(`{"weight_map":{}}`))
	put("two/twice.json", []byte(`{"weight_map":{"a":"a.safetensors","a":"a.safetensors"}}`))
	put("two/kind.json", []byte(`{"weight_map":{"a":["a.safetensors"]}}`))
	put("two/cut.json", []byte(`{"metadata":`+strings.Repeat("[", 1<<20)))
	for _, tt := range []struct{ open, want string }{
		{"gone", "stat DIR/gone: no such file or directory"},
		{"two", "DIR/two holds 2 .safetensors files and no model.safetensors.index.json: download that too, or name one file"},
		{"none", "DIR/none holds no .safetensors file: download the model's weights into it"},
		{"two/same.json", `DIR/two/b.safetensors: tensor "a" is also in a.safetensors: the files belong to different models, download them again`},
		{"two/lies.json", `DIR/two/lies.json: weight_map says that tensor "c" is in a.safetensors, which does not hold it: the files belong to different models, download them again`},
		{"two/gone.json", "open DIR/two/c.safetensors: no such file or directory (a shard of DIR/two/gone.json)"},
		{"two/up.json", `DIR/two/up.json: index: weight_map: the file of "a" is "../single/weights.safetensors", want the name of a .safetensors file beside the index: the file is damaged, download it again`},
		{"two/below.json", `DIR/two/below.json: index: weight_map: the file of "a" is "sub/a.safetensors", want the name of a .safetensors file beside the index: the file is damaged, download it again`},
		{"two/other.json", `DIR/two/other.json: index: weight_map: the file of "a" is "/etc/passwd", want the name of a .safetensors file beside the index: the file is damaged, download it again`},
		{"two/empty.json", "DIR/two/empty.json: index: weight_map names no tensor: the file is damaged, download it again"},
		{"two/twice.json", `DIR/two/twice.json: index: weight_map has the key "a" twice: the file is damaged, download it again`},
		{"two/kind.json", `DIR/two/kind.json: index: weight_map: the file of "a" is an array, want a string: the file is damaged, download it again`},
		{"two/cut.json", "DIR/two/cut.json: index: it ends too early: the file is damaged, download it again"},
	} {
		_, err := Open(filepath.Join(dir, filepath.FromSlash(tt.open)))
		require.Error(t, err)
		require.Equal(t, "safetensors: "+tt.want, filepath.ToSlash(strings.ReplaceAll(err.Error(), dir, "DIR")))
	}
	if maps, err := os.ReadFile("/proc/self/maps"); err == nil {
		require.NotContains(t, string(maps), dir, "a file that was refused is still mapped")
	}
}

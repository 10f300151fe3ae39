package safetensors

import (
	"bytes"
	"encoding/binary"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// TestCorrupt holds what the reader says about files that lie.
func TestCorrupt(t *testing.T) {
	const again = ": the file is damaged, download it again"
	x := func(info string) []byte { return file(`{"x":`+info+`}`, 8) }
	length := func(n uint64) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), "{}"...) }
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, `is no safetensors file: it has 0 bytes, and the length of the header takes 8: it is truncated, download it again`},
		{"short", []byte("abcdefg"), `is no safetensors file: it has 7 bytes, and the length of the header takes 8: it is truncated, download it again`},
		{"gguf", []byte("GGUF\x03\x00\x00\x00"), `is no safetensors file: it begins with a header length of 14064895815, at most 100000000 is allowed` + again},
		{"pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"), `is a Git LFS pointer, not the model itself: fetch it with git lfs pull`},
		{"length", length(math.MaxUint64), `is no safetensors file: it begins with a header length of 18446744073709551615, at most 100000000 is allowed` + again},
		{"cut header", length(3), `the header takes bytes 8 to 11, but the file ends at 10: it is truncated, download it again`},
		{"large header", length(100_000_000), `the header takes bytes 8 to 100000008, but the file ends at 10: it is truncated, download it again`},
		{"no header", file("", 0), `header: it does not begin with {` + again},
		{"array", file("[]", 0), `header: it does not begin with {` + again},
		{"space", file(" {}", 0), `header: it does not begin with {` + again},
		{"utf-8", file("{\"\xff\":1}", 0), `header: it is not UTF-8` + again},
		{"cut JSON", file(`{"x":{"dtype":`, 0), `header: it ends too early` + again},
		{"no JSON", file(`{"x"=1}`, 0), `header: it is no JSON at byte 4: invalid character '=' after object key` + again},
		{"comma", file(`{"__metadata__":{},}`, 0), `header: it is no JSON at byte 19: invalid character '}' looking for beginning of object key string` + again},
		{"more", file(`{}{}`, 0), `header: something follows its last brace` + again},
		{"garbage", file(`{}x`, 0), `header: something follows its last brace` + again},
		{"key twice", file(`{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"x":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}`, 8), `header: it has the key "x" twice` + again},
		{"metadata twice", file(`{"__metadata__":{},"__metadata__":{}}`, 0), `header: it has the key "__metadata__" twice` + again},
		{"metadata key twice", file(`{"__metadata__":{"a":"","\u0061":""}}`, 0), `header: __metadata__ has the key "a" twice` + again},
		{"metadata value", file(`{"__metadata__":{"a":{"b":"c"}}}`, 0), `header: __metadata__ "a" is an object, want a string` + again},
		{"metadata kind", file(`{"__metadata__":null}`, 0), `header: __metadata__ is null, want an object` + again},
		{"info kind", x(`[]`), `header: tensor "x" is an array, want an object` + again},
		{"info empty", x(`{}`), `header: tensor "x" has no dtype, shape, data_offsets` + again},
		{"info part", x(`{"dtype":"U8","data_offsets":[0,8]}`), `header: tensor "x" has no shape` + again},
		{"info more", x(`{"dtype":"U8","shape":[8],"data_offsets":[0,8],"strides":[1]}`), `header: tensor "x" has the unknown field "strides"` + again},
		{"info twice", x(`{"dtype":"U8","dtype":"U8","shape":[8],"data_offsets":[0,8]}`), `header: tensor "x" has the key "dtype" twice` + again},
		{"dtype kind", x(`{"dtype":8,"shape":[8],"data_offsets":[0,8]}`), `header: tensor "x": dtype is 8, want a string` + again},
		{"shape kind", x(`{"dtype":"U8","shape":8,"data_offsets":[0,8]}`), `header: tensor "x": shape is 8, want an array` + again},
		{"shape deep", x(`{"dtype":"U8","shape":` + strings.Repeat("[", 100000)), `header: tensor "x": shape contains an array, want integers from 0 to 9223372036854775807` + again},
		{"shape text", x(`{"dtype":"U8","shape":["8"],"data_offsets":[0,8]}`), `header: tensor "x": shape contains "8", want integers from 0 to 9223372036854775807` + again},
		{"shape sign", x(`{"dtype":"U8","shape":[-8],"data_offsets":[0,8]}`), `header: tensor "x": shape contains -8, want integers from 0 to 9223372036854775807` + again},
		{"shape fraction", x(`{"dtype":"U8","shape":[8.0],"data_offsets":[0,8]}`), `header: tensor "x": shape contains 8.0, want integers from 0 to 9223372036854775807` + again},
		{"shape large", x(`{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,8]}`), `header: tensor "x": shape contains 9223372036854775808, want integers from 0 to 9223372036854775807` + again},
		{"offset count", x(`{"dtype":"U8","shape":[8],"data_offsets":[0,8,8]}`), `header: tensor "x": data_offsets has 3 numbers, want 2` + again},
		{"product", x(`{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,8]}`), `tensor "x": its shape 4294967296×4294967296 has too many elements` + again},
		{"product unknown", x(`{"dtype":"?","shape":[4294967296,4294967296],"data_offsets":[0,8]}`), `tensor "x": its shape 4294967296×4294967296 has too many elements` + again},
		{"bytes", x(`{"dtype":"U64","shape":[2305843009213693952],"data_offsets":[0,8]}`), `tensor "x": its shape 2305843009213693952 has too many elements` + again},
		{"size", x(`{"dtype":"F32","shape":[3],"data_offsets":[0,8]}`), `tensor "x": data_offsets [0, 8] hold 8 bytes, and F32 of shape 3 takes 12` + again},
		{"backwards", x(`{"dtype":"U8","shape":[0],"data_offsets":[8,0]}`), `tensor "x": data_offsets [8, 0] run backwards` + again},
		{"truncated", x(`{"dtype":"U8","shape":[9],"data_offsets":[0,9]}`), `tensor "x" needs 9 bytes of data, but the file ends after 8: it is truncated, download it again`},
		{"far", x(`{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}`), `tensor "x" needs 9223372036854775807 bytes of data, but the file ends after 8: it is truncated, download it again`},
		{"hole first", x(`{"dtype":"U8","shape":[7],"data_offsets":[1,8]}`), `bytes 0 to 1 of the data, before tensor "x", belong to no tensor` + again},
		{"hole", file(`{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"y":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}`, 8), `bytes 3 to 4 of the data, before tensor "y", belong to no tensor` + again},
		{"overlap", file(`{"y":{"dtype":"U8","shape":[5],"data_offsets":[3,8]},"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`, 8), `tensors "x" and "y" overlap at byte 3 of the data` + again},
		{"trailing", x(`{"dtype":"U8","shape":[7],"data_offsets":[0,7]}`), `the last 1 bytes belong to no tensor` + again},
		{"no tensors", file(`{}`, 8), `the last 8 bytes belong to no tensor` + again},
		{"no name", file(`{"":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}`, 8), `a tensor has no name` + again},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Parse(memory.Wrap(tt.file), "m")
			runtime.ReadMemStats(&after)
			require.EqualError(t, err, "safetensors: m: "+tt.want)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<16+16*len(tt.file)), "bytes allocated")
		})
	}
}

func sample(t testing.TB) []byte {
	var b bytes.Buffer
	require.NoError(t, Write(&b, map[string]string{"format": "pt", "ä": "\n"}, []TensorData{
		{Name: "model.embed_tokens.weight", Type: dtype.F32, Shape: []int{1, 2}, Data: make([]byte, 8)},
		{Name: "lm_head.weight", Type: dtype.U8, Shape: []int{3}, Data: []byte{1, 2, 3}},
		{Name: "scale", Type: dtype.BF16, Shape: []int{}, Data: []byte{0x80, 0x3f}},
		{Name: "none", Type: dtype.I64, Shape: []int{0, 4}},
	}))
	return b.Bytes()
}

// TestDamage cuts a file at every byte and changes every byte of it: it is read
// or refused, and what is read stays inside the file.
func TestDamage(t *testing.T) {
	whole := sample(t)
	for n := range whole {
		_, err := Parse(memory.Wrap(whole[:n]), "m")
		require.Error(t, err, n)
	}
	for n := range whole {
		for _, flip := range []byte{1, 0x10, 0x80, 0xff} {
			b := bytes.Clone(whole)
			b[n] ^= flip
			touch(t, b)
		}
	}
}

// touch reads a file and everything in it.
func touch(t testing.TB, b []byte) *File {
	f, err := Parse(memory.Wrap(b), "m")
	if err != nil {
		require.True(t, strings.HasPrefix(err.Error(), "safetensors: m: "), err)
		return nil
	}
	for _, info := range f.Tensors() {
		require.LessOrEqual(t, info.Offset+info.Size, int64(len(b)))
		x, err := f.Tensor(info.Name)
		if err == nil {
			require.Len(t, x.Bytes(), int(info.Size))
		}
	}
	return f
}

func FuzzParse(f *testing.F) {
	f.Add(sample(f))
	f.Add(file(`{"x":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[0,3]},"y":{"dtype":"U8","shape":[0],"data_offsets":[3,3]}}`, 3))
	f.Add(file(`{"__metadata__":{"a":"\ud83d\ude00"}}    `, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		file := touch(t, b)
		if file == nil {
			return
		}
		// What was read and is known can be written, and comes back the same.
		var tensors []TensorData
		for _, info := range file.Tensors() {
			if x, err := file.Tensor(info.Name); err == nil {
				tensors = append(tensors, TensorData{Name: info.Name, Type: info.Type, Shape: info.Shape, Data: x.Bytes()})
			}
		}
		var once, twice bytes.Buffer
		require.NoError(t, Write(&once, file.Metadata(), tensors))
		again, err := Parse(memory.Wrap(once.Bytes()), "again")
		require.NoError(t, err)
		require.Len(t, again.Tensors(), len(tensors))
		require.NoError(t, Write(&twice, again.Metadata(), tensors))
		require.Equal(t, once.Bytes(), twice.Bytes())
	})
}

// FuzzIndex reads the index of a sharded model.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":2,"more":[{"deep":[null,true,1e9]}]},"weight_map":{"b":"model-00002-of-00002.safetensors"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		weights, err := index(b)
		if err != nil {
			return
		}
		for _, name := range weights {
			require.NotContains(t, name, "/")
			require.NotEqual(t, "..", name)
		}
	})
}

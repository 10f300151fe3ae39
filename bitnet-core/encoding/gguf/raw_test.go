package gguf

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// A raw builds files by hand, right and wrong ones, in either byte order.
type raw struct {
	b     []byte
	order binary.AppendByteOrder
}

func little() *raw { return &raw{order: binary.LittleEndian} }

func (r *raw) u8(v uint8) *raw   { r.b = append(r.b, v); return r }
func (r *raw) u32(v uint32) *raw { r.b = r.order.AppendUint32(r.b, v); return r }
func (r *raw) u64(v uint64) *raw { r.b = r.order.AppendUint64(r.b, v); return r }
func (r *raw) str(s string) *raw { r.u64(uint64(len(s))); r.b = append(r.b, s...); return r }

// head writes the fixed fields.
func (r *raw) head(version uint32, tensors, entries uint64) *raw {
	r.b = append(r.b, magic...)
	return r.u32(version).u64(tensors).u64(entries)
}

// entry writes the key and type of a metadata entry; the value follows.
func (r *raw) entry(key string, t valueType) *raw { return r.str(key).u32(uint32(t)) }

// tensor writes a tensor's description. ne is as in the file, fastest first.
func (r *raw) tensor(name string, id uint32, off uint64, ne ...uint64) *raw {
	r.str(name).u32(uint32(len(ne)))
	for _, n := range ne {
		r.u64(n)
	}
	return r.u32(id).u64(off)
}

// data pads to the default alignment and appends n bytes.
func (r *raw) data(n int) *raw {
	r.b = append(r.b, make([]byte, int(pad(int64(len(r.b)), defaultAlignment))-len(r.b)+n)...)
	return r
}

// TestByteOrders reads the same model in both orders and versions.
func TestByteOrders(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for version := uint32(2); version <= 3; version++ {
			r := &raw{order: order}
			r.head(version, 3, 4)
			r.entry("a.u16", typeUint16)
			r.b = order.AppendUint16(r.b, 513)
			r.entry("a.f64", typeFloat64).u64(math.Float64bits(-2.5))
			r.entry("a.strings", typeArray).u32(uint32(typeString)).u64(2).str("ä").str("")
			r.entry("a.i32s", typeArray).u32(uint32(typeInt32)).u64(2).u32(7).u32(math.MaxUint32)
			r.tensor("f32", 0, 0, 3, 2)
			r.tensor("i8", 24, 32, 5)
			r.tensor("q8_0", 8, 64, 32)
			r.data(0)
			for i := range 6 {
				r.u32(math.Float32bits(float32(i) + 0.5))
			}
			r.data(0)
			r.b = append(r.b, 1, 2, 3, 4, 0xff)
			r.data(34)

			f, err := Parse(memory.Wrap(r.b), "m")
			require.NoError(t, err)
			require.Equal(t, version, f.Version)
			require.Equal(t, []KV{
				{"a.u16", uint16(513)},
				{"a.f64", -2.5},
				{"a.strings", []string{"ä", ""}},
				{"a.i32s", []int32{7, -1}},
			}, f.Metadata())

			x, err := f.Tensor("f32")
			require.NoError(t, err)
			require.Equal(t, []int{2, 3}, []int(x.Shape()))
			require.Equal(t, []float32{0.5, 1.5, 2.5, 3.5, 4.5, 5.5}, x.Float32s())
			x, err = f.Tensor("i8")
			require.NoError(t, err)
			require.Equal(t, []byte{1, 2, 3, 4, 0xff}, x.Bytes())
			x, err = f.Tensor("q8_0")
			if order == binary.BigEndian {
				require.EqualError(t, err, `gguf: m: tensor "q8_0" has the type Q8_0 in a big-endian file, which is not supported: convert the model to little-endian`)
			} else {
				require.NoError(t, err)
				require.Len(t, x.Bytes(), 34)
			}
			require.NoError(t, f.Close())
		}
	}
}

// TestUnaligned reads a model at every address modulo 8, as one embedded in a
// program may lie.
func TestUnaligned(t *testing.T) {
	r := little().head(3, 1, 0).tensor("x", 28, 0, 2).data(0)
	r.u64(math.Float64bits(1.25)).u64(math.Float64bits(-3))
	room := make([]byte, len(r.b)+8)
	for off := range 8 {
		file := room[off : off+len(r.b)]
		copy(file, r.b)
		f, err := Parse(memory.Wrap(file), "m")
		require.NoError(t, err)
		x, err := f.Tensor("x")
		require.NoError(t, err)
		require.Equal(t, dtype.F64, x.DType())
		require.Equal(t, 1.25, x.At(0))
		require.Equal(t, -3.0, x.At(1))
		require.NoError(t, f.Close())
	}
}

// TestUnknownType lists a tensor of a type nobody knows, with the extent that
// its neighbours leave it.
func TestUnknownType(t *testing.T) {
	r := little().head(3, 3, 0).tensor("a", 999, 32, 7).tensor("b", 0, 96, 1).tensor("c", 0, 0, 1).data(100)
	f, err := Parse(memory.Wrap(r.b), "m")
	require.NoError(t, err)
	a := f.Tensors()[0]
	require.Equal(t, Info{Name: "a", TypeID: 999, Shape: []int{7}, Offset: a.Offset, Size: 64}, a)
	_, err = f.Tensor("a")
	require.EqualError(t, err, `gguf: m: tensor "a" has the type id 999, which is not supported: convert the model to another type`)
	_, err = f.Tensor("b")
	require.NoError(t, err)
	_, err = f.Tensor("d")
	require.EqualError(t, err, `gguf: m: has no tensor "d"`)
}

// TestOwnership checks who holds the file's memory, and until when.
func TestOwnership(t *testing.T) {
	r := little().head(3, 1, 1).entry("k", typeString).str("value").tensor("x", 0, 0, 1).data(4)
	c := memory.NewChecked(memory.Heap())
	buf, err := c.Alloc(len(r.b), 0)
	require.NoError(t, err)
	copy(buf.Bytes(), r.b)
	f, err := Parse(buf, "m")
	require.NoError(t, err)
	buf.Release()
	x, err := f.Tensor("x")
	require.NoError(t, err)
	x.Retain()
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())
	require.Len(t, c.Leaks(), 1, "the tensor is retained")
	require.Zero(t, x.At(0))
	x.Release()
	require.Empty(t, c.Leaks())
	s, _ := f.String("k")
	require.Equal(t, "value", s, "metadata is copied")
	_, err = f.Tensor("x")
	require.EqualError(t, err, `gguf: tensor "x": the file is closed`)

	buf, err = c.Alloc(3, 0)
	require.NoError(t, err)
	_, err = Parse(buf, "m")
	require.Error(t, err)
	buf.Release()
	require.Empty(t, c.Leaks(), "a file that was refused is not held")
}

func TestGetters(t *testing.T) {
	kv := []KV{
		{"u8", uint8(200)},
		{"i8", int8(-3)},
		{"i64", int64(math.MinInt64)},
		{"u64", uint64(math.MaxUint64)},
		{"f32", float32(0.5)},
		{"f64", 0.25},
		{"bool", true},
		{"string", "s"},
		{"strings", []string{"a", "b"}},
		{"i32s", []int32{-1}},
		{"u32s", []uint32{1, 2}},
		{"large", []uint32{1 << 31}},
		{"f32s", []float32{1.5}},
		{"u8s", []uint8{200}},
		{"i8s", []int8{-2}},
	}
	var out bytes.Buffer
	require.NoError(t, Write(&out, kv, nil))
	f, err := Parse(memory.Wrap(out.Bytes()), "m")
	require.NoError(t, err)
	type result struct {
		v  any
		ok bool
	}
	both := func(v any, ok bool) result { return result{v, ok} }
	get := map[string]func(key string) result{
		"Uint":     func(k string) result { v, ok := f.Uint(k); return both(v, ok) },
		"Int":      func(k string) result { v, ok := f.Int(k); return both(v, ok) },
		"Float":    func(k string) result { v, ok := f.Float(k); return both(v, ok) },
		"Bool":     func(k string) result { v, ok := f.Bool(k); return both(v, ok) },
		"String":   func(k string) result { v, ok := f.String(k); return both(v, ok) },
		"Strings":  func(k string) result { v, ok := f.Strings(k); return both(v, ok) },
		"Int32s":   func(k string) result { v, ok := f.Int32s(k); return both(v, ok) },
		"Float32s": func(k string) result { v, ok := f.Float32s(k); return both(v, ok) },
		"Bytes":    func(k string) result { v, ok := f.Bytes(k); return both(v, ok) },
	}
	want := map[string]map[string]any{ // what is not here is refused
		"Uint":     {"u8": uint64(200), "u64": uint64(math.MaxUint64)},
		"Int":      {"u8": int64(200), "i8": int64(-3), "i64": int64(math.MinInt64)},
		"Float":    {"u8": 200.0, "i8": -3.0, "i64": -0x1p63, "u64": 0x1p64, "f32": 0.5, "f64": 0.25},
		"Bool":     {"bool": true},
		"String":   {"string": "s"},
		"Strings":  {"strings": []string{"a", "b"}},
		"Int32s":   {"i32s": []int32{-1}, "u32s": []int32{1, 2}},
		"Float32s": {"f32s": []float32{1.5}},
		"Bytes":    {"u8s": []byte{200}, "i8s": []byte{254}},
	}
	for getter, fn := range get {
		for _, e := range append(kv, KV{Key: "missing"}) {
			got := fn(e.Key)
			v, ok := want[getter][e.Key]
			require.Equal(t, ok, got.ok, "%s(%s)", getter, e.Key)
			if ok {
				require.Equal(t, v, got.v, "%s(%s)", getter, e.Key)
			} else {
				require.Zero(t, got.v, "%s(%s)", getter, e.Key)
			}
		}
	}
}

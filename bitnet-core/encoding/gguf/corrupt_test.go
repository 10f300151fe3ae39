package gguf

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

const u64max = math.MaxUint64

// TestCorrupt holds what the reader says about files that lie.
func TestCorrupt(t *testing.T) {
	nested := little().head(3, 0, 1).entry("k", typeArray)
	for range 40 {
		nested.u32(uint32(typeArray)).u64(1)
	}
	for _, tt := range []struct {
		name string
		file *raw
		want string
	}{
		{"empty", little(), `the file is empty: download it again`},
		{"short", &raw{b: []byte("GG")}, `is no GGUF file: it begins with "GG", want "GGUF": download it again, or name another file`},
		{"html", &raw{b: []byte("<html>not found")}, `is no GGUF file: it begins with "<htm", want "GGUF": download it again, or name another file`},
		{"pointer", &raw{b: []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")}, `is a Git LFS pointer, not the model itself: fetch it with git lfs pull`},
		{"no version", &raw{b: []byte("GGUF\x03")}, `the file ends at byte 5, inside the version: it is truncated, download it again`},
		{"version 0", little().head(0, 0, 0), `is GGUF version 0, and versions 2 and 3 can be read: the file is damaged, or newer than this program`},
		{"version 1", little().head(1, 0, 0), `is GGUF version 1, which had other lengths: convert the model again, versions 2 and 3 can be read`},
		{"version 4", little().head(4, 0, 0), `is GGUF version 4, and versions 2 and 3 can be read: the file is damaged, or newer than this program`},
		{"tensor count", little().head(3, u64max, 0), `the number of tensors is 18446744073709551615, for which the remaining 8 bytes are too few: the file is truncated or damaged, download it again`},
		{"entry count", little().head(3, 0, 1<<40).data(32), `the number of metadata entries is 1099511627776, for which the remaining 40 bytes are too few: the file is truncated or damaged, download it again`},
		{"key length", little().head(3, 0, 1).u64(1 << 50).data(32), `the length of metadata key 0 is 1125899906842624, for which the remaining 32 bytes are too few: the file is truncated or damaged, download it again`},
		{"long key", little().head(3, 0, 1).str(strings.Repeat("k", 1<<16)).data(32), `metadata key 0 has 65536 bytes, at most 65535 are allowed: the file is damaged, download it again`},
		{"empty key", little().head(3, 0, 1).str("").data(32), `metadata key 0 is empty: the file is damaged, download it again`},
		{"key bytes", little().head(3, 0, 1).entry("a\xff", typeUint32).u32(1), `metadata key 0 is "a\xff", which is not UTF-8: the file is damaged, download it again`},
		{"key twice", little().head(3, 0, 2).entry("k", typeUint8).u8(1).entry("k", typeUint8).u8(1), `metadata key "k" appears twice: the file is damaged, download it again`},
		{"value type", little().head(3, 0, 1).entry("k", 13).u64(0), `metadata "k" has the unknown type 13: the file is damaged, or newer than this program`},
		{"value missing", little().head(3, 0, 1).entry("kk", typeUint64), `the file ends at byte 38, inside metadata "kk": it is truncated, download it again`},
		{"truth", little().head(3, 0, 1).entry("k", typeBool).u8(2), `metadata "k" is a truth value of 2, want 0 or 1: the file is damaged, download it again`},
		{"truths", little().head(3, 0, 1).entry("k", typeArray).u32(uint32(typeBool)).u64(2).u8(1).u8(9), `element 1 of metadata "k" is a truth value of 9, want 0 or 1: the file is damaged, download it again`},
		{"string length", little().head(3, 0, 1).entry("k", typeString).u64(u64max), `the length of metadata "k" is 18446744073709551615, for which the remaining 0 bytes are too few: the file is truncated or damaged, download it again`},
		{"array type", little().head(3, 0, 1).entry("k", typeArray).u32(77).u64(0), `metadata "k" is an array of the unknown type 77: the file is damaged, or newer than this program`},
		{"array count", little().head(3, 0, 1).entry("k", typeArray).u32(uint32(typeFloat64)).u64(1 << 61).u64(0), `the number of elements of metadata "k" is 2305843009213693952, for which the remaining 8 bytes are too few: the file is truncated or damaged, download it again`},
		{"array of strings", little().head(3, 0, 1).entry("k", typeArray).u32(uint32(typeString)).u64(2).str("a").u64(9), `the length of a string in metadata "k" is 9, for which the remaining 0 bytes are too few: the file is truncated or damaged, download it again`},
		{"array of strings cut", little().head(3, 0, 1).entry("k", typeArray).u32(uint32(typeString)).u64(2).str("abcdefgh"), `the file ends at byte 65, inside metadata "k": it is truncated, download it again`},
		{"nesting", nested, `metadata "k" nests arrays more than 8 deep: the file is damaged, download it again`},
		{"alignment 0", little().head(3, 0, 1).entry(alignmentKey, typeUint32).u32(0), `general.alignment is 0, want a power of two up to 1048576: the file is damaged, download it again`},
		{"alignment 12", little().head(3, 0, 1).entry(alignmentKey, typeUint32).u32(12), `general.alignment is 12, want a power of two up to 1048576: the file is damaged, download it again`},
		{"alignment huge", little().head(3, 0, 1).entry(alignmentKey, typeUint64).u64(1 << 63), `general.alignment is 9223372036854775808, want a power of two up to 1048576: the file is damaged, download it again`},
		{"alignment text", little().head(3, 0, 1).entry(alignmentKey, typeString).str("x"), `general.alignment is x, want a power of two up to 1048576: the file is damaged, download it again`},
		{"no name", little().head(3, 1, 0).tensor("", 0, 0, 1).data(4), `the name of tensor 0 is empty: the file is damaged, download it again`},
		{"name bytes", little().head(3, 1, 0).tensor("\xc3", 0, 0, 1).data(4), `the name of tensor 0 is "\xc3", which is not UTF-8: the file is damaged, download it again`},
		{"tensor twice", little().head(3, 2, 0).tensor("x", 0, 0, 1).tensor("x", 0, 32, 1).data(64), `tensor "x" appears twice: the file is damaged, download it again`},
		{"dimensions", little().head(3, 1, 0).tensor("x", 0, 0, 1, 1, 1, 1, 1).data(64), `tensor "x" has 5 dimensions, at most 4 are allowed: the file is damaged, download it again`},
		{"dimension count", little().head(3, 1, 0).str("x").u32(math.MaxUint32).data(64), `tensor "x" has 4294967295 dimensions, at most 4 are allowed: the file is damaged, download it again`},
		{"dimension", little().head(3, 1, 0).tensor("x", 0, 0, 1, 1<<63).data(64), `tensor "x": dimension 1 is 9223372036854775808: the file is damaged, download it again`},
		{"product", little().head(3, 1, 0).tensor("x", 0, 0, 1<<32, 1<<31).data(64), `tensor "x": its shape 2147483648×4294967296 has too many elements: the file is damaged, download it again`},
		{"product unknown", little().head(3, 1, 0).tensor("x", 99, 0, 1<<32, 1<<31).data(64), `tensor "x": its shape 2147483648×4294967296 has too many elements: the file is damaged, download it again`},
		{"bytes", little().head(3, 1, 0).tensor("x", 0, 0, 1<<62).data(64), `tensor "x": its shape 4611686018427387904 is too large for F32: the file is damaged, download it again`},
		{"blocks", little().head(3, 1, 0).tensor("x", 35, 0, 128, 2).data(66), `tensor "x": its shape 2×128 is no whole number of blocks of TQ2_0 (type id 35): the file is damaged, or its maker means something else by the type`},
		{"offset alignment", little().head(3, 1, 0).tensor("x", 0, 8, 1).data(64), `tensor "x": offset 8 is no multiple of the alignment 32: the file is damaged, download it again`},
		{"offset", little().head(3, 1, 0).tensor("x", 0, 1<<40, 1).data(64), `tensor "x" needs bytes 1099511627840 to 1099511627844, but the file ends at 128: it is truncated, download it again`},
		{"offset overflow", little().head(3, 1, 0).tensor("x", 0, 1<<63-32, 8).data(64), `tensor "x": offset 9223372036854775776 is past the end of the file: the file is damaged, download it again`},
		{"offset overflow empty", little().head(3, 1, 0).tensor("x", 0, 1<<63-32, 0).data(64), `tensor "x": offset 9223372036854775776 is past the end of the file: the file is damaged, download it again`},
		{"offset sign", little().head(3, 1, 0).tensor("x", 0, 1<<63, 8).data(64), `tensor "x": offset 9223372036854775808 is past the end of the file: the file is damaged, download it again`},
		{"offset unknown", little().head(3, 1, 0).tensor("x", 99, 1<<20, 8).data(64), `tensor "x" needs bytes 1048640 to 1048640, but the file ends at 128: it is truncated, download it again`},
		{"truncated", little().head(3, 1, 0).tensor("blk.0.attn_q.weight", 0, 0, 4, 2).data(31), `tensor "blk.0.attn_q.weight" needs bytes 96 to 128, but the file ends at 127: it is truncated, download it again`},
		{"overlap", little().head(3, 2, 0).tensor("x", 0, 32, 9).tensor("y", 0, 0, 9).data(128), `tensors "y" and "x" overlap at byte 128: the file is damaged, download it again`},
		{"same place", little().head(3, 2, 0).tensor("x", 0, 0, 1).tensor("y", 0, 0, 1).data(128), `tensors "x" and "y" overlap at byte 96: the file is damaged, download it again`},
		{"part", little().head(3, 0, 3).entry(splitCountKey, typeUint32).u32(3).entry(splitNoKey, typeUint8).u8(1).entry(splitTensorsKey, typeUint64).u64(5), `is part 2 of 3 of a split model: open it by its path, with the others beside it`},
		{"part number", little().head(3, 0, 3).entry(splitCountKey, typeUint32).u32(3).entry(splitNoKey, typeUint8).u8(3).entry(splitTensorsKey, typeUint64).u64(5), `is part 4 of 3 by its own account: the file is damaged, download it again`},
		{"part incomplete", little().head(3, 0, 1).entry(splitCountKey, typeUint32).u32(3), `has split.count but no split.no: the file is damaged, download it again`},
		{"part count", little().head(3, 0, 1).entry(splitCountKey, typeInt64).u64(u64max), `split.count is -1, want a count: the file is damaged, download it again`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Parse(memory.Wrap(tt.file.b), "m.gguf")
			runtime.ReadMemStats(&after)
			require.EqualError(t, err, "gguf: m.gguf: "+tt.want)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<16+4*len(tt.file.b)), "bytes allocated")
		})
	}
}

// TestExtremes holds what looks odd and is allowed.
func TestExtremes(t *testing.T) {
	long := strings.Repeat("n", 1000)
	r := little().head(3, 4, 2)
	r.entry("k", typeArray).u32(uint32(typeArray)).u64(2).u32(uint32(typeUint8)).u64(0).u32(uint32(typeString)).u64(1).str("\xff")
	r.entry(alignmentKey, typeUint32).u32(64)
	r.tensor("scalar", 0, 64).tensor("none", 1, 64, 0, 7).tensor(long, 24, 128, 1, 1, 1, 3).tensor("end", 24, 192, 0)
	r.b = append(r.b, make([]byte, int(pad(int64(len(r.b)), 64))-len(r.b)+192+5)...)
	f, err := Parse(memory.Wrap(r.b), "m")
	require.NoError(t, err)
	v, _ := f.Value("k")
	require.Equal(t, []any{[]uint8{}, []string{"\xff"}}, v)
	for name, shape := range map[string][]int{"scalar": {}, "none": {7, 0}, long: {3, 1, 1, 1}, "end": {0}} {
		x, err := f.Tensor(name)
		require.NoError(t, err)
		require.Equal(t, shape, []int(x.Shape()), name)
		info, ok := f.Info(name)
		require.True(t, ok)
		require.Len(t, x.Bytes(), int(info.Size))
	}
	_, ok := f.Info("other")
	require.False(t, ok)
}

// sample is a small file with every kind of value and several tensors.
func sample(t testing.TB) []byte {
	var b bytes.Buffer
	require.NoError(t, Write(&b, sampleKV(), sampleTensors()))
	return b.Bytes()
}

func sampleKV() []KV {
	return []KV{
		{"general.architecture", "bitnet-b1.58"},
		{"u8", uint8(1)},
		{"i8", int8(-1)},
		{"u16", uint16(1)},
		{"i16", int16(-1)},
		{"u32", uint32(1)},
		{"i32", int32(-1)},
		{"u64", uint64(1)},
		{"i64", int64(-1)},
		{"f32", float32(1.5)},
		{"f64", -1.5},
		{"true", true},
		{"false", false},
		{"u8s", []uint8{1, 2}},
		{"i8s", []int8{-1}},
		{"u16s", []uint16{1}},
		{"i16s", []int16{-1}},
		{"u32s", []uint32{1}},
		{"i32s", []int32{-1}},
		{"u64s", []uint64{1}},
		{"i64s", []int64{-1}},
		{"f32s", []float32{1.5}},
		{"f64s", []float64{-1.5}},
		{"bools", []bool{true, false}},
		{"strings", []string{"a", "", "ä"}},
		{"empty", []string{}},
		{"nested", []any{[]int32{1, 2}, []any{[]string{"x"}, []any{}}, []bool{}}},
	}
}

func sampleTensors() []TensorData {
	f32 := make([]byte, 24)
	for i := range f32 {
		f32[i] = byte(i)
	}
	return []TensorData{
		{Name: "token_embd.weight", Type: dtype.F32, Shape: []int{2, 3}, Data: f32},
		{Name: "blk.0.attn_q.weight", Type: dtype.TQ2_0, Shape: []int{1, 256}, Data: make([]byte, 66)},
		{Name: "blk.0.attn_k.weight", Type: dtype.I2_S, Shape: []int{2, 64}, Data: make([]byte, 64)},
		{Name: "scale", Type: dtype.BF16, Shape: []int{}, Data: []byte{0x80, 0x3f}},
		{Name: "none", Type: dtype.I8, Shape: []int{0}},
	}
}

// TestDamage cuts a file at every byte and changes every byte of its header: it
// is read or refused, and what is read stays inside the file.
func TestDamage(t *testing.T) {
	whole := sample(t)
	for n := range whole {
		_, err := Parse(memory.Wrap(whole[:n]), "m")
		// The last tensor of the file has no bytes, so only padding is missing
		// from some of these.
		if n < len(whole)-defaultAlignment {
			require.Error(t, err, n)
		}
	}
	for n := range whole {
		for _, flip := range []byte{1, 0x80, 0xff} {
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
		require.True(t, strings.HasPrefix(err.Error(), "gguf: m: "), err)
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
	f.Add(little().head(3, 1, 0).tensor("x", 99, 0, 8).data(64).b)
	f.Add(little().head(2, 0, 3).entry(splitCountKey, typeUint32).u32(1).entry(splitNoKey, typeUint8).u8(0).entry(splitTensorsKey, typeUint64).u64(0).b)
	big := &raw{order: binary.BigEndian}
	f.Add(big.head(3, 1, 1).entry("k", typeArray).u32(uint32(typeString)).u64(1).str("v").tensor("x", 0, 0, 2).data(8).b)
	f.Fuzz(func(t *testing.T, b []byte) {
		file := touch(t, b)
		if file == nil {
			return
		}
		// What was read can be written, and comes back the same.
		var once, twice bytes.Buffer
		require.NoError(t, Write(&once, file.Metadata(), nil))
		again, err := Parse(memory.Wrap(once.Bytes()), "again")
		require.NoError(t, err)
		require.NoError(t, Write(&twice, again.Metadata(), nil))
		require.Equal(t, once.Bytes(), twice.Bytes())
	})
}

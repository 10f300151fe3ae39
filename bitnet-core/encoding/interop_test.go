package encoding_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
)

// sequence returns the bytes 0, 1, 2, …, with none that makes a float a NaN.
func sequence(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 64)
	}
	return b
}

func tensor(name string, d dtype.DType, shape ...int) encoding.TensorData {
	size, _ := d.TensorSize(shape)
	return encoding.TensorData{Name: name, Type: d, Shape: shape, Data: sequence(int(size))}
}

// TestInterop lets the public Python packages read what we write, and reads what
// they write.
func TestInterop(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	if out, err := exec.Command(python, "-c", "import gguf, numpy, safetensors").CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Skipf("the Python packages gguf, numpy and safetensors are needed: %s", lines[len(lines)-1])
	}
	dir := t.TempDir()
	kv := []gguf.KV{
		{Key: "general.architecture", Value: "test"},
		{Key: "general.alignment", Value: uint32(64)},
		{Key: "u8", Value: uint8(200)},
		{Key: "i8", Value: int8(-1)},
		{Key: "u16", Value: uint16(50000)},
		{Key: "i16", Value: int16(-2)},
		{Key: "u32", Value: uint32(1 << 31)},
		{Key: "i32", Value: int32(-3)},
		{Key: "u64", Value: uint64(1 << 40)},
		{Key: "i64", Value: int64(-4)},
		{Key: "f32", Value: float32(0.5)},
		{Key: "f64", Value: 0.25},
		{Key: "bool", Value: true},
		{Key: "text", Value: "ä ▁"},
		{Key: "strings", Value: []string{"a", "", "ß"}},
		{Key: "i32s", Value: []int32{1, -1}},
		{Key: "f32s", Value: []float32{1.5, -1}},
	}
	plain := []encoding.TensorData{
		tensor("f32", dtype.F32, 2, 3), tensor("f16", dtype.F16, 2, 2, 2), tensor("f64", dtype.F64, 1),
		tensor("i8", dtype.I8, 3), tensor("i16", dtype.I16, 3, 1), tensor("i32", dtype.I32, 1, 1, 1, 2), tensor("i64", dtype.I64, 2),
	}
	blocks := []encoding.TensorData{
		tensor("q4_0", dtype.Q4_0, 2, 64), tensor("q8_0", dtype.Q8_0, 1, 32), tensor("q6_k", dtype.Q6_K, 2, 256),
		tensor("tq1_0", dtype.TQ1_0, 2, 256), tensor("tq2_0", dtype.TQ2_0, 1, 512), tensor("bf16", dtype.BF16, 5),
	}
	ours := append(append([]encoding.TensorData{}, plain...), blocks...)
	require.NoError(t, gguf.WriteFile(filepath.Join(dir, "ours.gguf"), kv, ours))

	loose := append([]encoding.TensorData{
		tensor("bf16.b", dtype.BF16, 3, 2), tensor("bf16.a", dtype.BF16, 1), tensor("u64", dtype.U64, 1), tensor("u32", dtype.U32, 2),
		tensor("u16", dtype.U16, 2), tensor("u8", dtype.U8, 3), tensor(`"quoted" <ä>`, dtype.U8, 1), tensor("scalar", dtype.F32), tensor("none", dtype.F32, 0, 3),
		{Name: "bool", Type: dtype.Bool, Shape: []int{2}, Data: []byte{0, 1}},
	}, plain...)
	metadata := map[string]string{"format": "pt"}
	require.NoError(t, safetensors.WriteFile(filepath.Join(dir, "ours.safetensors"), metadata, loose))

	cmd := exec.Command(python, script(t), dir)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	type seenTensor struct {
		Name, Type, Dtype, SHA256 string
		Shape                     []int
	}
	var seen struct {
		GGUF struct {
			Fields []struct {
				Key, Type string
				Value     any
			}
			Tensors []seenTensor
		}
		Safetensors struct {
			Metadata map[string]string
			Tensors  map[string]seenTensor
		}
		Blocks map[string][3]int
	}
	require.NoError(t, json.Unmarshal(out, &seen))

	// What they see in our files.
	require.Len(t, seen.GGUF.Fields, len(kv))
	types := map[string]string{
		"general.architecture": "STRING", "general.alignment": "UINT32", "u8": "UINT8", "i8": "INT8", "u16": "UINT16", "i16": "INT16",
		"u32": "UINT32", "i32": "INT32", "u64": "UINT64", "i64": "INT64", "f32": "FLOAT32", "f64": "FLOAT64", "bool": "BOOL", "text": "STRING",
		"strings": "ARRAY,STRING", "i32s": "ARRAY,INT32", "f32s": "ARRAY,FLOAT32",
	}
	for i, e := range kv {
		got := seen.GGUF.Fields[i]
		require.Equal(t, e.Key, got.Key)
		require.Equal(t, types[e.Key], got.Type, e.Key)
		want, err := json.Marshal(e.Value)
		require.NoError(t, err)
		value, err := json.Marshal(got.Value)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(value), e.Key)
	}
	require.Len(t, seen.GGUF.Tensors, len(ours))
	for i, d := range ours {
		require.Equal(t, seenTensor{Name: d.Name, Type: d.Type.String(), Shape: d.Shape, SHA256: digest(d.Data)}, seen.GGUF.Tensors[i])
	}
	require.Equal(t, metadata, seen.Safetensors.Metadata)
	require.Len(t, seen.Safetensors.Tensors, len(loose))
	for _, d := range loose {
		if d.Shape == nil {
			d.Shape = []int{}
		}
		require.Equal(t, seenTensor{Dtype: d.Type.String(), Shape: d.Shape, SHA256: digest(d.Data)}, seen.Safetensors.Tensors[d.Name], d.Name)
	}

	// The block sizes that both sides know.
	known := 0
	for i := range 256 {
		d := dtype.DType(i)
		if b, ok := seen.Blocks[d.String()]; ok {
			elems, size := d.Block()
			require.Equal(t, []int{elems, size}, b[:2], d)
			known++
		}
	}
	require.GreaterOrEqual(t, known, 19)

	// What we see in theirs.
	for _, name := range []string{"theirs.gguf", "theirs-big.gguf"} {
		f, err := gguf.Open(filepath.Join(dir, name))
		require.NoError(t, err)
		for _, e := range kv {
			v, ok := f.Value(e.Key)
			require.True(t, ok, e.Key)
			require.Equal(t, e.Value, v, e.Key)
		}
		require.Len(t, f.Tensors(), len(plain))
		for i, d := range plain {
			require.Equal(t, d.Name, f.Tensors()[i].Name)
			x, err := f.Tensor(d.Name)
			require.NoError(t, err)
			require.Equal(t, d.Type, x.DType())
			require.Equal(t, d.Shape, []int(x.Shape()))
			require.Equal(t, d.Data, x.Bytes(), "%s in %s", d.Name, name)
		}
		require.NoError(t, f.Close())
	}
	mine, err := os.ReadFile(filepath.Join(dir, "ours.safetensors"))
	require.NoError(t, err)
	theirs, err := os.ReadFile(filepath.Join(dir, "theirs.safetensors"))
	require.NoError(t, err)
	require.Equal(t, string(theirs), string(mine), "the same tensors make the same file")
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// script returns the path of the Python side, found from the root of the
// repository.
func script(t *testing.T) string {
	dir, err := os.Getwd()
	require.NoError(t, err)
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "scripts", "check_interop.py")
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if dir == filepath.Dir(dir) {
			t.Skip("scripts/check_interop.py is not there: this is no checkout of the repository")
		}
	}
}

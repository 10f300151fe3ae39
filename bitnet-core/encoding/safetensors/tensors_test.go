package safetensors

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// randomTensor has random bytes.
func randomTensor(t testing.TB, a memory.Allocator, d dtype.DType, shape ...int) *tensor.Tensor {
	x, err := tensor.New(a, d, shape...)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(uint64(d), 1))
	for i := range x.Bytes() {
		x.Bytes()[i] = byte(r.IntN(2))
	}
	return x
}

// TestSaveAndLoad saves tensors of every type, and views, of one pool, and loads them into
// another.
func TestSaveAndLoad(t *testing.T) {
	p, err := pool.New(pool.Options{})
	require.NoError(t, err)
	tensors, want := map[string]*tensor.Tensor{}, map[string]*tensor.Tensor{}
	for d := range dtype.DType(255) {
		if !d.Valid() {
			continue
		}
		elems, _ := d.Block()
		tensors[d.String()] = randomTensor(t, p, d, 8, 2*elems)
		tensors[d.String()+" of nothing"] = randomTensor(t, p, d, 0, 2*elems)
	}
	require.Greater(t, len(tensors), 40)
	large := randomTensor(t, p, dtype.I16, 300, 5, 700)
	tensors["single"] = randomTensor(t, p, dtype.F64)
	views := map[string]*tensor.Tensor{
		"transposed": large.Transpose(0, 2), "cut": large.Slice(2, 3, 650), "column": large.Select(2, 7).Select(1, 2),
		"repeated": large.Slice(0, 3, 4).BroadcastTo(2, 5, 700), "one": large.Slice(0, 1, 2).Transpose(0, 2),
		"long": large.Reshape(300*5*350, 2).Select(1, 1).Unsqueeze(0),
	}
	for name, x := range tensors {
		want[name] = x
	}
	for name, x := range views {
		tensors[name] = x
		if want[name], err = x.Clone(memory.Heap()); err != nil {
			require.NoError(t, err)
		}
	}
	path := filepath.Join(t.TempDir(), "dump.safetensors")
	require.NoError(t, Save(path, tensors))

	a := memory.NewChecked(memory.Heap())
	got, err := Load(path, a)
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for name, x := range got {
		require.Equal(t, want[name].DType(), x.DType(), name)
		require.Equal(t, want[name].Shape().String(), x.Shape().String(), name)
		require.True(t, bytes.Equal(want[name].Bytes(), x.Bytes()), name)
		x.Release()
	}
	require.Empty(t, a.Leaks())

	// The same tensors make the same file, wherever they lie.
	var first, second bytes.Buffer
	require.NoError(t, WriteTensors(&first, tensors))
	require.NoError(t, WriteTensors(&second, want))
	require.True(t, bytes.Equal(first.Bytes(), second.Bytes()))
}

// TestLoadRefuses loads files whose metadata contradict their tensors, and leaves no
// memory behind.
func TestLoadRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for _, c := range []struct{ dtype, text, want string }{
		{"U8", "TQ2_0 1 256", ""},
		{"U8", "", "does not suit 66 bytes of U8"},
		{"U8", "F32 1 16", "does not suit"},
		{"U8", "TQ2_1 1 256", "does not suit"},
		{"U8", "TQ2_0 2 256", "does not suit"},
		{"U8", "TQ2_0 -1 256", "does not suit"},
		{"U8", "TQ2_0 1 x", "does not suit"},
		{"U8", "TQ2_0 4294967296 4294967296", "does not suit"},
		{"U8", "TQ2_0 9223372036854775807 256", "does not suit"},
		{"I8", "TQ2_0 1 256", "does not suit 66 bytes of I8"},
		{"F8", "", "not supported"},
	} {
		header := `{"__metadata__":{"bitnet.block.w":"` + c.text + `"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},` +
			`"w":{"dtype":"` + c.dtype + `","shape":[66],"data_offsets":[2,68]}}`
		require.NoError(t, os.WriteFile(path, file(header, 68), 0o600))
		a := memory.NewChecked(memory.Heap())
		tensors, err := Load(path, a)
		if c.want == "" {
			require.NoError(t, err)
			require.Equal(t, dtype.TQ2_0, tensors["w"].DType())
			for _, x := range tensors {
				x.Release()
			}
		} else {
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, path)
		}
		require.Empty(t, a.Leaks())
	}
	_, err := Load(filepath.Join(t.TempDir(), "none"), memory.Heap())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.Error(t, Save(path, map[string]*tensor.Tensor{"": randomTensor(t, memory.Heap(), dtype.F32, 2)}))
	_, err = Load(path, memory.Heap()) // the file is still there
	require.ErrorContains(t, err, "not supported")
}

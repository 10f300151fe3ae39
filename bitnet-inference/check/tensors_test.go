package check

import (
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
)

// rewrite writes a directory's tensors anew, changed, and what lies beside them.
func rewrite(t *testing.T, src string, change func(all []safetensors.TensorData) []safetensors.TensorData) string {
	dir := copyDir(t, src, nil)
	require.NoError(t, safetensors.WriteFile(filepath.Join(dir, "model.safetensors"), nil, change(contents.Safetensors(t, src))))
	return dir
}

// TestZerosBelowOne: Gemma directories store gains less 1, and zeros are gains of 1. The
// norms of the embedding models' projections are as they are.
func TestZerosBelowOne(t *testing.T) {
	clearNorm := func(name string) []Finding {
		return check(t, rewrite(t, golden.Committed(t, "golden", "embed", "gemma3-bitnet"), func(all []safetensors.TensorData) []safetensors.TensorData {
			i := slices.IndexFunc(all, func(d safetensors.TensorData) bool { return d.Name == name })
			require.GreaterOrEqual(t, i, 0)
			clear(all[i].Data)
			return all
		}))
	}
	for _, f := range clearNorm("layers.0.input_layernorm.weight") {
		require.Equal(t, Note, f.Severity, "%+v", f)
	}
	const own = "layers.0.self_attn.q_proj.norm.weight"
	require.Contains(t, clearNorm(own), Finding{Severity: Error, Kind: ZeroRows, Where: own, What: "holds zeros only: the data is lost; get the model anew"})
}

// TestMemory: tensors that have to be copied, as data of 16 bits at odd addresses, are not
// all in memory at a time. What is done grows to what there is, tensors of no use and of
// other types beside.
func TestMemory(t *testing.T) {
	const n, size = 24, 2 << 20
	dir := rewrite(t, golden.Committed(t, "golden", "families", "trilm"), func(all []safetensors.TensorData) []safetensors.TensorData {
		data := make([]byte, size)
		for i := range n {
			all = append(all, safetensors.TensorData{Name: fmt.Sprintf("more.%d", i), Type: dtype.F16, Shape: []int{1024, 1024}, Data: data})
		}
		return append(all, safetensors.TensorData{Name: "strange", Type: dtype.I64, Shape: []int{8}, Data: data[:64]})
	})
	contents.Misalign(t, filepath.Join(dir, "model.safetensors"))
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := held()
	var most uint64
	var done, total int64
	r, err := File(t.Context(), dir, Options{Progress: func(d, of int64) { most, done, total = max(most, held()), d, of }})
	require.NoError(t, err)
	require.Less(t, most-min(before, most), uint64(n*size/2))
	require.Equal(t, total, done)
	require.Equal(t, r.Bytes, done)
	require.Greater(t, done, int64(n*size))
}

// TestScaleTensor: a scale that is a tensor of its own is no number.
func TestScaleTensor(t *testing.T) {
	const name = "model.layers.1.mlp.up_proj.weight_scale"
	dir := rewrite(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"), func(all []safetensors.TensorData) []safetensors.TensorData {
		i := slices.IndexFunc(all, func(d safetensors.TensorData) bool { return d.Name == name })
		all[i].Data = slices.Repeat([]byte{0xff}, len(all[i].Data))
		return all
	})
	found := check(t, dir)
	require.Equal(t, Finding{Severity: Error, Kind: Scale, Where: name, What: "holds [NaN], want one positive number: the data is damaged; get the model anew"}, found[0])
	require.Len(t, slices.DeleteFunc(found, func(f Finding) bool { return f.Severity == Note }), 1)

	dir = rewrite(t, golden.Committed(t, "golden", "transformers", "llama-bitlinear-packed"), func(all []safetensors.TensorData) []safetensors.TensorData {
		i := slices.IndexFunc(all, func(d safetensors.TensorData) bool { return d.Name == name })
		all[i].Type, all[i].Data = dtype.F32, binary.LittleEndian.AppendUint32(nil, math.Float32bits(1e-39))
		return all
	})
	found = check(t, dir)
	require.Equal(t, Scale, found[0].Kind, "%+v", found)
	require.Contains(t, found[0].What, "whose reciprocal is +Inf")
	require.False(t, loads(t, dir))
}

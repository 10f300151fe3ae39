package transcode

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
)

// TestOnline: masters that config.json does not announce are rounded without a word of
// loss where the caller says that they are masters, and refused where he does not.
func TestOnline(t *testing.T) {
	src := master2B4T(t)
	dir := t.TempDir()
	silent, want := filepath.Join(dir, "silent"), filepath.Join(dir, "want")
	convertModel(t, src, want, Options{})

	var config map[string]any
	golden.JSON(t, filepath.Join(src, "config.json"), &config)
	delete(config, "quantization_config")
	require.NoError(t, os.Mkdir(silent, 0o755))
	require.NoError(t, os.Symlink(filepath.Join(src, "model.safetensors"), filepath.Join(silent, "model.safetensors")))
	data, err := json.Marshal(config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(silent, "config.json"), data, 0o600))

	got := filepath.Join(dir, "got")
	requireLossy(t, silent, got, Options{}, "model.layers.0.self_attn.q_proj.weight")
	convertModel(t, silent, got, Options{Source: checkpoint.Options{Online: true}})
	requireSameTensors(t, want, got)
	requireSameModel(t, want, got)
}

// TestShardedSource: a directory in several files is converted as one in a single file.
func TestShardedSource(t *testing.T) {
	for _, name := range []string{"bitnet-2b4t-packed", "bitnet-2b4t-master"} {
		src := golden.Committed(t, "golden", "transformers", name)
		dir := t.TempDir()
		shards := filepath.Join(dir, "shards")
		require.NoError(t, os.Mkdir(shards, 0o755))
		require.NoError(t, os.Symlink(filepath.Join(src, "config.json"), filepath.Join(shards, "config.json")))
		writeShards(t, src, shards)
		want, got := filepath.Join(dir, "want"), filepath.Join(dir, "got")
		convertModel(t, src, want, Options{})
		convertModel(t, shards, got, Options{})
		requireSameTensors(t, want, got)
		convertModel(t, shards, got+".gguf", Options{})
		requireSameModel(t, src, got+".gguf")
	}
}

// writeShards writes the tensors of a directory in turn to two files, so that a weight and
// its scale are in different ones.
func writeShards(t *testing.T, src, dst string) {
	t.Helper()
	names := []string{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}
	parts, files := make([][]safetensors.TensorData, len(names)), map[string]string{}
	for i, x := range contents.Safetensors(t, src) {
		k := i % len(names)
		parts[k] = append(parts[k], x)
		files[x.Name] = names[k]
	}
	for i, name := range names {
		require.NoError(t, safetensors.WriteFile(filepath.Join(dst, name), nil, parts[i]))
	}
	index, err := json.Marshal(map[string]any{"weight_map": files})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dst, "model.safetensors.index.json"), index, 0o600))
}

// TestScaleOfMasters: the scale is to the bit that which a directory gets when it is
// loaded: sums of rows added up in the order of the source. Here the sum is a tie, to which
// all other rows by themselves, but not one by one, add something.
func TestScaleOfMasters(t *testing.T) {
	const rows, cols = 2 * chunkValues / 1024, 1024
	w := make([]float32, rows*cols)
	w[0], w[1] = rows*cols, 1./8 // 2²¹ weights of mean 1 + 2⁻²⁴
	for r := 1; r < rows; r++ {
		w[r*cols] = 0x1p-33
	}
	want := absmean.Matrix{Rows: rows, Cols: cols, Type: dtype.F32, Data: convert.Bytes(w)}
	m := &matrix{kind: dtype.F32, rows: rows, cols: cols, master: true, data: want.Data}
	for _, m.turn = range []checkpoint.Rotation{checkpoint.AsIs, checkpoint.ToAdjacent} {
		m.headDim = rows
		g, err := m.scan(newWorkers(t.Context()))
		require.NoError(t, err)
		require.Equal(t, want.Scale(nil), g.scale)
	}
}

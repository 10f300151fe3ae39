package transcode

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// TestEndsWithoutTokenizer: the tokens that begin and end texts stay when the tokenizer goes.
func TestEndsWithoutTokenizer(t *testing.T) {
	src := copyModel(t, packed(t), map[string]any{"bos_token_id": 1, "eos_token_id": []int{2, 3}, "pad_token_id": 4})
	dir := t.TempDir()
	file, again, back := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "again.gguf"), filepath.Join(dir, "back")
	convertModel(t, src, file, Options{})
	convertModel(t, file, again, Options{NoTokenizer: true})
	ck, err := checkpoint.Open(again)
	require.NoError(t, err)
	require.EqualValues(t, 1, ck.Generation.BOS)
	require.Equal(t, []int32{2, 3}, ck.Generation.EOS)
	require.NoError(t, ck.Close())
	convertModel(t, again, back, Options{NoTokenizer: true})
	data, err := os.ReadFile(filepath.Join(back, "config.json"))
	require.NoError(t, err)
	var config struct {
		Pad int `json:"pad_token_id"`
	}
	require.NoError(t, json.Unmarshal(data, &config))
	require.Equal(t, 4, config.Pad)
}

// TestMixedDirectory: config.json says what was made, whichever option asked for it.
func TestMixedDirectory(t *testing.T) {
	want := lastLogits(t, packed(t))
	dir := t.TempDir()
	for name, o := range map[string]Options{
		"some-packed": {Type: "hf-f32", Tensors: []string{"q_proj=hf"}},
		"some-dense":  {Type: "hf", Tensors: []string{"layers.0.mlp.down_proj=f32"}},
	} {
		dst := filepath.Join(dir, name)
		convertModel(t, packed(t), dst, o)
		require.NotEqual(t, want, lastLogits(t, dst), "floats are not quantized activations")
		again := filepath.Join(dir, name+"-again")
		convertModel(t, dst, again, Options{Tensors: []string{"_proj=hf"}})
		require.Equal(t, want, lastLogits(t, again), name)
	}
	// transformers adds the head, which is packed nowhere, to no list but its own.
	q := quantization(t, filepath.Join(dir, "some-dense"), nil)["quantization_config"].(map[string]any)
	require.Equal(t, []any{"model.layers.0.mlp.down_proj", "lm_head"}, q["modules_to_not_convert"])

	none := filepath.Join(dir, "none-packed")
	convertModel(t, packed(t), none, Options{Type: "hf", Tensors: []string{"_proj=f32"}})
	data, err := os.ReadFile(filepath.Join(none, "config.json"))
	require.NoError(t, err)
	require.NotContains(t, string(data), "quantization_config")

	// Norms of projections are no projections.
	embed := filepath.Join(dir, "embed")
	convertModel(t, golden.Committed(t, "golden", "embed", "qwen3-bitnet"), embed, Options{})
	data, err = os.ReadFile(filepath.Join(embed, "config.json"))
	require.NoError(t, err)
	require.Contains(t, string(data), "quantization_config")
	require.NotContains(t, string(data), "modules_to_not_convert")

	// Masters stay masters, which config.json says of them already.
	master := copyModel(t, master2B4T(t), nil)
	same := filepath.Join(dir, "masters")
	convertModel(t, master, same, Options{Type: "hf", Tensors: []string{"_proj=bf16"}})
	requireSameModel(t, master, same)
	_, err = New(t.Context(), master, filepath.Join(dir, "half"), Options{Type: "hf-bf16", Tensors: []string{"q_proj=hf"}})
	require.ErrorContains(t, err, "would stay a master beside packed weights")
}

// retype copies a directory with gains and scales in other types, to whose values they are rounded.
func retype(t *testing.T, src string, to func(name string) dtype.DType) string {
	t.Helper()
	dir := copyModel(t, src, nil)
	rewriteDirectory(t, dir, func(x *safetensors.TensorData) {
		if !strings.Contains(x.Name, "norm") && !strings.HasSuffix(x.Name, "_scale") {
			return
		}
		size, _ := x.Type.Size(1)
		v := make([]float32, len(x.Data)/int(size))
		require.NoError(t, dtype.Float32s(v, x.Data, x.Type))
		for i := range v {
			v[i] = dtype.BF16ToF32(dtype.F32ToBF16(v[i]))
		}
		x.Type = to(x.Name)
		size, _ = x.Type.Size(int64(len(v)))
		x.Data = make([]byte, size)
		_, err := convert.Convert(x.Data, convert.Bytes(v), x.Type, dtype.F32, convert.Options{})
		require.NoError(t, err)
	})
	return dir
}

// TestTypesOfVectors: gains and scales come back in the type that all of them had, and in float32
// where they had several.
func TestTypesOfVectors(t *testing.T) {
	for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		src := retype(t, packed(t), func(string) dtype.DType { return d })
		file, back := filepath.Join(t.TempDir(), "m.gguf"), filepath.Join(t.TempDir(), "back")
		convertModel(t, src, file, Options{})
		convertModel(t, file, back, Options{})
		requireSameTensors(t, src, back)
	}
	mixed := retype(t, packed(t), func(name string) dtype.DType {
		if name == "model.norm.weight" || name == "model.layers.0.mlp.up_proj.weight_scale" {
			return dtype.BF16
		}
		return dtype.F32
	})
	want := retype(t, packed(t), func(string) dtype.DType { return dtype.F32 })
	file, back := filepath.Join(t.TempDir(), "m.gguf"), filepath.Join(t.TempDir(), "back")
	convertModel(t, mixed, file, Options{})
	convertModel(t, file, back, Options{})
	requireSameTensors(t, want, back)
}

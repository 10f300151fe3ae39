package transcode

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

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

package checkpoint

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// TestGGUFConfig changes single keys of a good file's metadata.
func TestGGUFConfig(t *testing.T) {
	metadata, tensors := contents.GGUF(t, golden.Committed(t, "golden", "families", "1bitllm-3b.gguf"))
	path := filepath.Join(t.TempDir(), "model.gguf")
	openWith := func(entries ...gguf.KV) (*Checkpoint, error) {
		var kv []gguf.KV
		for _, x := range append(slices.Clone(metadata), entries...) {
			kv = slices.DeleteFunc(kv, func(y gguf.KV) bool { return y.Key == x.Key })
			if x.Value != nil {
				kv = append(kv, x)
			}
		}
		require.NoError(t, gguf.WriteFile(path, kv, tensors))
		return Open(path)
	}
	open := func(key string, value any) (*Checkpoint, error) { return openWith(gguf.KV{Key: key, Value: value}) }
	for _, tt := range []struct {
		key   string
		value any
		want  model.Config
	}{
		{"general.name", "as it was", model.Config{Architecture: "bitnet", Activation: model.SiLU, RopeTheta: 1e4}},
		{"bitnet.hidden_activation", "silu", model.Config{Architecture: "bitnet", Activation: model.SiLU, RopeTheta: 1e4}},
		{"bitnet.hidden_activation", "relu2", model.Config{Architecture: "bitnet", Activation: model.ReLU2, RopeTheta: 1e4}},
		{"bitnet.rope.scaling.type", "none", model.Config{Architecture: "bitnet", Activation: model.SiLU, RopeTheta: 1e4}},
		{"bitnet.rope.freq_base", float32(5e5), model.Config{Architecture: "bitnet", Activation: model.SiLU, RopeTheta: 5e5}},
	} {
		ck, err := open(tt.key, tt.value)
		require.NoError(t, err)
		tt.want.VocabSize, tt.want.Dim, tt.want.FFN, tt.want.Layers = 322, 64, 270, 2
		tt.want.Heads, tt.want.KVHeads, tt.want.HeadDim, tt.want.ContextLength = 2, 2, 100, 128
		tt.want.NormEps, tt.want.SubNorms = 1e-5, true
		require.Equal(t, tt.want, ck.Config, "%s", tt.key)
		require.NoError(t, ck.Close())
	}
	for _, tt := range []struct {
		key   string
		value any
		want  string
	}{
		{"general.architecture", "mamba", `general.architecture is "mamba", which is not one this version runs (bitnet, bitnet-25, bitnet-b1.58, gemma3, llama, qwen3)`},
		{"general.architecture", "llama", "metadata llama.embedding_length is missing or not a whole number"},
		{"bitnet.hidden_activation", "gelu", `metadata bitnet.hidden_activation is "gelu", want "silu" or "relu2"`},
		{"bitnet.rope.scaling.factor", float32(2), "metadata bitnet.rope.scaling.factor is 2: scaled rotary embeddings are not supported"},
		{"bitnet.rope.scaling.type", "yarn", `metadata bitnet.rope.scaling.type is "yarn"`},
		{"bitnet.rope.freq_base", "10000", "metadata bitnet.rope.freq_base is 10000, want a number"},
		{"bitnet.hidden_activation", uint32(1), "metadata bitnet.hidden_activation is 1, want text"},
		{"bitnet.pooling_type", "mean", "metadata bitnet.pooling_type is mean, want a whole number"},
		{"bitnet.rope.dimension_count", uint32(50), "rotating part of a head is not supported"},
		{"bitnet.expert_count", uint32(4), "mixtures of experts are not supported"},
	} {
		_, err := open(tt.key, tt.value)
		require.ErrorContains(t, err, tt.want, "%s", tt.key)
	}

	// Positions are divided by a factor, under either name, unless the type is "none": llama.cpp
	// takes an absent type for linear, and a factor of 0 for none.
	const kind, factor, old = "bitnet.rope.scaling.type", "bitnet.rope.scaling.factor", "bitnet.rope.scale_linear"
	for _, tt := range []struct {
		kind, factor, old any
		fault             string
	}{
		{nil, nil, nil, ""},
		{nil, float32(1), nil, ""},
		{nil, float32(0), nil, ""},
		{"linear", nil, nil, ""},
		{"none", float32(8), nil, ""},
		{"none", nil, float32(8), ""},
		{"linear", float32(1), float32(8), ""},
		{nil, nil, float32(1), ""},
		{nil, float32(8), nil, "rope.scaling.factor is 8"},
		{nil, nil, float32(8), "rope.scale_linear is 8"},
		{"linear", nil, float32(8), "rope.scale_linear is 8"},
		{nil, float32(math.NaN()), nil, "rope.scaling.factor is NaN"},
		{"linear", "8", nil, "rope.scaling.factor is 8, want a number"},
		{uint32(1), nil, nil, "rope.scaling.type is 1, want text"},
	} {
		ck, err := openWith(gguf.KV{Key: kind, Value: tt.kind}, gguf.KV{Key: factor, Value: tt.factor}, gguf.KV{Key: old, Value: tt.old})
		if tt.fault == "" {
			require.NoError(t, err, "%v", tt)
			require.NoError(t, ck.Close())
		} else {
			require.ErrorContains(t, err, tt.fault, "%v", tt)
		}
	}
}

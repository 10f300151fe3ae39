package checkpoint_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// TestOnline: masters that config.json does not announce run as those that it does.
func TestOnline(t *testing.T) {
	d := read(t, "transformers", "bitnet-2b4t-master")
	want := logits(t, d.write(t))
	d.set("quantization_config", nil)
	path := d.write(t)
	require.Greater(t, difference(logits(t, path), want), 0.01, "it is another model without a word")
	online := checkpoint.Options{Online: true}
	require.Equal(t, want, logitsWith(t, path, online))

	ck, err := checkpoint.OpenWith(path, online)
	require.NoError(t, err)
	require.Equal(t, "float master weights, made ternary while loading (absmean)", ck.Quantization)
	require.NoError(t, ck.Close())

	// Layers that config.json leaves alone stay dense.
	d.set("quantization_config", map[string]any{"quant_method": "bitnet", "modules_to_not_convert": []string{"_proj"}})
	require.Equal(t, logits(t, path), logitsWith(t, d.write(t), online))

	for _, elem := range [][]string{{"transformers", "bitnet-2b4t-packed"}, {"families", "1bitllm-3b.gguf"}} {
		_, err := checkpoint.OpenWith(golden.Committed(t, append([]string{"golden"}, elem...)...), online)
		require.ErrorContains(t, err, "online", elem)
	}
}

// TestQuantization: what the projections are is said by their types, not by what the family
// would make of floats.
func TestQuantization(t *testing.T) {
	const masters = "float master weights, made ternary while loading (absmean)"
	for _, tt := range []struct {
		model  []string
		change func(d *directory)
		want   string
	}{
		{[]string{"transformers", "bitnet-2b4t-master"}, nil, masters},
		{[]string{"embed", "qwen3-bitnet"}, nil, masters},
		{[]string{"families", "1bitllm-large"}, nil, masters},
		{[]string{"embed", "qwen3"}, nil, "none (dense)"},
		{[]string{"transformers", "bitnet-2b4t-packed"}, nil, "packed ternary, multiplied by weight_scale (autobitlinear)"},
		{[]string{"transformers", "llama-bitlinear-packed"}, nil, "packed ternary, divided by weight_scale (bitlinear)"},
		{[]string{"transformers", "bitnet-2b4t-packed"}, func(d *directory) { // as 1bitLLM's, converted
			d.set("weight_bits", 1)
			d.rename("attn_sub_norm", "inner_attn_ln")
			d.rename("ffn_sub_norm", "ffn_layernorm")
		}, "packed ternary, multiplied by weight_scale (autobitlinear)"},
		{[]string{"families", "trilm"}, func(d *directory) {
			d.set("quantization_config", map[string]any{"quant_method": "bitnet", "modules_to_not_convert": []string{"_proj"}})
		}, "none (dense)"},
	} {
		d := read(t, tt.model...)
		if tt.change != nil {
			tt.change(d)
		}
		ck, err := checkpoint.Open(d.write(t))
		require.NoError(t, err)
		require.Equal(t, tt.want, ck.Quantization, "%v", tt.model)
		_, err = ck.Weights()
		require.NoError(t, err)
		require.NoError(t, ck.Close())
	}
}

// TestShards divides a directory of every family into files with an index.
func TestShards(t *testing.T) {
	for _, elem := range [][]string{
		{"transformers", "bitnet-2b4t-packed"},
		{"transformers", "bitnet-2b4t-master"},
		{"transformers", "llama-bitlinear-packed"},
		{"families", "1bitllm-large"},
		{"families", "trilm"},
		{"embed", "qwen3"},
		{"embed", "qwen3-bitnet"},
		{"embed", "gemma3"},
		{"embed", "gemma3-bitnet"},
	} {
		t.Run(elem[1], func(t *testing.T) {
			d := read(t, elem...)
			require.Equal(t, logits(t, d.write(t)), logits(t, d.writeShards(t, 3)))
		})
	}
}

// writeShards writes the tensors in turn to n files, as large models are published: the
// scale of a weight is then in another file than the weight.
func (d *directory) writeShards(t *testing.T, n int) string {
	t.Helper()
	path := d.write(t)
	require.NoError(t, os.Remove(filepath.Join(path, "model.safetensors")))
	files := map[string]string{}
	shards := make([][]safetensors.TensorData, n)
	for i, name := range slices.Sorted(maps.Keys(d.tensors)) {
		shards[i%n] = append(shards[i%n], d.tensors[name])
		files[name] = fmt.Sprintf("model-%05d-of-%05d.safetensors", i%n+1, n)
	}
	for i, all := range shards {
		require.NotEmpty(t, all)
		require.NoError(t, safetensors.WriteFile(filepath.Join(path, fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, n)), nil, all))
	}
	index, err := json.Marshal(map[string]any{"metadata": map[string]any{}, "weight_map": files})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(path, "model.safetensors.index.json"), index, 0o600))
	return path
}

// TestCancel: rounding masters ends when nobody waits for it.
func TestCancel(t *testing.T) {
	ck, err := checkpoint.Open(golden.Committed(t, "golden", "families", "1bitllm-large"))
	require.NoError(t, err)
	defer func() { require.NoError(t, ck.Close()) }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = ck.WeightsContext(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, err = ck.WeightsContext(t.Context())
	require.NoError(t, err)
}

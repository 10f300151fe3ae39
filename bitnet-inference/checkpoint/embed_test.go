package checkpoint

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// committedConfig reads the config.json of a tiny model.
func committedConfig(t *testing.T, name string) map[string]any {
	t.Helper()
	var c map[string]any
	golden.JSON(t, committedDir(t, name)+"/config.json", &c)
	return c
}

func parsed(t *testing.T, config map[string]any) (model.Config, error) {
	t.Helper()
	data, err := json.Marshal(config)
	require.NoError(t, err)
	_, c, err := parseHFConfig(data)
	return c, err
}

// TestGemma3Config: the keys of older files say what those of newer ones do.
func TestGemma3Config(t *testing.T) {
	base := committedConfig(t, "gemma3")
	want, err := parsed(t, base)
	require.NoError(t, err)
	require.Equal(t, []bool{true, false, true}, want.Sliding)
	require.Equal(t, 8, want.WindowOf(0))
	require.Zero(t, want.WindowOf(1))
	require.InDelta(t, 1/math.Sqrt(24), want.Scale(), 1e-15)
	require.InDelta(t, 1, want.EmbedScale*want.EmbedScale/40, 1e-15)
	require.InDelta(t, 1e4, want.SlidingTheta, 0)
	require.InDelta(t, 1e6, want.RopeTheta, 0)

	old := maps.Clone(base)
	delete(old, "rope_parameters")
	delete(old, "layer_types")
	delete(old, "_sliding_window_pattern")
	old["rope_theta"], old["rope_local_base_freq"], old["sliding_window_pattern"] = 2e6, 3e4, 2
	old["rope_scaling"] = nil
	c, err := parsed(t, old)
	require.NoError(t, err)
	require.InDelta(t, 2e6, c.RopeTheta, 0)
	require.InDelta(t, 3e4, c.SlidingTheta, 0)
	require.Equal(t, []bool{true, false, true}, c.Sliding)

	for key, tt := range map[string]struct {
		value any
		fault string
	}{
		"hidden_activation":           {"gelu", `hidden_activation is "gelu", want "gelu_pytorch_tanh"`},
		"use_bidirectional_attention": {true, "only causal attention"},
		"final_logit_softcapping":     {30, "capped logits are not supported"},
		"query_pre_attn_scalar":       {-1, "query_pre_attn_scalar is -1"},
		"sliding_window":              {0, "sliding window is 0"},
		"layer_types":                 {[]string{"full_attention"}, "layer_types has 1 entries for 3 layers"},
		"num_hidden_layers":           {int64(1 << 40), "number of layers"},
		"rope_parameters": {
			map[string]any{"full_attention": map[string]any{"rope_type": "linear", "factor": 8}},
			`rope_parameters.full_attention has rope_type "linear"`,
		},
	} {
		faulty := maps.Clone(base)
		faulty[key] = tt.value
		_, err := parsed(t, faulty)
		require.ErrorContains(t, err, tt.fault, key)
	}
	wide := maps.Clone(base) // whose class has a width of heads of its own
	delete(wide, "head_dim")
	wide["num_attention_heads"], wide["num_key_value_heads"] = 6, 1
	c, err = parsed(t, wide)
	require.NoError(t, err)
	require.NotZero(t, c.Dim%c.Heads)
	require.Equal(t, 256, c.HeadDim)

	strange := maps.Clone(base)
	strange["layer_types"] = []string{"full_attention", "chunked", "full_attention"}
	_, err = parsed(t, strange)
	require.ErrorContains(t, err, `layer_types names "chunked"`)

	sliding := committedConfig(t, "qwen3")
	sliding["use_sliding_window"] = true
	_, err = parsed(t, sliding)
	require.ErrorContains(t, err, "use_sliding_window is true")
}

// TestInputNorms: the tensors of the BitNet embedding models say what they are.
func TestInputNorms(t *testing.T) {
	for name, want := range map[string]bool{"qwen3": false, "qwen3-bitnet": true, "gemma3": false, "gemma3-bitnet": true} {
		ck, err := Open(committedDir(t, name))
		require.NoError(t, err)
		w, err := ck.Weights()
		require.NoError(t, err)
		require.Equal(t, want, ck.Config.SubNorms, name)
		l := w.Layers[1]
		for _, p := range []model.Linear{l.Q, l.K, l.V, l.Gate, l.Up} {
			require.Equal(t, want, p.Norm != nil, name)
			require.Equal(t, want, p.Ternary != nil, name)
		}
		require.NoError(t, ck.Close())
	}
}

// TestPoolingOfDirectories reads what the sentence-transformers library writes.
func TestPoolingOfDirectories(t *testing.T) {
	for _, tt := range []struct {
		modules, pooling string
		want             Pooling
		fault            string
	}{
		{"", "", "", ""},
		{`[{"type":"sentence_transformers.models.Pooling","path":"p"}]`, `{"pooling_mode_lasttoken":true}`, PoolLast, ""},
		{`[{"type":"x.Transformer","path":""},{"type":"x.Pooling","path":"p"}]`, `{"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":false}`, PoolMean, ""},
		{`[{"type":"x.Transformer","path":""}]`, "", "", ""},
		{`[{"type":"x.Pooling","path":"p"}]`, "", "", ""},
		{`[{"type":"x.Pooling","path":"p"}]`, `{"pooling_mode_cls_token":true}`, "", "asks for pooling_mode_cls_token"},
		{`[{"type":"x.Pooling","path":"p"}]`, `{"pooling_mode_mean_tokens":true,"pooling_mode_max_tokens":true}`, "", "pooling_mode_max_tokens and pooling_mode_mean_tokens"},
		{`[{"type":"x.Pooling","path":"p"}]`, `{"pooling_mode_mean_tokens":false,"include_prompt":true}`, "", "asks for none"},
		{`[{"type":"x.Pooling","path":"p"},{"type":"x.Normalize","path":"n"}]`, `{"pooling_mode_mean_tokens":true,"include_prompt":true}`, PoolMean, ""},
		{`[{"type":"x.Pooling","path":"p"},{"type":"sentence_transformers.models.Dense","path":"d"}]`, `{"pooling_mode_mean_tokens":true}`, "", `"sentence_transformers.models.Dense"`},
		{`[{"type":"x.Pooling","path":"../p"}]`, "", "", "leads out of the directory"},
		{`{}`, "", "", "modules.json"},
		{`[{"type":"x.Pooling","path":"p"}]`, `[]`, "", "config.json"},
	} {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "p"), 0o700))
		if tt.modules != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "modules.json"), []byte(tt.modules), 0o600))
		}
		if tt.pooling != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "p", "config.json"), []byte(tt.pooling), 0o600))
		}
		got, err := hfPooling(dir)
		require.Equal(t, tt.want, got)
		if tt.fault == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, tt.fault)
		}
	}
}

func committedDir(t *testing.T, name string) string {
	t.Helper()
	return golden.Committed(t, "golden", "embed", name)
}

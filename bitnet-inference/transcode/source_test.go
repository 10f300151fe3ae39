package transcode

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// quantization returns the quantization_config of a directory, with keys changed; nil
// drops one.
func quantization(t *testing.T, dir string, set map[string]any) map[string]any {
	t.Helper()
	var config map[string]any
	golden.JSON(t, filepath.Join(dir, "config.json"), &config)
	q, _ := config["quantization_config"].(map[string]any)
	if q == nil {
		q = map[string]any{}
	}
	maps.Copy(q, set)
	maps.DeleteFunc(q, func(_ string, v any) bool { return v == nil })
	return map[string]any{"quantization_config": q}
}

// TestNoModel: what no engine here would run is no source either.
func TestNoModel(t *testing.T) {
	dir := t.TempDir()
	dense, scaled := filepath.Join(dir, "dense.gguf"), filepath.Join(dir, "scaled.gguf")
	convertModel(t, packed(t), dense, Options{Type: "f32"})
	rewrite(t, dense, scaled, func(*gguf.TensorData) {},
		gguf.TensorData{Name: "blk.0.attn_q.scale", Type: dtype.F32, Shape: []int{1}, Data: []byte{0, 0, 0, 0x3f}})
	master := master2B4T(t)
	promised := copyModel(t, master, quantization(t, master, map[string]any{"linear_class": nil, "quantization_mode": "online"}))
	for src, want := range map[string]string{
		scaled:   `tensor "blk.0.attn_q.scale" scales a weight of type F32, want a ternary one`,
		promised: "where quantization_config promises packed weights",
	} {
		_, err := New(t.Context(), src, filepath.Join(dir, "out.gguf"), Options{})
		require.ErrorContains(t, err, want)
	}
}

// TestOnlineKeepsMasters: a result with masters is looked at as its source is.
func TestOnlineKeepsMasters(t *testing.T) {
	master := master2B4T(t)
	src := copyModel(t, master, quantization(t, master, map[string]any{"linear_class": nil}))
	dst := filepath.Join(t.TempDir(), "same")
	convertModel(t, src, dst, Options{Type: "hf-bf16", Source: checkpoint.Options{Online: true}})
	requireSameTensors(t, src, dst)
}

// TestHeadOfTiedModel: a type for a head that there is not would do nothing.
func TestHeadOfTiedModel(t *testing.T) {
	dir := t.TempDir()
	tied, twins := filepath.Join(dir, "tied.gguf"), filepath.Join(dir, "twins.gguf")
	convertModel(t, packed(t), tied, Options{})
	var head gguf.TensorData
	rewrite(t, tied, filepath.Join(dir, "copy.gguf"), func(d *gguf.TensorData) {
		if d.Name == "token_embd.weight" {
			head = *d
			head.Name = "output.weight"
		}
	})
	rewrite(t, tied, twins, func(*gguf.TensorData) {}, head)
	for _, src := range []string{tied, twins} {
		_, err := New(t.Context(), src, filepath.Join(dir, "out.gguf"), Options{Head: "f32"})
		require.ErrorContains(t, err, "has no output head of its own")
	}
}

// TestGraphOfResult: a result is not kept if it is another graph than its source.
func TestGraphOfResult(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "m.gguf")
	p, err := New(t.Context(), packed(t), dst, Options{})
	require.NoError(t, err)
	p.put(p.arch()+".rope.freq_base", float32(1234))
	require.ErrorContains(t, p.Write(t.Context(), nil), "rope theta would be 1234 in place of 500000")
	require.NoError(t, p.Close())
	require.NoFileExists(t, dst)
	convertModel(t, packed(t), dst, Options{Set: []string{p.arch() + ".rope.freq_base=1234"}})
}

// TestGraphOfDirectory: settings of a directory change what they are meant to and no more.
func TestGraphOfDirectory(t *testing.T) {
	src, dir := filepath.Join(t.TempDir(), "m.gguf"), t.TempDir()
	convertModel(t, packed(t), src, Options{})
	for i, set := range [][]string{nil, {"torch_dtype=bfloat16"}, {"rms_norm_eps=1e-3"}} {
		p, err := New(t.Context(), src, filepath.Join(dir, fmt.Sprint(i)), Options{Set: set})
		require.NoError(t, err)
		config := p.files["config.json"]
		p.files["config.json"] = bytes.Replace(config, []byte(`"rope_theta": 500000`), []byte(`"rope_theta": 1234`), 1)
		require.ErrorContains(t, p.Write(t.Context(), nil), "rope theta would be 1234 in place of 500000", set)
		p.files["config.json"] = config
		require.NoError(t, p.Write(t.Context(), nil))
		require.NoError(t, p.Close())
	}
	convertModel(t, src, filepath.Join(dir, "theta"), Options{Set: []string{"rope_theta=1234"}})
}

package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// fingerprint opens a model, changes it and returns its fingerprint.
func fingerprint(t *testing.T, path string, threads int, o Options, change func(c *model.Config, w *model.Weights)) [32]byte {
	all, _ := fingerprints(t, path, threads, o, change)
	return all
}

// fingerprints returns that of the layers, too.
func fingerprints(t *testing.T, path string, threads int, o Options, change func(c *model.Config, w *model.Weights)) (all, layers [32]byte) {
	t.Helper()
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, ck.Close()) }()
	w, err := ck.Weights()
	require.NoError(t, err)
	c := ck.Config
	change(&c, w)
	o.Pool = parallel.New(threads)
	defer o.Pool.Close()
	m, err := New(c, w, o)
	require.NoError(t, err)
	defer m.Close()
	require.Equal(t, m.Fingerprint(), m.Fingerprint())
	return m.Fingerprint(), m.LayersFingerprint()
}

// TestLayersFingerprint: it depends on what layers compute, and not on how keys and values
// are kept, nor on the embedding.
func TestLayersFingerprint(t *testing.T) {
	path := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	_, want := fingerprints(t, path, 1, Options{}, func(*model.Config, *model.Weights) {})
	for name, c := range map[string]struct {
		cache  dtype.DType
		same   bool
		change func(c *model.Config, w *model.Weights)
	}{
		"cache":        {dtype.F16, true, func(*model.Config, *model.Weights) {}},
		"context":      {0, true, func(c *model.Config, _ *model.Weights) { c.ContextLength++ }},
		"architecture": {0, true, func(c *model.Config, _ *model.Weights) { c.Architecture = "other" }},
		"embedding": {0, true, func(_ *model.Config, w *model.Weights) {
			w.Embed.Data = append([]byte(nil), w.Embed.Data...)
			w.Embed.Data[0] ^= 1
		}},
		"theta": {0, false, func(c *model.Config, _ *model.Weights) { c.RopeTheta++ }},
		"norm":  {0, false, func(_ *model.Config, w *model.Weights) { w.Layers[1].FFNNorm = add1(w.Layers[1].FFNNorm, 3) }},
		"scale": {0, false, func(_ *model.Config, w *model.Weights) { q := w.Layers[0].Q.Ternary; q.Scale = add1(q.Scale, 0) }},
	} {
		_, got := fingerprints(t, path, 1, Options{CacheType: c.cache}, c.change)
		require.Equal(t, c.same, want == got, name)
	}
	path = golden.Committed(t, "golden", "embed", "gemma3")
	_, want = fingerprints(t, path, 1, Options{}, func(*model.Config, *model.Weights) {})
	for name, change := range map[string]func(c *model.Config, w *model.Weights){
		"window":         func(c *model.Config, _ *model.Weights) { c.Window++ },
		"theta of these": func(c *model.Config, _ *model.Weights) { c.SlidingTheta *= 2 },
	} {
		_, got := fingerprints(t, path, 1, Options{}, change)
		require.NotEqual(t, want, got, name)
	}
}

// TestFingerprint: what keys and values depend on changes the fingerprint, and
// nothing else does.
func TestFingerprint(t *testing.T) {
	for _, path := range []string{
		golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"),
		golden.Committed(t, "golden", "transformers", "llama-bitlinear-packed"),
		golden.Committed(t, "golden", "ternary", "models", "tiny-b158-i2_s.gguf"),
	} {
		same := func(*model.Config, *model.Weights) {}
		want := fingerprint(t, path, 1, Options{}, same)
		require.Equal(t, want, fingerprint(t, path, 2, Options{CacheType: dtype.F32, Head: HeadFull}, same), path)

		seen := map[[32]byte]string{want: "as it is", fingerprint(t, path, 1, Options{CacheType: dtype.F16}, same): "F16"}
		// The weights are mapped read-only: what changes is a copy.
		changed := func(b []byte, at int) []byte {
			b = append([]byte(nil), b...)
			b[at] ^= 1
			return b
		}
		for name, change := range map[string]func(c *model.Config, w *model.Weights){
			"theta":      func(c *model.Config, _ *model.Weights) { c.RopeTheta++ },
			"norm":       func(_ *model.Config, w *model.Weights) { w.Layers[1].FFNNorm = add1(w.Layers[1].FFNNorm, 3) },
			"scale":      func(_ *model.Config, w *model.Weights) { q := w.Layers[0].Q.Ternary; q.Scale = add1(q.Scale, 0) },
			"first byte": func(_ *model.Config, w *model.Weights) { w.Embed.Data = changed(w.Embed.Data, 0) },
			"last byte": func(_ *model.Config, w *model.Weights) {
				w.Embed.Data = changed(w.Embed.Data, len(w.Embed.Data)-1)
			},
			"ternary weights": func(_ *model.Config, w *model.Weights) { d := w.Layers[1].Down.Ternary; d.Data = changed(d.Data, 0) },
		} {
			got := fingerprint(t, path, 1, Options{}, change)
			require.NotContains(t, seen, got, name)
			seen[got] = name
		}
	}
}

func add1(v []float32, at int) []float32 {
	v = append([]float32(nil), v...)
	v[at]++
	return v
}

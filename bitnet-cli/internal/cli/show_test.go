package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
)

// shown runs show and returns what it prints.
func shown(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	s := &Streams{In: strings.NewReader(""), Out: &out, Err: &errs}
	require.Zero(t, execute(t.Context(), append([]string{"show"}, args...), s), &errs)
	return out.String()
}

// TestShowGraphs counts the elements of all tensors as parameters, whatever the graph.
func TestShowGraphs(t *testing.T) {
	for dir, graph := range map[string]string{
		"embed/qwen3":        `silu, norms of heads`,
		"embed/qwen3-bitnet": `silu, sub-norms, norms of heads, tied head`,
		"embed/gemma3":       `gelu_pytorch_tanh, norms of heads, post-norms, windows of 8 tokens in 2 layers, tied head`,
	} {
		t.Run(dir, func(t *testing.T) {
			path := golden.Committed(t, "golden", dir)
			d := showJSON(t, path)
			var weights int64
			for _, x := range d.Tensors {
				n := int64(1)
				for _, k := range x.Shape {
					n *= int64(k)
				}
				weights += n
			}
			require.Equal(t, weights, d.Parameters)
			require.Contains(t, shown(t, path), "("+graph+")")
		})
	}
}

// TestShowTiedCopy: some writers store the embedding a second time as the head.
func TestShowTiedCopy(t *testing.T) {
	src, dir := golden.Committed(t, "golden", "embed", "gemma3"), t.TempDir()
	want := showJSON(t, src)
	all := contents.Safetensors(t, src)
	i := slices.IndexFunc(all, func(x safetensors.TensorData) bool { return x.Name == "model.embed_tokens.weight" })
	head := all[i]
	head.Name = "lm_head.weight"
	all = append(all, head)
	require.NoError(t, safetensors.WriteFile(filepath.Join(dir, "model.safetensors"), nil, all))
	require.NoError(t, os.Symlink(filepath.Join(src, "config.json"), filepath.Join(dir, "config.json")))
	d := showJSON(t, dir)
	require.Len(t, d.Tensors, len(want.Tensors)+1)
	require.True(t, d.TiedHead)
	require.Equal(t, want.Parameters, d.Parameters)
}

func showJSON(t *testing.T, path string) (d description) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(shown(t, path, "--json")), &d))
	return d
}

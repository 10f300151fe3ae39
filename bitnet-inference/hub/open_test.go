package hub

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
	"github.com/stretchr/testify/require"
)

// TestOpen: what Pull returns is what checkpoint.Open takes, through the store's links.
func TestOpen(t *testing.T) {
	gguf := golden.Committed(t, "golden", "families", "1bitllm-3b.gguf")
	dir := golden.Committed(t, "golden", "families", "trilm")
	repos := []hubtest.Repo{{Name: "a/gguf"}, {Name: "a/dir"}}
	for i, paths := range [][]string{{gguf}, {filepath.Join(dir, "config.json"), filepath.Join(dir, "model.safetensors")}} {
		for _, path := range paths {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			repos[i].Files = append(repos[i].Files, hubtest.File{Path: filepath.Base(path), Data: data, LFS: filepath.Ext(path) != ".json"})
		}
	}
	s := serve(t, repos...)
	c := client(t, s)
	for _, repo := range repos {
		path, err := pull(t.Context(), c, Ref{Repo: repo.Name})
		require.NoError(t, err)
		model, err := checkpoint.Open(path)
		require.NoError(t, err)
		_, err = model.Weights()
		require.NoError(t, err)
		require.NoError(t, model.Close())
	}
}

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

// TestOnline: masters that config.json does not announce are rounded without a word of
// loss where the caller says that they are masters, and refused where he does not.
func TestOnline(t *testing.T) {
	src := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-master")
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

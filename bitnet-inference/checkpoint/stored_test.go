package checkpoint_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// TestOwnFiles: what a checkpoint hands on of its files is theirs, and nothing for the form
// that it does not have.
func TestOwnFiles(t *testing.T) {
	d := read(t, "transformers", "bitnet-2b4t-master")
	d.set("quantization_config", map[string]any{"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online", "modules_to_not_convert": []string{"o_proj"}})
	d.set("of_nobody", 1.50)
	dir := d.write(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "own.json"), []byte("text"), 0o600))
	ck, err := checkpoint.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, ck.Close()) }()
	require.Nil(t, ck.GGUF())
	require.JSONEq(t, "1.5", string(ck.ConfigJSON()["of_nobody"]))
	data, ok, err := ck.SmallFile("own.json")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "text", string(data))
	_, ok, err = ck.SmallFile("absent.json")
	require.NoError(t, err)
	require.False(t, ok)
	excepted := 0
	for _, r := range ck.Roles(ck.Tied()) {
		if r.Kind == checkpoint.KindProjection && ck.Excepted(&r) {
			require.False(t, ck.Master(&r))
			require.Contains(t, r.HF, "o_proj")
			excepted++
		}
	}
	require.Equal(t, ck.Config.Layers, excepted)

	file, err := checkpoint.Open(golden.Committed(t, "golden", "families", "1bitllm-3b.gguf"))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	want, _ := file.Value("general.architecture")
	got, _ := file.GGUF().String("general.architecture")
	require.Equal(t, want, got)
	require.Nil(t, file.ConfigJSON())
	_, ok, err = file.SmallFile("config.json")
	require.NoError(t, err)
	require.False(t, ok)
	roles := file.Roles(file.Tied())
	require.False(t, file.Excepted(&roles[0]))
}

// TestStructureCopiesNothing: floats at addresses that do not suit them have to be copied to
// be used, but not to see what they are.
func TestStructureCopiesNothing(t *testing.T) {
	dir := read(t, "transformers", "bitnet-2b4t-master").write(t)
	path := filepath.Join(dir, "model.safetensors")
	contents.Misalign(t, path)
	file, err := os.Stat(path)
	require.NoError(t, err)
	ck, err := checkpoint.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, ck.Close()) }()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, ck.Structure())
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(file.Size()/4))
	runtime.ReadMemStats(&before)
	_, err = ck.Weights()
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	require.Greater(t, after.TotalAlloc-before.TotalAlloc, uint64(file.Size()*3/4), "they are at such addresses")
}

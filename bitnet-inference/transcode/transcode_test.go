package transcode

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// convert runs a conversion that must succeed.
func convertModel(t *testing.T, src, dst string, o Options) *Plan {
	t.Helper()
	p, err := New(context.Background(), src, dst, o)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	require.NoError(t, p.Write(context.Background(), nil))
	return p
}

// TestRoundTrip takes checkpoints to each GGUF type and back to the same bytes.
func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"bitnet-2b4t-packed", "llama-bitlinear-packed"} {
		src := golden.Committed(t, "golden", "transformers", name)
		for _, kind := range []string{"i2_s", "tq1_0", "tq2_0", "q2_0"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				dir := t.TempDir()
				file, back := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "back")
				o := Options{Type: kind}
				if kind != "i2_s" && name == "bitnet-2b4t-packed" {
					o.Tensors = []string{"ffn_down=i2_s"} // whose rows are no whole blocks
				}
				if kind != "i2_s" && name == "llama-bitlinear-packed" {
					// The architecture has no place for a float32 scale beside blocks.
					requireLossy(t, src, file, o, "blk.0.attn_q.weight")
					return
				}
				convertModel(t, src, file, o)
				requireSameModel(t, src, file)
				convertModel(t, file, back, Options{})
				requireSameTensors(t, src, back)
				entries, err := os.ReadDir(dir)
				require.NoError(t, err)
				require.Len(t, entries, 2, "nothing else is left")
			})
		}
	}
}

// TestRoundTripFable has a tokenizer, too.
func TestRoundTripFable(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes under the race detector, and its parts are tested there")
	}
	src := golden.Path(t, "models", "fable-29m")
	for _, kind := range []string{"i2_s", "tq1_0", "tq2_0", "q2_0"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			file, back := filepath.Join(dir, "fable.gguf"), filepath.Join(dir, "back")
			convertModel(t, src, file, Options{Type: kind})
			requireSameModel(t, src, file)
			convertModel(t, file, back, Options{})
			requireSameTensors(t, src, back)
		})
	}
}

// requireLossy refuses a conversion that names a tensor, and leaves nothing behind.
func requireLossy(t *testing.T, src, dst string, o Options, name string) {
	t.Helper()
	p, err := New(t.Context(), src, dst, o)
	require.NoError(t, err)
	defer p.Close()
	err = p.Write(t.Context(), nil)
	var lossy *LossyError
	require.ErrorAs(t, err, &lossy)
	require.Equal(t, name, lossy.Steps[0].Name)
	require.Positive(t, lossy.Steps[0].Loss.Max)
	require.NoFileExists(t, dst)
}

// TestData converts a file in memory, which is released with the last reference.
func TestData(t *testing.T) {
	dir := t.TempDir()
	file, want, got := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "want.gguf"), filepath.Join(dir, "got.gguf")
	convertModel(t, packed(t), file, Options{})
	convertModel(t, file, want, Options{Type: "f32"})
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	freed := false
	buf := memory.NewBuffer(data, func() { freed = true })
	p, err := New(t.Context(), got, got, Options{Type: "f32", Data: buf}) // no file, whatever it is called
	require.NoError(t, err)
	buf.Release()
	require.NoError(t, p.Write(t.Context(), nil))
	require.False(t, freed)
	require.NoError(t, p.Close())
	require.True(t, freed)
	requireSameTensors(t, want, got)

	freed = false
	buf = memory.NewBuffer(data[:100], func() { freed = true })
	_, err = New(t.Context(), "cut", got, Options{Data: buf})
	require.ErrorContains(t, err, "cut")
	buf.Release()
	require.True(t, freed)
}

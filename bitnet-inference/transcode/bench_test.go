package transcode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// BenchmarkMaster converts one layer of BitNet b1.58 2B-4T's shape from bf16 master
// weights; MB/s are of the source.
func BenchmarkMaster(b *testing.B) {
	dir := b.TempDir()
	writeMaster(b, dir, &model.Config{
		VocabSize: 1024, Dim: 2560, FFN: 6912, Layers: 1, Heads: 20, KVHeads: 5, HeadDim: 128, ContextLength: 4096, NormEps: 1e-5, RopeTheta: 5e5, SubNorms: true,
	})
	info, err := os.Stat(filepath.Join(dir, "model.safetensors"))
	require.NoError(b, err)
	for _, kind := range []string{"i2_s", "tq2_0", "tq1_0"} {
		b.Run(kind, func(b *testing.B) {
			b.SetBytes(info.Size())
			for b.Loop() {
				p, err := New(b.Context(), dir, filepath.Join(dir, "m.gguf"), Options{Type: kind, Replace: true})
				require.NoError(b, err)
				require.NoError(b, p.Write(b.Context(), nil))
				require.NoError(b, p.Close())
			}
		})
	}
}

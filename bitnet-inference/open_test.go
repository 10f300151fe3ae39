package inference

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/synthetic"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// BenchmarkOpen opens a GGUF file of 1.2 GB, 2B-4T's shape, that the system has in memory
// after the first time: header is what is there and where, weights are found and checked
// (all ternary data is read), ready is all until the first token can be computed, but
// for a tokenizer, which the file has none of (BenchmarkLoadGGUF of bitnet-core/tokenizer).
// "bitnet bench --synthetic 2b4t" makes it.
func BenchmarkOpen(b *testing.B) {
	shape, _ := synthetic.Named("2b4t")
	file := synthetic.Model{Shape: shape, Seed: 1, Type: dtype.I2_S}
	dir, err := os.UserCacheDir()
	require.NoError(b, err)
	path := filepath.Join(dir, "bitnet", file.FileName())
	if !file.Matches(path) {
		b.Skipf("%s is not there: bitnet bench --synthetic 2b4t makes it", path)
	}
	pool := parallel.New(device.DefaultThreads())
	defer pool.Close()
	_, err = os.ReadFile(path)
	require.NoError(b, err)
	for _, stage := range []string{"header", "weights", "ready"} {
		b.Run(stage, func(b *testing.B) {
			for b.Loop() {
				ck, err := checkpoint.Open(path)
				require.NoError(b, err)
				if stage != "header" {
					w, err := ck.Weights()
					require.NoError(b, err)
					if stage == "ready" {
						m, err := transformer.New(ck.Config, w, transformer.Options{Pool: pool, CacheType: ck.CacheType})
						require.NoError(b, err)
						m.Close()
					}
				}
				require.NoError(b, ck.Close())
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N), "ms/open")
		})
	}
}

package engine

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/screen"
	"github.com/bitnet-go/bitnet/bitnet-inference/synthetic"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// BenchmarkDepth takes single decoding steps behind 64 and 4000 tokens, with both types
// of cache, in turn: what memory the host of a virtual machine gives changes within
// seconds, and so does every figure, but not their ratio. It reports medians, and
// the share of the speed behind 64 tokens that is left. The model has the shape that
// BITNET_BENCH_SHAPE names ("large" without it) and random weights.
func BenchmarkDepth(b *testing.B) {
	name := cmp.Or(os.Getenv("BITNET_BENCH_SHAPE"), "large")
	shape, ok := synthetic.Named(name)
	require.True(b, ok, name)
	file := filepath.Join(b.TempDir(), "model.gguf")
	made := synthetic.Model{Shape: shape, Type: dtype.I2_S, Seed: 1}
	require.NoError(b, made.WriteFile(b.Context(), file, nil))
	ck, err := checkpoint.Open(file)
	require.NoError(b, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(b, err)
	pool := parallel.New(2)
	defer pool.Close()

	type context struct {
		name  string
		depth int
		state *transformer.State
		model *transformer.Model
		find  *screen.Search
		took  []time.Duration
	}
	depths := []int{64, 4000}
	ck.Config.ContextLength = max(ck.Config.ContextLength, depths[1]+1) // of some shapes it is less
	random := rand.New(rand.NewPCG(1, 2))
	var all []*context
	for _, cache := range []dtype.DType{dtype.F16, dtype.Q8_0} {
		m, err := transformer.New(ck.Config, w, transformer.Options{Pool: pool, CacheType: cache, Head: transformer.HeadScreened})
		require.NoError(b, err)
		defer m.Close()
		for settled := true; settled; {
			settled, err = m.Settle()
			require.NoError(b, err)
		}
		for _, depth := range depths {
			c := &context{name: fmt.Sprintf("%v@%d", cache, depth), depth: depth, model: m, find: m.NewSearch()}
			c.state, err = m.NewState(depth + 1)
			require.NoError(b, err)
			defer c.state.Release()
			for ids := []int32(nil); c.state.Len() < depth; ids = ids[:0] {
				for range min(transformer.MaxBatch, depth-c.state.Len()) {
					ids = append(ids, int32(random.IntN(ck.Config.VocabSize)))
				}
				_, err := c.state.Forward(b.Context(), ids)
				require.NoError(b, err)
			}
			all = append(all, c)
		}
	}
	for b.Loop() {
		for _, c := range all {
			c.state.Truncate(c.depth)
			start := time.Now()
			hidden, err := c.state.Forward(b.Context(), []int32{7})
			require.NoError(b, err)
			require.True(b, c.find.Scan(hidden))
			_, ok := c.find.Top(nil, 1)
			require.True(b, ok)
			c.took = append(c.took, time.Since(start))
		}
	}
	var median []float64
	for _, c := range all {
		slices.Sort(c.took)
		median = append(median, c.took[len(c.took)/2].Seconds())
		b.ReportMetric(1000*median[len(median)-1], "ms/"+c.name)
	}
	b.ReportMetric(100*median[0]/median[1], "%left/f16")
	b.ReportMetric(100*median[2]/median[3], "%left/q8_0")
}

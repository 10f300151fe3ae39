package transformer

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// BenchmarkFable runs the trained 29M-parameter model.
func BenchmarkFable(b *testing.B) {
	ck, err := checkpoint.Open(golden.Path(b, "models", "fable-29m"))
	require.NoError(b, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(b, err)
	for _, threads := range []int{1, 2} {
		pool := parallel.New(threads)
		m, err := New(ck.Config, w, Options{Pool: pool})
		require.NoError(b, err)
		s, err := m.NewState(512)
		require.NoError(b, err)
		ids := make([]int32, 256)
		for i := range ids {
			ids[i] = int32(300 + i)
		}
		forward := func(b *testing.B, ids []int32) []float32 {
			hidden, err := s.Forward(context.Background(), ids)
			require.NoError(b, err)
			return hidden
		}
		logits := make([]float32, ck.Config.VocabSize)
		b.Run(fmt.Sprintf("decode/threads=%d", threads), func(b *testing.B) {
			b.ReportAllocs()
			s.Truncate(0)
			for b.Loop() {
				if s.Len() == s.Cap() {
					s.Truncate(0)
				}
				m.Logits(logits, forward(b, ids[:1]))
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
		b.Run(fmt.Sprintf("prefill256/threads=%d", threads), func(b *testing.B) {
			for b.Loop() {
				s.Truncate(0)
				forward(b, ids)
			}
			b.ReportMetric(float64(b.N)*float64(len(ids))/b.Elapsed().Seconds(), "tokens/s")
		})
		b.Run(fmt.Sprintf("pack/threads=%d", threads), func(b *testing.B) {
			for b.Loop() {
				again, err := New(ck.Config, w, Options{Pool: pool})
				require.NoError(b, err)
				again.Close()
			}
		})
		s.Release()
		m.Close()
		pool.Close()
	}
}

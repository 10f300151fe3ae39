package device

import (
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// What can be said of any machine that runs the tests.
func TestDetect(t *testing.T) {
	info := Detect()
	require.Equal(t, "cpu", info.ID)
	require.Equal(t, runtime.GOARCH, info.Arch)
	require.Equal(t, simd.Best(), info.Level)
	require.GreaterOrEqual(t, info.LogicalCores, info.PhysicalCores)
	require.Positive(t, info.UsableCPUs)
	require.LessOrEqual(t, info.UsableCPUs, runtime.NumCPU())
	require.GreaterOrEqual(t, info.MemoryTotal, info.MemoryAvailable)
	require.True(t, slices.IsSorted(info.SIMD), info.SIMD)
	if simd.Detected() > simd.Generic {
		least := map[string][]string{"amd64": {"avx2", "f16c", "fma"}, "arm64": {"neon"}}
		require.Subset(t, info.SIMD, least[runtime.GOARCH])
	}
	if runtime.GOOS == "linux" {
		require.Positive(t, info.MemoryTotal)
	}
	require.Equal(t, []string{"cpu"}, []string{List()[0].ID})
	require.Equal(t, "cpu", Best().ID)
	for _, n := range info.Nodes {
		require.LessOrEqual(t, n.CPUs, info.LogicalCores)
	}
}

func TestDefaultThreads(t *testing.T) {
	n := DefaultThreads()
	require.Positive(t, n)
	require.LessOrEqual(t, n, Detect().UsableCPUs)
}

func TestMemoryLimit(t *testing.T) {
	require.Equal(t, Detect().MemoryLimit, MemoryLimit())
	for _, tt := range []struct{ limit, total, want uint64 }{
		{0, 0, 0}, {0, 8, 0}, {4, 8, 4}, {8, 8, 0}, {1 << 63, 8, 0}, {4, 0, 4},
	} {
		require.Equal(t, tt.want, limitBelow(tt.limit, tt.total), "limit %d of %d", tt.limit, tt.total)
	}
}

func TestLimitByQuota(t *testing.T) {
	for _, tt := range []struct {
		n     int
		quota float64
		want  int
	}{
		{8, 0, 8}, {8, 2, 2}, {8, 2.9, 2}, {8, 0.25, 1}, {2, 64, 2}, {0, 0, 1}, {0, 4, 1},
	} {
		require.Equal(t, tt.want, limitByQuota(tt.n, tt.quota), "%d CPUs, quota %v", tt.n, tt.quota)
	}
}

func BenchmarkDefaultThreads(b *testing.B) {
	for b.Loop() {
		DefaultThreads()
	}
}

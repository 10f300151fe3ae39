package device

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompare(t *testing.T) {
	laptop := Info{
		PhysicalCores: 4, LogicalCores: 8, UsableCPUs: 8, MemoryTotal: 16 << 30,
		SIMD: []string{"avx", "avx2", "fma"}, Bandwidth: Bandwidth{Read: 40e9},
	}
	container := Info{ // two processors' worth of a large server
		PhysicalCores: 64, LogicalCores: 128, UsableCPUs: 2, MemoryTotal: 512 << 30, MemoryLimit: 8 << 30,
		SIMD: []string{"avx2", "avx512bw", "avx512vnni"}, Bandwidth: Bandwidth{Read: 41e9},
	}
	phone := Info{UsableCPUs: 1, MemoryTotal: 16 << 30, SIMD: []string{"dotprod", "neon"}}

	for name, tt := range map[string]struct {
		a, b Info
		want []Verdict
	}{
		"laptop, container": {laptop, container, []Verdict{
			{ByMemory, -1, "16.0 GiB of memory against 8.0 GiB"},
			{ByBandwidth, 0, "40.0 GB/s read against 41.0 GB/s"},
			{ByCompute, 1, "4 cores with avx2 against 2 cores with avx512vnni"},
		}},
		"laptop, phone": {laptop, phone, []Verdict{
			{ByMemory, 0, "16.0 GiB of memory against 16.0 GiB"},
			{ByBandwidth, 0, "the memory bandwidth of one of them has not been measured"},
			{ByCompute, -1, "4 cores with avx2 against 1 core with dotprod"},
		}},
		"unknown, phone": {Info{}, phone, []Verdict{
			{ByMemory, 0, "the memory of one of them is not known"},
			{ByBandwidth, 0, "the memory bandwidth of one of them has not been measured"},
			{ByCompute, 0, "the cores of one of them are not known"},
		}},
		"plain": {Info{UsableCPUs: 8}, phone, []Verdict{
			{ByMemory, 0, "the memory of one of them is not known"},
			{ByBandwidth, 0, "the memory bandwidth of one of them has not been measured"},
			{ByCompute, 1, "8 cores with plain instructions against 1 core with dotprod"},
		}},
	} {
		got := Compare(tt.a, tt.b)
		require.Equal(t, tt.want, got, name)
		for i, v := range Compare(tt.b, tt.a) {
			require.Equal(t, got[i].Aspect, v.Aspect, name)
			require.Equal(t, -got[i].Better, v.Better, "%s the other way round, by %v", name, v.Aspect)
		}
	}
	require.Equal(t, []string{"memory", "bandwidth", "compute"}, []string{ByMemory.String(), ByBandwidth.String(), ByCompute.String()})
	for _, v := range Compare(laptop, laptop) {
		require.Zero(t, v.Better, "%v of one and the same", v.Aspect)
	}
}

// TestFastestKnowsThisMachine: the names are those that vectorExtensions gives.
func TestFastestKnowsThisMachine(t *testing.T) {
	if d := Detect(); len(d.SIMD) > 0 {
		require.NotEqual(t, 1, fastest(d.SIMD).products, "%v", d.SIMD)
	}
}

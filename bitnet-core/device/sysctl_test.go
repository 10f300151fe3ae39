package device

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func recorded(values map[string]any) sysctl {
	unknown := errors.New("no such value")
	return sysctl{
		text: func(name string) (string, error) {
			if s, ok := values[name].(string); ok {
				return s, nil
			}
			return "", unknown
		},
		number: func(name string) (uint64, error) {
			switch n := values[name].(type) {
			case int:
				return uint64(n), nil
			case uint64:
				return n, nil
			}
			return 0, unknown
		},
	}
}

func TestSysctlHost(t *testing.T) {
	apple := recorded(map[string]any{
		"machdep.cpu.brand_string":      "Apple M3 Pro",
		"hw.physicalcpu":                11,
		"hw.logicalcpu":                 11,
		"hw.memsize":                    uint64(18 << 30),
		"hw.l1dcachesize":               64 << 10,
		"hw.l2cachesize":                4 << 20,
		"hw.perflevel0.l1dcachesize":    128 << 10,
		"hw.perflevel0.l2cachesize":     16 << 20,
		"hw.perflevel0.physicalcpu":     5,
		"machdep.cpu.cores_per_package": 11,
	}).host()
	require.Equal(t, host{
		Info: Info{
			Name: "Apple M3 Pro", Vendor: "Apple", PhysicalCores: 11, LogicalCores: 11,
			Cache:       Cache{L1D: 128 << 10, L2: 16 << 20},
			MemoryTotal: 18 << 30,
		},
		affinity: processors{logical: runtime.NumCPU(), physical: 11},
	}, apple)

	intel := recorded(map[string]any{
		"machdep.cpu.brand_string": "Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz",
		"machdep.cpu.vendor":       "GenuineIntel",
		"hw.physicalcpu":           6,
		"hw.l3cachesize":           12 << 20,
	}).host()
	require.Equal(t, "Intel", intel.Vendor)
	require.Equal(t, uint64(12<<20), intel.Cache.L3)

	require.Equal(t, host{affinity: processors{logical: runtime.NumCPU()}}, recorded(nil).host())
	require.Zero(t, recorded(map[string]any{"hw.physicalcpu": uint64(1 << 40)}).host().PhysicalCores)
}

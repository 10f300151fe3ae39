package device

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNodes(t *testing.T) {
	// Two sockets, of which the second has no processor online in its second half, and
	// memory alone behind a link (CXL).
	files := map[string]string{
		"sys/devices/system/node/online":        "0-1,3\n",
		"sys/devices/system/node/node0/cpulist": "0-15,32-47\n",
		"sys/devices/system/node/node0/meminfo": "Node 0 MemTotal:       131072000 kB\nNode 0 MemFree:        6076732 kB\n",
		"sys/devices/system/node/node1/cpulist": "16-31\n",
		"sys/devices/system/node/node1/meminfo": "\nNode 1 MemFree:          1024 kB\nNode 1 MemTotal:        2048 kB\n",
		"sys/devices/system/node/node3/cpulist": "\n",
		"sys/devices/system/node/node3/meminfo": "Node 3 MemTotal:           4 kB\n",
	}
	require.Equal(t, []Node{
		{ID: 0, CPUs: 32, Memory: 131072000 << 10},
		{ID: 1, CPUs: 16, Memory: 2 << 20},
		{ID: 3, Memory: 4 << 10},
	}, machineOf(files).nodes())
	require.Nil(t, machineOf(nil).nodes(), "a kernel without nodes")

	files["sys/devices/system/node/online"] = "0-1024"
	require.Nil(t, machineOf(files).nodes(), "more than Linux can have")
}

func TestNodeMemory(t *testing.T) {
	for in, want := range map[string]uint64{
		"Node 0 MemTotal: 1 kB":                     1 << 10,
		"Node 0 MemTotal: 18014398509481983 kB":     18014398509481983 << 10,
		"Node 0 MemTotal: 18014398509481984 kB":     0, // more bytes than 64 bits count
		"Node 0 MemTotal: -1 kB":                    0,
		"Node 0 MemTotal: 1 MB":                     0,
		"MemTotal: 1 kB":                            0,
		"Node 0 MemTotal: x kB\nNode 0 MemTotal: 2": 0,
		"": 0,
	} {
		require.Equal(t, want, nodeMemory(in), in)
	}
}

func TestSMT(t *testing.T) {
	require.True(t, Info{PhysicalCores: 2, LogicalCores: 4}.SMT())
	require.True(t, Info{PhysicalCores: 16, LogicalCores: 24}.SMT(), "some cores only")
	require.False(t, Info{PhysicalCores: 4, LogicalCores: 4}.SMT())
	require.False(t, Info{LogicalCores: 4}.SMT(), "unknown")
}

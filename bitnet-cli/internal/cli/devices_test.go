package cli

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/device"
)

// TestPrintNodes shows memory nodes where there are several.
func TestPrintNodes(t *testing.T) {
	d := device.Info{
		ID: "cpu", PhysicalCores: 2, LogicalCores: 3, UsableCPUs: 3,
		Nodes: []device.Node{{ID: 0, CPUs: 2, Memory: 1 << 30}, {ID: 2, CPUs: 1, Memory: 3 << 29}},
	}
	var out bytes.Buffer
	require.NoError(t, printDevice(&out, d))
	require.Regexp(t, `(?m)^NUMA nodes  0: 2 hardware threads, 1.00 GiB; 2: 1 hardware thread, 1.50 GiB$`, out.String())

	j := newDeviceJSON(d)
	require.True(t, j.SMT)
	require.Equal(t, []nodeJSON{{ID: 0, CPUs: 2, Memory: 1 << 30}, {ID: 2, CPUs: 1, Memory: 3 << 29}}, j.Nodes)

	d.Nodes = d.Nodes[:1]
	out.Reset()
	require.NoError(t, printDevice(&out, d))
	require.NotContains(t, out.String(), "NUMA")
}

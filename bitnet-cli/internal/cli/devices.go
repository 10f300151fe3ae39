package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// deviceJSON is one device as devices --json prints it. Zero means unknown.
type deviceJSON struct {
	ID              string     `json:"id"`
	Name            string     `json:"name"`
	Vendor          string     `json:"vendor"`
	OS              string     `json:"os"`
	Arch            string     `json:"arch"`
	PhysicalCores   int        `json:"physical_cores"`
	LogicalCores    int        `json:"logical_cores"`
	UsableCPUs      int        `json:"usable_cpus"`
	CPUQuota        float64    `json:"cpu_quota"` // 0: none
	Threads         int        `json:"threads"`   // what -t is if it is not given
	SMT             bool       `json:"smt"`
	L1D             uint64     `json:"l1d_bytes"`
	L2              uint64     `json:"l2_bytes"`
	L3              uint64     `json:"l3_bytes"`
	MemoryTotal     uint64     `json:"memory_total_bytes"`
	MemoryAvailable uint64     `json:"memory_available_bytes"`
	MemoryLimit     uint64     `json:"memory_limit_bytes"` // 0: none
	Nodes           []nodeJSON `json:"numa_nodes"`
	SIMD            []string   `json:"simd"`
	Kernels         string     `json:"kernels"`
}

type nodeJSON struct {
	ID     int    `json:"id"`
	CPUs   int    `json:"cpus"`
	Memory uint64 `json:"memory_bytes"`
}

func newDevices(s *Streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "devices",
		Short: "Show the processors that models can run on",
		Long: `Show the processors that models can run on, how much of them this process may
use, and which vector instructions the kernels were chosen for. The environment
variable BITNET_SIMD (generic, avx2, avxvnni, avx512, avx512vnni, avx512vbmi, amx) lowers
that choice.`,
		Example: "  bitnet devices\n  BITNET_SIMD=avx2 bitnet devices --json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			all := device.List()
			if asJSON {
				list := make([]deviceJSON, len(all))
				for i, d := range all {
					list[i] = newDeviceJSON(d)
				}
				return writeJSON(s.Out, list)
			}
			for _, d := range all {
				if err := printDevice(s.Out, d); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

func newDeviceJSON(d device.Info) deviceJSON {
	nodes := make([]nodeJSON, len(d.Nodes))
	for i, n := range d.Nodes {
		nodes[i] = nodeJSON(n)
	}
	return deviceJSON{
		ID: d.ID, Name: d.Name, Vendor: d.Vendor, OS: d.OS, Arch: d.Arch,
		PhysicalCores: d.PhysicalCores, LogicalCores: d.LogicalCores, UsableCPUs: d.UsableCPUs,
		CPUQuota: d.CPUQuota, Threads: device.DefaultThreads(),
		SMT: d.SMT(), Nodes: nodes,
		L1D: d.Cache.L1D, L2: d.Cache.L2, L3: d.Cache.L3,
		MemoryTotal: d.MemoryTotal, MemoryAvailable: d.MemoryAvailable, MemoryLimit: d.MemoryLimit,
		SIMD: append([]string{}, d.SIMD...), Kernels: d.Level.String(),
	}
}

func printDevice(w io.Writer, d device.Info) error {
	var f fields
	f.add("device", d.ID)
	f.add("name", printable(d.Name))
	cores := fmt.Sprintf("%d", d.LogicalCores)
	if d.PhysicalCores > 0 {
		cores = fmt.Sprintf("%d, %d hardware threads", d.PhysicalCores, d.LogicalCores)
	}
	f.add("cores", cores)
	usable := fmt.Sprintf("%d hardware threads, so -t is %d by default", d.UsableCPUs, device.DefaultThreads())
	if d.CPUQuota > 0 {
		usable += fmt.Sprintf(" (quota of %g processors)", d.CPUQuota)
	}
	f.add("usable", usable)
	var caches []string
	for _, c := range []struct {
		name  string
		bytes uint64
	}{{"L1d", d.Cache.L1D}, {"L2", d.Cache.L2}, {"L3", d.Cache.L3}} {
		if c.bytes > 0 {
			caches = append(caches, c.name+" "+size(int64(c.bytes)))
		}
	}
	f.add("caches", strings.Join(caches, ", "))
	f.add("memory", describeMemory(d))
	if len(d.Nodes) > 1 {
		f.add("NUMA nodes", describeNodes(d.Nodes))
	}
	f.add("vectors", strings.Join(d.SIMD, " "))
	kernels := d.Level.String()
	if d.Level < simd.Detected() {
		kernels += fmt.Sprintf(" (lowered by BITNET_SIMD from %s)", simd.Detected())
	}
	f.add("kernels", kernels)
	return f.print(w)
}

func describeNodes(nodes []device.Node) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		parts[i] = fmt.Sprintf("%d: %s, %s", n.ID, plural(n.CPUs, "hardware thread"), size(int64(n.Memory)))
	}
	return strings.Join(parts, "; ")
}

func describeMemory(d device.Info) string {
	var parts []string
	if d.MemoryTotal > 0 {
		parts = append(parts, size(int64(d.MemoryTotal)))
	}
	if d.MemoryAvailable > 0 {
		parts = append(parts, size(int64(d.MemoryAvailable))+" available")
	}
	if d.MemoryLimit > 0 {
		parts = append(parts, "limited to "+size(int64(d.MemoryLimit)))
	}
	return strings.Join(parts, ", ")
}

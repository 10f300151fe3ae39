package device

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bitnet-go/bitnet/bitnet-core/internal/osinfo"
	"github.com/stretchr/testify/require"
)

// machineOf makes a machine of the given files.
func machineOf(files map[string]string) machine {
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return machine{osinfo.Tree{Root: fsys}}
}

// epyc is read off a virtual machine with 2 cores of one thread each, version 1
// control groups and an empty version 2 hierarchy beside them.
func epyc() map[string]string {
	files := map[string]string{
		"proc/cpuinfo": "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC\nflags\t\t: fpu avx2\n\n" +
			"processor\t: 1\nvendor_id\t: AuthenticAMD\nmodel name\t: something else\n",
		"proc/meminfo":                   "MemTotal:       24684096 kB\nMemFree:        22822444 kB\nMemAvailable:   24254372 kB\n",
		"proc/self/cgroup":               "9:name=systemd:/\n4:memory:/api/374c\n3:cpuset:/\n2:cpuacct:/\n1:cpu:/\n0::/\n",
		"sys/devices/system/cpu/online":  "0-1\n",
		"sys/devices/system/node/online": "0\n",
		"sys/fs/cgroup/cpu/cpu.shares":   "1024\n",
		"sys/fs/cgroup/cpu/cgroup.procs": "1\n",
		"proc/self/mountinfo": `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`,
		"sys/devices/system/node/node0/cpulist":               "0-1\n",
		"sys/devices/system/node/node0/meminfo":               "Node 0 MemTotal:       24684096 kB\nNode 0 MemFree:        22822444 kB\n",
		"sys/fs/cgroup/memory/memory.limit_in_bytes":          "9223372036854771712\n",
		"sys/fs/cgroup/memory/api/374c/memory.limit_in_bytes": "21474836480\n",
	}
	for cpu := range 2 {
		dir := fmt.Sprintf("sys/devices/system/cpu/cpu%d/", cpu)
		files[dir+"topology/core_cpus_list"] = fmt.Sprintln(cpu)
		for i, c := range []string{"1 Data 32K", "1 Instruction 64K", "2 Unified 1024K", "3 Unified 32768K"} {
			f := strings.Fields(c)
			cache := fmt.Sprintf("%scache/index%d/", dir, i)
			files[cache+"level"], files[cache+"type"], files[cache+"size"] = f[0], f[1], f[2]
		}
	}
	return files
}

func TestMachineHost(t *testing.T) {
	got := machineOf(epyc()).host([]int{0, 1})
	require.Equal(t, host{
		Info: Info{
			Name: "AMD EPYC", Vendor: "AMD",
			PhysicalCores: 2, LogicalCores: 2,
			Cache:       Cache{L1D: 32 << 10, L2: 1 << 20, L3: 32 << 20},
			Nodes:       []Node{{CPUs: 2, Memory: 24684096 << 10}},
			MemoryTotal: 24684096 << 10, MemoryAvailable: 24254372 << 10, MemoryLimit: 20 << 30,
		},
		affinity: processors{logical: 2, physical: 2},
	}, got)
}

// A file that is missing or replaced by nonsense changes nothing but the fields
// that come from it.
func TestMachineHostSurvivesEveryFile(t *testing.T) {
	files := epyc()
	for name, good := range files {
		for _, bad := range []string{"", "\n\n:\n,,-\n", "-1", "0-4294967295", "99999999999999999999999", "\x00\xff\xfe", strings.Repeat("9,", 1000), strings.Repeat("a/", 5000)} {
			files[name] = bad
			h := machineOf(files).host([]int{0, 1})
			require.GreaterOrEqual(t, h.MemoryTotal, h.MemoryAvailable, "%s is %q", name, bad)
			require.LessOrEqual(t, h.LogicalCores, maxProcessors)
			require.LessOrEqual(t, h.affinity.physical, 2)
			require.LessOrEqual(t, len(h.Nodes), maxNodes)
		}
		files[name] = good
	}
}

func TestMachineCPUNames(t *testing.T) {
	for _, tt := range []struct{ cpuinfo, name, vendor string }{
		{"vendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) CPU           E5-2670 0 @ 2.60GHz\n", "Intel(R) Xeon(R) CPU E5-2670 0 @ 2.60GHz", "Intel"},
		{"vendor_id\t:   Shanghai  \nmodel name\t: ZHAOXIN\n", "ZHAOXIN", "Zhaoxin"},
		{"processor\t: 0\nBogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\nprocessor\t: 1\nCPU implementer\t: 0x43\n", "Cortex-A72", "Arm"},
		{"CPU implementer\t: 0x41\nCPU part\t: 0xfff\n", "", "Arm"},
		{"CPU implementer\t: 0x99\nCPU part\t: 0xd08\n", "", "0x99"},
		{"vendor_id : \x1b[31mEvil\x07\nmodel name : a\x00b\xff\n", "ab", "[31mEvil"},
		{"", "", ""},
	} {
		name, vendor := machineOf(map[string]string{"proc/cpuinfo": tt.cpuinfo}).cpuNames()
		require.Equal(t, tt.name, name, tt.cpuinfo)
		require.Equal(t, tt.vendor, vendor, tt.cpuinfo)
	}
}

func TestCountCores(t *testing.T) {
	// 4 cores of two threads, numbered as Intel does: 0-3, then their siblings.
	files := map[string]string{}
	for cpu := range 8 {
		files[fmt.Sprintf("sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu)] = fmt.Sprintf("%d,%d\n", cpu%4, cpu%4+4)
	}
	m := machineOf(files)
	require.Equal(t, 4, m.countCores([]int{0, 1, 2, 3, 4, 5, 6, 7}))
	require.Equal(t, 2, m.countCores([]int{1, 3, 5}))
	require.Equal(t, 0, m.countCores([]int{1, 8}), "topology of 8 is unknown")
	require.Equal(t, 0, m.countCores(nil))
}

func TestParseList(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []int
	}{
		{"0", []int{0}},
		{"0-3,8,10-11", []int{0, 1, 2, 3, 8, 10, 11}},
		{"", nil},
		{"3-1", nil},
		{"0,0", nil},
		{"5,1", nil},
		{"1-", nil},
		{"0-65536", nil},
		{"-1", nil},
		{"0x1", nil},
	} {
		require.Equal(t, tt.want, parseList(tt.in), tt.in)
	}
}

func TestParseSize(t *testing.T) {
	for in, want := range map[string]uint64{
		"32K": 32 << 10, "1M": 1 << 20, "512": 512, "": 0, "K": 0, "-1K": 0, "99999999999G": 0, "4294967295G": 4294967295 << 30,
	} {
		require.Equal(t, want, parseSize(in), in)
	}
}

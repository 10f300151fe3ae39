package device

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestControlGroups(t *testing.T) {
	const v2 = "35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	for name, tt := range map[string]struct {
		files  map[string]string
		quota  float64
		memory uint64
	}{
		"no control groups": {map[string]string{}, 0, 0},
		"version 2 without limits": {map[string]string{
			"proc/self/cgroup":                    "0::/user.slice\n",
			"proc/self/mountinfo":                 v2,
			"sys/fs/cgroup/user.slice/cpu.max":    "max 100000\n",
			"sys/fs/cgroup/user.slice/memory.max": "max\n",
		}, 0, 0},
		"version 2, container's own namespace": {map[string]string{
			"proc/self/cgroup":         "0::/\n",
			"proc/self/mountinfo":      v2,
			"sys/fs/cgroup/cpu.max":    "250000 100000\n",
			"sys/fs/cgroup/memory.max": "536870912\n",
		}, 2.5, 512 << 20},
		"version 2, the tightest of three levels": {map[string]string{
			"proc/self/cgroup":                      "0::/a/b\n",
			"proc/self/mountinfo":                   v2,
			"sys/fs/cgroup/a/cpu.max":               "100000 100000\n",
			"sys/fs/cgroup/a/b/cpu.max":             "800000 100000\n",
			"sys/fs/cgroup/a/memory.max":            "4096000\n",
			"sys/fs/cgroup/a/b/memory.max":          "1024000\n",
			"sys/fs/cgroup/another/cpu.max":         "1 100000\n",
			"sys/fs/cgroup/another/memory.max":      "1\n",
			"sys/fs/cgroup/a/b/below/us/memory.max": "1\n",
		}, 1, 1024000},
		"version 1, host's paths with only the group mounted": {map[string]string{
			"proc/self/cgroup": "4:memory:/docker/c0ffee\n3:cpu,cpuacct:/docker/c0ffee\n",
			"proc/self/mountinfo": "1 2 0:3 /docker/c0ffee /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n" +
				"4 2 0:5 /docker/c0ffee /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":  "150000\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":  "1048576\n",
		}, 1.5, 1 << 20},
		"version 1 without a quota": {map[string]string{
			"proc/self/cgroup":                    "1:cpu:/\n",
			"proc/self/mountinfo":                 "1 2 0:3 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":  "-1\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
		}, 0, 0},
		"escaped mount point, optional fields": {map[string]string{
			"proc/self/cgroup":    "0::/x\n",
			"proc/self/mountinfo": `35 24 0:30 / /mnt/c\040g rw shared:9 master:1 - cgroup2 none rw` + "\n",
			"mnt/c g/x/cpu.max":   "300000 100000\n",
		}, 3, 0},
		"group outside of the mounted part": {map[string]string{
			"proc/self/cgroup":      "0::/../../etc\n",
			"proc/self/mountinfo":   "35 24 0:30 /docker/c0 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
			"sys/fs/cgroup/cpu.max": "200000 100000\n",
			"etc/cpu.max":           "1 100000\n",
		}, 2, 0},
		"a mount of another prefix is not ours": {map[string]string{
			"proc/self/cgroup":             "0::/docker/c0ffee/x\n",
			"proc/self/mountinfo":          "35 24 0:30 /docker/c0 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
			"sys/fs/cgroup/cpu.max":        "200000 100000\n",
			"sys/fs/cgroup/ffee/x/cpu.max": "1 100000\n",
		}, 2, 0},
		"nonsense": {map[string]string{
			"proc/self/cgroup":         "\n:\n::\n0::\n0:::::/\n",
			"proc/self/mountinfo":      v2 + " - \n - cgroup2\n1 2 3 4 5 6 - cgroup2 x y\n",
			"sys/fs/cgroup/cpu.max":    "-5 0\n",
			"sys/fs/cgroup/memory.max": "-1\n",
		}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			groups := machineOf(tt.files).controlGroups()
			require.InDelta(t, tt.quota, groups.cpuQuota(), 0)
			require.Equal(t, tt.memory, groups.memoryLimit())
		})
	}
}

func FuzzControlGroups(f *testing.F) {
	f.Add("4:memory:/docker/x\n0::/a/b\n", "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "100000 100000\n")
	f.Add("1:cpu,cpuacct:/\n", `1 2 0:3 /../\040 /sys\134 rw a:1 - cgroup cgroup rw,cpu`+"\n", "max\n")
	f.Fuzz(func(t *testing.T, cgroup, mountinfo, limit string) {
		groups := machineOf(map[string]string{
			"proc/self/cgroup":               cgroup,
			"proc/self/mountinfo":            mountinfo,
			"sys/fs/cgroup/cpu.max":          limit,
			"sys/fs/cgroup/memory.max":       limit,
			"sys/fs/cgroup/a/b/memory.max":   limit,
			"sys/fs/cgroup/cpu.cfs_quota_us": limit,
		}).controlGroups()
		require.GreaterOrEqual(t, groups.cpuQuota(), 0.0)
		_ = groups.memoryLimit()
		for _, dirs := range [][]string{groups.Unified, groups.CPU, groups.Groups.Memory} {
			require.LessOrEqual(t, len(dirs), 4096) // the longest path is
		}
	})
}

package device

import (
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/internal/osinfo"
)

// controlGroups are those that bound this process, with the files that say how.
//
// Sources: kernel documentation admin-guide/cgroup-v1 and cgroup-v2.
type controlGroups struct {
	machine
	osinfo.Groups
}

func (m machine) controlGroups() controlGroups { return controlGroups{m, m.ControlGroups()} }

// cpuQuota returns the smallest quota in processors, 0 if there is none.
func (g controlGroups) cpuQuota() float64 {
	var quota float64
	lower := func(time, period string) {
		t, err1 := strconv.ParseUint(time, 10, 63) // "max" and -1 mean no quota
		p, err2 := strconv.ParseUint(period, 10, 63)
		if err1 != nil || err2 != nil || t == 0 || p == 0 {
			return
		}
		if q := float64(t) / float64(p); quota == 0 || q < quota {
			quota = q
		}
	}
	for _, dir := range g.Unified {
		time, period, _ := strings.Cut(g.Text(dir+"/cpu.max"), " ")
		lower(time, period)
	}
	for _, dir := range g.CPU {
		lower(g.Text(dir+"/cpu.cfs_quota_us"), g.Text(dir+"/cpu.cfs_period_us"))
	}
	return quota
}

// memoryLimit returns the smallest limit in bytes, 0 if there is none. Version 1
// writes "none" as a huge number; the caller compares it with the memory there is.
func (g controlGroups) memoryLimit() uint64 {
	var limit uint64
	lower := func(s string) {
		n, err := strconv.ParseUint(s, 10, 64) // "max" means no limit
		if err == nil && n > 0 && (limit == 0 || n < limit) {
			limit = n
		}
	}
	for _, dir := range g.Unified {
		lower(g.Text(dir + "/memory.max"))
	}
	for _, dir := range g.Groups.Memory {
		lower(g.Text(dir + "/memory.limit_in_bytes"))
	}
	return limit
}

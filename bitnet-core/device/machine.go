package device

import (
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// A machine reads the description that a Linux kernel gives of itself in the
// files under root: proc/cpuinfo, proc/meminfo, proc/self/cgroup,
// proc/self/mountinfo, sys/devices/system/cpu and the control groups. Tests give
// it recorded trees. Missing, odd and hostile content makes a field unknown.
type machine struct {
	root fs.FS
}

// maxFile bounds what is read of one file. The largest, cpuinfo, takes about
// 1,500 bytes a processor.
const maxFile = 4 << 20

// host describes the machine to a process that may run on the processors in
// affinity.
func (m machine) host(affinity []int) host {
	var h host
	h.Name, h.Vendor = m.cpuNames()
	all := m.onlineProcessors()
	h.LogicalCores = len(all)
	h.PhysicalCores = m.countCores(all)
	h.MemoryTotal, h.MemoryAvailable = m.memory()
	if len(affinity) > 0 {
		h.Cache = m.caches(affinity[0])
	}
	groups := m.controlGroups()
	h.MemoryLimit = groups.memoryLimit()
	h.CPUQuota = groups.cpuQuota()
	h.affinity = processors{logical: len(affinity), physical: m.countCores(affinity)}
	return h
}

// limits returns the part of [machine.host] that the number of threads depends
// on, without the slow reading of proc/cpuinfo.
func (m machine) limits(affinity []int) (processors, float64) {
	return processors{logical: len(affinity), physical: m.countCores(affinity)}, m.controlGroups().cpuQuota()
}

// text returns the trimmed content of a file, at most maxFile bytes, or "".
func (m machine) text(path string) string {
	f, err := m.root.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// memory returns the physical memory and the part of it that can be had without
// swapping, in bytes.
func (m machine) memory() (total, available uint64) {
	for line := range strings.Lines(m.text("proc/meminfo")) {
		key, value, _ := strings.Cut(line, ":")
		switch key {
		case "MemTotal":
			total = kibibytes(value)
		case "MemAvailable":
			available = kibibytes(value)
		}
	}
	return total, min(available, total)
}

// kibibytes parses "  24684096 kB" to bytes, 0 when it is anything else.
func kibibytes(s string) uint64 {
	number, isKB := strings.CutSuffix(strings.TrimSpace(s), " kB")
	n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 64)
	if !isKB || err != nil || n > 1<<53 {
		return 0
	}
	return n << 10
}

package device

import "github.com/bitnet-go/bitnet/bitnet-core/internal/osinfo"

// A machine reads the description that a Linux kernel gives of itself in the
// files under root: proc/cpuinfo, proc/meminfo, proc/self/cgroup,
// proc/self/mountinfo, sys/devices/system/cpu, sys/devices/system/node and the control
// groups. Tests give it recorded trees. Missing, odd and hostile content makes a field unknown.
type machine struct{ osinfo.Tree }

// host describes the machine to a process that may run on the processors in
// affinity.
func (m machine) host(affinity []int) host {
	var h host
	h.Name, h.Vendor = m.cpuNames()
	all := m.onlineProcessors()
	h.LogicalCores = len(all)
	h.PhysicalCores = m.countCores(all)
	h.MemoryTotal, h.MemoryAvailable, _ = m.Memory() // what is unknown is zero
	if len(affinity) > 0 {
		h.Cache = m.caches(affinity[0])
	}
	h.Nodes = m.nodes()
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

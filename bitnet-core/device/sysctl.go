package device

import (
	"runtime"
	"strings"
)

// A sysctl reads values of the macOS kernel by name. Tests give recorded ones.
type sysctl struct {
	text   func(name string) (string, error)
	number func(name string) (uint64, error) // of 4 or 8 bytes
}

// host describes the machine. macOS has neither affinity masks nor quotas.
func (s sysctl) host() host {
	var h host
	h.Name = modelName(s.string("machdep.cpu.brand_string"))
	h.Vendor = vendorName(printable(s.string("machdep.cpu.vendor"))) // Intel only
	if h.Vendor == "" && strings.HasPrefix(h.Name, "Apple ") {
		h.Vendor = "Apple"
	}
	h.PhysicalCores = s.count("hw.physicalcpu")
	h.LogicalCores = s.count("hw.logicalcpu")
	h.MemoryTotal = s.uint("hw.memsize")
	// perflevel0 are the performance cores of an Apple chip; the plain names
	// give the caches of its efficiency cores.
	h.Cache = Cache{
		L1D: s.firstUint("hw.perflevel0.l1dcachesize", "hw.l1dcachesize"),
		L2:  s.firstUint("hw.perflevel0.l2cachesize", "hw.l2cachesize"),
		L3:  s.firstUint("hw.perflevel0.l3cachesize", "hw.l3cachesize"),
	}
	h.affinity = s.processors()
	return h
}

// processors returns what this process may run on: everything.
func (s sysctl) processors() processors {
	return processors{logical: runtime.NumCPU(), physical: s.count("hw.physicalcpu")}
}

func (s sysctl) string(name string) string {
	v, err := s.text(name)
	if err != nil {
		return ""
	}
	return v
}

func (s sysctl) uint(name string) uint64 {
	v, err := s.number(name)
	if err != nil {
		return 0
	}
	return v
}

// count reads a number of processors.
func (s sysctl) count(name string) int {
	n := s.uint(name)
	if n > maxProcessors {
		return 0
	}
	return int(n)
}

// firstUint returns the first of the named values that is known.
func (s sysctl) firstUint(names ...string) uint64 {
	for _, name := range names {
		if v := s.uint(name); v > 0 {
			return v
		}
	}
	return 0
}

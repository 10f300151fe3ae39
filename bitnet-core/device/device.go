package device

import (
	"runtime"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// Info describes one device. Fields that could not be found out are zero.
type Info struct {
	ID     string // what flags, logs and benchmarks call it: "cpu"
	Name   string // as its maker calls it: "AMD EPYC 9554", "Apple M3 Pro"
	Vendor string // "AMD", "Intel", "Apple", "Arm"; the identifier as read when it is not a known one
	OS     string // GOOS
	Arch   string // GOARCH

	PhysicalCores int     // cores that are online in the machine
	LogicalCores  int     // hardware threads that are online in the machine
	UsableCPUs    int     // hardware threads this process may keep busy: affinity and quota; never 0
	CPUQuota      float64 // processors' worth of time the control groups grant; 0 without a quota

	Cache Cache

	// Nodes are the parts of a machine whose processors reach their own memory faster
	// than others' (NUMA), by number; one where there are no such parts. Linux and
	// Windows only, and on Windows without their memory.
	Nodes []Node

	MemoryTotal     uint64 // bytes of physical memory
	MemoryAvailable uint64 // bytes that can be had without swapping
	MemoryLimit     uint64 // bytes the control groups allow; 0 without a limit below MemoryTotal

	SIMD  []string   // vector extensions that matter to kernels, as in "avx512vnni"; sorted
	Level simd.Level // what the kernels use of them, BITNET_SIMD respected

	Bandwidth Bandwidth // of memory; Detect leaves it zero, for measuring takes a while
}

// Cache holds the sizes in bytes of one instance of each cache level: of L1D
// and L2 usually one for each core, of L3 one for a group of cores.
type Cache struct {
	L1D, L2, L3 uint64
}

// A Node is a group of processors with memory of its own. Either may be missing.
type Node struct {
	ID     int    // the system's number
	CPUs   int    // hardware threads that are online
	Memory uint64 // bytes
}

// SMT reports whether cores run more than one hardware thread. It is false if the
// number of cores is unknown.
func (i Info) SMT() bool { return i.PhysicalCores > 0 && i.LogicalCores > i.PhysicalCores }

// Detect describes the host's CPU.
func Detect() Info {
	h := detectHost()
	info := h.Info
	info.ID, info.OS, info.Arch = "cpu", runtime.GOOS, runtime.GOARCH
	if info.LogicalCores == 0 {
		info.LogicalCores = runtime.NumCPU()
	}
	info.UsableCPUs = limitByQuota(h.affinity.logical, h.CPUQuota)
	info.MemoryLimit = limitBelow(info.MemoryLimit, info.MemoryTotal)
	info.SIMD = vectorExtensions()
	info.Level = simd.Best()
	return info
}

// List describes every device that a model can run on, the preferred one first.
func List() []Info { return []Info{Detect()} }

// Best describes the preferred device.
func Best() Info { return List()[0] }

// DefaultThreads returns the number of threads that suits the kernels: one for
// each physical core this process may run on, at most the quota's worth of
// processors, and at least 1. Hardware threads of one core share the vector
// units that the kernels saturate, so a second thread on a core gains nothing.
func DefaultThreads() int {
	a, quota := detectLimits()
	n := a.physical
	if n == 0 {
		n = a.logical
	}
	return limitByQuota(n, quota)
}

// MemoryLimit returns the bytes that the control groups allow this process, 0 without a
// limit below the memory of the machine: [Info.MemoryLimit] alone, faster.
func MemoryLimit() uint64 {
	limit, total := detectMemoryLimit()
	return limitBelow(limit, total)
}

// limitBelow returns limit, or 0 if the memory there is bounds more.
func limitBelow(limit, total uint64) uint64 {
	if total > 0 && limit >= total {
		return 0
	}
	return limit
}

// host is what the operating system told: an Info without the fields that are
// the same everywhere, and the processors this process may be scheduled on.
type host struct {
	Info
	affinity processors
}

// processors counts a set of hardware threads and the cores they belong to.
// physical is 0 when the cores are unknown.
type processors struct {
	logical, physical int
}

// limitByQuota returns how many of n threads a quota keeps busy. It rounds
// down: threads that work in step and together exceed the quota are all stopped
// for the rest of the scheduler's period.
func limitByQuota(n int, quota float64) int {
	if quota > 0 && quota < float64(n) {
		n = int(quota)
	}
	return max(n, 1)
}

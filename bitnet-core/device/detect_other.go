//go:build !linux && !darwin && !windows

package device

import "runtime"

func detectHost() host {
	return host{affinity: processors{logical: runtime.NumCPU()}}
}

func detectLimits() (processors, float64) {
	return processors{logical: runtime.NumCPU()}, 0
}

func detectMemoryLimit() (limit, total uint64) { return 0, 0 }

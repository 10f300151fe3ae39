//go:build !purego

package simd

import (
	"os"
	"slices"
	"strings"
)

// emulated returns the levels that BITNET_SIMD_EMULATED names, separated by
// commas. The emulator of bitnet-quant/internal/isaemu sets it for the programs it
// traces. In a process that nobody traces the variable has no effect: there it
// could only lead to instructions that the CPU does not have.
func emulated() (found levels) {
	env := os.Getenv("BITNET_SIMD_EMULATED")
	if env == "" || !traced() {
		return 0
	}
	for i, name := range names {
		if slices.Contains(strings.Split(env, ","), name) {
			found = found.with(Level(i))
		}
	}
	return found
}

func traced() bool {
	status, err := os.ReadFile("/proc/self/status")
	return err == nil && !strings.Contains(string(status), "\nTracerPid:\t0\n")
}

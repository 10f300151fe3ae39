package osinfo

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Memory returns the physical memory of the machine and the part of it that can be
// had without swapping, in bytes: the kernel says the latter in percent, in the
// value from which it derives its own memory pressure.
func Memory() (total, available uint64, err error) {
	if total, err = unix.SysctlUint64("hw.memsize"); err != nil {
		return 0, 0, fmt.Errorf("osinfo: sysctl hw.memsize: %w", err)
	}
	percent, err := unix.SysctlUint32("kern.memorystatus_level")
	if err != nil {
		return total, 0, fmt.Errorf("osinfo: sysctl kern.memorystatus_level: %w", err)
	}
	return total, total / 100 * uint64(min(percent, 100)), nil
}

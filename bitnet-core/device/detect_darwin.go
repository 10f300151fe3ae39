package device

import (
	"encoding/binary"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/internal/osinfo"
	"golang.org/x/sys/unix"
)

func detectHost() host {
	h := kernelState().host()
	_, h.MemoryAvailable, _ = osinfo.Memory() // what is unknown is zero
	return h
}

func detectLimits() (processors, float64) { return kernelState().processors(), 0 }

// detectMemoryLimit finds none: macOS has no control groups.
func detectMemoryLimit() (limit, total uint64) { return 0, 0 }

// kernelState reads the running kernel's values.
func kernelState() sysctl {
	return sysctl{text: unix.Sysctl, number: func(name string) (uint64, error) {
		b, err := unix.SysctlRaw(name)
		switch {
		case err != nil:
			return 0, err
		case len(b) == 4:
			return uint64(binary.LittleEndian.Uint32(b)), nil
		case len(b) == 8:
			return binary.LittleEndian.Uint64(b), nil
		}
		return 0, fmt.Errorf("device: sysctl %s has %d bytes, want 4 or 8", name, len(b))
	}}
}

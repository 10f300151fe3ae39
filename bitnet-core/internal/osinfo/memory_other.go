//go:build !linux && !darwin && !windows

package osinfo

import (
	"errors"
	"fmt"
	"runtime"
)

// Memory returns the physical memory of the machine and the part of it that can be
// had without swapping, in bytes.
func Memory() (total, available uint64, err error) {
	return 0, 0, fmt.Errorf("osinfo: memory of the machine on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

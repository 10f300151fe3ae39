//go:build darwin || linux

package hub

import (
	"errors"

	"golang.org/x/sys/unix"
)

// freeSpace is how many bytes the user may still write where a directory is.
func freeSpace(dir string) (free int64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(min(s.Bavail, 1<<40)) * int64(s.Bsize), true //nolint:unconvert // of 32 bits on macOS
}

func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG)
}

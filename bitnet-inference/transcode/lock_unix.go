//go:build linux || darwin

package transcode

import (
	"os"
	"syscall"
)

// tryLock takes the lock of an open file, which its process loses when it ends.
func tryLock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

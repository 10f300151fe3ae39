//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package hub

import (
	"errors"
	"os"
	"syscall"
)

// lockFile takes the lock of a file, unless another one has it. Some file systems have no locks.
func lockFile(f *os.File) (taken, possible bool) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err == nil, err == nil || errors.Is(err, syscall.EWOULDBLOCK)
		}
	}
}

//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package transcode

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock of an open file, which its process loses when it ends. Where it
// is not taken, held says that another process has it; some file systems have no locks.
func tryLock(f *os.File) (taken, held bool) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return err == nil, errors.Is(err, syscall.EWOULDBLOCK)
}

// unlock removes a file and lets go of its lock. In this order: the name may be another's
// as soon as the lock is free.
func unlock(f *os.File) {
	_ = os.Remove(f.Name()) // the next conversion uses it
	_ = f.Close()
}

package transcode

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes the lock of an open file, which its process loses when it ends. Where it
// is not taken, held says that another process has it; some file systems have no locks.
func tryLock(f *os.File) (taken, held bool) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	return err == nil, errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING)
}

// unlock lets go of the lock of a file and removes it. Files that are open cannot be
// removed: neither this one before, nor afterwards if another process has taken it.
func unlock(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name()) // the next conversion uses it
}

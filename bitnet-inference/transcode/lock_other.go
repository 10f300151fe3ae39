//go:build !darwin && !dragonfly && !freebsd && !illumos && !linux && !netbsd && !openbsd && !windows

package transcode

import "os"

// tryLock has no locks to take.
func tryLock(*os.File) (taken, held bool) { return false, false }

func unlock(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name()) // of no use to others
}

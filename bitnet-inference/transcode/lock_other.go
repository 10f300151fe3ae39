//go:build !linux && !darwin

package transcode

import "os"

// tryLock has no locks to take. Windows does not remove files that are open, so there
// nothing of a living process goes away.
func tryLock(*os.File) (taken, held bool) { return true, false }

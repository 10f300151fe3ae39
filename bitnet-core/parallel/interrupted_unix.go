//go:build unix

package parallel

import "golang.org/x/sys/unix"

// interrupted returns how often the operating system has taken a core from a
// thread of this process that wanted to go on.
func interrupted() int64 {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return int64(r.Nivcsw) //nolint:unconvert // int32 on 32-bit systems
}

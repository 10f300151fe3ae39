package memory

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openShared makes a file of n zeros that lies in memory and has no name but that of
// its descriptor.
func openShared(n int) (*os.File, string, error) {
	fd, err := unix.MemfdCreate("bitnet", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, "", os.NewSyscallError("memfd_create", err)
	}
	path := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd)
	f := os.NewFile(uintptr(fd), path)
	if err := f.Truncate(int64(n)); err != nil {
		f.Close()
		return nil, "", fmt.Errorf("memory: %d bytes to share: %w", n, err)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		f.Close()
		return nil, "", os.NewSyscallError("fcntl F_ADD_SEALS", err)
	}
	return f, path, nil
}

func closeShared(f *os.File) error { return f.Close() }

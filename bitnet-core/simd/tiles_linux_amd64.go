//go:build !purego

package simd

import "golang.org/x/sys/unix"

// allowTiles asks the kernel for the right to use the AMX tile registers, which it
// saves only for processes that asked. The answer holds for all threads.
func allowTiles() bool {
	const (
		archReqXCompPerm = 0x1023 // ARCH_REQ_XCOMP_PERM, since Linux 5.16
		xTileData        = 18     // number of the state component
	)
	_, _, errno := unix.RawSyscall(unix.SYS_ARCH_PRCTL, archReqXCompPerm, xTileData, 0)
	return errno == 0
}

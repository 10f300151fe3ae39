package osinfo

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

var globalMemoryStatusEx = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")

// memoryStatusEx is MEMORYSTATUSEX (sysinfoapi.h).
type memoryStatusEx struct {
	length                           uint32
	load                             uint32
	totalPhysical, availablePhysical uint64
	totalPage, availablePage         uint64
	totalVirtual, availableVirtual   uint64
	availableExtendedVirtual         uint64
}

// Memory returns the physical memory of the machine and the part of it that can be
// had without swapping, in bytes.
func Memory() (total, available uint64, err error) {
	status := memoryStatusEx{length: uint32(unsafe.Sizeof(memoryStatusEx{}))}
	if ok, _, err := globalMemoryStatusEx.Call(uintptr(unsafe.Pointer(&status))); ok == 0 {
		return 0, 0, os.NewSyscallError("GlobalMemoryStatusEx", err)
	}
	return status.totalPhysical, status.availablePhysical, nil
}

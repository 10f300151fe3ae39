package disk

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// What Windows has beside the numbers of other systems.
var (
	full     = []syscall.Errno{windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED}
	readOnly = []syscall.Errno{windows.ERROR_WRITE_PROTECT}
)

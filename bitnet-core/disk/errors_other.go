//go:build !windows

package disk

import "syscall"

var full, readOnly []syscall.Errno

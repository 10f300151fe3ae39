package memory

import (
	"os"

	"golang.org/x/sys/unix"
)

// forgetPages drops the whole pages of a part of a file mapping. The kernel may
// refuse; nothing depends on it.
func forgetPages(part []byte) {
	page := os.Getpagesize()
	skip := misalignment(part, page)
	if whole := (len(part) - skip) / page * page; whole > 0 {
		_ = unix.Madvise(part[skip:skip+whole], unix.MADV_DONTNEED)
	}
}

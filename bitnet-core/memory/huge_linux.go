package memory

import "golang.org/x/sys/unix"

// adviseHuge asks for huge pages. It is advice: a kernel built without them
// refuses, and the memory serves all the same.
func adviseHuge(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }

// adviseSmall takes that back.
func adviseSmall(b []byte) { _ = unix.Madvise(b, unix.MADV_NOHUGEPAGE) }

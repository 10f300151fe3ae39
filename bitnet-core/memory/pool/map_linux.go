package pool

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reserve maps n bytes at a multiple of align, both powers of two and multiples of
// a page. No page is backed before it is touched, and then it is zero.
func reserve(n, align int) (region, mapping []byte, err error) {
	mapping, err = unix.Mmap(-1, 0, n+align, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, nil, fmt.Errorf("pool: map %d bytes: %w", n, err)
	}
	skip := int(-uintptr(unsafe.Pointer(&mapping[0])) & uintptr(align-1))
	return mapping[skip : skip+n : skip+n], mapping, nil
}

func unmap(mapping []byte) {
	if err := unix.Munmap(mapping); err != nil {
		panic("pool: munmap: " + err.Error())
	}
}

// discard gives the pages of b back to the system and reports whether they are zero
// when they are touched again.
func discard(b []byte) (zero bool) { return unix.Madvise(b, unix.MADV_DONTNEED) == nil }

// canDiscard reports whether discard lowers the memory of the process.
const canDiscard = true

// hugePage is the size of what adviseHuge asks for.
const hugePage = 2 << 20

// adviseHuge asks for huge pages. It is advice: a kernel built without them refuses.
func adviseHuge(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }

// adviseSmall takes that back.
func adviseSmall(b []byte) { _ = unix.Madvise(b, unix.MADV_NOHUGEPAGE) }

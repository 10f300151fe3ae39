//go:build unix && !linux

package pool

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reserve maps n bytes at a multiple of align, both powers of two and multiples of
// a page. No page is backed before it is touched, and then it is zero.
func reserve(n, align int) (region, mapping []byte, err error) {
	mapping, err = unix.Mmap(-1, 0, n+align, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
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

// discard tells the system that it may take the pages of b. Whether and when it does
// is its choice, and so is what they hold afterwards.
func discard(b []byte) (zero bool) {
	_ = unix.Madvise(b, unix.MADV_FREE)
	return false
}

const canDiscard = true

const hugePage = 2 << 20

// adviseHuge does nothing: the system chooses its page sizes itself.
func adviseHuge([]byte) {}

func adviseSmall([]byte) {}

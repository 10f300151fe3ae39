//go:build unix

package memory

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// hugePage is the size from which on the kernel can use huge pages, on amd64
// and on arm64 with 4 KiB pages.
const hugePage = 2 << 20

// Mapped returns the allocator of anonymous memory mappings. They lie outside
// the Go heap, so the garbage collector neither scans nor counts them, and go
// back to the system when released. Those of 2 MiB and more begin at a multiple
// of 2 MiB and are advised to use huge pages, which saves most TLB misses of
// kernels that stream weights. Small requests take a page each: use [Heap] or a
// pool for those. Where the system has no mappings, Mapped is [Heap].
func Mapped() Allocator { return mapped{} }

type mapped struct{}

func (m mapped) AllocZeroed(n, align int) (Buffer, error) { return m.Alloc(n, align) }

func (mapped) Alloc(n, align int) (Buffer, error) {
	align = checkRequest(n, align)
	if n == 0 {
		return Wrap(nil), nil
	}
	if n >= hugePage {
		align = max(align, hugePage)
	}
	// A mapping begins at a page; a larger alignment is found inside a larger
	// mapping, whose unused ends stay virtual.
	slack := 0
	if align > os.Getpagesize() {
		slack = align
	}
	if n > maxRequest-slack {
		return Buffer{}, tooLarge(n)
	}
	mapping, err := unix.Mmap(-1, 0, n+slack, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return Buffer{}, fmt.Errorf("memory: map %d bytes: %w", n, err)
	}
	data := mapping
	if slack > 0 {
		data = mapping[misalignment(mapping, align):]
	}
	data = data[:n]
	if n >= hugePage {
		adviseHuge(data)
	}
	return newBuffer(data, &region{free: func() { unmap(mapping) }, sparse: func() { adviseSmall(mapping) }}), nil
}

// unmap returns a mapping that unix.Mmap made. That can fail only if region is
// no such mapping, which would be a fault of this package.
func unmap(region []byte) {
	if err := unix.Munmap(region); err != nil {
		panic("memory: munmap: " + err.Error())
	}
}

func mapFile(f *os.File, size int, v view) (Buffer, error) {
	access, kind := unix.PROT_READ, unix.MAP_PRIVATE
	if v == copyOnWrite || v == sharedUpdate {
		access |= unix.PROT_WRITE
	}
	if v == sharedRead || v == sharedUpdate {
		kind = unix.MAP_SHARED
	}
	mapping, err := unix.Mmap(int(f.Fd()), 0, size, access, kind)
	if err != nil {
		return Buffer{}, &os.PathError{Op: "mmap", Path: f.Name(), Err: err}
	}
	r := &region{free: func() { unmap(mapping) }, forget: forgetPages}
	if v == copyOnWrite {
		r.forget = nil // a page of the process' own has no other home
	}
	return newBuffer(mapping, r), nil
}

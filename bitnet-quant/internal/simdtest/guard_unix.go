//go:build unix

package simdtest

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Guarded returns n bytes that end where an inaccessible page begins: reading or
// writing one byte past them faults. They are unmapped when t ends.
func Guarded(t testing.TB, n int) []byte {
	t.Helper()
	page := os.Getpagesize()
	size := (n + page - 1) / page * page
	all, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatalf("mapping %d bytes: %v", size+page, err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(all); err != nil {
			t.Errorf("unmapping: %v", err)
		}
	})
	if err := unix.Mprotect(all[size:], unix.PROT_NONE); err != nil {
		t.Fatalf("protecting the guard page: %v", err)
	}
	return all[size-n : size : size]
}

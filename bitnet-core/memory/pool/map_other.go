//go:build !unix

package pool

import "unsafe"

// reserve takes the region from the Go heap: the portable way. Its pages go back to
// the system with the whole region, by way of the garbage collector.
func reserve(n, align int) (region, mapping []byte, err error) {
	mapping = make([]byte, n+align)
	skip := int(-uintptr(unsafe.Pointer(&mapping[0])) & uintptr(align-1))
	return mapping[skip : skip+n : skip+n], mapping, nil
}

func unmap([]byte) {}

func discard([]byte) (zero bool) { return false }

const canDiscard = false

const hugePage = 2 << 20

func adviseHuge([]byte) {}

func adviseSmall([]byte) {}

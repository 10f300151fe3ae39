//go:build (amd64 || arm64) && !purego

package track

// walk stores the return addresses of the innermost calls, its own first, and returns
// how many there are:
//
//	for n < walkFrames && fp is in the goroutine's stack, above the last one {
//		pcs[n] = *(fp + 8)
//		n++
//		fp = *fp
//	}
//
// Go's compiler keeps frame pointers on amd64 and arm64, and assembly is not
// preempted, so that the stack stays at its place meanwhile.
//
//go:noescape
func walk(pcs *[walkFrames]uintptr) int

//go:build !purego

package transpose

import (
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// tile4NEON sets 16 lines of 16 elements of 4 bytes, down bytes apart, to the transpose of
// the lines at src, right bytes apart.
//
//go:noescape
func tile4NEON(dst *byte, down int, src *byte, right int)

func hasTile(l simd.Level, size int) bool { return l >= simd.NEON && size == 4 }

// tile copies a tile of elements of 4 bytes. Distances are in bytes.
func tile(_ *[line * line]byte, dst unsafe.Pointer, down int, src unsafe.Pointer, right, _ int) {
	tile4NEON((*byte)(dst), down, (*byte)(src), right)
}

//go:build (!amd64 && !arm64) || purego

package transpose

import (
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

func hasTile(simd.Level, int) bool { return false }

func tile(*[line * line]byte, unsafe.Pointer, int, unsafe.Pointer, int, int) {}

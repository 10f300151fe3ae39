//go:build !purego

package transpose

//go:generate env GOWORK=off go run -C _asm . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg transpose

import (
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

func hasTile(l simd.Level, _ int) bool { return l >= simd.AVX2 }

// hasStrips is whether there are kernels that write past the cache.
const hasStrips = true

// tile copies a tile of elements of size bytes by way of buf. Distances are in bytes.
func tile(buf *[line * line]byte, dst unsafe.Pointer, down int, from unsafe.Pointer, right, size int) {
	src := (*byte)(from)
	switch size {
	case 1:
		tile1AVX2(&buf[0], src, right)
	case 2:
		tile2AVX2(&buf[0], src, right)
	case 4:
		tile4AVX2(&buf[0], src, right)
	default:
		tile8AVX2(&buf[0], src, right)
	}
	storeAVX2((*byte)(dst), down, &buf[0], line/size)
}

// strip copies across tiles side by side, past the cache: dst and down are multiples of
// a line.
func strip(buf *[line * pitch]byte, dst unsafe.Pointer, down int, from unsafe.Pointer, right, size int) {
	n := line / size
	for t := range across {
		src, buf := (*byte)(unsafe.Add(from, t*n*right)), &buf[t*line]
		switch size {
		case 1:
			part1AVX2(buf, src, right)
		case 2:
			part2AVX2(buf, src, right)
		case 4:
			part4AVX2(buf, src, right)
		default:
			part8AVX2(buf, src, right)
		}
	}
	streamAVX2((*byte)(dst), down, &buf[0], n)
}

func fence() { fenceSSE2() }

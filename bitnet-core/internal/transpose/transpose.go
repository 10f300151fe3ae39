package transpose

import (
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// An Element is an unsigned integer of the size of what is copied.
type Element interface {
	uint8 | uint16 | uint32 | uint64
}

const (
	// line is the size of a cache line in bytes.
	line = 64
	// lines is how many tiles high and wide a block is: its rows are on no more pages than
	// the processor remembers the places of.
	lines = 64
	// across is how many tiles lie side by side in a strip, the rows of which are pitch
	// bytes apart: a line more than they are long, lest they meet in the cache.
	across = 16
	pitch  = (across + 1) * line
	// beyondCache is the size in bytes from which dst is written past the cache.
	beyondCache = 4 << 20
)

var level = simd.Best()

// Copy sets dst[i*down+j] = src[j*right+i] for all i < rows and j < cols. dst and src do
// not overlap, and down is at least cols.
func Copy[T Element](dst []T, down int, src []T, right int, rows, cols int) {
	if rows <= 0 || cols <= 0 {
		return
	}
	_, _ = dst[(rows-1)*down+cols-1], src[(cols-1)*right+rows-1] // the kernels do not check
	size := int(unsafe.Sizeof(dst[0]))
	n := line / size
	high, wide := rows/n*n, cols/n*n
	if !hasTile(level, size) || high == 0 || wide == 0 {
		copyGeneric(dst, down, src, right, rows, cols)
		return
	}
	past := hasStrips && rows*cols*size >= beyondCache && down%n == 0 && uintptr(unsafe.Pointer(&dst[0]))%line == 0
	done := 0 // columns
	if past {
		done = wide / (across * n) * across * n
		copyPast(dst, down, src, right, high, done)
	}
	if done < wide {
		copyTiles(dst[done:], down, src[done*right:], right, high, wide-done)
	}
	copyGeneric(dst[wide:], down, src[min(wide*right, len(src)):], right, high, cols-wide)
	copyGeneric(dst[min(high*down, len(dst)):], down, src[min(high, len(src)):], right, rows-high, cols)
}

// copyTiles copies whole tiles, block by block.
func copyTiles[T Element](dst []T, down int, src []T, right int, rows, cols int) {
	size := int(unsafe.Sizeof(dst[0]))
	n := line / size
	block := lines * n
	var buf [line * line]byte
	for top := 0; top < rows; top += block {
		for left := 0; left < cols; left += block {
			for j := left; j < min(left+block, cols); j += n {
				for i := top; i < min(top+block, rows); i += n {
					tile(&buf, unsafe.Pointer(&dst[i*down+j]), down*size, unsafe.Pointer(&src[j*right+i]), right*size, size)
				}
			}
		}
	}
}

// copyPast copies whole strips and writes pieces of rows past the cache: single lines in
// such an order would be slower than through it.
func copyPast[T Element](dst []T, down int, src []T, right int, rows, cols int) {
	size := int(unsafe.Sizeof(dst[0]))
	n := line / size
	var buf [line * pitch]byte
	for top := 0; top < rows; top += lines * n {
		for j := 0; j < cols; j += across * n {
			for i := top; i < min(top+lines*n, rows); i += n {
				strip(&buf, unsafe.Pointer(&dst[i*down+j]), down*size, unsafe.Pointer(&src[j*right+i]), right*size, size)
			}
		}
	}
	fence()
}

// copyGeneric is the definition of Copy, by tiles.
func copyGeneric[T Element](dst []T, down int, src []T, right int, rows, cols int) {
	const n = 16
	for top := 0; top < rows; top += n {
		high := min(n, rows-top)
		for left := 0; left < cols; left += n {
			wide := min(n, cols-left)
			for i := top; i < top+high; i++ {
				out := dst[i*down+left:][:wide]
				at := left*right + i
				for j := range out {
					out[j] = src[at]
					at += right
				}
			}
		}
	}
}

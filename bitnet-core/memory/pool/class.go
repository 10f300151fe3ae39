package pool

import "math/bits"

const (
	minBlock = 64
	// maxSmall is the largest request that a slab serves.
	maxSmall = 1<<20 - 1
	// fineClasses are multiples of 64 bytes up to 512; above, every power of two
	// is divided in four.
	fineClasses = 8
	classes     = fineClasses + 4*11
)

// classOf returns the class of the smallest blocks that hold n bytes,
// 0 <= n <= 1 MiB.
func classOf(n int) int {
	if n <= fineClasses*minBlock {
		return (max(n, 1) - 1) / minBlock
	}
	// 2^k < n <= 2^(k+1): four steps of 2^(k-2).
	k := bits.Len(uint(n-1)) - 1
	return fineClasses + 4*(k-9) + (n-1)>>(k-2) - 4
}

// classSize returns the bytes of a block.
func classSize(class int) int {
	if class < fineClasses {
		return (class + 1) * minBlock
	}
	class -= fineClasses
	return (5 + class%4) << (class/4 + 7)
}

// slabBytes returns the size of a slab: small enough that a class that is used
// once does not hold much, large enough that there are few.
func slabBytes(size int) int {
	var target int
	switch {
	case size <= 1<<10:
		target = 64 << 10
	case size <= 8<<10:
		target = 256 << 10
	default:
		target = max(1<<20, 4*size)
	}
	return (target/size*size + granule - 1) &^ (granule - 1)
}

// magazineOf returns how many free blocks of a class a processor keeps for itself:
// 512 KiB of them, within bounds.
func magazineOf(size int) int { return min(max(512<<10/size, 2), 128) }

// alignment returns what the address of every block of a class is a multiple of:
// slabs begin at a multiple of their size, rounded up to a power of two.
func alignment(size int) int { return size & -size }

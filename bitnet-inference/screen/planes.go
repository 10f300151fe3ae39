package screen

import "unsafe"

// A row of a plane is a sequence of blocks, each of 256 columns: four lanes of 64
// bytes in a query, three of them in the coarse plane and one in the fine plane.
const (
	laneLen     = 64
	blockLen    = 4 * laneLen // columns
	coarseBlock = 3 * laneLen // bytes of coarse codes
	fineBlock   = laneLen     // bytes of fine codes
)

// coarseCode returns the upper six bits of the code of column c of a block. Those of
// the first three lanes are the lower six bits of a byte; those of the last lane are
// spread over the upper two bits of three bytes, the highest two in the first of them.
func coarseCode(block []byte, c int) byte {
	if c < coarseBlock {
		return block[c] & 0x3f
	}
	l := c - coarseBlock
	return block[l]>>6<<4 | block[laneLen+l]>>6<<2 | block[2*laneLen+l]>>6
}

// fineCode returns the lower two bits of the code of column c of a block: lane i's are
// bits 2i and 2i+1.
func fineCode(block []byte, c int) byte {
	return block[c%laneLen] >> (c / laneLen * 2) & 3
}

// pack lays the codes of a block, of 8 bits, out in both planes.
func pack(coarse *[coarseBlock]byte, fine *[fineBlock]byte, codes *[blockLen]byte) {
	for l := range laneLen {
		last := codes[coarseBlock+l]
		fine[l] = last << 6
		for i := range 3 {
			u := codes[i*laneLen+l]
			coarse[i*laneLen+l] = u>>2 | last<<(2*i)&0xc0
			fine[l] |= u & 3 << (2 * i)
		}
	}
}

// coarseGeneric is the definition of every coarseKernel:
//
//	out[r] = Σ_c C[r][c] · (256·hi[c] + lo[c])
//
// x holds 256 bytes of hi and 256 bytes of lo for each block. A row has at most MaxCols
// columns, so each of its two sums fits 32 bits: see the package documentation.
func coarseGeneric(out *int64, codes *byte, x *int8, blocks, rows int) {
	sums := unsafe.Slice(out, rows)
	plane := unsafe.Slice(codes, rows*blocks*coarseBlock)
	for r := range sums {
		row := plane[r*blocks*coarseBlock : (r+1)*blocks*coarseBlock]
		sums[r] = sum(row, coarseBlock, coarseCode, x, blocks)
	}
}

// fineGeneric is the definition of every fineKernel: coarseGeneric for the fine codes
// of one row.
func fineGeneric(codes, _ *byte, x *int8, blocks int) int64 {
	return sum(unsafe.Slice(codes, blocks*fineBlock), fineBlock, fineCode, x, blocks)
}

func sum(row []byte, size int, code func(block []byte, c int) byte, x *int8, blocks int) int64 {
	query := unsafe.Slice(x, 2*blocks*blockLen)
	var hi, lo int32
	for b := range blocks {
		block, h := row[b*size:(b+1)*size], query[2*b*blockLen:2*(b+1)*blockLen]
		for c := range blockLen {
			u := int32(code(block, c))
			hi += u * int32(h[c])
			lo += u * int32(h[blockLen+c])
		}
	}
	return int64(hi)<<8 + int64(lo)
}

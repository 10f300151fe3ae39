package ternary

import (
	"encoding/binary"

	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
)

const (
	// BlockLen is the number of weights in one packed block.
	BlockLen = 256

	// BlockBytes is the size of one packed block in bytes.
	BlockBytes = BlockLen / 4

	// MaxCols is the largest number of columns: |Σ code·q| ≤ 2·128·MaxCols =
	// 1<<30 and the accumulators of every kernel stay within int32.
	MaxCols = 1 << 22
)

// Activation rows are padded to whole blocks.
var _ [BlockLen]struct{} = [int8act.Padding]struct{}{}

// Stride returns the size in bytes of a packed row of cols weights.
func Stride(cols int) int { return (cols + BlockLen - 1) / BlockLen * BlockBytes }

// lanes is the mask of the low code of every byte of a word.
const lanes = 0x0303030303030303

// PackBlock packs 256 codes, one a byte, into a block. The code of codes[i] is in
// its bits shift+1:shift; its other bits are not looked at. shift ≤ 6.
func PackBlock(dst *[BlockBytes]byte, codes *[BlockLen]byte, shift uint) {
	shift &= 7
	for j := 0; j < BlockBytes; j += 8 {
		c0 := binary.LittleEndian.Uint64(codes[j:]) >> shift & lanes
		c1 := binary.LittleEndian.Uint64(codes[64+j:]) >> shift & lanes
		c2 := binary.LittleEndian.Uint64(codes[128+j:]) >> shift & lanes
		c3 := binary.LittleEndian.Uint64(codes[192+j:]) >> shift & lanes
		binary.LittleEndian.PutUint64(dst[j:], c0|c1<<2|c2<<4|c3<<6)
	}
}

// unpackBlock is the inverse of PackBlock with shift 0.
func unpackBlock(codes *[BlockLen]byte, src *[BlockBytes]byte) {
	for j := 0; j < BlockBytes; j += 8 {
		c := binary.LittleEndian.Uint64(src[j:])
		binary.LittleEndian.PutUint64(codes[j:], c&lanes)
		binary.LittleEndian.PutUint64(codes[64+j:], c>>2&lanes)
		binary.LittleEndian.PutUint64(codes[128+j:], c>>4&lanes)
		binary.LittleEndian.PutUint64(codes[192+j:], c>>6&lanes)
	}
}

// PackGroups makes a block of two groups of 128 weights, lo the first, as several
// file formats store them: bits 2n+1:2n of byte m hold the code of weight 32n+m.
func PackGroups(dst *[BlockBytes]byte, lo, hi *[32]byte) {
	const c0, c1, c2, c3 = lanes, lanes << 2, lanes << 4, lanes << 6
	for j := 0; j < 32; j += 8 {
		a, b := binary.LittleEndian.Uint64(lo[j:]), binary.LittleEndian.Uint64(hi[j:])
		binary.LittleEndian.PutUint64(dst[j:], a&c0|a>>2&c1|b<<4&c2|b<<2&c3)
		binary.LittleEndian.PutUint64(dst[32+j:], a>>2&c0|a>>4&c1|b<<2&c2|b&c3)
	}
}

// PackGroupsReversed is PackGroups for groups that store weight 32n+m in bits
// 7-2n:6-2n.
func PackGroupsReversed(dst *[BlockBytes]byte, lo, hi *[32]byte) {
	const c0, c1, c2, c3 = lanes, lanes << 2, lanes << 4, lanes << 6
	for j := 0; j < 32; j += 8 {
		a, b := binary.LittleEndian.Uint64(lo[j:]), binary.LittleEndian.Uint64(hi[j:])
		binary.LittleEndian.PutUint64(dst[j:], a>>6&c0|a&c1|b>>2&c2|b<<4&c3)
		binary.LittleEndian.PutUint64(dst[32+j:], a>>4&c0|a<<2&c1|b&c2|b<<6&c3)
	}
}

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

// packBlock writes 256 codes, one a byte, to a block.
func packBlock(dst *[BlockBytes]byte, codes *[BlockLen]byte) {
	for j := 0; j < BlockBytes; j += 8 {
		c0 := binary.LittleEndian.Uint64(codes[j:]) & lanes
		c1 := binary.LittleEndian.Uint64(codes[64+j:]) & lanes
		c2 := binary.LittleEndian.Uint64(codes[128+j:]) & lanes
		c3 := binary.LittleEndian.Uint64(codes[192+j:]) & lanes
		binary.LittleEndian.PutUint64(dst[j:], c0|c1<<2|c2<<4|c3<<6)
	}
}

// unpackBlock is the inverse of packBlock.
func unpackBlock(codes *[BlockLen]byte, src *[BlockBytes]byte) {
	for j := 0; j < BlockBytes; j += 8 {
		c := binary.LittleEndian.Uint64(src[j:])
		binary.LittleEndian.PutUint64(codes[j:], c&lanes)
		binary.LittleEndian.PutUint64(codes[64+j:], c>>2&lanes)
		binary.LittleEndian.PutUint64(codes[128+j:], c>>4&lanes)
		binary.LittleEndian.PutUint64(codes[192+j:], c>>6&lanes)
	}
}

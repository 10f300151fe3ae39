package transcode

import (
	"encoding/binary"
	"math"
	"sort"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// I2_S keeps groups of 128 weights in 32 bytes: byte m has the codes of weights m,
// 32+m, 64+m and 96+m from its highest bits down. The functions of this file work on
// four 16-bit values at a time in a 64-bit word.

const (
	groupWeights = 128
	groupBytes   = 32

	words1 = 0x0001000100010001
	words8 = 0x8000800080008000 // the sign of every 16-bit value
)

// appendI2SOfBF16 appends whole groups of bfloat16 values, rounded as by
// absmean.Round: +1 or -1 where the magnitude, as bits, is above zero, which is what
// zeroAbove says.
func appendI2SOfBF16(dst, src []byte, zero uint16) []byte {
	le := binary.LittleEndian
	above := uint64(zero+1) * words1
	for ; len(src) >= 2*groupWeights; src = src[2*groupWeights:] {
		for m := 0; m < 2*groupBytes; m += 8 {
			var v uint64
			for i := m; i < 2*groupWeights; i += 2 * groupBytes {
				x := le.Uint64(src[i:])
				// No borrow leaves a value: the bit that is set before goes if it is less.
				large := (x | words8) - above
				code := ^large>>15&words1 | (large&^x)>>14&(2*words1)
				v = v<<2 | code
			}
			v = (v | v>>8) & 0x0000ffff0000ffff
			dst = le.AppendUint32(dst, uint32(v|v>>16))
		}
	}
	return dst
}

// zeroUpTo returns the bits of the largest bfloat16 that is rounded to 0 with a scale.
// Magnitudes are ordered as their bits are.
func zeroUpTo(scale float32) uint16 {
	inv := 1 / scale
	infinity := int(math.Float32bits(float32(math.Inf(1))) >> 16)
	return uint16(sort.Search(infinity, func(bits int) bool {
		return dtype.BF16ToF32(uint16(bits))*inv > 0.5
	}) - 1)
}

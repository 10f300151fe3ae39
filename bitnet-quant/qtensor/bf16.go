package qtensor

import (
	"encoding/binary"
	"math"
	"sort"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// A kernelSet is the choice of kernels for one CPU.
type kernelSet struct {
	name  string
	level simd.Level
}

var kernels = choose(simd.Best())

const (
	bf16Word  = 0x0001000100010001 // four words of 1
	bf16Signs = 0x8000800080008000
)

// I2SOfBF16 sets dst to groups of 128 little-endian bfloat16 values of src, rounded with
// the scale as by absmean.Round and packed as [I2S] has them, which is what rounding, and
// an [Encoder] without its tail, make. NaN, which no finite scale leaves room for, has no
// meaning. It panics if src is not whole groups or dst not a quarter byte for each weight.
func I2SOfBF16(dst, src []byte, scale float32) {
	groups := len(src) / (2 * i2sGroup)
	if len(src) != 2*i2sGroup*groups || len(dst) != i2sGroupBytes*groups {
		panic("qtensor: I2SOfBF16 length")
	}
	zero := zeroUpTo(scale)
	if groups > 0 && !i2sOfBF16Vec(dst, src, groups, zero) {
		i2sOfBF16(dst, src, zero)
	}
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

// i2sOfBF16 is +1 or -1 where the magnitude, as bits, is above zero. Byte m of a group has
// the codes of weights m, 32+m, 64+m and 96+m from its highest bits down. Four 16-bit
// values are worked on at a time.
func i2sOfBF16(dst, src []byte, zero uint16) {
	le := binary.LittleEndian
	above := uint64(zero+1) * bf16Word
	for ; len(src) > 0; src = src[2*i2sGroup:] {
		for m := 0; m < i2sGroup/2; m += 8 {
			var v uint64
			for i := m; i < 2*i2sGroup; i += i2sGroup / 2 {
				x := le.Uint64(src[i:])
				// No borrow leaves a value: the bit that is set before goes if it is less.
				large := (x | bf16Signs) - above
				code := ^large>>15&bf16Word | (large&^x)>>14&(2*bf16Word)
				v = v<<2 | code
			}
			v = (v | v>>8) & 0x0000ffff0000ffff
			le.PutUint32(dst, uint32(v|v>>16))
			dst = dst[4:]
		}
	}
}

package convert

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/internal/tq"
)

func decodeBlocks(dst []float32, src []byte, d dtype.DType) {
	var w [tq.Weights]int8
	_, size := d.Block()
	for ; len(dst) > 0; dst, src = dst[tq.Weights:], src[size:] {
		scale := tq.Decode(&w, src, d)
		widenI8(dst[:tq.Weights], w[:], scale)
	}
}

// encodeBlocks writes a block when all its weights are read.
func encodeBlocks(dst []byte, src []float32, d dtype.DType) {
	var codes [tq.Weights]byte
	_, size := d.Block()
	for ; len(src) > 0; dst, src = dst[size:], src[tq.Weights:] {
		scale := ternaryCodes(&codes, src[:tq.Weights])
		tq.Encode(dst, &codes, scale, d)
	}
}

// ternaryCodes rounds x to weights plus one and returns their scale.
func ternaryCodes(c *[tq.Weights]byte, x []float32) (d float32) {
	bits := absMax(x)
	d = math.Float32frombits(bits)
	inverse := 1 / d
	switch {
	case bits >= infinity:
		d = float32(math.NaN())
	case math.IsInf(float64(inverse), 0): // of such a d F16 keeps nothing
		d = 0
	default:
		trits(c[:], x, inverse)
		return d
	}
	for i := range c {
		c[i] = 1
	}
	return d
}

package qtensor

import (
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// Pack writes codes, the weights -1, 0 and +1 of a matrix of shape (rows, cols),
// in layout l with one scale, or one for each row if the layout has room for these.
//
// HF and Plain data has no place for a scale, which is ignored. TQ1, TQ2, Q2 and IQ1 round
// it to float16. Blocks of zeros, and rows of zeros of IQ1, IQ2 and IQ2R4, get 0; the
// engine that defined TQ1, TQ2 and Q2 does so too. The padding of I2S is zero.
func Pack(l Layout, codes []int8, rows, cols int, scale ...float32) ([]byte, error) {
	size, err := l.Size(rows, cols)
	if err != nil {
		return nil, err
	}
	if len(codes) != rows*cols {
		return nil, fmt.Errorf("qtensor: %d weights for a %d×%d tensor", len(codes), rows, cols)
	}
	e, err := NewEncoder(l, rows, cols, scale...)
	if err != nil {
		return nil, err
	}
	data := make([]byte, size)
	tail := e.Tail()
	if err := e.Encode(data[:size-len(tail)], codes, 0, e.Rows()); err != nil {
		return nil, err
	}
	copy(data[size-len(tail):], tail)
	return data, nil
}

// PackFloat32 quantizes w, a matrix of shape (rows, cols), to TQ1, TQ2 or Q2 as
// llama.cpp does, byte for byte: each block has the scale d = max|w|, and weights
// are rounded to multiples of it, halves away from zero. For weights that are
// ternary already this is lossless but for d being rounded to float16; others
// should be quantized by package absmean first.
func PackFloat32(l Layout, w []float32, rows, cols int) ([]byte, error) {
	if l != TQ1 && l != TQ2 && l != Q2 {
		return nil, fmt.Errorf("qtensor: %v has no quantizer of its own: round the weights with package absmean and use Pack", l)
	}
	size, err := l.Size(rows, cols)
	if err != nil {
		return nil, err
	}
	if len(w) != rows*cols {
		return nil, fmt.Errorf("qtensor: %d weights for a %d×%d tensor", len(w), rows, cols)
	}
	data := make([]byte, size)
	f := forms[l]
	var block [tqBlock]byte
	for k, to := 0, data; k < len(w); k, to = k+f.block, to[f.bytes+f.scale:] {
		d := float32(0)
		for i, v := range w[k : k+f.block] {
			if !finite(v) {
				return nil, fmt.Errorf("qtensor: weight at row %d, column %d is %v", (k+i)/cols, (k+i)%cols, v)
			}
			d = max(d, float32(math.Abs(float64(v))))
		}
		if !finite(dtype.F16ToF32(dtype.F32ToF16(d))) {
			return nil, fmt.Errorf("qtensor: %v stores scales as float16, which cannot hold %v of row %d", l, d, k/cols)
		}
		var inv float32
		if d >= 0x1p-126 { // the reciprocal of a smaller one may be infinite
			inv = 1 / d
		}
		for i, v := range w[k : k+f.block] {
			block[i] = byte(int(math.Round(float64(v * inv))))
		}
		encodeBlock(to[:f.bytes+f.scale], l, block[:f.block], d)
	}
	return data, nil
}

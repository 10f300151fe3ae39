package qtensor

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// Pack writes codes, the weights -1, 0 and +1 of a matrix of shape (rows, cols),
// in layout l with one scale.
//
// HF and Plain data has no place for a scale, which is ignored. TQ1 and TQ2 round
// it to float16, and blocks of zeros get 0, as the engine that defined them does.
// The padding of I2S is zero.
func Pack(l Layout, codes []int8, rows, cols int, scale float32) ([]byte, error) {
	size, err := l.Size(rows, cols)
	if err != nil {
		return nil, err
	}
	if len(codes) != rows*cols {
		return nil, fmt.Errorf("qtensor: %d weights for a %d×%d tensor", len(codes), rows, cols)
	}
	for k, w := range codes {
		if w < -1 || w > 1 {
			return nil, fmt.Errorf("qtensor: weight at row %d, column %d is %d, want -1, 0 or +1", k/cols, k%cols, w)
		}
	}
	switch l {
	case HF:
		return hfEncode(codes, rows, cols), nil
	case I2S:
		if !finite(scale) {
			return nil, fmt.Errorf("qtensor: scale is %v", scale)
		}
		return i2sEncode(codes, scale), nil
	case Plain:
		data := make([]byte, size)
		for k, w := range codes {
			data[k] = byte(w)
		}
		return data, nil
	}
	d := dtype.F32ToF16(scale)
	if v := dtype.F16ToF32(d); v == 0 || !finite(v) {
		return nil, fmt.Errorf("qtensor: %v stores scales as float16, which cannot hold %v", l, scale)
	}
	data := make([]byte, 0, size)
	var block [tqBlock]byte
	for ; len(codes) > 0; codes = codes[tqBlock:] {
		zero := true
		for i, w := range codes[:tqBlock] {
			block[i] = byte(w + 1)
			zero = zero && w == 0
		}
		if zero {
			data = appendBlock(data, l, &block, 0)
		} else {
			data = appendBlock(data, l, &block, d)
		}
	}
	return data, nil
}

// PackFloat32 quantizes w, a matrix of shape (rows, cols), to TQ1 or TQ2 as
// llama.cpp does, byte for byte: each block has the scale d = max|w|, and weights
// are rounded to multiples of it, halves away from zero. For weights that are
// ternary already this is lossless but for d being rounded to float16; others
// should be quantized by package absmean first.
func PackFloat32(l Layout, w []float32, rows, cols int) ([]byte, error) {
	if l != TQ1 && l != TQ2 {
		return nil, fmt.Errorf("qtensor: %v has no quantizer of its own: round the weights with package absmean and use Pack", l)
	}
	size, err := l.Size(rows, cols)
	if err != nil {
		return nil, err
	}
	if len(w) != rows*cols {
		return nil, fmt.Errorf("qtensor: %d weights for a %d×%d tensor", len(w), rows, cols)
	}
	data := make([]byte, 0, size)
	var block [tqBlock]byte
	for k := 0; k < len(w); k += tqBlock {
		d := float32(0)
		for i, v := range w[k : k+tqBlock] {
			if !finite(v) {
				return nil, fmt.Errorf("qtensor: weight at row %d, column %d is %v", (k+i)/cols, (k+i)%cols, v)
			}
			d = max(d, float32(math.Abs(float64(v))))
		}
		h := dtype.F32ToF16(d)
		if !finite(dtype.F16ToF32(h)) {
			return nil, fmt.Errorf("qtensor: %v stores scales as float16, which cannot hold %v of row %d", l, d, k/cols)
		}
		var inv float32
		if d >= 0x1p-126 { // the reciprocal of a smaller one may be infinite
			inv = 1 / d
		}
		for i, v := range w[k : k+tqBlock] {
			block[i] = byte(int(math.Round(float64(v*inv))) + 1)
		}
		data = appendBlock(data, l, &block, h)
	}
	return data, nil
}

// appendBlock appends a TQ1 or TQ2 block.
func appendBlock(data []byte, l Layout, codes *[tqBlock]byte, d uint16) []byte {
	if l == TQ1 {
		var b [tq1Bytes]byte
		tq1Encode(&b, codes)
		binary.LittleEndian.PutUint16(b[tq1Bytes-2:], d)
		return append(data, b[:]...)
	}
	var b [tq2Bytes]byte
	tq2Encode(&b, codes)
	binary.LittleEndian.PutUint16(b[tq2Bytes-2:], d)
	return append(data, b[:]...)
}

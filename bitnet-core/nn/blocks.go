package nn

import (
	"encoding/binary"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// The block types of GGUF that a [Matrix] can have. A weight is its code times a
// scale; every product of the two is a float32 exactly, so that decoding rounds
// nothing.
//
//	Q8_0  32 weights: d f16, 32 int8 codes
//	Q4_0  32 weights: d f16, 16 bytes; byte i holds the codes of weights i (low half)
//	      and 16+i, each plus 8
//	Q6_K  256 weights: 128 bytes of low halves, 64 of high pairs, 16 int8 scales s,
//	      d f16; the scale of weight i is d·s[i/16], codes are stored plus 32
//
// In Q6_K, weight 128h+32k+i, with i < 32, has its low half in byte 64h+32(k%2)+i, the
// lower half of it for k < 2, and its high pair in bits 2k and 2k+1 of byte 32h+i.
// Source: the definitions of ggml.
const (
	q8Weights, q8Bytes = 32, 34
	q4Weights, q4Bytes = 32, 18
	q6Weights, q6Bytes = 256, 210

	q6High, q6Scales, q6Scale = 128, 192, 208 // where the parts of a block begin

	maxBlock = q6Weights
)

// isBlocks reports whether d is a block type that a Matrix can have.
func isBlocks(d dtype.DType) bool {
	return d == dtype.Q8_0 || d == dtype.Q6_K || d == dtype.Q4_0
}

func float16At(b []byte) float32 { return dtype.F16ToF32(binary.LittleEndian.Uint16(b)) }

// decodeBlocks sets dst to the weights in whole blocks of type d.
func decodeBlocks(dst []float32, src []byte, d dtype.DType) {
	switch d {
	case dtype.Q8_0:
		for ; len(dst) > 0; dst, src = dst[q8Weights:], src[q8Bytes:] {
			scale := float16At(src)
			for i, code := range src[2:q8Bytes] {
				dst[i] = scale * float32(int8(code))
			}
		}
	case dtype.Q4_0:
		for ; len(dst) > 0; dst, src = dst[q4Weights:], src[q4Bytes:] {
			scale := float16At(src)
			for i, codes := range src[2:q4Bytes] {
				dst[i] = scale * float32(int(codes&15)-8)
				dst[16+i] = scale * float32(int(codes>>4)-8)
			}
		}
	case dtype.Q6_K:
		for ; len(dst) > 0; dst, src = dst[q6Weights:], src[q6Bytes:] {
			decodeQ6(dst[:q6Weights], src)
		}
	}
}

func decodeQ6(dst []float32, block []byte) {
	d := float16At(block[q6Scale:])
	for at := 0; at < q6Weights; at += 32 {
		half, k := at/128, at/32%4
		low, high := block[64*half+32*(k%2):], block[q6High+32*half:]
		for i := range 32 {
			code := low[i]>>(k/2*4)&15 | high[i]>>(2*k)&3<<4
			scale := d * float32(int8(block[q6Scales+(at+i)/16]))
			dst[at+i] = scale * float32(int(code)-32)
		}
	}
}

// mulBlocks is Mul for block types. Blocks are decoded once for four tokens.
func (m *Matrix) mulBlocks(dst []float32, ld int, x []float32, lo, hi int) {
	stride, tokens := m.stride(), len(x)/m.Cols
	if tokens == 1 {
		block := max(dotStream/4/stride, 1) // decoding takes longer
		for r := lo; r < hi; r += block {
			n := min(block, hi-r)
			dotBlocks(dst[r:r+n], m.Data[r*stride:(r+n)*stride], m.Type, x)
		}
		return
	}
	var out [2][4]float32
	for r := lo; r < hi; r += 2 {
		rows := min(2, hi-r)
		for t := 0; t < tokens; t += 4 {
			n := min(4, tokens-t)
			dotTokens4(&out, m.Data[r*stride:], m.Type, stride, rows, n, x[t*m.Cols:(t+n)*m.Cols])
			for i := range rows {
				for j, sum := range out[i][:n] {
					dst[(t+j)*ld+r+i] = sum
				}
			}
		}
	}
}

// dotBlocks sets out[r] to the product of row r of w with x. Rows hold len(x) weights of
// the block type d.
func dotBlocks(out []float32, w []byte, d dtype.DType, x []float32) {
	if rowsVec(out, w, d, x) {
		return
	}
	stride := len(w) / len(out)
	for r := range out {
		var one [4]float32
		dotTokensGeneric(&one, w[r*stride:], d, 1, x)
		out[r] = one[0]
	}
}

// dotTokens4 sets out[i][t] to the product of row i of w with row t of x (n, cols), for
// i < rows <= 2 and t < n <= 4.
func dotTokens4(out *[2][4]float32, w []byte, d dtype.DType, stride, rows, n int, x []float32) {
	if tokensVec(out, w, d, stride, rows, n, x) {
		return
	}
	for i := range rows {
		dotTokensGeneric(&out[i], w[i*stride:], d, n, x)
	}
}

// dotTokensGeneric sets out[t] to the product of the row w with row t of x: the
// definition of the products with block types, up to the order of the sum.
func dotTokensGeneric(out *[4]float32, w []byte, d dtype.DType, n int, x []float32) {
	*out = [4]float32{}
	elems, size := d.Block()
	cols := len(x) / n
	var values [maxBlock]float32
	for c := 0; c < cols; c += elems {
		decodeBlocks(values[:elems], w[c/elems*size:], d)
		for t := range n {
			sum := out[t]
			for i, v := range x[t*cols+c : t*cols+c+elems] {
				sum += values[i] * v
			}
			out[t] = sum
		}
	}
}

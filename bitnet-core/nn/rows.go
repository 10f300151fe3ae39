package nn

import (
	"encoding/binary"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// dotRows4 sets out[i] = Σ_c w[i][c]·x[c] for i < n <= 4, where row i of w starts
// i*stride bytes into w and holds len(x) elements of type d.
func dotRows4(out *[4]float32, w []byte, d dtype.DType, stride, n int, x []float32) {
	*out = [4]float32{}
	vec := 0
	if n == 4 {
		vec = dotVec(out, w, d, stride, x)
	} else {
		// Fewer rows: each alone, four times over by a stride of zero.
		for i := range n {
			var same [4]float32
			vec = dotVec(&same, w[i*stride:], d, 0, x)
			out[i] = same[0]
		}
	}
	if vec < len(x) {
		for i := range n {
			out[i] += dotGeneric(w[i*stride:], d, vec, x)
		}
	}
}

// dotGeneric returns Σ w[c]·x[c] over from <= c < len(x): the definition of every
// dot kernel, up to the order of the sum.
func dotGeneric(w []byte, d dtype.DType, from int, x []float32) float32 {
	var sum float32
	switch d {
	case dtype.F32:
		for c := from; c < len(x); c++ {
			sum += math.Float32frombits(binary.LittleEndian.Uint32(w[4*c:])) * x[c]
		}
	case dtype.F16:
		for c := from; c < len(x); c++ {
			sum += dtype.F16ToF32(binary.LittleEndian.Uint16(w[2*c:])) * x[c]
		}
	case dtype.BF16:
		for c := from; c < len(x); c++ {
			sum += dtype.BF16ToF32(binary.LittleEndian.Uint16(w[2*c:])) * x[c]
		}
	}
	return sum
}

// weightedSum sets dst[c] = Σ_i p[i]·rows[i][c] for c < len(dst), where row i holds
// len(dst) elements of type d, F32 or F16, and rows follow one another.
func weightedSum(dst []float32, rows []byte, d dtype.DType, p []float32) {
	if len(p) == 0 {
		clear(dst)
		return
	}
	if c := weightedSumVec(dst, rows, d, p); c < len(dst) {
		_, size := d.Block()
		weightedSumGeneric(dst[c:], rows[c*size:], d, len(dst)*size, p)
	}
}

func weightedSumGeneric(dst []float32, rows []byte, d dtype.DType, stride int, p []float32) {
	clear(dst)
	for i, w := range p {
		row := rows[i*stride:]
		for c := range dst {
			if d == dtype.F16 {
				dst[c] += w * dtype.F16ToF32(binary.LittleEndian.Uint16(row[2*c:]))
			} else {
				dst[c] += w * math.Float32frombits(binary.LittleEndian.Uint32(row[4*c:]))
			}
		}
	}
}

// Float16s rounds src to float16, to nearest with ties to even, in little-endian
// bytes. It panics if dst does not have two bytes for each value.
func Float16s(dst []byte, src []float32) {
	if len(dst) != 2*len(src) {
		panic("nn: Float16s length")
	}
	for i := narrowVec(dst, src); i < len(src); i++ {
		binary.LittleEndian.PutUint16(dst[2*i:], dtype.F32ToF16(src[i]))
	}
}

// Float32s stores src in little-endian bytes. It panics if dst does not have four
// bytes for each value.
func Float32s(dst []byte, src []float32) {
	if len(dst) != 4*len(src) {
		panic("nn: Float32s length")
	}
	for i, v := range src {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
	}
}

package nn

import (
	"encoding/binary"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// dotRows sets dst[t*ld+r] = Σ_c w[r][c]·x[t][c] for r < rows and every row t of
// x (T, cols), where row r of w starts r*stride bytes into w and holds elements of
// type d.
func dotRows(dst []float32, ld int, w []byte, d dtype.DType, stride, rows int, x []float32, cols int) {
	vec := dotVec(dst, ld, w, d, stride, rows, x, cols)
	if vec == cols {
		return
	}
	for t := range len(x) / cols {
		out := dst[t*ld : t*ld+rows]
		if vec == 0 {
			clear(out)
		}
		for r := range out {
			out[r] += dotGeneric(w[r*stride:], d, vec, x[t*cols:(t+1)*cols])
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
	_ = dtype.PutFloat32s(dst, src, dtype.F16) // has this type
}

// Float32s stores src in little-endian bytes. It panics if dst does not have four
// bytes for each value.
func Float32s(dst []byte, src []float32) {
	if len(dst) != 4*len(src) {
		panic("nn: Float32s length")
	}
	_ = dtype.PutFloat32s(dst, src, dtype.F32) // has this type
}

package nn

import (
	"encoding/binary"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// dotRows4 sets out[i] = Σ_c w[i][c]·x[c] for i < n <= 4, where row i of w starts
// i*stride bytes into w and holds len(x) elements of type d.
func dotRows4(out *[4]float32, w []byte, d dtype.DType, stride, n int, x []float32) {
	k := kernels.dot(d)
	vec := 0
	if k.fn != nil {
		vec = len(x) / k.step * k.step
	}
	*out = [4]float32{}
	if vec > 0 {
		if n == 4 {
			k.fn(out, &w[0], stride, &x[0], vec)
		} else {
			// Fewer rows: each alone, four times over by a stride of zero.
			for i := range n {
				var same [4]float32
				k.fn(&same, &w[i*stride], 0, &x[0], vec)
				out[i] = same[0]
			}
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

// weightedSum sets dst[c] = Σ_i p[i]·rows[i*stride+c] for c < len(dst).
func weightedSum(dst, rows []float32, stride int, p []float32) {
	c := 0
	if k := kernels.sum; k.fn != nil && len(p) > 0 {
		for ; c+k.cols <= len(dst); c += k.cols {
			k.fn(&dst[c], &rows[c], 4*stride, &p[0], len(p))
		}
	}
	weightedSumGeneric(dst[c:], rows[c:], stride, p)
}

func weightedSumGeneric(dst, rows []float32, stride int, p []float32) {
	clear(dst)
	if len(dst) == 0 {
		return
	}
	for i, w := range p {
		row := rows[i*stride : i*stride+len(dst)]
		for c, v := range row {
			dst[c] += w * v
		}
	}
}

// A kernelSet is the choice of row kernels for one CPU. A nil function means the
// generic code.
type kernelSet struct {
	name          string
	f32, f16, b16 dotKernel
	sum           sumKernel
}

type dotKernel struct {
	fn   func(out *[4]float32, w *byte, stride int, x *float32, n int)
	step int // n is a multiple of it
}

type sumKernel struct {
	fn   func(dst *float32, rows *float32, stride int, p *float32, n int)
	cols int // columns that one call sums
}

func (s *kernelSet) dot(d dtype.DType) dotKernel {
	switch d {
	case dtype.F32:
		return s.f32
	case dtype.F16:
		return s.f16
	}
	return s.b16
}

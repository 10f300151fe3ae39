package absmean

import "math"

// Eps bounds the scale of a matrix of zeros.
const Eps = 1e-5

// Quantize rounds w, one whole weight matrix, to dst and returns its scale γ:
// γ·dst[i] stands for w[i]. It panics if len(dst) is not len(w).
func Quantize(dst []int8, w []float32) (scale float32) {
	if len(dst) != len(w) {
		panic("absmean: Quantize length")
	}
	var m Mean
	m.Add(w)
	Round(dst, w, m.Scale())
	return m.Scale()
}

// A Mean finds the scale of a matrix that is seen in pieces. The zero value is
// ready for use. It is not safe for concurrent use; means of parts are combined
// with [Mean.Merge].
type Mean struct {
	sum float64 // Σ|w|
	n   int     // number of weights
}

// Add takes in the next weights.
func (m *Mean) Add(w []float32) {
	// Four sums, so that an addition need not wait for the one before it.
	var s [4]float64
	add(&s, w)
	m.sum += s[0] + s[1] + s[2] + s[3]
	m.n += len(w)
}

// add is s[i%4] += |w[i]|, but for the last weights of a number that is no multiple of four,
// which s[0] gets.
func add(s *[4]float64, w []float32) {
	w = w[addVec(s, w):]
	for ; len(w) >= 4; w = w[4:] {
		s[0] += abs(w[0])
		s[1] += abs(w[1])
		s[2] += abs(w[2])
		s[3] += abs(w[3])
	}
	for _, v := range w {
		s[0] += abs(v)
	}
}

// Merge takes in all weights that o has seen.
func (m *Mean) Merge(o Mean) {
	m.sum += o.sum
	m.n += o.n
}

// Scale returns γ of the weights so far, Eps if there were none.
func (m *Mean) Scale() float32 {
	return max(float32(m.sum/float64(max(m.n, 1))), Eps)
}

func abs(v float32) float64 { return math.Abs(float64(v)) }

// Round rounds w to dst with the scale γ. It panics if len(dst) is not len(w).
func Round(dst []int8, w []float32, scale float32) {
	if len(dst) != len(w) {
		panic("absmean: Round length")
	}
	inv := 1 / scale
	done := roundVec(dst, w, inv)
	dst, w = dst[done:], w[done:]
	for i, v := range w {
		// Rounding to even and clamping leave only this of the product: ±1 above
		// 0.5 in magnitude, 0 up to and at 0.5. Bit patterns of magnitudes are
		// ordered as the values are, so integers do it without branches, which
		// would be mispredicted every third time.
		bits := int32(math.Float32bits(v * inv))
		mag := bits & 0x7fffffff
		above := (half - mag) >> 31       // -1 above 0.5
		number := (mag - (inf + 1)) >> 31 // -1 unless NaN
		dst[i] = int8((bits>>31 | 1) & above & number)
	}
}

// The bit patterns of 0.5 and of infinity.
const (
	half = 0x3f000000
	inf  = 0x7f800000
)

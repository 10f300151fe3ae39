package nn

import "math"

// RMSNorm sets dst = x / √(mean(x²)+eps) · gain for one row. dst may be x. Squares are
// float32: those of numbers beyond 10¹⁹ are infinite, and the row becomes 0.
//
// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization",
// arXiv:1910.07467.
func RMSNorm(dst, x, gain []float32, eps float32) {
	if len(dst) != len(x) || len(gain) != len(x) {
		panic("nn: RMSNorm length")
	}
	i, head := squaresVec(x)
	sum := float64(head)
	var s0, s1, s2, s3 float32
	for ; i+4 <= len(x); i += 4 {
		s0 += x[i] * x[i]
		s1 += x[i+1] * x[i+1]
		s2 += x[i+2] * x[i+2]
		s3 += x[i+3] * x[i+3]
	}
	sum += float64(s0) + float64(s1) + float64(s2) + float64(s3)
	for ; i < len(x); i++ {
		sum += float64(x[i]) * float64(x[i])
	}
	scale := float32(1 / math.Sqrt(sum/float64(max(len(x), 1))+float64(eps)))
	for i := gainVec(dst, x, gain, scale); i < len(x); i++ {
		dst[i] = x[i] * scale * gain[i]
	}
}

// Add sets dst += x.
func Add(dst, x []float32) {
	if len(dst) != len(x) {
		panic("nn: Add length")
	}
	for i := addVec(dst, x); i < len(x); i++ {
		dst[i] += x[i]
	}
}

// Scale sets dst = a·x. dst may be x.
func Scale(dst, x []float32, a float32) {
	if len(dst) != len(x) {
		panic("nn: Scale length")
	}
	for i := scaleVec(dst, x, a); i < len(x); i++ {
		dst[i] = a * x[i]
	}
}

// blend sets dst = a·dst + b·x, both products rounded.
func blend(dst, x []float32, a, b float32) {
	for i := blendVec(dst, x, a, b); i < len(x); i++ {
		dst[i] = float32(a*dst[i]) + float32(b*x[i])
	}
}

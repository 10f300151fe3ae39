package nn

import "math"

// RMSNorm sets dst = x / √(mean(x²)+eps) · gain for one row. dst may be x.
//
// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization",
// arXiv:1910.07467.
func RMSNorm(dst, x, gain []float32, eps float32) {
	if len(dst) != len(x) || len(gain) != len(x) {
		panic("nn: RMSNorm length")
	}
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(x); i += 4 {
		s0 += x[i] * x[i]
		s1 += x[i+1] * x[i+1]
		s2 += x[i+2] * x[i+2]
		s3 += x[i+3] * x[i+3]
	}
	sum := float64(s0) + float64(s1) + float64(s2) + float64(s3)
	for ; i < len(x); i++ {
		sum += float64(x[i]) * float64(x[i])
	}
	scale := float32(1 / math.Sqrt(sum/float64(max(len(x), 1))+float64(eps)))
	for i, v := range x {
		dst[i] = v * scale * gain[i]
	}
}

// Add sets dst += x.
func Add(dst, x []float32) {
	if len(dst) != len(x) {
		panic("nn: Add length")
	}
	for i, v := range x {
		dst[i] += v
	}
}

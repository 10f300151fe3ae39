package nn

import "math"

// largest returns the largest of x, which is not empty. Among NaNs it may return
// anything.
func largest(x []float32) float32 {
	n, top := topVec(x)
	if n == 0 {
		n, top = 1, x[0]
	}
	for _, v := range x[n:] {
		top = max(top, v)
	}
	return top
}

// expSum sets x = exp(x-top), where no x is above top, and returns the sum.
func expSum(x []float32, top float32) float32 {
	i, sum := expSumVec(x, top)
	for ; i < len(x); i++ {
		x[i] = expGeneric(x[i] - top)
		sum += x[i]
	}
	return sum
}

// expRange is the largest argument of expGeneric: 2^126 is a float32.
const expRange = 87

// expGeneric returns exp(x) for x <= 87 to two units in the last place; below -87
// it returns exp(-87), which is 0 to any sum that has a 1 in it. With
// k = round(x·log2 e) and r = x - k·ln 2, |r| <= ln 2/2, exp x = 2^k · p(r). The
// polynomial and the splitting of ln 2 are Cephes' (S. Moshier, expf).
func expGeneric(x float32) float32 {
	const (
		ln2High = 0.693359375
		ln2Low  = -2.12194440e-4
	)
	x = max(x, -expRange)
	k := float32(math.RoundToEven(float64(x * math.Log2E)))
	r := x - k*ln2High
	r -= k * ln2Low
	p := float32(1.9875691500e-4)
	for _, c := range [...]float32{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1, 1} {
		p = p*r + c
	}
	return p * math.Float32frombits(uint32(int32(k)+127)<<23)
}

package vecmath

// Exp sets dst = eˣ, with an error below 1 ulp. Like all functions of this package it
// wants slices of one length, and allows dst to be x.
func Exp(dst, x []float32) {
	if len(dst) != len(x) {
		panic("vecmath: Exp length")
	}
	fnExp.apply(dst, x)
}

// Log sets dst to the natural logarithm of x, with an error below 1.5 ulp: -Inf of 0 and
// NaN of negative numbers.
func Log(dst, x []float32) {
	if len(dst) != len(x) {
		panic("vecmath: Log length")
	}
	fnLog.apply(dst, x)
}

// Tanh sets dst = tanh x, with an error below 3 ulp.
func Tanh(dst, x []float32) {
	if len(dst) != len(x) {
		panic("vecmath: Tanh length")
	}
	fnTanh.apply(dst, x)
}

// Sigmoid sets dst = 1/(1+e⁻ˣ), with an error below 3 ulp.
func Sigmoid(dst, x []float32) {
	if len(dst) != len(x) {
		panic("vecmath: Sigmoid length")
	}
	fnSigmoid.apply(dst, x)
}

// SiLU sets dst = x·sigmoid(x), with an error below 4 ulp. Of -Inf it is the limit, -0.
func SiLU(dst, x []float32) {
	if len(dst) != len(x) {
		panic("vecmath: SiLU length")
	}
	fnSiLU.apply(dst, x)
}

// GELU sets dst = x·Φ(x) with the normal distribution's Φ, with an error below 5 ulp. Of
// -Inf it is the limit, -0.
//
// Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", arXiv:1606.08415.
func GELU(dst, x []float32) {
	if len(dst) != len(x) {
		panic("vecmath: GELU length")
	}
	fnGELU.apply(dst, x)
}

// GELUTanh sets dst to the approximation of [GELU] by tanh, ½x·(1 + tanh(√(2/π)·(x +
// 0.044715x³))), with an error below 4 ulp. Of -Inf it is the limit, -0.
func GELUTanh(dst, x []float32) {
	if len(dst) != len(x) {
		panic("vecmath: GELUTanh length")
	}
	fnGELUTanh.apply(dst, x)
}

//go:build !purego

package nn

func addVec(dst, x []float32) int {
	n := whole(len(dst), 8)
	if n > 0 {
		addNEON(&dst[0], &x[0], n)
	}
	return n
}

func scaleVec(dst, x []float32, a float32) int {
	n := whole(len(dst), 8)
	if n > 0 {
		scaleNEON(&dst[0], &x[0], n, a)
	}
	return n
}

func blendVec(dst, x []float32, a, b float32) int {
	n := whole(len(dst), 8)
	if n > 0 {
		blendNEON(&dst[0], &x[0], n, a, b)
	}
	return n
}

func gainVec(dst, x, gain []float32, a float32) int {
	n := whole(len(dst), 8)
	if n > 0 {
		gainNEON(&dst[0], &x[0], &gain[0], n, a)
	}
	return n
}

func relu2Vec(dst, gate, up []float32) int {
	n := whole(len(dst), 8)
	if n > 0 {
		relu2NEON(&dst[0], &gate[0], &up[0], n)
	}
	return n
}

func siluVec(dst, gate, up []float32) int {
	n := whole(len(dst), 4)
	if n > 0 {
		siluNEON(&dst[0], &gate[0], &up[0], n)
	}
	return n
}

func turnVec(lo, hi, cos, sin []float32) int {
	n := whole(len(lo), 8)
	if n > 0 {
		turnNEON(&lo[0], &hi[0], &cos[0], &sin[0], n)
	}
	return n
}

func topVec(x []float32) (n int, top float32) {
	if n = whole(len(x), 16); n > 0 {
		top = topNEON(&x[0], n)
	}
	return n, top
}

func squaresVec(x []float32) (n int, sum float32) {
	if n = whole(len(x), 16); n > 0 {
		sum = squaresNEON(&x[0], n)
	}
	return n, sum
}

package blas

// A vectorProduct is the state of one Gemv.
type vectorProduct struct {
	y, x        []float32
	a           Matrix[float32]
	alpha, beta float32
}

// Gemv sets y = alpha·a·x + beta·y, for y (M), a (M, K) and x (K). Beta 0 means that y is
// not read, alpha 0 that a and x are not. It reads a once, where it lies, in the order
// of its memory if one of its distances is 1.
func (w *Workspace) Gemv(y []float32, alpha float32, a Matrix[float32], x []float32, beta float32) {
	w.check()
	if len(y) != a.Rows || len(x) != a.Cols {
		panic("blas: Gemv shapes")
	}
	if !a.valid() {
		panic("blas: Gemv operand outside of its data")
	}
	v := &w.vector
	*v = vectorProduct{y, x, a, alpha, beta}
	body, grain := w.dots, 1
	if a.Right != 1 && a.Down == 1 || alpha == 0 || len(x) == 0 {
		body, grain = w.sums, columnGrain
	}
	if float64(a.Rows)*float64(a.Cols) <= fewProducts/8 {
		body(0, len(y))
	} else {
		w.pool.Split(len(y), grain, 4, body)
	}
	*v = vectorProduct{}
}

// columnGrain is where loops over columns may be split: whole vectors, and pieces of
// rows long enough for prefetchers.
const columnGrain = 256

// dots computes elements [lo, hi) of y from the rows of a.
func (v *vectorProduct) dots(lo, hi int) {
	for i := lo; i < hi; i++ {
		var sum float32
		row := v.a.Data[i*v.a.Down:]
		if v.a.Right == 1 {
			row = row[:len(v.x)]
			n, front := dotVec(row, v.x)
			sum = dotGeneric(front, row[n:], v.x[n:])
		} else {
			for k, x := range v.x {
				sum += float32(row[k*v.a.Right] * x)
			}
		}
		sum *= v.alpha
		if v.beta != 0 {
			sum += float32(v.beta * v.y[i])
		}
		v.y[i] = sum
	}
}

// sums computes elements [lo, hi) of y from the columns of a, each of which lies in one
// piece.
func (v *vectorProduct) sums(lo, hi int) {
	y := v.y[lo:hi]
	if v.beta == 0 {
		clear(y)
	} else if v.beta != 1 {
		for i := range y {
			y[i] *= v.beta
		}
	}
	if v.alpha == 0 || len(y) == 0 {
		return
	}
	for k := 0; k < len(v.x); {
		a := v.a.Data[k*v.a.Right+lo:]
		four, n := min(4, len(v.x)-k), 0
		var times [4]float32
		for r := range four {
			times[r] = v.alpha * v.x[k+r]
		}
		if four == 4 {
			n = axpyVec(y, a, v.a.Right, &times)
		}
		for r := range four {
			axpyGeneric(y[n:], a[r*v.a.Right+n:], times[r])
		}
		k += four
	}
}

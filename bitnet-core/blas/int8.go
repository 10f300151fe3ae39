package blas

// GemmInt8 sets c = a·b, for c (M, N), a (M, K) and b (K, N). Sums are exact modulo 2³², so
// exact for K up to 131,071.
func (w *Workspace) GemmInt8(c Matrix[int32], a, b Matrix[int8]) {
	w.check()
	check(&c, &a, &b)
	if c.Right != 1 && c.Down == 1 {
		c, a, b = c.T(), b.T(), a.T()
	}
	switch few := float64(c.Rows)*float64(c.Cols)*float64(a.Cols) <= fewProducts/8; {
	case c.Rows == 0 || c.Cols == 0:
	case a.Cols == 0:
		for i := range c.Rows {
			for j := range c.Cols {
				c.Data[i*c.Down+j*c.Right] = 0
			}
		}
	case ints == genericInts:
		p := &w.ints
		p.c, p.a, p.b = c, a, b
		w.gemmIntsGeneric(few)
		p.c, p.a, p.b = Matrix[int32]{}, Matrix[int8]{}, Matrix[int8]{}
	default:
		p := &w.words
		p.c, p.a, p.b = c, a, b
		w.gemmWords(few)
		p.c, p.a, p.b = Matrix[int32]{}, Matrix[int8]{}, Matrix[int8]{}
	}
}

// GemvInt8 sets y = a·x, for y (M), a (M, K) and x (K). Sums are exact modulo 2³². Rows of a
// that lie in one piece are read once, where they lie; else it is [Workspace.GemmInt8].
func (w *Workspace) GemvInt8(y []int32, a Matrix[int8], x []int8) {
	w.check()
	if len(y) != a.Rows || len(x) != a.Cols {
		panic("blas: GemvInt8 shapes")
	}
	if !a.valid() {
		panic("blas: GemvInt8 operand outside of its data")
	}
	if a.Right != 1 && len(x) > 1 {
		w.GemmInt8(Dense(y, len(y), 1), a, Dense(x, len(x), 1))
		return
	}
	v := &w.intVector
	*v = intVectorProduct{y: y, x: x, a: a}
	for _, x := range x[:wholeInts(len(x))] {
		v.offset += ints.offset * int32(x)
	}
	if float64(a.Rows)*float64(a.Cols) <= fewProducts/2 {
		v.dots(0, len(y))
	} else {
		w.pool.Split(len(y), 1, 4, w.dotInts)
	}
	*v = intVectorProduct{}
}

// An intVectorProduct is the state of one GemvInt8.
type intVectorProduct struct {
	y      []int32
	x      []int8
	a      Matrix[int8]
	offset int32 // what the kernel's sums are too large by
}

// dots computes elements [lo, hi) of y.
func (v *intVectorProduct) dots(lo, hi int) {
	n := wholeInts(len(v.x))
	for i := lo; i < hi; i++ {
		var sum int32
		if len(v.x) > 0 {
			row := v.a.Data[i*v.a.Down:][:len(v.x)]
			if n > 0 {
				sum = dotInts(row[:n], v.x[:n]) - v.offset
			}
			for k, x := range v.x[n:] {
				sum += int32(row[n+k]) * int32(x)
			}
		}
		v.y[i] = sum
	}
}

// wholeInts returns the part of n values that the kernel for rows computes.
func wholeInts(n int) int {
	if ints.step == 0 {
		return 0
	}
	return n / ints.step * ints.step
}

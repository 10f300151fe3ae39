package blas

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// A kernelSet is the choice of kernels for one CPU: tiles of the result have rows times
// cols elements. Each architecture's functions with names in -Vec do what the chosen
// kernels can, and say how much. They call kernels by name: pointers that pass through
// a function variable escape, and a tile on the stack would be an allocation.
type kernelSet struct {
	name       string
	level      simd.Level
	rows, cols int
}

// generic's tile has as many sums as fit the registers of plain Go.
var generic = kernelSet{name: "generic", rows: genericRows, cols: genericCols}

const (
	genericRows = 4
	genericCols = 4
	maxRows     = 12 // of a tile of any kernel
	maxCols     = 32
)

var kernels = choose(simd.Best())

// A tile is the operands of a kernel: c = alpha·a·b + beta·c for a (rows, k) and b (k,
// cols). Distances are in elements.
type tile struct {
	k             int
	a             []float32
	aDown, aRight int
	b             []float32 // its columns follow one another
	bDown         int
	c             []float32 // likewise; not read if beta is 0
	cDown         int
	alpha, beta   float32
}

// tileGeneric adds the products of an element one after another, rounding each.
func tileGeneric(t *tile) {
	var sums [genericRows][genericCols]float32
	for k := range t.k {
		b := t.b[k*t.bDown:][:genericCols]
		b0, b1, b2, b3 := b[0], b[1], b[2], b[3]
		at := k * t.aRight
		for r := range sums {
			a, s := t.a[at+r*t.aDown], &sums[r]
			// The conversions forbid to fuse, which some CPUs would.
			s[0] += float32(a * b0)
			s[1] += float32(a * b1)
			s[2] += float32(a * b2)
			s[3] += float32(a * b3)
		}
	}
	for r := range sums {
		c := t.c[r*t.cDown:][:genericCols]
		for j, s := range sums[r] {
			s *= t.alpha
			if t.beta != 0 {
				s += float32(t.beta * c[j])
			}
			c[j] = s
		}
	}
}

// dotGeneric returns sum + Σ a[i]·x[i].
func dotGeneric(sum float32, a, x []float32) float32 {
	x = x[:len(a)]
	for i, v := range a {
		sum += float32(v * x[i])
	}
	return sum
}

// axpyGeneric adds s·a to y.
func axpyGeneric(y, a []float32, s float32) {
	a = a[:len(y)]
	for i := range y {
		y[i] += float32(s * a[i])
	}
}

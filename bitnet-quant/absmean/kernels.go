package absmean

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// A kernelSet is the choice of kernels for one CPU. Each architecture's functions with
// names in -Vec take the front part of a slice and return how much of it, 0 for "generic":
//
//	addVec(s, w)              s[i%4] += |w[i]|, in the order of i, a multiple of four
//	addBF16Vec(s, data, stride)  s[r][i%4] += |w[r][i]| of four rows of bfloat16, a multiple of four
//	roundVec(dst, w, inverse) dst[i] is w[i]·inverse, rounded
//
// The loops in plain Go do the rest and are the definition, to the bit.
type kernelSet struct {
	name  string
	level simd.Level
}

var kernels = choose(simd.Best())

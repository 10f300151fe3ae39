package vec

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// A kernelSet is the choice of kernels for one CPU. Each architecture's functions
// with names in -Vec compute the front part of slices with the chosen kernels and
// return how much of it, 0 for "generic"; the generic code does the rest. They call
// kernels by name and not through variables: pointers that pass through a function
// variable escape.
type kernelSet struct {
	name  string
	level simd.Level
}

var kernels = choose(simd.Best())

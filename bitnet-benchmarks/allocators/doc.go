// Allocators measures bitnet-core's memory pool against mimalloc, jemalloc and the Go
// heap on the same patterns, in turns, and prints the quotients with their spread.
//
//	bitnet-benchmarks/allocators/run [--rounds 7] [--json]
//
// The others are the libraries of the packages libmimalloc-dev and libjemalloc-dev. A C
// program that is compiled with one of them (needs cc) runs the loop by itself and
// tells how long it took, so no call from Go to C is part of a figure.
//
// Patterns: pair allocates and releases one block; batch allocates 64 and releases
// them in the same order; churn keeps 1,000 blocks and replaces one after another.
// A figure is the time of one allocation with its release.
package main

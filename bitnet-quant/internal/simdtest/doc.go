// Package simdtest holds what the tests of every vector kernel in this module
// need: memory that faults when a kernel reads past its input, and the check that
// the kernels a CI machine is meant to test did run there.
package simdtest

// Package transpose copies matrices whose rows become columns, of elements of 1, 2, 4
// or 8 bytes, at about the speed of a plain copy.
//
// Walking along the rows of the result reads one element of each cache line, and lines
// a power of two apart push each other out of the cache before their other elements are
// wanted. [Copy] therefore takes tiles as wide and as high as a cache line has
// elements: it reads whole lines, transposes in a buffer that stays in the first-level
// cache, and writes whole lines. With AVX2, matrices that no cache holds are written past
// it.
//
// The kernels are AVX2's and, for elements of 4 bytes, NEON's, which transposes in
// registers; elsewhere a loop over tiles in plain Go does it all. Any number of calls may
// run at once.
package transpose

// Package blas multiplies dense matrices: float32 with float32, and int8 with int8 to
// int32, on slices that the caller owns.
//
// A [Matrix] is a slice with two distances, down to the next row and right to the next
// column. Its transpose is another view of the same slice ([Matrix.T]), so functions
// have no flags for transposed operands, and sub-matrices and matrices with padded rows
// need no copy. The letters of the field are kept: c (M, N) is the result, a (M, K) and b
// (K, N) are the operands. The result comes first and overlaps no operand.
//
// # Workspace
//
// Operands of large products are copied block by block to where the kernels read them in
// order; small, narrow and flat ones are multiplied where they lie. The room for copies
// belongs to a [Workspace], which takes it from a memory.Allocator once; products
// allocate nothing. A Workspace serves one call at a time, and its threads are
// those of the parallel.Pool it was made with. Shapes that do not fit panic: they are
// the caller's mistake.
//
// # Accuracy
//
// Float products are sums of float32. With u = 2⁻²⁴, an element of [Workspace.Gemm] for
// alpha 1 and beta 0 differs from the exact sum by less than 1.1·(K+2)·u·Σ|a·b|, if nothing
// overflows or is denormal; the bound is that of sums in any order (Higham, Accuracy and
// Stability of Numerical Algorithms, section 3.1), and random data stay far below it.
// NaN and Inf go through as in the plain sum. As in the reference BLAS, beta 0 means that
// c is not read, alpha 0 that a and b are not.
//
// An element of a product depends on its row of a and its column of b alone: not on
// the other rows and columns, nor on the number of threads or on how the operands
// lie in memory. It does depend on the kernels, of which those with fused
// multiplication and addition (AVX2, AVX-512 and NEON) agree with each other to the bit. For
// [Workspace.Gemv] the number of threads does not matter either, but its sums have an order
// of their own for each vector width and each direction of the matrix. Integer products
// are exact modulo 2³².
package blas

//go:generate env GOWORK=off go run -C _asm . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg blas
//go:generate env GOWORK=off go run -C _asm ./arm64 -dir ..

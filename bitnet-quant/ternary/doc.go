// Package ternary stores matrices of weights -1, 0 and +1 in two bits each, or less,
// and multiplies them with int8 activations.
//
// # Two bits
//
// A weight w is stored as code = w+1, one of 0, 1 and 2. In [TwoBit] the weights of a row are
// cut into blocks of [BlockLen] = 256 consecutive ones, and a block is
// [BlockBytes] = 64 bytes, one cache line and one AVX-512 register. Byte j of a
// block holds four codes:
//
//	bits  7:6       5:4       3:2      1:0
//	      w[192+j]  w[128+j]  w[64+j]  w[j]
//
// so that one vector load and four masks give four vectors of consecutive
// weights, without a shuffle. A row's last block is filled up with weight 0, so
// rows are whole blocks and no kernel needs a tail loop. Code 3 does not occur.
//
// Files of some formats hold the same bytes but for the places of the weights in
// a block. Such a matrix says so by its Order and is multiplied where it lies, by
// the same kernels, with activations that were put in that order when they were
// quantized.
//
// # Base 3
//
// In [Base3] three codes a, b and c are a number a + 3b + 9c of five bits: 1.67 bits a
// weight, a sixth less to read from memory. a, b and c are weights of the same column
// in rows r, r+16 and r+32 of a group of [GroupRows] = 48. Byte 4·lane + j of a vector
// of 64 such numbers belongs to rows lane, lane+16 and lane+32 of the group and to
// column 4k + j, so that a kernel multiplies the vector with four activations, broadcast
// to all lanes, and finds the results of sixteen rows side by side.
//
// Eight vectors of numbers, n0 to n7 for k = 0 to 7, are the 32 columns of a unit. They
// are stored in five vectors of bytes, a unit after the other, a group after the other:
//
//	bits     7:5                       4:0
//	v0       n5[2:0]                   n0
//	v1       n5[4:3] n7[3]             n1
//	v2       n6[2:0]                   n2
//	v3       n6[4:3] n7[4]             n3
//	v4       n7[2:0]                   n4
//
// Columns are filled up to a unit and rows to a group with weight 0.
//
// # Product
//
// Codes are unsigned, which is what the CPU's u8×s8 dot products want; the
// offset is taken off at the end:
//
//	Σ w·q = Σ (code-1)·q = Σ code·q - Σ q
//
// All sums are exact in int32 for up to [MaxCols] columns.
//
// # Variants
//
// mul_generic.go is the definition. Every other implementation of
// [Matrix.Mul] is an entry in the table that the function variants of its
// architecture returns; the first one that this machine can run is chosen when
// the program starts. Adding one takes a file for its code and a line in that
// table: the tests and benchmarks run over the table.
//
// # Concurrency
//
// A Matrix may be read by any number of goroutines. Callers split a product by
// giving each goroutine a range of rows.
//
// # Source
//
// Ma et al., "The Era of 1-bit LLMs", arXiv:2402.17764, section 2.
package ternary

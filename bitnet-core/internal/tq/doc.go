// Package tq packs and unpacks the blocks of TQ1_0 and TQ2_0, ternary weights as llama.cpp
// stores them.
//
// A block is 256 weights along a row: their codes, then the scale as f16. A code is the
// weight plus one: 0, 1 or 2. [Decode] and [Encode] take a block at a time; conversion
// ([github.com/bitnet-go/bitnet/bitnet-core/convert]) and products
// ([github.com/bitnet-go/bitnet/bitnet-core/tensor]) are built on them.
//
// TQ2_0 has four codes in a byte. Byte 32h+m, m < 32, holds those of weights 128h+m,
// 128h+32+m, 128h+64+m and 128h+96+m, the first in the lowest bits. There is room for code
// 3, the weight 2, which no encoder writes.
//
// TQ1_0 has five codes in a byte ⌈v·256/243⌉, for a number v of five base-3 digits, the
// first the most significant: multiplying by 3 moves the next digit above bit 8. Digit n of
//
//	byte m, m < 32,     is the code of weight m+32n
//	byte 32+m, m < 16,  of weight 160+m+16n
//	byte 48+m, m < 4,   of weight 240+m+4n, n < 4; the last digit is 0
//
// Source: ggml (ggml-quants.c, quantize_row_tq1_0_ref and quantize_row_tq2_0_ref).
package tq

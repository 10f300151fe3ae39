// Package qtensor reads and writes ternary matrices as model files store them.
//
// # Layouts
//
// A weight w is stored as code = w+1. A matrix has rows output features and cols
// input features. In the formulas, w[r,c] is a weight, w[k] one of the matrix
// flattened row by row, and b[m] a byte; bits are written from the highest.
//
// HF: the packed uint8 tensors of Hugging Face checkpoints, ⌈rows/4⌉ × cols bytes.
// Four rows share a byte: with R = ⌈rows/4⌉, bits 2i+1:2i of byte (r, c) are
// w[i·R+r, c]. The scale is another tensor of the file, <name>_scale.
//
// I2S: GGUF type 36, I2_S. Groups of 128 weights, running on from row to row, take
// 32 bytes: byte m of a group is w[m], w[32+m], w[64+m], w[96+m]. After the rows·cols/4
// bytes of all groups come one float32 scale for the tensor and 28 bytes of padding.
// (ARM builds of the engine that defined the type once wrote groups of 64 under
// the same number. Such files cannot be told apart and are read wrongly.)
//
// TQ1: GGUF type 34, TQ1_0. Blocks of 256 weights of a row take 54 bytes: qs[48],
// qh[4] and a float16 scale d. A byte holds five base-3 digits, the first most
// significant, as v = ⌈value·256/243⌉, so that digit n is ((v·3ⁿ mod 256)·3) >> 8:
//
//	qs[m],    m < 32: w[m+32n]      n = 0..4
//	qs[32+m], m < 16: w[160+m+16n]  n = 0..4
//	qh[j],    j < 4:  w[240+j+4n]   n = 0..3, and a zero digit
//
// TQ2: GGUF type 35, TQ2_0. Blocks of 256 weights of a row take 66 bytes: qs[64] and
// a float16 scale d. Byte 32h+m is w[128h+96+m], w[128h+64+m], w[128h+32+m], w[128h+m].
//
// Plain: int8 weights -1, 0, +1, one a byte, without a scale.
//
// # Scales
//
// The kernels of this module take one scale for a matrix or one for each row.
// TQ1 and TQ2 files have one for every 256 weights, which in files made from
// BitNet models all agree, or agree within a row; [Parse] refuses others. A block
// with d = 0 holds zeros and agrees with any scale.
//
// # Damaged files
//
// [Parse] checks everything that later calls rely on: sizes, scales and that no
// code is 3. It never allocates more than the scales of the rows.
//
// # Source
//
// The layouts are those of transformers (integrations/bitnet.py, pack_weights),
// llama.cpp (ggml-quants.c) and bitnet.cpp. testdata/golden/ternary holds bytes
// written by those engines.
package qtensor

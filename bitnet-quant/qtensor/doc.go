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
//
// I2SARM: the same type as ARM builds of the engine that defined it wrote it, in groups
// of 64 weights and 16 bytes: byte m of a group is w[m], w[16+m], w[32+m], w[48+m].
// Nothing in such a file says so, but weights that were trained do: see [OrderEvidence].
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
// Q2: GGUF type 42, Q2_0. Blocks of 64 weights of a row take 18 bytes: a float16 scale d
// and qs[16]. Byte m is w[4m+3], w[4m+2], w[4m+1], w[4m]. Code 3, twice the scale, is an
// error.
//
// IQ2: GGUF type 135, IQ2_BN. A row is a float32 scale and 16 bytes for every 64 weights:
// byte m of a block is w[48+m], w[32+m], w[16+m], w[m].
//
// IQ2R4: GGUF type 335, IQ2_BN_R4. Four rows are their four float32 scales and 64 bytes for
// every 64 columns: byte 16l+4k+i of these is w[k,16l+12+i], w[k,16l+8+i], w[k,16l+4+i],
// w[k,16l+i].
//
// IQ1: GGUF type 134, IQ1_BN. A row is a float16 scale and 13 bytes for every 64 weights.
// A byte holds five base-3 digits as in TQ1, but the first is the least significant: byte
// 3g+i of a block is w[16g+5i+n], n = 0..4, and byte 12 w[16n+15], n = 0..3, and a zero
// digit.
//
// Plain: int8 weights -1, 0, +1, one a byte, without a scale.
//
// # Scales
//
// The kernels of this module take one scale for a matrix or one for each row.
// TQ1 and TQ2 files have one for every 256 weights and Q2 files one for every 64, which in
// files made from BitNet models all agree, or agree within a row; [Parse] refuses others.
// A block or row with the scale 0 holds zeros, whatever its codes, and agrees with any scale.
//
// # Rows at a time
//
// [Tensor.Decode] and [Encoder] turn chunks of rows into int8 weights and back, so that a
// converter needs memory for a chunk only.
//
// # Damaged files
//
// [Parse] checks everything that later calls rely on: sizes, scales and that no
// code is 3. It never allocates more than the scales of the rows.
//
// # Source
//
// The layouts are those of transformers (integrations/bitnet.py, pack_weights),
// llama.cpp (ggml-quants.c), bitnet.cpp and ik_llama.cpp. testdata/golden/ternary holds bytes
// written by those engines.
package qtensor

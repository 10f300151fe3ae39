// Package convert changes the element type of arrays of numbers: on bytes
// ([Convert], [InPlace], [Batch]), from a reader to a writer ([Stream]) and on
// tensors ([Tensor], [TensorInPlace]). [Bitcast], [Bytes] and [View] change how bytes
// are seen and move nothing. [QuantizeI8], [QuantizeU8], [QuantizeI4] and
// [QuantizeU4] round floats to integers with a scale.
//
// # What a conversion does
//
// Between plain types each value becomes the nearest one that the new type has,
// with one rounding: F64 to F16, or I64 to BF16, is not rounded to F32 on the way.
//
//	from       to        result
//	float      float     nearest, ties to even; beyond the largest value ±Inf; subnormal
//	                     numbers are kept on both sides; -0 stays -0; NaN stays NaN, quiet,
//	                     with the sign and the upper bits of the payload
//	float      integer   nearest, ties to even; saturated: what is too large, +Inf too, becomes
//	                     the largest value, what is too small the smallest; NaN and -0 become 0
//	integer    float     nearest, ties to even; beyond 65504 F16 has Inf only: 65520 and more
//	                     become +Inf; 0 becomes +0
//	integer    integer   saturated: -1 becomes 0 as U8, 300 becomes 255
//	any        I4, U4    as other integers: saturated to -8 and 7, 0 and 15
//	any        BOOL      0 and -0 become 0, everything else, NaN too, 1
//	BOOL       any       byte 0 becomes 0, every other byte 1
//
// A conversion to the type that there is copies bytes as they are.
//
// I4 and U4 are two values a byte, the first in its lower half, I4 in two's complement.
// They come in pairs: an odd number of elements, or a tensor with rows of an odd length, is
// an error. [PackI4] and [PackU4] take any number and leave the last half zero. A value has
// no address of its own, so tensors of these types have no strided views.
//
// The ternary block types TQ1_0 and TQ2_0 hold 256 weights d·{-1, 0, 1} and d as a
// binary16; other block types are not converted here. Decoding is exact in F32. (TQ2_0
// can say 2·d, too.) A block is encoded as ggml's reference does: d is the largest
// magnitude, rounded to F16 when it is stored, and w becomes the sign of w/d if that is
// at least 1/2 in magnitude, else 0; I32, U32, I64, U64 and F64 are rounded to F32 first. A
// block with a NaN or an infinity gets a d that is NaN, so that all its weights are.
//
// # Quantization
//
// A row of floats x becomes integers q with x ≈ q·scale, where scale is max|x| divided
// by the largest q: 127, or 7 for I4. See [QuantizeI8]. [QuantizeU8] and [QuantizeU4] add 128
// and 8 to q. Rows of I4 and U4 begin at a byte of their own.
//
// # Memory, order and threads
//
// Elements are little-endian, and bytes may begin at any address. A call needs a fixed
// amount of memory beside its arguments: at most 10 KiB a thread, and for [Stream] its
// two buffers. Nothing here starts a goroutine: work is divided where [Options] has a
// [parallel.Pool], and results do not depend on it. Different goroutines may convert
// different bytes.
//
// # Kernels
//
// AVX2, AVX-512 and NEON convert between F32, F16, BF16, F64 and integers of 4, 8, 16 and
// 32 bits, but for U32 as a source and F32 to U32; so they do between the two that go through
// F32 or bytes. Ternary blocks are rounded by kernels and packed by plain Go, which also
// converts integers of 64 bits and BOOL. Results are the same to the bit on all of them.
//
// # Mistakes and errors
//
// Types come from files, so a pair that cannot be converted is an error. Lengths that do
// not agree and operands that overlap are the caller's mistake and panic.
//
// # Source
//
// IEEE 754-2019. Rounding to odd before a second rounding: Boldo and Melquiond, "When
// double rounding is odd", 2005. TQ1_0 and TQ2_0 are those of llama.cpp.
package convert

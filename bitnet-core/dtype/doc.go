// Package dtype names the element types of tensors, knows their sizes, and
// converts the 16-bit floating-point types to and from float32.
//
// A [DType] is either plain, one value after another (F32, BF16, U8, …), or made
// of blocks: a fixed number of elements shares one run of bytes. Most block types
// are those of quantized model files, packed codes and, usually, a scale. They are
// described here by size alone; what their bytes mean is the business of the
// package that unpacks them. The blocks of [I4] and [U4] are single bytes of two
// integers. As an element of a block has no address of its own, tensors of block
// types cannot be strided along their rows, and rows are whole blocks: of I4
// and U4 they have an even length.
//
// # Sizes
//
// [DType.Block] gives the elements and bytes of the repeating block, 1 and the
// element's size for plain types. Some ternary types put a scale outside the
// blocks: one for each tensor (I2_S) or one for each row (IQ1_BN, IQ2_BN,
// IQ2_BN_R4). [DType.Size] and [DType.TensorSize] count those bytes, Block does
// not.
//
// # Conversion
//
// [F16ToF32], [F32ToF16], [BF16ToF32] and [F32ToBF16] define the conversions of single
// values. The same on slices ([F16sToF32] and so on) and on the bytes of files ([Float32s],
// [PutFloat32s]) have kernels in assembly and give the same bits. Package convert has the
// other types and tensors.
//
// # Byte order
//
// Bytes of multi-byte elements are little-endian, as in the files.
//
// # Sources
//
// IEEE 754-2019 for binary16; bfloat16 is the upper half of binary32. Block
// sizes are those of ggml (Q*, TQ*), bitnet.cpp (I2_S) and ik_llama.cpp (IQ*_BN*).
package dtype

// Package gguf reads and writes GGUF, the model file of ggml and llama.cpp: a
// list of metadata, a list of tensors, and the tensors' bytes.
//
// [Open] maps a file, or all parts of a split one, and checks everything that
// can be checked without reading tensor data: a [File] that was opened holds no
// offset, count or length that points outside of it. [Write] and [WriteFile]
// make files.
//
// # Layout
//
//	"GGUF", version u32, number of tensors u64, number of metadata entries u64
//	metadata: key (length u64, UTF-8 bytes), type u32, value
//	tensors:  name, number of dimensions u32, dimensions u64…, type u32, offset u64
//	padding up to general.alignment (default 32), then the data that offsets count from
//
// Versions 2 and 3 are read, in both byte orders; version 3, little-endian, is
// written. The file lists the dimension that varies fastest first. [Info.Shape]
// is the reverse, row-major: the weight of a linear layer is (out, in).
//
// # Values
//
// Metadata values are Go values: uint8, int8, uint16, int16, uint32, int32,
// uint64, int64, float32, float64, bool, string, a slice of one of these, or
// []any, whose elements are slices again, for an array of arrays. The getters of
// [File] convert: whether a writer chose u32 or i64 for a count is its affair.
//
// # Ownership
//
// Tensors are views of the mapped file: they are valid until [File.Close], or
// longer if retained. Metadata is copied and stays valid.
//
// # Concurrency
//
// A File may be read by several goroutines; Close must come after them.
//
// # Sources
//
// The GGUF specification (ggml, docs/gguf.md); type ids 36 and 134, 135, 335 are
// those of bitnet.cpp and ik_llama.cpp.
package gguf

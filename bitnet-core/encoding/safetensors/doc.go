// Package safetensors reads and writes safetensors, the file of named tensors
// that Hugging Face publishes models in.
//
// [Open] maps a file, or all shards of a model, and checks the header as the
// reference implementation does and more: every byte of the data belongs to
// exactly one tensor, and a [File] that was opened holds no offset that points
// outside of it. [Write] and [WriteFile] make files.
//
// [Save] and [Load] write and read a set of tensors, of any types and strides, in one line
// each. Tensors of block types, which the format does not have, are stored as U8 and
// described in the metadata, under "bitnet.block." and their name: type and shape.
//
// # Layout
//
//	length of the header u64, little-endian
//	header: JSON, padded with spaces
//	  {"__metadata__": {"key": "text", …},
//	   "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, …}
//	data, which offsets count from
//
// A sharded model is a folder of such files with model.safetensors.index.json,
// whose weight_map says which file holds which tensor.
//
// # Ownership
//
// Tensors are views of the mapped file: they are valid until [File.Close], or
// longer if retained. Names and metadata are copied and stay valid.
//
// # Concurrency
//
// A File may be read by several goroutines; Close must come after them.
//
// # Source
//
// https://huggingface.co/docs/safetensors, and the behaviour of its Rust
// implementation where that says nothing.
package safetensors

// Package synthetic writes models of random weights in the shapes of published
// ones, so that speed can be measured, and compared with other engines, without
// a download: how fast a ternary model runs depends on its shape and not on what
// it has learned.
//
// A [Model] is a [Shape], a tensor type and a seed, and [Model.WriteFile] makes
// the same bytes of it everywhere. Ternary weights are independent and uniform
// over -1, 0 and +1; embedding and head are normal with deviation 0.02, in F16;
// norm gains lie between 0.9 and 1.1. The scale of a ternary matrix with K inputs
// is about √(3/2K), which keeps the deviation of a normed input, so activations
// stay finite through any number of layers. The weights and scales of a shape and
// seed are the same in every type, and so are the logits.
//
// A file has no tokenizer: it takes token ids.
//
// # Architecture
//
// A file names the architecture under which its type's home engine knows the
// graph. For 2B-4T in I2_S that is bitnet.cpp's bitnet-b1.58; in TQ2_0 it is
// llama.cpp's bitnet, with the key bitnet.hidden_activation saying relu2.
// (llama.cpp ignores the key and computes SiLU, which takes it as long.)
//
// # Generator
//
// Tensors are made in chunks. Chunk c of tensor t reads ChaCha8 (math/rand/v2)
// with the key seed, t, c, version, four little-endian 64-bit words. A byte below
// 243 gives four ternary weights, its value modulo 81; others are passed over.
// Sixteen bits give one normal value, the quantile of their middle.
package synthetic

// Package nn computes the dense parts of a transformer on plain float32 slices:
// matrix products with float weights and with those of GGUF's 4-, 6- and 8-bit blocks,
// RMS norm, rotary position embedding,
// softmax attention and gated activations. Ternary products are in the module
// bitnet-quant.
//
// Matrices are row-major. T is the number of tokens (rows of activations), D the
// width of a row. The result comes first: RMSNorm(dst, x, ...). dst may be x
// where a function says so and overlaps nothing otherwise. Wrong lengths panic:
// they are the caller's mistake, not the data's.
//
// Attention is computed for groups of queries that share a key-value head ([Head],
// [Queries]), by chunks of positions whose results ([Part]) are merged in order.
//
// Functions do not allocate and start no goroutines; callers split rows and
// heads over threads.
package nn

//go:generate env GOWORK=off go run -C _asm . -out ../rows_amd64.s -stubs ../rows_stub_amd64.go -pkg nn
//go:generate env GOWORK=off go run -C _asm ./arm64 -dir ..
